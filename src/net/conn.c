/* conn.c - one connection: bytes to requests, one at a time and in order, and answers to bytes. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/conn.h"

enum {
	/* Of a client that is listened to. */
	IDLE_EVENTS = UV_READABLE | UV_DISCONNECT,
};

static void on_poll(uv_poll_t *poll, int failed, int events);

static void
on_closed(uv_handle_t *handle)
{
	free(handle->data);
}

void
conn_close(struct conn *c)
{
	struct loop *l = c->loop;

	if (c->state == CONN_CLOSED)
		return;
	/* What the handler holds stays its own; its answer will find nobody. */
	if (c->state == CONN_HANDLER)
		c->x->conn = NULL;
	else if (c->x != NULL)
		exchange_release(l, c->x);
	c->state = CONN_CLOSED;
	c->x = NULL;
	buf_done(&c->in);
	buf_done(&c->out);
	c->rope = rope_free(c->rope);
	buf_clear(&l->gather);
	uv_close((uv_handle_t *)&c->poll, on_closed);
	close(c->fd);
	loop_conn_gone(c);
}

void
conn_cut(struct conn *c)
{
	/* The kernel drops what it still holds for a reader that does not read. */
	struct linger none = { .l_onoff = 1, .l_linger = 0 };

	(void)setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
	conn_close(c);
}

static void
conn_poll(struct conn *c, int events)
{
	if (c->events == events)
		return;
	c->events = events;
	c->edges = false;
	if (events == 0)
		uv_poll_stop(&c->poll);
	else if (uv_poll_start(&c->poll, events, on_poll) != 0)
		conn_close(c);
}

/*
 * Have the kernel speak up only when something new comes. As libuv asks, it looks once more at each connection that has
 * just been read, whether there is more: 1 to 2 % of what a request costs. libuv cannot ask otherwise, but what it
 * polls with is ours to use, and it only asks anew when the events change. docs/decisions/edge.md
 */
static void
poll_edges(struct conn *c)
{
	struct epoll_event e = { .events = EPOLLIN | EPOLLRDHUP | EPOLLET, .data.fd = c->fd };

	c->edges = epoll_ctl(uv_backend_fd(&c->loop->uv), EPOLL_CTL_MOD, c->fd, &e) == 0;
}

/* Between requests, which is where most connections are most of the time. */
static void
conn_poll_idle(struct conn *c)
{
	if (c->events != IDLE_EVENTS)
		conn_poll(c, IDLE_EVENTS);
	else if (!c->edges)
		poll_edges(c);
}

/*
 * Our FIN, and then wait for the client's: closing at once would answer whatever
 * it still sends with a reset, and a reset destroys an answer not yet read.
 */
static void
conn_goodbye(struct conn *c)
{
	if (c->eof || shutdown(c->fd, SHUT_WR) != 0) {
		conn_close(c);
		return;
	}
	c->state = CONN_LINGER;
	buf_done(&c->in);
	loop_wait(c, WAIT_LINGER);
	conn_poll(c, UV_READABLE);
}

static enum wait
wait_of(const struct conn *c)
{
	if (conn_is_writing(c))
		return WAIT_WRITE;
	if (c->state == CONN_HANDLER)
		return WAIT_NONE;
	if (c->state == CONN_BODY)
		return c->wait == WAIT_BODY ? WAIT_BODY : WAIT_RATE;
	return c->in.n > 0 || !c->greeted ? WAIT_HEAD : WAIT_IDLE;
}

static int
events_of(const struct conn *c)
{
	int events = conn_is_writing(c) ? UV_WRITABLE : 0;

	/* While it is kept waiting, a client may send one head more, and no more than that. */
	if (!c->eof && !c->closing && c->in.n < c->loop->limits->http1.head)
		events |= IDLE_EVENTS;
	return events;
}

/* Everything this turn brought is used: write, then decide what to wait for. */
static void
settle(struct conn *c)
{
	enum wait wait;

	/* What the socket did not take goes on with the poll alone: taken here, nobody would resume what came in behind it. */
	if (c->out.n == 0 || c->out.failed)
		conn_flush(c);
	if (c->state == CONN_CLOSED || c->state == CONN_LINGER)
		return;
	if (!conn_is_writing(c) && c->closing) {
		conn_goodbye(c);
		return;
	}
	/* After its FIN no request can be completed any more. */
	if (!conn_is_writing(c) && c->eof && c->state != CONN_HANDLER) {
		conn_close(c);
		return;
	}
	wait = wait_of(c);
	/* It was still writing when the end began. */
	if (wait == WAIT_IDLE && c->loop->draining) {
		conn_goodbye(c);
		return;
	}
	if (c->wait != wait || wait == WAIT_IDLE)
		loop_wait(c, wait);
	if (wait == WAIT_IDLE)
		conn_poll_idle(c);
	else
		conn_poll(c, events_of(c));
}

static void
discard(struct conn *c)
{
	struct loop *l = c->loop;
	ssize_t n = recv(c->fd, l->read + (size_t)l->n_begun * HEAD_READ, READ_MAX, 0);

	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		conn_close(c);
}

static size_t
room(const struct conn *c)
{
	size_t max = c->loop->limits->http1.head, left = c->in.n < max ? max - c->in.n : 0;

	if (c->state == CONN_BODY && c->in.n == 0)
		return READ_MAX;
	if (intake_is_ready(c))
		return HEAD_READ;
	/* An operator may allow heads that the buffer does not hold. */
	return left < READ_MAX ? left : READ_MAX;
}

static void
conn_read(struct conn *c)
{
	struct loop *l = c->loop;
	char *to = l->read + (size_t)l->n_begun * HEAD_READ;
	size_t max = room(c);
	ssize_t n;

	if (max == 0 || c->eof || c->closing)
		return;
	n = recv(c->fd, to, max, 0);
	/* There may be more, which is nothing new. */
	if (c->edges && (n == (ssize_t)max || (n < 0 && errno == EINTR)))
		poll_edges(c);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0) {
		conn_close(c);
		return;
	}
	count(&l->n.bytes_in, (uint64_t)n);
	c->eof = n == 0;
	if (n > 0)
		intake_take(c, (struct str){ to, (size_t)n });
	settle(c);
	/* A mark of urgent data ends a read before its time: the rest of what has begun may be here. */
	if (c->edges && (c->state == CONN_BODY || c->in.n > 0) && c->state != CONN_CLOSED)
		poll_edges(c);
}

static void
conn_write(struct conn *c)
{
	conn_flush_all(c);
	if (c->state != CONN_CLOSED && !conn_is_writing(c) && c->in.n > 0)
		intake_resume(c);
	settle(c);
}

static void
on_poll(uv_poll_t *poll, int failed, int events)
{
	struct conn *c = poll->data;

	if (c->loop->n_begun == BEGUN_MAX)
		intake_finish(c->loop);
	if (c->state == CONN_CLOSED)
		return;
	if (failed != 0) {
		conn_close(c);
		return;
	}
	if (events & UV_WRITABLE)
		conn_write(c);
	if (c->state == CONN_LINGER)
		discard(c);
	else if (events & UV_READABLE && c->state != CONN_CLOSED)
		conn_read(c);
	/* Its FIN came with its last bytes, and will not be told again. */
	if (events & UV_DISCONNECT && c->edges && c->state != CONN_CLOSED)
		conn_read(c);
}

void
conn_answered(struct conn *c)
{
	c->x = NULL;
	c->state = CONN_HEAD;
	conn_flush_all(c);
	if (c->state != CONN_CLOSED && c->in.n > 0)
		intake_resume(c);
	settle(c);
}

static void
time_out_head(struct conn *c)
{
	intake_time_out(c);
	settle(c);
}

static int64_t
bytes_due(const struct loop *l, int64_t us)
{
	return us > 0 ? l->limits->body_rate * us / SECOND_US : 0;
}

/* Between the first look and the last, a body must come at the rate. */
static void
look_at_body(struct conn *c)
{
	const struct net_limits *limits = c->loop->limits;
	struct exchange *x = c->x;
	int64_t late = loop_now(c->loop) - x->began_mono - limits->body_grace_us;

	if ((int64_t)(x->collected.n + x->chunks.overhead) >= bytes_due(c->loop, late)) {
		loop_wait(c, WAIT_RATE);
		return;
	}
	intake_refuse(c, x, E_REQUEST_TIMEOUT);
	settle(c);
}

/* What a span's look must find taken: of a rope, which holds memory that others wait for, its share. */
static int64_t
taken_due(const struct conn *c)
{
	const struct net_limits *limits = c->loop->limits;
	int64_t due = bytes_due(c->loop, limits->write_stall_us), share;

	if (c->rope == NULL || limits->rope_us == 0)
		return due;
	share = (int64_t)((double)rope_bytes(c->rope) * (double)limits->write_stall_us / (double)limits->rope_us);
	return share > due ? share : due;
}

static void
look_at_write(struct conn *c)
{
	if ((int64_t)c->taken < taken_due(c)) {
		conn_cut(c);
		return;
	}
	c->taken = 0;
	loop_wait(c, WAIT_WRITE);
}

void
conn_expire(struct conn *c)
{
	switch (c->wait) {
	case WAIT_HEAD:
		if (c->in.n > 0)
			time_out_head(c);
		else
			conn_goodbye(c);
		break;
	case WAIT_IDLE:
		conn_goodbye(c);
		break;
	case WAIT_BODY:
	case WAIT_RATE:
		look_at_body(c);
		break;
	case WAIT_WRITE:
		look_at_write(c);
		break;
	case WAIT_LINGER:
		conn_close(c);
		break;
	case WAIT_NONE:
	case WAIT__COUNT:
		break;
	}
}

/* A request may have come in since the last poll. */
static bool
is_idle_still(struct conn *c)
{
	conn_read(c);
	return c->state == CONN_HEAD && c->in.n == 0 && !conn_is_writing(c) && !c->closing;
}

void
conn_part(struct conn *c)
{
	if (is_idle_still(c))
		conn_goodbye(c);
}

void
conn_evict(struct conn *c)
{
	if (c->state == CONN_LINGER || is_idle_still(c))
		conn_close(c);
}

void
conn_new(struct loop *l, int fd, const struct net_addr *peer, const struct net_addr *local)
{
	struct conn *c = calloc(1, sizeof(*c));

	if (c == NULL || uv_poll_init(&l->uv, &c->poll, fd) != 0) {
		close(fd);
		free(c);
		return;
	}
	c->poll.data = c;
	c->loop = l;
	c->fd = fd;
	c->peer = *peer;
	c->local = *local;
	buf_init(&c->in, SIZE_MAX);
	buf_init(&c->out, SIZE_MAX);
	loop_conn_came(c);
	conn_poll(c, IDLE_EVENTS);
}
