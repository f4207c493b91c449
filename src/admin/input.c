/* input.c - a password or a text from standard input. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/input.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/str.h"

static void
set_echo(bool on)
{
	struct termios term;

	if (tcgetattr(STDIN_FILENO, &term) != 0)
		return;
	if (on)
		term.c_lflag |= (tcflag_t)ECHO;
	else
		term.c_lflag &= ~(tcflag_t)ECHO;
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &term);
}

/* To the end, or at a terminal to the end of the line. */
static enum status
read_bytes(struct task *t, bool terminal, char *buf, size_t cap, size_t *n)
{
	while (*n < cap) {
		ssize_t got = read(STDIN_FILENO, buf + *n, cap - *n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return fail(t, E_INTERNAL, "standard input: %s", strerror(errno));
		*n += (size_t)got;
		if (got == 0 || (terminal && buf[*n - 1] == '\n'))
			return OK;
	}
	return fail(t, E_BAD_REQUEST_BODY, "standard input: longer than anything that belongs there");
}

static enum status
read_line(struct task *t, const char *what, char *buf, size_t cap, size_t *n)
{
	enum status st;

	fprintf(stderr, "%s: ", what);
	set_echo(false);
	st = read_bytes(t, true, buf, cap, n);
	set_echo(true);
	fprintf(stderr, "\n");
	return st;
}

enum status
input_read(struct task *t, const char *what, char *buf, size_t cap, size_t *ret_n)
{
	size_t n = 0;

	if (isatty(STDIN_FILENO))
		TRY(read_line(t, what, buf, cap, &n));
	else
		TRY(read_bytes(t, false, buf, cap, &n));
	if (n > 0 && buf[n - 1] == '\n')
		n--;
	if (n > 0 && buf[n - 1] == '\r')
		n--;
	if (!str_is_text((struct str){ buf, n }))
		return fail(t, E_BAD_REQUEST_BODY, "standard input: this is not UTF-8 text");
	*ret_n = n;
	return OK;
}
