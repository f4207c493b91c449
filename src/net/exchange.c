/* exchange.c - one request and its answer: whose memory it is in, and how it comes back to its loop. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "net/conn.h"

/* Kept for reuse: one serves all inline answers; the others absorb a burst of kept ones. */
enum { SPARE_MAX = 64 };

struct exchange *
exchange_begin(struct conn *c)
{
	struct loop *l = c->loop;
	struct exchange *x = l->spare;

	if (x != NULL) {
		l->spare = x->next;
		l->n_spare--;
	} else if ((x = malloc(sizeof(*x))) == NULL) {
		return NULL;
	}
	/* Not .head: http1_head fills it, and two kilobytes of fields need no zeroing. */
	x->body = x->raw = STR_NONE;
	x->peer = c->peer;
	x->local = c->local;
	x->id = l->next_id;
	l->next_id += l->id_step;
	x->began_mono = loop_now(l);
	x->loop = l;
	x->user = NULL;
	x->conn = c;
	x->next = NULL;
	x->done = NULL;
	x->own = NULL;
	buf_init(&x->collected, SIZE_MAX);
	x->chunks = (struct http1_chunks){ 0 };
	x->body_limit = 0;
	x->charged = 0;
	x->answered = false;
	return x;
}

/* A body may hold a password: no copy of it stays behind, wherever it was. */
void
exchange_release(struct loop *l, struct exchange *x)
{
	if (x->body.n > 0)
		secret_wipe((char *)(uintptr_t)x->body.p, x->body.n);
	else if (x->collected.n > 0)
		secret_wipe(x->collected.p, x->collected.n);
	buf_done(&x->collected);
	if (x->charged > 0)
		server_give_body_memory(l->server, x->charged);
	free(x->own);
	x->own = NULL;
	if (l->n_spare == SPARE_MAX) {
		free(x);
		return;
	}
	x->next = l->spare;
	l->spare = x;
	l->n_spare++;
}

static void
move(struct str *s, const char *from, const char *to)
{
	if (s->p != NULL)
		s->p = to + (s->p - from);
}

static void
move_head(struct http_head *h, const char *from, const char *to)
{
	move(&h->method_text, from, to);
	move(&h->path, from, to);
	move(&h->query, from, to);
	move(&h->host, from, to);
	for (size_t i = 0; i < h->n_fields; i++) {
		move(&h->fields[i].name, from, to);
		move(&h->fields[i].value, from, to);
	}
}

bool
exchange_keep(struct exchange *x)
{
	const char *from = x->raw.p;

	if (x->own != NULL)
		return true;
	x->own = malloc(x->raw.n);
	if (x->own == NULL)
		return false;
	memcpy(x->own, from, x->raw.n);
	x->raw.p = x->own;
	move_head(&x->head, from, x->own);
	if (x->body.n > 0) {
		secret_wipe((char *)(uintptr_t)x->body.p, x->body.n);
		move(&x->body, from, x->own);
	}
	return true;
}

void
exchange_answer(struct exchange *x, const struct answer *a)
{
	struct conn *c = x->conn;

	CHECK(!x->answered);
	x->answered = true;
	if (c == NULL) {
		rope_free(a->rope);
		return;
	}
	/* Draining ends a connection with the last request that is already here. */
	if (a->close || !x->head.keep_alive || (c->loop->draining && c->behind == 0))
		c->closing = true;
	answer_write(conn_out(c), x, a, c->closing, loop_date(c->loop));
	if (a->rope != NULL && x->head.method != HTTP_HEAD)
		conn_hold(c, a->rope);
	else
		rope_free(a->rope);
	c->gathered++;
	c->greeted = true;
}

void
exchange_post(struct exchange *x, void (*done)(struct exchange *x))
{
	struct loop *l = x->loop;
	struct exchange *last;

	/* From the push on, the loop may run done(x) and end; .posting holds it until it was woken. */
	atomic_fetch_add(&l->posting, 1);
	x->done = done;
	last = atomic_load_explicit(&l->mail, memory_order_relaxed);
	do {
		x->next = last;
	} while (!atomic_compare_exchange_weak_explicit(
	    &l->mail, &last, x, memory_order_release, memory_order_relaxed));
	/* Who posts into an empty mailbox wakes the loop; it takes all there is. */
	if (last == NULL)
		uv_async_send(&l->wake);
	atomic_fetch_sub_explicit(&l->posting, 1, memory_order_release);
}
