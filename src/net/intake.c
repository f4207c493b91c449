/* intake.c - bytes to requests: one at a time, in order, each to the handler or refused. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/secret.h"
#include "net/conn.h"

enum {
	/* Written before more than this is gathered. */
	GATHER_MAX = 64 * 1024,
	/* Of a refusal's fields and body. */
	REFUSAL_MAX = 64 * 1024,
	/* A body's first allocation: what signs in fits, and is not copied on growth. */
	BODY_FIRST = 4 * 1024,
};

/* Requests are taken while nobody has one of this connection's and its answers go out. */
bool
intake_is_ready(const struct conn *c)
{
	return (c->state == CONN_HEAD || c->state == CONN_BODY) && !conn_is_writing(c) && !c->closing;
}

void
intake_refuse(struct conn *c, struct exchange *x, enum status why)
{
	const struct handler *handler = c->loop->handler;
	struct answer a = { .status = status_info[why].http, .close = true };
	struct buf headers, body;

	count(&c->loop->n.refused, 1);
	buf_init(&headers, REFUSAL_MAX);
	buf_init(&body, REFUSAL_MAX);
	handler->refusal(handler->arg, x, why, &headers, &body);
	a.headers = buf_str(&headers);
	a.body = buf_str(&body);
	exchange_answer(x, &a);
	buf_done(&headers);
	buf_done(&body);
	exchange_release(c->loop, x);
	c->x = NULL;
	/* Nothing behind a refused message is ever read as a request. */
	c->state = CONN_HEAD;
	c->closing = true;
}

static void
hand_over(struct conn *c, struct exchange *x)
{
	struct loop *l = c->loop;

	count(&l->n.requests, 1);
	c->x = x;
	c->state = CONN_HANDLER;
	l->handler->request(l->handler->arg, x);
	if (x->answered) {
		c->x = NULL;
		c->state = CONN_HEAD;
		exchange_release(l, x);
		return;
	}
	/* Neither answered nor kept: its views would be gone when somebody looks. */
	CHECK(x->own != NULL);
	l->n_kept++;
}

/* Behind a body it may lie further on, where the next connection's bytes are read to. */
static bool
is_in_its_room(const struct loop *l, const struct exchange *x)
{
	return x->raw.p + x->raw.n <= l->read + ((size_t)l->n_begun + 1) * HEAD_READ;
}

/* Alone: nothing is before it and nothing behind, so its views stay where it was read into until the turn ends. */
static bool
begin(struct conn *c, struct exchange *x, struct str rest)
{
	struct loop *l = c->loop;
	const struct handler *handler = l->handler;

	if (handler->begin == NULL || l->n_begun == BEGUN_MAX || rest.n > 0 || c->in.n > 0 || c->gathered > 0)
		return false;
	if (!is_in_its_room(l, x))
		return false;
	if (!handler->begin(handler->arg, x, l->rooms + l->n_begun * handler->begun_room))
		return false;
	count(&l->n.requests, 1);
	c->x = x;
	c->state = CONN_HANDLER;
	l->begun[l->n_begun++] = x;
	return true;
}

static void
finish(struct loop *l, struct exchange *x)
{
	struct conn *c = x->conn;

	if (c != NULL)
		c->behind = c->in.n;
	l->handler->request(l->handler->arg, x);
	if (!x->answered) {
		CHECK(x->own != NULL);
		l->n_kept++;
		return;
	}
	exchange_release(l, x);
	if (c != NULL)
		conn_answered(c);
}

void
intake_finish(struct loop *l)
{
	for (unsigned i = 0; i < l->n_begun; i++)
		finish(l, l->begun[i]);
	l->n_begun = 0;
}

/* The client asked first whether to send the body, and has not begun. */
static void
say_continue(struct conn *c)
{
	buf_put_str(conn_out(c), S("HTTP/1.1 100 Continue\r\n\r\n"));
}

/*
 * Room for more of a body. What is beyond its first kilobytes counts against what all
 * bodies may hold, or a thousand that never end would hold gigabytes; who signs in
 * needs none of that and is never refused for it.
 */
static bool
body_reserve(struct exchange *x, size_t more)
{
	size_t charge;

	if (!buf_reserve(&x->collected, more))
		return false;
	if (x->collected.cap <= BODY_FIRST)
		return true;
	charge = x->collected.cap - x->charged;
	x->charged = x->collected.cap;
	return charge == 0 || server_take_body_memory(x->loop->server, charge);
}

/* The head is complete, the body is not. */
static void
await_body(struct conn *c, struct exchange *x, bool begun)
{
	size_t first = BODY_FIRST;

	if (!x->head.chunked && (size_t)x->head.content_length < first)
		first = (size_t)x->head.content_length;
	/* Of a known length: then no growth reserves more than that. */
	if (!x->head.chunked)
		buf_init(&x->collected, (size_t)x->head.content_length);
	if (!exchange_keep(x) || !body_reserve(x, first)) {
		intake_refuse(c, x, E_OVERLOADED);
		return;
	}
	c->x = x;
	c->state = CONN_BODY;
	loop_wait(c, WAIT_BODY);
	if (x->head.expect_continue && !begun)
		say_continue(c);
}

/* A complete head, `rest` behind it. How many bytes of rest were its body. */
static size_t
begin_request(struct conn *c, struct exchange *x, struct str rest)
{
	const struct handler *handler = c->loop->handler;
	size_t length = x->head.content_length > 0 ? (size_t)x->head.content_length : 0;

	loop_wait(c, WAIT_NONE);
	if (length > 0 || x->head.chunked) {
		x->body_limit = handler->body_limit(handler->arg, &x->head);
		if (length > x->body_limit) {
			intake_refuse(c, x, E_PAYLOAD_TOO_LARGE);
			return 0;
		}
	}
	if (x->head.chunked || length > rest.n) {
		await_body(c, x, rest.n > 0);
		return 0;
	}
	if (length > 0)
		x->body = (struct str){ rest.p, length };
	x->raw.n += length;
	c->behind = rest.n - length;
	if (length > 0 || !begin(c, x, rest))
		hand_over(c, x);
	return length;
}

/* In CONN_HEAD: how many bytes were used. 0: no head is complete. */
static size_t
take_head(struct conn *c, struct str in)
{
	struct exchange *x = exchange_begin(c);
	enum status why = OK;
	size_t used = 0;

	if (x == NULL) {
		conn_cut(c);
		return 0;
	}
	switch (http1_head(in, &c->loop->limits->http1, &x->head, &used, &why)) {
	case HTTP1_MORE:
		exchange_release(c->loop, x);
		return 0;
	case HTTP1_REFUSED:
		intake_refuse(c, x, why);
		return 0;
	case HTTP1_DONE:
		break;
	}
	x->raw = (struct str){ in.p, used };
	return used + begin_request(c, x, (struct str){ in.p + used, in.n - used });
}

static void
body_is_whole(struct conn *c, size_t behind)
{
	struct exchange *x = c->x;

	x->body = buf_str(&x->collected);
	c->behind = behind;
	loop_wait(c, WAIT_NONE);
	hand_over(c, x);
}

static size_t
take_plain_body(struct conn *c, struct str in)
{
	struct exchange *x = c->x;
	size_t left = (size_t)x->head.content_length - x->collected.n;
	size_t n = left < in.n ? left : in.n;

	if (!body_reserve(x, n)) {
		intake_refuse(c, x, E_OVERLOADED);
		return n;
	}
	buf_put(&x->collected, in.p, n);
	if (n == left)
		body_is_whole(c, in.n - n);
	return n;
}

static size_t
take_chunked_body(struct conn *c, struct str in)
{
	struct exchange *x = c->x;
	enum http1_result r;
	enum status why = OK;
	size_t n = 0, used = in.n;

	if (!body_reserve(x, in.n)) {
		intake_refuse(c, x, E_OVERLOADED);
		return in.n;
	}
	r = http1_chunked(&x->chunks, in, x->collected.p + x->collected.n, &n, &used, &why);
	x->collected.n += n;
	/* A chunk that announces too much is refused before it comes. */
	if (r != HTTP1_REFUSED &&
	    (x->collected.n > x->body_limit || x->chunks.left > x->body_limit - x->collected.n)) {
		r = HTTP1_REFUSED;
		why = E_PAYLOAD_TOO_LARGE;
	}
	if (r == HTTP1_REFUSED)
		intake_refuse(c, x, why);
	else if (r == HTTP1_DONE)
		body_is_whole(c, in.n - used);
	return used;
}

/* In CONN_BODY. Our copy is wiped when the request is over; the one it was read into, here. */
static size_t
take_body(struct conn *c, struct str in)
{
	size_t used = c->x->head.chunked ? take_chunked_body(c, in) : take_plain_body(c, in);

	secret_wipe((char *)(uintptr_t)in.p, used);
	return used;
}

/* Use as many of the bytes as can be now. */
static size_t
consume(struct conn *c, struct str in)
{
	size_t used = 0;

	while (intake_is_ready(c) && used < in.n) {
		struct str rest = { in.p + used, in.n - used };
		size_t n = c->state == CONN_BODY ? take_body(c, rest) : take_head(c, rest);

		if (n == 0)
			break;
		used += n;
		if (c->gathered >= c->loop->limits->pipeline || c->loop->gather.n >= GATHER_MAX)
			conn_flush(c);
	}
	return used;
}

void
intake_resume(struct conn *c)
{
	size_t used = consume(c, buf_str(&c->in));

	if (c->state == CONN_CLOSED || used == 0)
		return;
	c->in.n -= used;
	memmove(c->in.p, c->in.p + used, c->in.n);
	if (c->in.n == 0)
		buf_done(&c->in);
}

static void
keep(struct conn *c, struct str more)
{
	buf_put_str(&c->in, more);
	if (c->in.failed)
		conn_cut(c);
}

/* A head is worth reading again when a line has ended or a limit is passed, or 16 KiB cost 16 K readings. */
static bool
is_news(const struct conn *c, struct str more)
{
	const struct http1_limits *max = &c->loop->limits->http1;
	size_t before = c->in.n, after = before + more.n;
	size_t line = max->request_line + 2;

	return c->state != CONN_HEAD || memchr(more.p, '\n', more.n) != NULL ||
	       (before < line && after >= line) || after >= max->head;
}

void
intake_take(struct conn *c, struct str bytes)
{
	size_t used = 0;
	bool again = c->in.n > 0 && intake_is_ready(c) && is_news(c, bytes);

	if (c->in.n == 0)
		used = consume(c, bytes);
	/* Nothing is kept of a connection that is about to close. */
	if (c->state != CONN_CLOSED && !c->closing && used < bytes.n)
		keep(c, (struct str){ bytes.p + used, bytes.n - used });
	if (again && c->state != CONN_CLOSED)
		intake_resume(c);
}

/* What there is of a head, for the answer to name the caller's Origin. */
void
intake_time_out(struct conn *c)
{
	struct exchange *x = exchange_begin(c);
	enum status why;
	size_t used;

	if (x == NULL) {
		conn_cut(c);
		return;
	}
	if (http1_head(buf_str(&c->in), &c->loop->limits->http1, &x->head, &used, &why) != HTTP1_DONE)
		x->raw = buf_str(&c->in);
	intake_refuse(c, x, E_REQUEST_TIMEOUT);
}
