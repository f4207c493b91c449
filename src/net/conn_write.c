/* conn_write.c - what a connection still has to write: answers in a row, and a rope behind them. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "net/conn.h"

enum {
	/* After a large answer the gathering buffer is given back. */
	GATHER_KEPT_MAX = 256 * 1024,
	/* Of a rope, in one call: the system takes no more (UIO_MAXIOV), and it is done within half a millisecond. */
	PIECES_MAX = 1024,
	/* Of a rope, in the socket of a reader on this machine. */
	LOCAL_SEND_BUFFER = 512 * 1024,
};

/*
 * The kernel grows a socket's buffer to megabytes, for readers that are far away. For one on this machine that
 * only means that it reads what has left the processor's cache, into which the next was written: 3 ms of 27 MB.
 */
static void
limit_send_buffer(const struct conn *c)
{
	int size = LOCAL_SEND_BUFFER;

	/* A wish: without it is only slower. */
	if (net_addr_is_loopback(&c->peer))
		(void)setsockopt(c->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
}

void
conn_hold(struct conn *c, struct rope *rope)
{
	CHECK(c->rope == NULL);
	limit_send_buffer(c);
	c->rope = rope;
	c->rope_at = c->piece_at = 0;
}

/* What the system said of a write; false: the connection is closed. */
static bool
sent_some(struct conn *c, ssize_t sent, size_t *ret_sent)
{
	if (sent < 0 && errno != EAGAIN && errno != EINTR) {
		conn_close(c);
		return false;
	}
	*ret_sent = sent > 0 ? (size_t)sent : 0;
	count(&c->loop->n.bytes_out, *ret_sent);
	return true;
}

static bool
send_some(struct conn *c, const char *p, size_t n, size_t *ret_sent)
{
	/* A rope follows at once: no segment of its own for what stands before it. */
	int flags = MSG_NOSIGNAL | (c->rope != NULL ? MSG_MORE : 0);

	return sent_some(c, n > 0 ? send(c->fd, p, n, flags) : 0, ret_sent);
}

/* What is left of earlier writes. */
static void
flush_out(struct conn *c)
{
	size_t sent;

	if (!send_some(c, c->out.p + c->out_at, c->out.n - c->out_at, &sent))
		return;
	c->taken += sent;
	c->out_at += sent;
	if (c->out_at < c->out.n)
		return;
	buf_done(&c->out);
	c->out_at = 0;
}

/* All answers of this turn in one write; what the socket does not take becomes the connection's own. */
static void
flush_gathered(struct conn *c)
{
	struct buf *g = &c->loop->gather;
	size_t sent;

	c->gathered = 0;
	if (!send_some(c, g->p, g->n, &sent))
		return;
	buf_put(&c->out, g->p + sent, g->n - sent);
	if (g->cap > GATHER_KEPT_MAX) {
		buf_done(g);
		buf_init(g, SIZE_MAX);
	}
	buf_clear(g);
	c->taken = 0;
}

/* The next pieces, from where they lie. How many; *ret_iov is the caller's. */
static size_t
next_pieces(const struct conn *c, struct iovec *ret_iov)
{
	const struct str *pieces;
	size_t n;

	pieces = rope_pieces(c->rope, &n) + c->rope_at;
	n -= c->rope_at;
	if (n > PIECES_MAX)
		n = PIECES_MAX;
	for (size_t i = 0; i < n; i++)
		ret_iov[i] = (struct iovec){ (void *)(uintptr_t)pieces[i].p, pieces[i].n };
	ret_iov[0].iov_base = (char *)ret_iov[0].iov_base + c->piece_at;
	ret_iov[0].iov_len -= c->piece_at;
	return n;
}

static void
pass_pieces(struct conn *c, size_t sent)
{
	const struct str *pieces;
	size_t n;

	pieces = rope_pieces(c->rope, &n);
	c->taken += sent;
	sent += c->piece_at;
	while (c->rope_at < n && sent >= pieces[c->rope_at].n)
		sent -= pieces[c->rope_at++].n;
	c->piece_at = sent;
	if (c->rope_at == n)
		c->rope = rope_free(c->rope);
}

/*
 * Some of it: the poll says at once that there is room for more, and in between others have their turn.
 * Nor may many ropes make one turn long: who finds nothing left for this one goes on in the next.
 */
static void
flush_rope(struct conn *c)
{
	struct iovec iov[PIECES_MAX];
	struct msghdr m = { .msg_iov = iov };
	size_t sent;

	if (c->loop->ropes_left <= 0)
		return;
	m.msg_iovlen = next_pieces(c, iov);
	c->loop->ropes_left -= PIECES_MAX;
	if (sent_some(c, sendmsg(c->fd, &m, MSG_NOSIGNAL), &sent))
		pass_pieces(c, sent);
}

void
conn_flush(struct conn *c)
{
	if (c->out.failed || c->loop->gather.failed)
		conn_cut(c); /* no memory for its answer, so no answer can be whole */
	else if (c->out.n > 0)
		flush_out(c);
	else if (c->loop->gather.n > 0)
		flush_gathered(c);
	if (c->state != CONN_CLOSED && c->out.failed)
		conn_cut(c);
}

void
conn_flush_all(struct conn *c)
{
	conn_flush(c);
	if (c->state != CONN_CLOSED && c->rope != NULL && c->out.n == 0)
		flush_rope(c);
}
