/* loop_test.h - a small server with a known handler, and a client that reads what comes. Test code. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "net/listen.h"
#include "net/loop.h"
#include "net/pool.h"
#include "test/unit.h"

#define HOST      "Host: a.example\r\n"
#define GET(path) "GET " path " HTTP/1.1\r\n" HOST "\r\n"

enum { HELD_MAX = 512, BODY_LIMIT = 64 * 1024 };

/*
 * What the handler does, by path:
 *   /hello     "hello"             /echo   its body            /query  its query
 *   /big       1 MiB of 'x'        /close  "bye", and closes   /empty  204
 *   /later     its query, from a worker thread
 *   /rope      as many lines as its query says, as a rope; /rope-later: from a worker thread
 *   /held      its body, when the test says release()
 */
struct bed {
	struct server *server;
	struct pool *pool;
	struct rope_pool *ropes;
	pthread_mutex_t lock; /* of the three below */
	struct exchange *held[HELD_MAX];
	size_t n_held;
	struct exchange seen;  /* peer and local of the last request */
	atomic_uint begun;     /* requests that were begun before they were handled */
	atomic_uint smuggled;  /* requests for /smuggled: must stay 0 */
	atomic_uint done_gone; /* posts whose client was gone */
	char big[1024 * 1024];
};

struct job {
	struct work work;
	struct exchange *x;
	struct bed *bed;
};

static void
answer_str(struct exchange *x, struct str body)
{
	exchange_answer(x, &(struct answer){ .status = 200, .headers = S("X-Test: yes\r\n"), .body = body });
}

/* Lines of their own, of which each ends like all others. */
static struct rope *
make_rope(struct bed *bed, int lines)
{
	struct rope *r = rope_new(bed->ropes);

	assert_non_null(r);
	for (int i = 0; i < lines; i++) {
		struct buf b;

		rope_begin(r, 64, &b);
		buf_printf(&b, "%d ", i);
		rope_end(r, &b);
		rope_put(r, S("is the line's number, and this is what all of them say.\n"));
	}
	assert_false(rope_failed(r));
	return r;
}

static void
answer_rope(struct exchange *x, struct rope *rope)
{
	exchange_answer(x, &(struct answer){ .status = 200, .headers = S("X-Test: yes\r\n"), .rope = rope });
}

static void
done_rope(struct exchange *x)
{
	answer_rope(x, x->user);
}

static int
lines_of(const struct exchange *x)
{
	int64_t lines = 0;

	assert_true(str_int(x->head.query, 0, 1000000, &lines));
	return (int)lines;
}

static void
done_later(struct exchange *x)
{
	if (x->conn == NULL)
		atomic_fetch_add((atomic_uint *)x->user, 1);
	answer_str(x, x->head.query);
}

static void
run_job(struct work *w, void *worker)
{
	struct job *j = (struct job *)w;

	(void)worker;
	if (str_eq(j->x->head.path, S("/rope-later"))) {
		j->x->user = make_rope(j->bed, lines_of(j->x));
		exchange_post(j->x, done_rope);
	} else {
		exchange_post(j->x, done_later);
	}
	free(j);
}

static void
done_held(struct exchange *x)
{
	if (x->conn == NULL)
		atomic_fetch_add((atomic_uint *)x->user, 1);
	answer_str(x, x->body);
}

static void
handle_later(struct bed *bed, struct exchange *x)
{
	struct job *j = malloc(sizeof(*j));

	assert_non_null(j);
	*j = (struct job){ .work = { .run = run_job }, .x = x, .bed = bed };
	x->user = &bed->done_gone;
	assert_true(exchange_keep(x));
	assert_true(pool_submit(bed->pool, &j->work));
}

static void
handle_held(struct bed *bed, struct exchange *x)
{
	x->user = &bed->done_gone;
	assert_true(exchange_keep(x));
	pthread_mutex_lock(&bed->lock);
	bed->held[bed->n_held++] = x;
	pthread_mutex_unlock(&bed->lock);
}

/* All but /hello are begun first, and their room is theirs until they are answered or kept. */
static bool
begin(void *arg, struct exchange *x, void *room)
{
	struct bed *bed = arg;

	if (str_eq(x->head.path, S("/hello")))
		return false;
	memcpy(room, &x, sizeof(x));
	x->user = room;
	atomic_fetch_add(&bed->begun, 1);
	return true;
}

static void
handle(void *arg, struct exchange *x)
{
	struct bed *bed = arg;
	struct str path = x->head.path;

	assert_true(x->user == NULL || memcmp(x->user, &x, sizeof(x)) == 0);
	pthread_mutex_lock(&bed->lock);
	bed->seen.peer = x->peer;
	bed->seen.local = x->local;
	pthread_mutex_unlock(&bed->lock);
	if (str_eq(path, S("/smuggled")))
		atomic_fetch_add(&bed->smuggled, 1);
	if (str_eq(path, S("/later")) || str_eq(path, S("/rope-later")))
		handle_later(bed, x);
	else if (str_eq(path, S("/rope")))
		answer_rope(x, make_rope(bed, lines_of(x)));
	else if (str_eq(path, S("/held")))
		handle_held(bed, x);
	else if (str_eq(path, S("/echo")))
		answer_str(x, x->body);
	else if (str_eq(path, S("/query")))
		answer_str(x, x->head.query);
	else if (str_eq(path, S("/big")))
		answer_str(x, (struct str){ bed->big, sizeof(bed->big) });
	else if (str_eq(path, S("/close")))
		exchange_answer(x, &(struct answer){ .status = 200, .body = S("bye"), .close = true });
	else if (str_eq(path, S("/empty")))
		exchange_answer(x, &(struct answer){ .status = 204 });
	else
		answer_str(x, S("hello"));
}

static size_t
body_limit(void *arg, const struct http_head *head)
{
	(void)arg;
	return str_eq(head->path, S("/small")) ? 10 : BODY_LIMIT;
}

static void
refusal(void *arg, const struct exchange *x, enum status why, struct buf *ret_headers, struct buf *ret_body)
{
	struct str origin = http_field(&x->head, S("Origin"));

	(void)arg;
	buf_printf(ret_headers, "X-Origin: " STR_FMT "\r\n", STR_ARG(origin));
	buf_put_str(ret_body, str_of(status_info[why].code));
}

/* Answer what is held, from this thread, oldest first. Waits until there are n. */
__attribute__((unused)) static void
release(struct bed *bed, size_t n)
{
	for (size_t have = 0; have < n; sched_yield()) {
		pthread_mutex_lock(&bed->lock);
		have = bed->n_held;
		pthread_mutex_unlock(&bed->lock);
	}
	pthread_mutex_lock(&bed->lock);
	for (size_t i = 0; i < bed->n_held; i++)
		exchange_post(bed->held[i], done_held);
	bed->n_held = 0;
	pthread_mutex_unlock(&bed->lock);
}

static bool
bed_try(struct bed *bed, const char *where, unsigned n_loops, const struct net_limits *limits, char *why,
    size_t why_n)
{
	struct server_config c = {
		.listen = &where,
		.n_listen = 1,
		.n_loops = n_loops,
		.limits = *limits,
		.handler = { .arg = bed, .body_limit = body_limit, .request = handle, .refusal = refusal,
		    .begin = begin, .begun_room = sizeof(struct exchange *) },
	};

	return server_start(&c, &bed->server, why, why_n);
}

static struct bed *
bed_new(const char *where, unsigned n_loops, const struct net_limits *limits)
{
	struct bed *bed = calloc(1, sizeof(*bed));
	char why[256] = "";

	assert_non_null(bed);
	pthread_mutex_init(&bed->lock, NULL);
	memset(bed->big, 'x', sizeof(bed->big));
	bed->pool = pool_new(&(struct pool_config){ .name = "worker", .n_threads = 2, .queue_max = 4096 });
	assert_non_null(bed->pool);
	bed->ropes = rope_pool_new(64 << 20);
	assert_non_null(bed->ropes);
	if (!bed_try(bed, where, n_loops, limits, why, sizeof(why)))
		fail_msg("%s", why);
	return bed;
}

static void
bed_free(struct bed *bed)
{
	server_drain(bed->server, SECOND_US);
	pool_free(bed->pool);
	server_free(bed->server);
	rope_pool_free(bed->ropes);
	pthread_mutex_destroy(&bed->lock);
	free(bed);
}

struct client {
	int fd;
	size_t at, n;
	char in[4096];
};

struct reply {
	int status;
	char head[2048]; /* status line and fields, NUL-terminated */
	size_t body_n;
	char body[2 * 1024 * 1024];
};

/* Nothing waits longer than this: a hang is a failure with a line number. */
static void
set_patience(int fd)
{
	struct timeval patience = { .tv_sec = 10 };

	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)), 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)), 0);
}

static int
dial_port(const char *address, int rcvbuf)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	in.sin_port = htons((uint16_t)strtoul(strrchr(address, ':') + 1, NULL, 10));
	assert_true(fd >= 0);
	set_patience(fd);
	if (rcvbuf > 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &rcvbuf, sizeof(rcvbuf));
	if (connect(fd, (struct sockaddr *)&in, sizeof(in)) == 0)
		return fd;
	close(fd);
	return -1;
}

static void
dial(const struct bed *bed, struct client *c)
{
	*c = (struct client){ .fd = dial_port(server_address(bed->server, 0), 0) };
	assert_true(c->fd >= 0);
}

/* false: the other side does not want it any more. */
static bool
try_say(struct client *c, struct str bytes)
{
	while (bytes.n > 0) {
		ssize_t n = send(c->fd, bytes.p, bytes.n, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		bytes = str_from(bytes, (size_t)n);
	}
	return true;
}

__attribute__((unused)) static void
say(struct client *c, const char *text)
{
	assert_true(try_say(c, str_of(text)));
}

/* The next byte; -1 at the end; -2 after a reset or out of patience. */
static int
next_byte(struct client *c)
{
	if (c->at == c->n) {
		ssize_t n = recv(c->fd, c->in, sizeof(c->in), 0);

		if (n <= 0)
			return n == 0 ? -1 : -2;
		c->at = 0;
		c->n = (size_t)n;
	}
	return (uint8_t)c->in[c->at++];
}

static size_t
length_of(const char *head)
{
	const char *at = strstr(head, "\r\nContent-Length: ");

	return at != NULL ? strtoul(at + 18, NULL, 10) : 0;
}

/* 1: a whole reply; 0: the end before its first byte; -1: anything else. */
static int
try_hear(struct client *c, bool of_head, struct reply *ret)
{
	size_t n = 0;

	for (int b; n < 4 || memcmp(ret->head + n - 4, "\r\n\r\n", 4) != 0; ret->head[n++] = (char)b) {
		b = next_byte(c);
		if (b < 0 || n + 1 == sizeof(ret->head))
			return b == -1 && n == 0 ? 0 : -1;
	}
	ret->head[n] = '\0';
	ret->status = (int)strtol(ret->head + 9, NULL, 10);
	ret->body_n = of_head || ret->status == 100 ? 0 : length_of(ret->head);
	for (size_t i = 0; i < ret->body_n; i++) {
		int b = next_byte(c);

		if (b < 0)
			return -1;
		ret->body[i] = (char)b;
	}
	ret->body[ret->body_n] = '\0';
	return 1;
}

static struct reply *
hear(struct client *c)
{
	static _Thread_local struct reply r;

	assert_int_equal(try_hear(c, false, &r), 1);
	return &r;
}

__attribute__((unused)) static void
hear_status(struct client *c, int status, const char *body)
{
	struct reply *r = hear(c);

	if (r->status != status || (body != NULL && strcmp(r->body, body) != 0))
		fail_msg(
		    "got %d \"%.60s\", want %d \"%s\"", r->status, r->body, status, body != NULL ? body : "");
}

/* A FIN, not a reset, and nothing before it. */
__attribute__((unused)) static void
hear_end(struct client *c)
{
	int b = next_byte(c);

	if (b != -1)
		fail_msg("after the last reply: %d %s", b, b == -2 ? strerror(errno) : "");
	close(c->fd);
}

__attribute__((unused)) static struct server_stats
stats_of(const struct bed *bed)
{
	struct server_stats s;

	server_stats(bed->server, &s);
	return s;
}

static struct bed *bed;

__attribute__((unused)) static int
set_up(void **state)
{
	(void)state;
	bed = bed_new("127.0.0.1:0", 1, &net_limits_default);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	assert_int_equal(atomic_load(&bed->smuggled), 0);
	bed_free(bed);
	bed = NULL;
	return 0;
}

#define BEDDED(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
