/* reference.c - texts that a file names and does not hold: from_file, from_env. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/declare/reading.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "admin/declare/bytes.h"
#include "base/log.h"
#include "base/str.h"

int
bytes_read(int fd, char *buf, size_t cap, size_t *ret_n)
{
	size_t n = 0;
	ssize_t got;

	*ret_n = 0;
	while (n < cap) {
		got = read(fd, buf + n, cap - n);
		if (got < 0 && errno != EINTR)
			return errno;
		if (got == 0)
			return 0;
		n += got > 0 ? (size_t)got : 0;
		*ret_n = n;
	}
	return EFBIG;
}

/* The only member of {from_file: PATH}, or of {from_env: NAME}. */
static const struct node *
only_member(struct reading *r, const struct node *n, const char *const *names)
{
	const struct node *m = n->first;

	if (!m || m->next) {
		problem(&r->p, n->line, "%s: a reference has one key, %s%s%s", log_quote(n->key).text, names[0],
		    names[1] ? " or " : "", names[1] ? names[1] : "");
		return NULL;
	}
	for (size_t i = 0; names[i]; i++)
		if (str_eq(m->key, str_of(names[i])))
			return reading_is_text(r, m, names[i]) ? m : NULL;
	reading_unknown(r, m, "kind of reference", names);
	return NULL;
}

/* As `echo` and editors write it: the last line's end is not part of the text. */
static bool
take_text(struct reading *r, const struct node *m, const char *buf, size_t n, struct str *ret_text)
{
	struct str text = { buf, n };

	if (str_ends(text, S("\n")))
		text.n--;
	if (str_ends(text, S("\r")))
		text.n--;
	if (text.n == 0 || !str_is_text(text)) {
		problem(&r->p, m->line, "%s: there is %s in it", log_quote(m->text).text, text.n == 0 ? "nothing" : "no UTF-8 text");
		return false;
	}
	*ret_text = text;
	return true;
}

static bool
take_fd(struct reading *r, const struct node *m, int fd, char *buf, size_t cap, struct reference *ret_reference)
{
	size_t n;
	int err = bytes_read(fd, buf, cap, &n);

	if (err != 0) {
		problem(&r->p, m->line, "%s: %s", log_quote(m->text).text, err == EFBIG ? "too long" : strerror(err));
		return false;
	}
	ret_reference->from = arena_printf(r->t->arena, "the file %s", log_quote(m->text).text);
	return take_text(r, m, buf, n, &ret_reference->text);
}

static bool
refuse_open(struct reading *r, const struct node *m, int err)
{
	/* EXDEV: it leads out of the directory. */
	problem(&r->p, m->line, "%s: %s", log_quote(m->text).text,
	    err == EXDEV ? "a template's file lies in this file's directory, or below it" : strerror(err));
	return false;
}

static bool
is_master_key(const struct reading *r, int fd)
{
	struct stat key, opened;

	return stat(r->master_key_file, &key) == 0 && fstat(fd, &opened) == 0 && key.st_dev == opened.st_dev &&
	    key.st_ino == opened.st_ino;
}

/* It lies beside the file where somebody keeps both in one directory. */
static bool
take_file(struct reading *r, const struct node *m, int fd, char *buf, size_t cap, struct reference *ret_reference)
{
	if (!is_master_key(r, fd))
		return take_fd(r, m, fd, buf, cap, ret_reference);
	problem(&r->p, m->line, "%s: this is the server's master key, which goes nowhere", log_quote(m->text).text);
	return false;
}

static int
open_beneath(int directory, const char *path)
{
	struct open_how how = { .flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK, .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS };

	return (int)syscall(SYS_openat2, directory, path, &how, sizeof(how));
}

/*
 * A template is mailed to people: a file of somebody else's making must not be a way to send them what only
 * this process can read.
 */
bool
reading_file(struct reading *r, const struct node *n, char *buf, size_t cap, struct reference *ret_reference)
{
	static const char *const names[] = { "from_file", NULL };
	const struct node *m = only_member(r, n, names);
	bool good;
	int fd;

	if (!m)
		return false;
	fd = open_beneath(r->directory, m->text.p);
	if (fd < 0)
		return refuse_open(r, m, errno);
	good = take_file(r, m, fd, buf, cap, ret_reference);
	close(fd);
	return good;
}

/* ---- secrets ---- */

static bool
secret_from_file(struct reading *r, const struct node *m, char *buf, size_t cap, struct reference *ret_reference)
{
	/* Waiting for it: a pipe of the shell's is a file too. */
	int fd = openat(r->directory, m->text.p, O_RDONLY | O_CLOEXEC);
	bool good;

	if (fd < 0)
		return refuse_open(r, m, errno);
	good = take_file(r, m, fd, buf, cap, ret_reference);
	close(fd);
	return good;
}

static bool
is_variable(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!(c >= 'A' && c <= 'Z') && !(c >= 'a' && c <= 'z') && c != '_' && !(i > 0 && c >= '0' && c <= '9'))
			return false;
	}
	return s.n > 0;
}

static bool
secret_from_env(struct reading *r, const struct node *m, char *buf, size_t cap, struct reference *ret_reference)
{
	const char *value = is_variable(m->text) ? getenv(m->text.p) : NULL;

	if (!value) {
		problem(&r->p, m->line, "there is no environment variable %s", log_quote(m->text).text);
		return false;
	}
	if (strlen(value) >= cap) {
		problem(&r->p, m->line, "%s: too long", log_quote(m->text).text);
		return false;
	}
	memcpy(buf, value, strlen(value));
	ret_reference->from = arena_printf(r->t->arena, "the variable " STR_FMT, STR_ARG(m->text));
	return take_text(r, m, buf, strlen(value), &ret_reference->text);
}

bool
reading_secret(struct reading *r, const struct node *n, char *buf, size_t cap, struct reference *ret_reference)
{
	static const char *const names[] = { "from_file", "from_env", NULL };
	const struct node *m = only_member(r, n, names);

	if (!m)
		return false;
	if (str_eq(m->key, S("from_env")))
		return secret_from_env(r, m, buf, cap, ret_reference);
	return secret_from_file(r, m, buf, cap, ret_reference);
}
