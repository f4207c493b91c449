/* loop.c - one thread, its listeners, its connections, their deadlines, and its mailbox. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "net/conn.h"

static const int64_t linger_us = 2 * SECOND_US;
static const int64_t drain_fresh_us = 500 * 1000; /* for a new connection to begin, while draining */
static const int64_t tick_us_max = 100 * 1000;
static const int64_t tick_us_min = 5 * 1000;

int64_t
loop_now(struct loop *l)
{
	if (l->now == 0)
		l->now = clock_mono();
	return l->now;
}

/*
 * Before each poll: the next event reads the clock again, and ropes may go on. What a timer's look at a connection began does not
 * wait for that poll.
 */
static void
on_turn(uv_prepare_t *turn)
{
	struct loop *l = turn->data;

	intake_finish(l);
	l->now = 0;
	l->ropes_left = ROPES_TURN;
}

/* After each poll. */
static void
on_polled(uv_check_t *polled)
{
	intake_finish(polled->data);
}

/* RFC 9110 §6.6.1 and §5.6.7: English names, whatever the locale. Made once a second. */
struct str
loop_date(struct loop *l)
{
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	if (loop_now(l) >= l->date_until) {
		int64_t wall = clock_now();
		time_t t = (time_t)(wall / SECOND_US);
		struct tm tm;

		gmtime_r(&t, &tm);
		l->date_until = l->now + SECOND_US - wall % SECOND_US;
		l->date_n = (size_t)snprintf(l->date, sizeof(l->date),
		    "Date: %.3s, %02d %.3s %04d %02d:%02d:%02d GMT\r\n", days + (size_t)tm.tm_wday * 3,
		    tm.tm_mday, months + (size_t)tm.tm_mon * 3, tm.tm_year + 1900, tm.tm_hour, tm.tm_min,
		    tm.tm_sec);
	}
	return (struct str){ l->date, l->date_n };
}

static void
list_remove(struct conn *c)
{
	struct waiting *list = &c->loop->waiting[c->wait];

	*(c->prev != NULL ? &c->prev->next : &list->first) = c->next;
	*(c->next != NULL ? &c->next->prev : &list->last) = c->prev;
	c->prev = c->next = NULL;
}

static void
list_append(struct conn *c)
{
	struct waiting *list = &c->loop->waiting[c->wait];

	c->prev = list->last;
	c->next = NULL;
	*(list->last != NULL ? &list->last->next : &list->first) = c;
	list->last = c;
}

void
loop_wait(struct conn *c, enum wait wait)
{
	if (c->since != 0)
		list_remove(c);
	c->wait = wait;
	c->since = loop_now(c->loop);
	list_append(c);
}

/* Draining, and the last connection is gone: told once. */
static void
check_empty(struct loop *l)
{
	if (!l->draining || l->n_conns > 0 || l->empty)
		return;
	l->empty = true;
	server_loop_empty(l->server);
}

void
loop_conn_came(struct conn *c)
{
	struct loop *l = c->loop;

	l->n_conns++;
	count(&l->n.accepted, 1);
	loop_tick(l);
	loop_wait(c, WAIT_HEAD);
}

void
loop_conn_gone(struct conn *c)
{
	struct loop *l = c->loop;

	list_remove(c);
	l->n_conns--;
	count(&l->n.closed, 1);
	accept_resume(l);
	check_empty(l);
}

static void
expire(struct loop *l, enum wait wait, int64_t after_us)
{
	struct waiting *list = &l->waiting[wait];

	/* Each that expires leaves the list, or comes to its end with a new time. */
	while (list->first != NULL && loop_now(l) - list->first->since >= after_us)
		conn_expire(list->first);
}

/* A new connection that never begins may hold up the end no longer than this. */
static void
expire_fresh(struct loop *l)
{
	struct conn *next;

	for (struct conn *c = l->waiting[WAIT_HEAD].first; c != NULL; c = next) {
		next = c->next;
		if (c->in.n == 0 && loop_now(l) - c->since >= drain_fresh_us)
			conn_expire(c);
	}
}

static void
on_tick(uv_timer_t *tick)
{
	struct loop *l = tick->data;

	for (int wait = WAIT_NONE + 1; wait < WAIT__COUNT; wait++)
		expire(l, (enum wait)wait, l->wait_us[wait]);
	if (l->draining)
		expire_fresh(l);
	if (l->paused) {
		accept_make_room(l);
		accept_resume(l);
	}
	if (l->n_conns == 0 && !l->paused)
		uv_timer_stop(tick);
}

void
loop_tick(struct loop *l)
{
	if (!uv_is_active((uv_handle_t *)&l->tick))
		uv_timer_start(&l->tick, on_tick, l->tick_ms, l->tick_ms);
}

/* All that was posted, in the order in which it was. */
static struct exchange *
take_mail(struct loop *l)
{
	struct exchange *last = atomic_exchange_explicit(&l->mail, NULL, memory_order_acquire);
	struct exchange *first = NULL;

	while (last != NULL) {
		struct exchange *before = last->next;

		last->next = first;
		first = last;
		last = before;
	}
	return first;
}

static void
deliver(struct loop *l, struct exchange *x)
{
	struct conn *c = x->conn;

	if (c != NULL)
		c->behind = c->in.n;
	x->done(x);
	CHECK(x->answered);
	l->n_kept--;
	exchange_release(l, x);
	if (c != NULL)
		conn_answered(c);
}

static void
begin_draining(struct loop *l)
{
	struct conn *next;

	accept_rest(l);
	l->draining = true;
	accept_stop(l);
	for (struct conn *c = l->waiting[WAIT_IDLE].first; c != NULL; c = next) {
		next = c->next;
		conn_part(c);
	}
	check_empty(l);
}

static void
cut_all(struct loop *l)
{
	for (int wait = 0; wait < WAIT__COUNT; wait++)
		while (l->waiting[wait].first != NULL)
			conn_cut(l->waiting[wait].first);
}

static void
on_wake(uv_async_t *wake)
{
	struct loop *l = wake->data;
	struct exchange *next;

	intake_finish(l);
	for (struct exchange *x = take_mail(l); x != NULL; x = next) {
		next = x->next;
		deliver(l, x);
	}
	if (atomic_load(&l->drain) && !l->draining)
		begin_draining(l);
	/* It reads idle connections once more. What that began is with the handler before anything is cut or counted. */
	intake_finish(l);
	if (atomic_load(&l->cut))
		cut_all(l);
	if (atomic_load(&l->stop) && l->n_kept == 0)
		uv_stop(&l->uv);
}

static void
close_handles(struct loop *l)
{
	cut_all(l);
	accept_stop(l);
	uv_close((uv_handle_t *)&l->wake, NULL);
	uv_close((uv_handle_t *)&l->tick, NULL);
	uv_close((uv_handle_t *)&l->turn, NULL);
	uv_close((uv_handle_t *)&l->polled, NULL);
	uv_run(&l->uv, UV_RUN_DEFAULT);
}

static void *
loop_main(void *arg)
{
	struct loop *l = arg;

	pthread_setname_np(pthread_self(), "loop");
	uv_run(&l->uv, UV_RUN_DEFAULT);
	/* Whoever posted last may still be about to wake us. */
	while (atomic_load_explicit(&l->posting, memory_order_acquire) > 0)
		sched_yield();
	close_handles(l);
	return NULL;
}

static int64_t
clamp(int64_t v, int64_t min, int64_t max)
{
	return v < min ? min : v > max ? max : v;
}

/* A tick is an eighth of the shortest time: what expires does so at most that much late. */
static void
set_times(struct loop *l, const struct net_limits *limits)
{
	int64_t shortest = linger_us;

	l->wait_us[WAIT_HEAD] = limits->head_us;
	l->wait_us[WAIT_IDLE] = limits->idle_us;
	l->wait_us[WAIT_BODY] = limits->body_grace_us;
	l->wait_us[WAIT_RATE] = limits->body_grace_us / 5;
	l->wait_us[WAIT_WRITE] = limits->write_stall_us;
	l->wait_us[WAIT_LINGER] = linger_us;
	for (int wait = WAIT_NONE + 1; wait < WAIT__COUNT; wait++) {
		l->wait_us[wait] = clamp(l->wait_us[wait], tick_us_min, INT64_MAX);
		shortest = clamp(shortest, 0, l->wait_us[wait]);
	}
	l->tick_ms = (uint64_t)clamp(shortest / 8, tick_us_min, tick_us_max) / 1000;
}

static bool
init_handles(struct loop *l)
{
	if (uv_loop_init(&l->uv) != 0)
		return false;
	if (uv_async_init(&l->uv, &l->wake, on_wake) != 0) {
		uv_loop_close(&l->uv);
		return false;
	}
	/* These ask the system for nothing. */
	CHECK(uv_timer_init(&l->uv, &l->tick) == 0);
	CHECK(uv_prepare_init(&l->uv, &l->turn) == 0);
	CHECK(uv_prepare_start(&l->turn, on_turn) == 0);
	CHECK(uv_check_init(&l->uv, &l->polled) == 0);
	CHECK(uv_check_start(&l->polled, on_polled) == 0);
	l->wake.data = l->tick.data = l->turn.data = l->polled.data = l;
	return true;
}

struct loop *
loop_new(struct server *s, const struct net_limits *limits, const struct handler *handler, size_t n_listen)
{
	struct loop *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return NULL;
	l->server = s;
	l->limits = limits;
	l->handler = handler;
	l->listeners = calloc(n_listen + 1, sizeof(l->listeners[0]));
	l->read = malloc(READ_MAX + BEGUN_MAX * HEAD_READ);
	l->rooms = malloc(BEGUN_MAX * handler->begun_room + 1);
	l->reserve_fd = -1;
	l->ropes_left = ROPES_TURN;
	buf_init(&l->gather, SIZE_MAX);
	set_times(l, limits);
	if (l->listeners != NULL && l->read != NULL && l->rooms != NULL && init_handles(l))
		return l;
	free(l->read);
	free(l->rooms);
	free(l->listeners);
	free(l);
	return NULL;
}

bool
loop_listen(struct loop *l, int fd, const struct listen_at *at)
{
	struct listener *listener = &l->listeners[l->n_listeners];

	*listener = (struct listener){ .loop = l, .at = at, .fd = fd };
	listener->poll.data = listener;
	if (uv_poll_init(&l->uv, &listener->poll, fd) != 0)
		return false;
	l->n_listeners++;
	return true;
}

/* Signals are the main thread's to take. */
bool
loop_start(struct loop *l)
{
	sigset_t all, before;

	if (!accept_begin(l))
		return false;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	l->started = pthread_create(&l->thread, NULL, loop_main, l) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return l->started;
}

void
loop_wake(struct loop *l, atomic_bool *wish)
{
	atomic_store(wish, true);
	uv_async_send(&l->wake);
}

static void
free_spares(struct loop *l)
{
	while (l->spare != NULL) {
		struct exchange *x = l->spare;

		l->spare = x->next;
		free(x);
	}
}

struct loop *
loop_free(struct loop *l)
{
	if (l == NULL)
		return NULL;
	if (l->started) {
		loop_wake(l, &l->stop);
		pthread_join(l->thread, NULL);
	} else {
		close_handles(l);
	}
	CHECK(uv_loop_close(&l->uv) == 0);
	free_spares(l);
	buf_done(&l->gather);
	free(l->read);
	free(l->rooms);
	free(l->listeners);
	free(l);
	return NULL;
}
