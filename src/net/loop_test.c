/* loop_test.c - real sockets against a small handler: framing, order, limits, deadlines. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <poll.h>
#include <sys/un.h>

#include "net/http1_vectors.h"
#include "net/loop_test.h"

static char large_heads_at[64];

/* A Unix socket, which holds more for a reader than a new TCP connection does. */
static int
set_up_large_heads(void **state)
{
	struct net_limits limits = net_limits_default;

	(void)state;
	limits.http1.head = 256 * 1024;
	snprintf(large_heads_at, sizeof(large_heads_at), "/tmp/loop_test.%d", (int)getpid());
	bed = bed_new(large_heads_at, 1, &limits);
	return 0;
}

static int
set_up_impatient(void **state)
{
	struct net_limits limits = net_limits_default;

	(void)state;
	limits.head_us = limits.idle_us = limits.body_grace_us = limits.write_stall_us = 60 * 1000;
	limits.body_rate = 100 * 1000;
	bed = bed_new("127.0.0.1:0", 1, &limits);
	return 0;
}

static void
test_answers_are_framed(void **state)
{
	char first_id[17], id[17];
	struct client c;
	struct reply *r;

	(void)state;
	dial(bed, &c);
	for (int i = 0; i < 3; i++) {
		say(&c, GET("/hello"));
		r = hear(&c);
		assert_int_equal(r->status, 200);
		assert_string_equal(r->body, "hello");
		assert_memory_equal(r->head, "HTTP/1.1 200 OK\r\nDate: ", 23);
		assert_non_null(strstr(r->head, " GMT\r\nContent-Length: 5\r\nX-Request-Id: "));
		assert_non_null(strstr(r->head, "\r\nX-Test: yes\r\n"));
		assert_null(strstr(r->head, "Connection:"));
		assert_int_equal(
		    sscanf(strstr(r->head, "X-Request-Id: "), "X-Request-Id: %16[0-9a-f]\r\n", id), 1);
		assert_int_equal(strlen(id), 16);
		assert_string_not_equal(id, first_id);
		memcpy(first_id, id, sizeof(id));
	}
	assert_int_equal(bed->seen.peer.family, AF_INET);
	assert_true(net_addr_is_loopback(&bed->seen.peer) && net_addr_is_loopback(&bed->seen.local));
	assert_int_equal(bed->seen.local.port, strtoul(strchr(server_address(bed->server, 0), ':') + 1, NULL, 10));
	close(c.fd);
}

static void
test_head_and_204_have_no_body(void **state)
{
	static struct reply r;
	struct client c;

	(void)state;
	dial(bed, &c);
	say(&c, "HEAD /hello HTTP/1.1\r\n" HOST "\r\n" GET("/empty") GET("/query?after"));
	assert_int_equal(try_hear(&c, true, &r), 1);
	assert_non_null(strstr(r.head, "Content-Length: 5\r\n"));
	assert_int_equal(try_hear(&c, false, &r), 1);
	assert_int_equal(r.status, 204);
	assert_null(strstr(r.head, "Content-Length"));
	hear_status(&c, 200, "after");
	close(c.fd);
}

static void
test_versions_and_closing(void **state)
{
	struct client c;

	(void)state;
	dial(bed, &c);
	say(&c, "GET / HTTP/1.0\r\n" HOST "Connection: keep-alive\r\n\r\n");
	assert_non_null(strstr(hear(&c)->head, "\r\nConnection: keep-alive\r\n"));
	say(&c, "GET / HTTP/1.0\r\n" HOST "\r\n");
	assert_non_null(strstr(hear(&c)->head, "\r\nConnection: close\r\n"));
	hear_end(&c);

	dial(bed, &c);
	say(&c, "GET / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n");
	hear_status(&c, 200, "hello");
	hear_end(&c);

	/* The handler closes: what was pipelined behind is not answered, nor is it a reset. */
	dial(bed, &c);
	say(&c, GET("/close") GET("/smuggled"));
	hear_status(&c, 200, "bye");
	hear_end(&c);
}

/* A client may send its FIN with its last request. */
static void
test_half_closed(void **state)
{
	struct client c;

	(void)state;
	dial(bed, &c);
	say(&c, GET("/held") GET("/query?2"));
	shutdown(c.fd, SHUT_WR);
	release(bed, 1);
	hear_status(&c, 200, "");
	hear_status(&c, 200, "2");
	hear_end(&c);
}

/* Sixteen at once, some from workers: each answer in its place. */
static void
test_pipelining_keeps_the_order(void **state)
{
	char text[16 * 1024] = "", want[16];
	struct client c;

	(void)state;
	for (int depth = 16; depth <= 80; depth += 64) {
		size_t n = 0;

		dial(bed, &c);
		for (int i = 0; i < depth; i++)
			n += (size_t)snprintf(text + n, sizeof(text) - n,
			    "GET %s?%d HTTP/1.1\r\n" HOST "\r\n", i % 5 == 3 ? "/later" : "/query", i);
		say(&c, text);
		for (int i = 0; i < depth; i++) {
			snprintf(want, sizeof(want), "%d", i);
			hear_status(&c, 200, want);
		}
		close(c.fd);
	}
}

/* However the bytes are cut, it is the same conversation. */
static void
test_byte_by_byte(void **state)
{
	static const char text[] =
	    "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 4\r\n\r\nabcd"
	    "POST /echo HTTP/1.1\r\n" HOST
	    "Transfer-Encoding: chunked\r\n\r\n3\r\nxyz\r\n1\r\n!\r\n0\r\nT: t\r\n\r\n" GET("/later?x");
	struct client c;

	(void)state;
	dial(bed, &c);
	for (size_t i = 0; i < sizeof(text) - 1; i++)
		assert_true(try_say(&c, (struct str){ text + i, 1 }));
	hear_status(&c, 200, "abcd");
	hear_status(&c, 200, "xyz!");
	hear_status(&c, 200, "x");
	close(c.fd);
}

static void
test_bodies(void **state)
{
	static char big[BODY_LIMIT + 1];
	struct client c;
	struct reply *r;

	(void)state;
	memset(big, 'b', BODY_LIMIT);
	dial(bed, &c);
	say(&c, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 65536\r\n\r\n");
	say(&c, big);
	r = hear(&c);
	assert_int_equal(r->body_n, BODY_LIMIT);
	assert_memory_equal(r->body, big, BODY_LIMIT);

	say(&c, "POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n8000\r\n");
	assert_true(try_say(&c, (struct str){ big, 0x8000 }));
	say(&c, "\r\n8000\r\n");
	assert_true(try_say(&c, (struct str){ big, 0x8000 }));
	say(&c, "\r\n0\r\n\r\n");
	assert_int_equal(hear(&c)->body_n, BODY_LIMIT);

	/* A body is never a request, whatever it looks like, and whoever ignores it. */
	say(&c, "POST /hello HTTP/1.1\r\n" HOST "Content-Length: 46\r\n\r\n"
		"GET /smuggled HTTP/1.1\r\nHost: a.example\r\n\r\n...");
	hear_status(&c, 200, "hello");
	say(&c, GET("/query?next"));
	hear_status(&c, 200, "next");
	close(c.fd);
}

static void
test_100_continue(void **state)
{
	struct client c;

	(void)state;
	dial(bed, &c);
	say(&c, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 3\r\nExpect: 100-continue\r\n\r\n");
	hear_status(&c, 100, NULL);
	say(&c, "abc");
	hear_status(&c, 200, "abc");
	/* Not asked for when the body is there already, */
	say(&c, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 3\r\nExpect: 100-continue\r\n\r\nabc");
	hear_status(&c, 200, "abc");
	/* nor sent when it is not wanted. */
	say(&c, "POST /small HTTP/1.1\r\n" HOST "Content-Length: 11\r\nExpect: 100-continue\r\n\r\n");
	hear_status(&c, 413, "PAYLOAD_TOO_LARGE");
	hear_end(&c);
}

static void
assert_refused(const char *text, int status)
{
	struct client c;

	dial(bed, &c);
	(void)try_say(&c, str_of(text));
	if (hear(&c)->status != status)
		fail_msg("want %d for %.80s", status, text);
	hear_end(&c);
}

/* The whole answer arrives although we are still sending: no reset destroys it. */
static void
test_F22_too_large(void **state)
{
	static char text[200 * 1024];
	int n;

	(void)state;
	n = snprintf(text, sizeof(text), "GET /");
	memset(text + n, 'a', 20000);
	assert_refused(text, 414);
	memset(text, 0, sizeof(text));
	n = snprintf(text, sizeof(text), "GET / HTTP/1.1\r\n" HOST "Origin: https://a.example\r\nX: ");
	memset(text + n, 'a', 20000);
	assert_refused(text, 431);
	memset(text, 0, sizeof(text));
	n = snprintf(text, sizeof(text), "POST / HTTP/1.1\r\n" HOST "Content-Length: 65537\r\n\r\n");
	memset(text + n, 'a', 150 * 1024);
	assert_refused(text, 413);
	assert_refused("POST /small HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\nb\r\n", 413);
	assert_refused(
	    "POST /small HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n6\r\n", 413);
	assert_refused(
	    "POST /small HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n", 413);
	assert_int_equal(stats_of(bed).refused, 6);
}

static void
test_refusals_know_the_origin(void **state)
{
	struct client c;

	(void)state;
	dial(bed, &c);
	say(&c, "GET / HTTP/1.1\r\nOrigin: https://app\r\n" HOST HOST "\r\n");
	assert_non_null(strstr(hear(&c)->head, "\r\nX-Origin: https://app\r\n"));
	hear_end(&c);
}

/* F-21: a refused message gets one answer, and what is behind it is never a request. */
static void
test_F21_nothing_smuggled(void **state)
{
	struct str behind = S("GET /smuggled HTTP/1.1\r\n" HOST "\r\n");
	struct client c;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(http1_vectors); i++) {
		const struct http1_vector *v = &http1_vectors[i];

		if (v->want != 400)
			continue;
		dial(bed, &c);
		(void)(try_say(&c, v->bytes) && try_say(&c, behind));
		if (hear(&c)->status != 400)
			fail_msg("%s", v->name);
		hear_end(&c);
	}
}

static void
test_F21_nothing_smuggled_in_chunks(void **state)
{
	static const char *const bodies[] = { "0x5\r\nabcde\r\n0\r\n\r\n", "5;x\nabcde\r\n0\r\n\r\n",
		"5\nabcde\r\n0\r\n\r\n", "5\r\nabcdef\r\n0\r\n\r\n", "0\r\n" GET("/smuggled"), "-1\r\n",
		"0\r\nX : y\r\n\r\n" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
		char text[512];

		snprintf(text, sizeof(text),
		    "POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n%s%s", bodies[i],
		    GET("/smuggled"));
		assert_refused(text, 400);
	}
}

/* F-20: each kind of slowness has its deadline. */
static void
test_F20_slow_head(void **state)
{
	struct client c;

	(void)state;
	dial(bed, &c);
	say(&c, "GET / HTTP/1.1\r\nOrigin: https://app\r\nHo");
	assert_non_null(strstr(hear(&c)->head, "HTTP/1.1 408 Request Timeout\r\n"));
	hear_end(&c);
	/* Who never said a word gets none. */
	dial(bed, &c);
	hear_end(&c);
	/* A byte now and then buys no time. */
	dial(bed, &c);
	for (struct pollfd in = { .fd = c.fd, .events = POLLIN }; poll(&in, 1, 5) == 0;)
		(void)try_say(&c, S("x"));
	hear_status(&c, 408, NULL);
	close(c.fd);
}

static void
test_F20_idle(void **state)
{
	struct client c;

	(void)state;
	dial(bed, &c);
	say(&c, GET("/hello"));
	hear_status(&c, 200, "hello");
	hear_end(&c);
}

static void
test_F20_slow_body(void **state)
{
	struct client c;

	(void)state;
	dial(bed, &c);
	say(&c, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 60000\r\n\r\nabc");
	hear_status(&c, 408, "REQUEST_TIMEOUT");
	hear_end(&c);
	dial(bed, &c);
	say(&c, "POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n1000\r\nabc");
	hear_status(&c, 408, "REQUEST_TIMEOUT");
	hear_end(&c);
}

/* A reader that takes nothing is cut; its connection does not stay. */
static void
test_F20_slow_reader(void **state)
{
	struct client c = { .fd = dial_port(server_address(bed->server, 0), 4096) };

	(void)state;
	for (int i = 0; i < 16; i++)
		say(&c, GET("/big"));
	while (stats_of(bed).closed == 0)
		sched_yield();
	close(c.fd);
}

/* What the socket does not take at once is kept, and nothing is mixed up behind it. */
static void
test_large_answers(void **state)
{
	struct client c = { .fd = dial_port(server_address(bed->server, 0), 4096) };

	(void)state;
	say(&c, GET("/big") GET("/query?1") GET("/big") GET("/later?2") GET("/query?3"));
	assert_int_equal(hear(&c)->body_n, sizeof(bed->big));
	hear_status(&c, 200, "1");
	assert_int_equal(hear(&c)->body_n, sizeof(bed->big));
	hear_status(&c, 200, "2");
	hear_status(&c, 200, "3");
	close(c.fd);
}

static void
hear_rope(struct client *c, int lines)
{
	const struct reply *r = hear(c);
	const char *at = r->body;
	char line[96];

	assert_int_equal(r->status, 200);
	for (int i = 0; i < lines; i++) {
		int n = snprintf(line, sizeof(line), "%d is the line's number, and this is what all of them say.\n", i);

		assert_true(at + n <= r->body + r->body_n);
		assert_memory_equal(at, line, (size_t)n);
		at += n;
	}
	assert_ptr_equal(at, r->body + r->body_n);
}

static void
await_no_ropes(void)
{
	while (rope_pool_used(bed->ropes) > 0)
		sched_yield();
}

/* A rope goes out whole and in order, between other answers, and is freed; of HEAD it is only the length. */
static void
test_ropes(void **state)
{
	struct client c = { .fd = dial_port(server_address(bed->server, 0), 4096) };
	static struct reply r;

	(void)state;
	say(&c, GET("/query?1") GET("/rope?20000") GET("/query?2") GET("/rope-later?20000") GET("/query?3") GET("/rope?1"));
	hear_status(&c, 200, "1");
	hear_rope(&c, 20000);
	hear_status(&c, 200, "2");
	hear_rope(&c, 20000);
	hear_status(&c, 200, "3");
	hear_rope(&c, 1);
	await_no_ropes();
	say(&c, "HEAD /rope-later?20000 HTTP/1.1\r\n" HOST "\r\n" GET("/query?4"));
	assert_int_equal(try_hear(&c, true, &r), 1);
	assert_non_null(strstr(r.head, "Content-Length: 1228890\r\n"));
	hear_status(&c, 200, "4");
	await_no_ropes();
	close(c.fd);
}

/* Whoever hangs up in the middle, or takes next to nothing, holds no memory for long. */
static void
test_F20_nobody_takes_a_rope(void **state)
{
	struct client gone, slow = { .fd = dial_port(server_address(bed->server, 0), 4096) };

	(void)state;
	for (int i = 0; i < 4; i++) {
		gone = (struct client){ .fd = dial_port(server_address(bed->server, 0), 4096) };
		say(&gone, i % 2 ? GET("/rope?200000") : GET("/rope-later?200000"));
		next_byte(&gone);
		close(gone.fd);
	}
	await_no_ropes();
	say(&slow, GET("/rope?200000"));
	next_byte(&slow);
	await_no_ropes();
	close(slow.fd);
}

/* The client hangs up while a worker has its request: the worker's answer finds nobody, and all is freed. */
static void
test_client_gone_while_held(void **state)
{
	struct linger hard = { .l_onoff = 1 };
	struct client c;

	(void)state;
	for (int i = 0; i < 8; i++) {
		dial(bed, &c);
		say(&c, "POST /held HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc");
		while (stats_of(bed).requests <= (uint64_t)i)
			sched_yield();
		setsockopt(c.fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
		close(c.fd);
	}
	while (stats_of(bed).closed < 8)
		sched_yield();
	release(bed, 8);
	while (atomic_load(&bed->done_gone) < 8)
		sched_yield();
}

/* While one request is with a worker, a client that sends on is not read without bound. */
static void
test_a_waiting_client_cannot_fill_memory(void **state)
{
	static char text[64 * 1024];
	struct client c;
	uint64_t before;

	(void)state;
	dial(bed, &c);
	say(&c, GET("/held"));
	while (stats_of(bed).requests < 1)
		sched_yield();
	before = stats_of(bed).bytes_in;
	memset(text, 'x', sizeof(text));
	fcntl(c.fd, F_SETFL, O_NONBLOCK);
	while (send(c.fd, text, sizeof(text), MSG_NOSIGNAL) > 0)
		;
	release(bed, 1);
	fcntl(c.fd, F_SETFL, 0);
	hear_status(&c, 200, "");
	hear_status(&c, 414, NULL);
	assert_true(stats_of(bed).bytes_in - before <= 16 * 1024 + 16 * 1024);
	close(c.fd);
}

/* The kernel tells of what is new once: a FIN that came with bytes, and bytes beyond what one read takes, are not forgotten. */
static void
test_what_is_told_of_once(void **state)
{
	enum { REQUESTS = 1200 };
	static char text[REQUESTS * 48];
	struct client c;
	char want[16];
	size_t n = 0;

	(void)state;
	for (int i = 0; i < REQUESTS; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "GET /query?%d HTTP/1.1\r\n" HOST "\r\n", i);
	assert_true(n > 2 * (size_t)16 * 1024);
	for (int round = 0; round < 50; round++) {
		dial(bed, &c);
		for (int i = 0; i < 3; i++) {
			say(&c, GET("/query?first"));
			hear_status(&c, 200, "first");
		}
		say(&c, round % 10 == 0 ? text : GET("/query?0"));
		shutdown(c.fd, SHUT_WR);
		for (int i = 0; i < (round % 10 == 0 ? REQUESTS : 1); i++) {
			snprintf(want, sizeof(want), "%d", i);
			hear_status(&c, 200, want);
		}
		hear_end(&c);
	}
	/* And one that says nothing more. */
	dial(bed, &c);
	say(&c, GET("/query?first"));
	hear_status(&c, 200, "first");
	shutdown(c.fd, SHUT_WR);
	hear_end(&c);
}

/* More at once than are begun in one turn, of which some are gone before they are answered. */
static void
test_many_in_one_turn(void **state)
{
	enum { CLIENTS = 5 * BEGUN_MAX };
	struct client c[CLIENTS];
	char text[64];

	(void)state;
	for (int i = 0; i < CLIENTS; i++)
		dial(bed, &c[i]);
	for (int round = 0; round < 200; round++) {
		for (int i = 0; i < CLIENTS; i++) {
			snprintf(text, sizeof(text), "GET %s?%d HTTP/1.1\r\n" HOST "\r\n", i % 7 == 3 ? "/later" : "/query", i);
			say(&c[i], text);
			if ((i + round) % 9 != 0)
				continue;
			struct linger none = { .l_onoff = 1 };

			setsockopt(c[i].fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
			close(c[i].fd);
			dial(bed, &c[i]);
		}
		for (int i = 0; i < CLIENTS; i++) {
			snprintf(text, sizeof(text), "%d", i);
			if ((i + round) % 9 != 0)
				hear_status(&c[i], 200, text);
		}
	}
	assert_true(atomic_load(&bed->begun) > 100u * CLIENTS);
	for (int i = 0; i < CLIENTS; i++)
		close(c[i].fd);
}

/* While the handler is held up, all that clients send comes into one turn. */
static void
hold_up(struct client *c, const char *text)
{
	unsigned before = atomic_load(&bed->begun);

	pthread_mutex_lock(&bed->lock);
	say(c, text);
	while (atomic_load(&bed->begun) == before)
		sched_yield();
}

/*
 * Behind a body, which is read in larger pieces, a request lay beyond the room that is kept for one that is begun. The
 * next connection's bytes were read over it, and it was answered as if they had been its own.
 */
static void
test_begun_behind_a_body(void **state)
{
	enum { BODY = 20000, BEFORE = 15 };
	static char text[64 * 1024], other[16 * 1024 + 1];
	struct client held, c, next;
	size_t n;

	(void)state;
	dial(bed, &held);
	dial(bed, &c);
	dial(bed, &next);
	say(&next, GET("/query?first"));
	hear_status(&next, 200, "first");
	/* Its head first, so that what follows is read as a body. */
	snprintf(text, sizeof(text), "POST /hello HTTP/1.1\r\n" HOST "Content-Length: %d\r\n\r\n", BODY);
	say(&c, text);
	say(&held, GET("/query?before"));
	hear_status(&held, 200, "before");
	memset(text, 'b', BODY);
	n = BODY;
	/* Enough answers to be written before the last one. */
	for (int i = 0; i < BEFORE; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, GET("/hello"));
	n += (size_t)snprintf(text + n, sizeof(text) - n, GET("/query?mine"));
	memset(other, 'o', sizeof(other) - 1);
	memcpy(other, "GET /query?other", 16);
	hold_up(&held, GET("/query?held"));
	say(&c, text);
	say(&next, other);
	pthread_mutex_unlock(&bed->lock);
	hear_status(&held, 200, "held");
	for (int i = 0; i <= BEFORE; i++)
		hear_status(&c, 200, "hello");
	hear_status(&c, 200, "mine");
	hear_status(&next, 414, NULL);
	close(held.fd);
	close(c.fd);
	close(next.fd);
}

/* A read ends at a mark of urgent data, short of what is there: what is behind it is nothing new. */
static void
test_urgent_data(void **state)
{
	struct client held, c;

	(void)state;
	dial(bed, &held);
	dial(bed, &c);
	say(&held, GET("/query?before"));
	hear_status(&held, 200, "before");
	for (int i = 0; i < 3; i++) {
		say(&c, GET("/query?first"));
		hear_status(&c, 200, "first");
	}
	hold_up(&held, GET("/query?held"));
	say(&c, "GET /query?mine HTTP/1.1\r\n");
	assert_int_equal(send(c.fd, "!", 1, MSG_OOB), 1);
	say(&c, HOST "\r\n");
	pthread_mutex_unlock(&bed->lock);
	hear_status(&held, 200, "held");
	hear_status(&c, 200, "mine");
	close(held.fd);
	close(c.fd);
}

static void
dial_path(struct client *c)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };

	snprintf(un.sun_path, sizeof(un.sun_path), "%s", large_heads_at);
	*c = (struct client){ .fd = socket(AF_UNIX, SOCK_STREAM, 0) };
	set_patience(c->fd);
	assert_int_equal(connect(c->fd, (struct sockaddr *)&un, sizeof(un)), 0);
}

/* Where heads may be larger than the read buffer, what a waiting client sent was read beyond the buffer's end. */
static void
test_a_waiting_client_and_large_heads(void **state)
{
	enum { MOST = 256 * 1024 };
	static char text[MOST + 64];
	struct client held, c;
	size_t n = 0;

	(void)state;
	dial_path(&held);
	dial_path(&c);
	say(&c, GET("/held?first"));
	while (stats_of(bed).requests < 1)
		sched_yield();
	while (n < MOST - 64)
		n += (size_t)snprintf(text + n, sizeof(text) - n, GET("/hello"));
	hold_up(&held, GET("/query?held"));
	fcntl(c.fd, F_SETFL, O_NONBLOCK);
	/* As much as the kernel holds for a loop that does not look. */
	assert_true(send(c.fd, text, n, MSG_NOSIGNAL) > 128 * 1024);
	pthread_mutex_unlock(&bed->lock);
	hear_status(&held, 200, "held");
	fcntl(c.fd, F_SETFL, 0);
	release(bed, 1);
	hear_status(&c, 200, "");
	for (int i = 0; i < 1000; i++)
		hear_status(&c, 200, "hello");
	close(held.fd);
	close(c.fd);
}

/* Room for the rest of an answer may not yet be room that the poll tells of: what was asked meanwhile is not forgotten. */
static void
test_a_request_behind_a_blocked_answer(void **state)
{
	enum { STEP = 16 * 1024 };

	(void)state;
	for (size_t before = STEP; before < sizeof(bed->big); before += STEP) {
		struct client c;

		dial_path(&c);
		say(&c, GET("/big"));
		/* There is none in the head. */
		while (next_byte(&c) != 'x')
			;
		for (size_t n = 1; n < sizeof(bed->big); n++) {
			if (n == before)
				say(&c, GET("/query?behind"));
			assert_int_equal(next_byte(&c), 'x');
		}
		hear_status(&c, 200, "behind");
		close(c.fd);
	}
}

#define IMPATIENT(test) cmocka_unit_test_setup_teardown(test, set_up_impatient, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BEDDED(test_answers_are_framed),
		BEDDED(test_head_and_204_have_no_body),
		BEDDED(test_versions_and_closing),
		BEDDED(test_half_closed),
		BEDDED(test_pipelining_keeps_the_order),
		BEDDED(test_byte_by_byte),
		BEDDED(test_bodies),
		BEDDED(test_100_continue),
		BEDDED(test_F22_too_large),
		BEDDED(test_refusals_know_the_origin),
		BEDDED(test_F21_nothing_smuggled),
		BEDDED(test_F21_nothing_smuggled_in_chunks),
		IMPATIENT(test_F20_slow_head),
		IMPATIENT(test_F20_idle),
		IMPATIENT(test_F20_slow_body),
		IMPATIENT(test_F20_slow_reader),
		BEDDED(test_large_answers),
		BEDDED(test_ropes),
		IMPATIENT(test_F20_nobody_takes_a_rope),
		BEDDED(test_client_gone_while_held),
		BEDDED(test_a_waiting_client_cannot_fill_memory),
		BEDDED(test_what_is_told_of_once),
		BEDDED(test_many_in_one_turn),
		BEDDED(test_begun_behind_a_body),
		BEDDED(test_urgent_data),
		cmocka_unit_test_setup_teardown(test_a_waiting_client_and_large_heads, set_up_large_heads, tear_down),
		cmocka_unit_test_setup_teardown(test_a_request_behind_a_blocked_answer, set_up_large_heads, tear_down),
	};

	return cmocka_run_group_tests_name("loop", tests, NULL, NULL);
}
