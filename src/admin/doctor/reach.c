/* reach.c - does another server answer? */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/doctor/reach.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"

enum { SMTP_ANSWER_MAX = 4096 };

static int
ms_left(int64_t until_mono)
{
	int64_t left = (until_mono - clock_mono()) / 1000;

	return left > 0 ? (int)left : 0;
}

/* ---- names ---- */

/* What the resolver's own thread works with: it may outlive the wait, and then it is not freed. */
struct question {
	struct gaicb    request;
	struct addrinfo hints;
	char            host[HOST_MAX + 1], port[8];
};

static int
wait_for(struct question *q, int64_t until_mono)
{
	const struct gaicb *const list[] = { &q->request };
	int left = ms_left(until_mono);
	const struct timespec limit = { left / 1000, left % 1000 * 1000000L };

	while (gai_error(&q->request) == EAI_INPROGRESS)
		if (gai_suspend(list, 1, &limit) == EAI_AGAIN)
			break;
	return gai_error(&q->request);
}

static enum status
resolve(struct task *t, struct str host, uint16_t port, int64_t until_mono, struct addrinfo **ret_list)
{
	struct question *q = calloc(1, sizeof(*q));
	struct gaicb *list[1];
	int error;

	TRY_MEM(t, q);
	snprintf(q->host, sizeof(q->host), STR_FMT, STR_ARG(host));
	snprintf(q->port, sizeof(q->port), "%u", (unsigned)port);
	q->hints = (struct addrinfo){ .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV };
	q->request = (struct gaicb){ .ar_name = q->host, .ar_service = q->port, .ar_request = &q->hints };
	list[0] = &q->request;
	error = getaddrinfo_a(GAI_NOWAIT, list, 1, NULL);
	if (error == 0)
		error = wait_for(q, until_mono);
	if (error == EAI_INPROGRESS && gai_cancel(&q->request) != EAI_CANCELED)
		return fail(t, E_NOT_FOUND, "its name is not resolved in time");
	*ret_list = error == 0 ? q->request.ar_result : NULL;
	free(q);
	return error == 0 ? OK : fail(t, E_NOT_FOUND, "its name does not resolve: %s", gai_strerror(error));
}

/* ---- connections ---- */

static bool
is_connected(int fd, const struct addrinfo *a, int64_t until_mono)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	socklen_t n = sizeof(int);
	int failed = 0;

	if (connect(fd, a->ai_addr, a->ai_addrlen) == 0)
		return true;
	if (errno != EINPROGRESS || poll(&p, 1, ms_left(until_mono)) != 1)
		return false;
	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &failed, &n) == 0 && failed == 0;
}

static enum status
connect_one(struct task *t, const struct addrinfo *list, enum parcel_scope scope, int64_t until_mono, int *ret_fd)
{
	bool refused = false;

	for (const struct addrinfo *a = list; a; a = a->ai_next) {
		int fd;

		if (!parcel_scope_allows(scope, a->ai_addr)) {
			refused = true;
			continue;
		}
		fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		if (fd >= 0 && is_connected(fd, a, until_mono)) {
			*ret_fd = fd;
			return OK;
		}
		if (fd >= 0)
			close(fd);
	}
	return fail(t, E_NOT_FOUND, "%s", refused ? "it leads to an address that is not on the internet, which is not asked"
						   : "nobody answers there");
}

enum status
reach_connect(struct task *t, struct str host, uint16_t port, enum parcel_scope scope, int64_t until_mono, int *ret_fd)
{
	struct addrinfo *list = NULL;
	enum status st;

	if (host.n > 2 && host.p[0] == '[')
		host = (struct str){ host.p + 1, host.n - 2 };
	TRY(resolve(t, host, port, until_mono, &list));
	st = connect_one(t, list, scope, until_mono, ret_fd);
	freeaddrinfo(list);
	return st;
}

/* ---- SMTP ---- */

/* Is the last line whole, and no "250-" line that others follow? */
static bool
is_whole(const char *text, size_t n)
{
	const char *line = text, *end;

	while ((end = memchr(line, '\n', n - (size_t)(line - text))) != NULL) {
		if (end - line >= 4 && line[3] != '-')
			return true;
		line = end + 1;
	}
	return false;
}

static bool
read_reply(int fd, int64_t until_mono, const char *code, char text[static SMTP_ANSWER_MAX])
{
	size_t n = 0;

	while (n < SMTP_ANSWER_MAX - 1 && !is_whole(text, n)) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		ssize_t got = poll(&p, 1, ms_left(until_mono)) == 1 ? read(fd, text + n, SMTP_ANSWER_MAX - 1 - n) : 0;

		if (got <= 0)
			return false;
		n += (size_t)got;
	}
	text[n] = '\0';
	return strncmp(text, code, 3) == 0;
}

static bool
say(int fd, const char *text)
{
	return send(fd, text, strlen(text), MSG_NOSIGNAL) == (ssize_t)strlen(text);
}

bool
reach_smtp(int fd, int64_t until_mono, bool *ret_starttls)
{
	char text[SMTP_ANSWER_MAX] = "";

	if (!read_reply(fd, until_mono, "220", text) || !say(fd, "EHLO localhost\r\n") || !read_reply(fd, until_mono, "250", text))
		return false;
	*ret_starttls = strcasestr(text, "STARTTLS") != NULL;
	return say(fd, "QUIT\r\n");
}
