/* reach.c - does another server answer? */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/doctor/reach.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
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

/* Of who asks and of the thread that looks up; whoever leaves last frees it. */
struct question {
	pthread_mutex_t  lock;
	pthread_cond_t   answered;
	bool             is_answered, is_alone;
	int              error;
	struct addrinfo *list;
	char             host[HOST_MAX + 1], port[8];
};

static void
question_free(struct question *q)
{
	if (q->list)
		freeaddrinfo(q->list);
	pthread_cond_destroy(&q->answered);
	pthread_mutex_destroy(&q->lock);
	free(q);
}

static struct question *
question_new(struct str host, uint16_t port)
{
	struct question *q = calloc(1, sizeof(*q));

	if (!q)
		return NULL;
	pthread_mutex_init(&q->lock, NULL);
	pthread_cond_init(&q->answered, NULL);
	q->error = EAI_AGAIN;
	snprintf(q->host, sizeof(q->host), STR_FMT, STR_ARG(host));
	snprintf(q->port, sizeof(q->port), "%u", (unsigned)port);
	return q;
}

static void *
look_up(void *arg)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV };
	struct question *q = arg;
	struct addrinfo *list = NULL;
	int error = getaddrinfo(q->host, q->port, &hints, &list);
	bool is_alone;

	pthread_mutex_lock(&q->lock);
	q->error = error;
	q->list = list;
	q->is_answered = true;
	is_alone = q->is_alone;
	pthread_cond_signal(&q->answered);
	pthread_mutex_unlock(&q->lock);
	if (is_alone)
		question_free(q);
	return NULL;
}

/* A thread for each: no resolver can be told how long it may take. */
static int
start(struct question *q)
{
	pthread_t thread;
	int failed = pthread_create(&thread, NULL, look_up, q);

	return failed ? failed : pthread_detach(thread);
}

/* false: not in time, and the question is its thread's now. */
static bool
await(struct question *q, int64_t until_mono)
{
	const struct timespec until = { until_mono / SECOND_US, until_mono % SECOND_US * 1000 };
	bool is_answered;

	pthread_mutex_lock(&q->lock);
	while (!q->is_answered && pthread_cond_clockwait(&q->answered, &q->lock, CLOCK_MONOTONIC, &until) != ETIMEDOUT)
		continue;
	is_answered = q->is_answered;
	q->is_alone = !is_answered;
	pthread_mutex_unlock(&q->lock);
	return is_answered;
}

static enum status
resolve(struct task *t, struct str host, uint16_t port, int64_t until_mono, struct addrinfo **ret_list)
{
	struct question *q = question_new(host, port);
	int error;

	TRY_MEM(t, q);
	if (start(q) != 0) {
		question_free(q);
		return fail(t, E_OVERLOADED, "no thread to resolve its name");
	}
	if (!await(q, until_mono))
		return fail(t, E_NOT_FOUND, "its name is not resolved in time");
	*ret_list = q->list;
	q->list = NULL;
	error = q->error;
	question_free(q);
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
