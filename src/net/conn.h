/* conn.h - what a loop and its connections know of each other. Inside net/ only; loop thread only. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <uv.h>

#include "net/listen.h"
#include "net/loop.h"

/*
 * What a connection waits for. Each kind has one duration, so a list in order of
 * arrival is in order of expiry too, and every event costs O(1).
 */
enum wait {
	WAIT_NONE,   /* the handler has a request: nothing expires */
	WAIT_HEAD,   /* the first byte of a new connection, or the rest of a head */
	WAIT_IDLE,   /* the next request */
	WAIT_BODY,   /* the first span of a body */
	WAIT_RATE,   /* the next look at how fast a body comes */
	WAIT_WRITE,  /* the next look at how fast an answer is taken */
	WAIT_LINGER, /* the client's FIN after ours */
	WAIT__COUNT
};

enum conn_state {
	CONN_HEAD,    /* between requests, or in a head */
	CONN_BODY,    /* .x has its head */
	CONN_HANDLER, /* .x is with the handler */
	CONN_LINGER,  /* our FIN is out; what comes is discarded */
	CONN_CLOSED,  /* libuv has the handle until the end of the turn */
};

struct conn {
	uv_poll_t poll;
	struct loop *loop;
	struct conn *prev, *next; /* in the list of .wait */
	struct exchange *x;       /* in CONN_BODY and CONN_HANDLER */
	struct buf in;            /* bytes read and not yet used; no memory while there are none */
	struct buf out;           /* bytes that the socket did not take; no memory while there are none */
	size_t out_at;            /* of .out, gone */
	struct rope *rope;        /* goes behind .out; NULL: none */
	size_t rope_at;           /* of its pieces, gone */
	size_t piece_at;          /* of the next one, gone */
	size_t taken;             /* bytes taken since the last look */
	size_t behind;            /* bytes here that follow the request at work */
	int64_t since;            /* when it came into its list */
	struct net_addr peer;
	struct net_addr local;
	int fd;
	int events;   /* what is polled for */
	int gathered; /* answers not yet written */
	enum wait wait;
	enum conn_state state;
	bool eof;     /* the client has sent its FIN */
	bool closing; /* nothing is read as a request any more; close once all is written */
	bool edges;   /* only what is new is told of */
	bool greeted; /* it has had an answer */
};

struct waiting {
	struct conn *first, *last;
};

/* Written by the loop's thread alone, read by any. */
struct loop_counters {
	_Atomic uint64_t accepted, closed, requests, refused, accept_pauses, bytes_in, bytes_out;
};

struct listener {
	uv_poll_t poll;
	struct loop *loop;
	const struct listen_at *at;
	int fd;
};

enum {
	READ_MAX = 64 * 1024, /* of a body, per turn and connection */
	/* Read at once while a head is expected: some pipelined ones, and little to keep if one blocks. */
	HEAD_READ = 16 * 1024,
	ROPES_TURN = 2048,    /* pieces of ropes, per turn: a few MB, which others wait for a millisecond or so */
	DATE_MAX = 48,
};

struct loop {
	uv_loop_t uv;
	uv_async_t wake;
	uv_timer_t tick;
	uv_prepare_t turn;
	uv_check_t polled;
	pthread_t thread;
	struct server *server;
	const struct net_limits *limits;
	const struct handler *handler;
	struct listener *listeners;
	unsigned n_listeners;
	int64_t now; /* clock_mono(), read once a turn; 0: not yet */
	int64_t wait_us[WAIT__COUNT];
	struct waiting waiting[WAIT__COUNT];
	size_t n_conns;
	size_t conns_max;
	size_t n_kept; /* exchanges that handlers hold */
	struct exchange *spare;
	size_t n_spare;
	struct buf gather; /* answers of the connection at work, until they are written at once */
	char *read;        /* HEAD_READ bytes for each that is begun, and READ_MAX lent to the connection at work */
	char *rooms;       /* the handler's, for each that is begun */
	struct exchange *begun[BEGUN_MAX]; /* in this turn, and not yet with the handler; in order */
	unsigned n_begun;
	int ropes_left;    /* how many more pieces of ropes are sent in this turn */
	uint64_t next_id;
	uint64_t id_step;
	char date[DATE_MAX]; /* "Date: …\r\n" */
	size_t date_n;
	int64_t date_until;
	int reserve_fd;
	uint64_t tick_ms;
	bool started; /* its thread runs */
	bool paused;  /* no descriptors: nobody is accepted */
	bool draining;
	bool empty; /* drained, and said so */
	int64_t pause_said;
	struct loop_counters n;
	/* From other threads. */
	_Atomic(struct exchange *) mail; /* posted; last first */
	atomic_uint posting;             /* threads within exchange_post() */
	atomic_bool drain, cut, stop;    /* what the server wants; set, then wake */
};

/* loop.c */
int64_t loop_now(struct loop *l);
struct str loop_date(struct loop *l);           /* the Date line */
void loop_wait(struct conn *c, enum wait wait); /* to the end of that list, from now */
void loop_tick(struct loop *l);                 /* something may expire: have the timer run */
void loop_conn_came(struct conn *c);
void loop_conn_gone(struct conn *c); /* out of its list; its descriptor is free again */

/*
 * The server's side of a loop; any thread. loop_listen() comes before
 * loop_start() and owns fd unless it fails. loop_wake() sets &l->drain or
 * &l->cut. loop_free() waits until nothing is kept, and joins; NULL is fine.
 */
struct loop *loop_new(
    struct server *s, const struct net_limits *limits, const struct handler *handler, size_t n_listen);
bool loop_listen(struct loop *l, int fd, const struct listen_at *at) MUST_CHECK;
bool loop_start(struct loop *l) MUST_CHECK;
void loop_wake(struct loop *l, atomic_bool *wish);
struct loop *loop_free(struct loop *l);

static inline void
count(_Atomic uint64_t *n, uint64_t more)
{
	atomic_store_explicit(n, atomic_load_explicit(n, memory_order_relaxed) + more, memory_order_relaxed);
}

/* accept.c. accept_begin() is for any thread, before the loop's start; false: no descriptor in reserve. */
bool accept_begin(struct loop *l) MUST_CHECK;
void accept_resume(struct loop *l);    /* after a pause, if there is room again */
void accept_make_room(struct loop *l); /* in a pause: those idle longest give up their descriptors */
void accept_rest(struct loop *l);      /* all that is in the backlogs */
void accept_stop(struct loop *l);      /* the listeners are gone */

/* conn.c. Any of these, of conn_write.c's and of intake.c's may close c: look at c->state before using it again. */
void conn_new(
    struct loop *l, int fd, const struct net_addr *peer, const struct net_addr *local); /* owns fd */
void conn_answered(struct conn *c); /* a kept exchange has its answer in the buffers and is released */
void conn_expire(struct conn *c);   /* its time in the list is over */
void conn_part(struct conn *c);  /* idle, draining: read once more, and say goodbye if that brought nothing */
void conn_evict(struct conn *c); /* idle or lingering: the same, but its descriptor is needed now */
void conn_close(struct conn *c); /* nothing is lost: all is written, or there is nobody to read it */
void conn_cut(struct conn *c);   /* what is not written is dropped; the client sees a reset */

/* conn_write.c */
void conn_hold(struct conn *c, struct rope *rope); /* behind conn_out(); takes it. No other is held */
void conn_flush(struct conn *c);     /* write what there is but a rope, as far as the socket takes it */
void conn_flush_all(struct conn *c); /* and of a rope what one turn may take: whoever calls it goes on with what came in */

/* Where the next bytes for the client go. */
static inline struct buf *
conn_out(struct conn *c)
{
	return c->out.n > 0 ? &c->out : &c->loop->gather;
}

/* Bytes wait for the client to take others. */
static inline bool
conn_is_writing(const struct conn *c)
{
	return c->out.n > 0 || c->rope != NULL;
}

/* intake.c */
bool intake_is_ready(const struct conn *c);         /* bytes can be used now, or must be kept */
void intake_take(struct conn *c, struct str bytes); /* just read; wiped where they were a body */
void intake_resume(struct conn *c);                 /* what was kept in c->in */
void intake_refuse(
    struct conn *c, struct exchange *x, enum status why); /* x is released; c closes after it */
void intake_time_out(struct conn *c);                     /* in a head */
void intake_finish(struct loop *l);                       /* what was begun goes to the handler */

/* exchange.c */
struct exchange *exchange_begin(struct conn *c); /* NULL: out of memory; only .head is not yet filled */
void exchange_release(struct loop *l, struct exchange *x);

/* answer.c: the whole answer, framed. `date` is a line. */
void answer_write(
    struct buf *out, const struct exchange *x, const struct answer *a, bool close, struct str date);

/* server.c: from a loop's thread, when it drains and its last connection is gone. */
void server_loop_empty(struct server *s);

/* server.c, any thread: so much more is held by bodies; false: that is too much, and it is to be given back. */
bool server_take_body_memory(struct server *s, size_t more) MUST_CHECK;
void server_give_body_memory(struct server *s, size_t n);
