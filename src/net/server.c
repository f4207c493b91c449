/* server.c - all loops of one server: their start, their orderly end, their numbers. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/secret.h"
#include "net/conn.h"

const struct net_limits net_limits_default = {
	.http1 = { .request_line = 8 * 1024, .head = 16 * 1024 },
	.head_us = 10 * SECOND_US,
	.idle_us = 75 * SECOND_US,
	.body_grace_us = 5 * SECOND_US,
	.body_rate = 500,
	.write_stall_us = 10 * SECOND_US,
	.rope_us = 600 * SECOND_US,
	.pipeline = 16,
	.conns = 0,
	.bodies = (size_t)256 * 1024 * 1024,
};

struct server {
	struct net_limits limits;
	struct handler handler;
	struct listen_at *at;
	size_t n_at;
	struct loop **loops;
	unsigned n_loops;
	unsigned n_started;
	pthread_mutex_t lock; /* of n_empty */
	pthread_cond_t empty;
	unsigned n_empty; /* loops that have drained */
	bool drained;
	_Atomic size_t bodies; /* bytes that large bodies hold, on all loops; counts only */
};

static bool
say(char *why, size_t n, const char *text)
{
	snprintf(why, n, "%s", text);
	return false;
}

/* Give each loop its socket of this address. */
static bool
share_sockets(struct server *s, int *fds, const struct listen_at *at)
{
	bool ok = true;

	for (unsigned i = 0; i < s->n_loops; i++) {
		if (fds[i] < 0 || (ok && loop_listen(s->loops[i], fds[i], at)))
			continue;
		close(fds[i]);
		ok = false;
	}
	return ok;
}

static bool
listen_at_all(struct server *s, const struct server_config *c, char *why, size_t why_n)
{
	int *fds = calloc(s->n_loops, sizeof(*fds));
	bool ok = true;

	if (fds == NULL)
		return say(why, why_n, "Out of memory.");
	for (size_t i = 0; ok && i < c->n_listen; i++) {
		ok = listen_open(c->listen[i], s->n_loops, fds, &s->at[i], why, why_n);
		if (!ok)
			break;
		s->n_at++;
		if (!share_sockets(s, fds, &s->at[i]))
			ok = say(why, why_n, "The system refuses to poll a listening socket.");
	}
	free(fds);
	return ok;
}

/* Ids of one process are apart, and of two processes most likely: a random start, a step per loop. */
static bool
make_loops(struct server *s, unsigned n, size_t n_listen)
{
	uint64_t first_id;

	if (!secret_random(&first_id, sizeof(first_id)))
		return false;
	for (; s->n_loops < n; s->n_loops++) {
		struct loop *l = loop_new(s, &s->limits, &s->handler, n_listen);

		if (l == NULL)
			return false;
		l->next_id = first_id + s->n_loops;
		l->id_step = n;
		l->conns_max = s->limits.conns > 0 ? (s->limits.conns + n - 1) / n : SIZE_MAX;
		s->loops[s->n_loops] = l;
	}
	return true;
}

static bool
start_loops(struct server *s)
{
	while (s->n_started < s->n_loops && loop_start(s->loops[s->n_started]))
		s->n_started++;
	return s->n_started == s->n_loops;
}

static struct server *
server_new(const struct server_config *c)
{
	struct server *s = calloc(1, sizeof(*s));
	pthread_condattr_t attr;

	CHECK(c->n_loops > 0);
	if (s == NULL)
		return NULL;
	s->limits = c->limits;
	s->handler = c->handler;
	s->at = calloc(c->n_listen + 1, sizeof(s->at[0]));
	s->loops = calloc(c->n_loops, sizeof(s->loops[0]));
	if (s->at == NULL || s->loops == NULL) {
		free(s->at);
		free(s->loops);
		free(s);
		return NULL;
	}
	pthread_mutex_init(&s->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&s->empty, &attr);
	pthread_condattr_destroy(&attr);
	return s;
}

bool
server_start(const struct server_config *c, struct server **ret_server, char *ret_why, size_t why_n)
{
	struct server *s = server_new(c);

	if (s == NULL)
		return say(ret_why, why_n, "Out of memory.");
	if (!make_loops(s, c->n_loops, c->n_listen))
		say(ret_why, why_n, "Out of memory, descriptors or randomness for the event loops.");
	else if (!listen_at_all(s, c, ret_why, why_n))
		; /* it has said why */
	else if (!start_loops(s))
		say(ret_why, why_n, "The system refuses another thread or descriptor.");
	else
		*ret_server = s;
	if (s->n_started == c->n_loops)
		return true;
	server_free(s);
	return false;
}

const char *
server_address(const struct server *s, size_t i)
{
	CHECK(i < s->n_at);
	return s->at[i].text;
}

void
server_loop_empty(struct server *s)
{
	pthread_mutex_lock(&s->lock);
	s->n_empty++;
	pthread_cond_signal(&s->empty);
	pthread_mutex_unlock(&s->lock);
}

bool
server_take_body_memory(struct server *s, size_t more)
{
	return atomic_fetch_add_explicit(&s->bodies, more, memory_order_relaxed) + more <= s->limits.bodies;
}

void
server_give_body_memory(struct server *s, size_t n)
{
	atomic_fetch_sub_explicit(&s->bodies, n, memory_order_relaxed);
}

static struct timespec
later(int64_t us)
{
	struct timespec t;
	int64_t ns;

	clock_gettime(CLOCK_MONOTONIC, &t);
	ns = t.tv_nsec + us % SECOND_US * 1000;
	t.tv_sec += (time_t)(us / SECOND_US + ns / 1000000000);
	t.tv_nsec = (long)(ns % 1000000000);
	return t;
}

/* false: the time is over and some loop still has connections. NULL: as long as it takes. */
static bool
await_empty(struct server *s, const struct timespec *until)
{
	bool empty = false, late = false;

	pthread_mutex_lock(&s->lock);
	while (!(empty = s->n_empty == s->n_started) && !late)
		late = until != NULL ? pthread_cond_timedwait(&s->empty, &s->lock, until) == ETIMEDOUT
				     : pthread_cond_wait(&s->empty, &s->lock) != 0;
	pthread_mutex_unlock(&s->lock);
	return empty;
}

void
server_drain(struct server *s, int64_t deadline_us)
{
	struct timespec until = later(deadline_us);

	if (s->drained)
		return;
	s->drained = true;
	for (unsigned i = 0; i < s->n_started; i++)
		loop_wake(s->loops[i], &s->loops[i]->drain);
	if (await_empty(s, &until))
		return;
	for (unsigned i = 0; i < s->n_started; i++)
		loop_wake(s->loops[i], &s->loops[i]->cut);
	await_empty(s, NULL);
}

struct server *
server_free(struct server *s)
{
	if (s == NULL)
		return NULL;
	server_drain(s, 0);
	for (unsigned i = 0; i < s->n_loops; i++)
		loop_free(s->loops[i]);
	for (size_t i = 0; i < s->n_at; i++)
		listen_unlink(&s->at[i]);
	pthread_cond_destroy(&s->empty);
	pthread_mutex_destroy(&s->lock);
	free(s->loops);
	free(s->at);
	free(s);
	return NULL;
}

static uint64_t
read_counter(const _Atomic uint64_t *n)
{
	return atomic_load_explicit(n, memory_order_relaxed);
}

void
server_stats(const struct server *s, struct server_stats *ret_stats)
{
	struct server_stats sum = { 0 };

	for (unsigned i = 0; i < s->n_loops; i++) {
		const struct loop_counters *n = &s->loops[i]->n;

		sum.closed += read_counter(&n->closed);
		sum.accepted += read_counter(&n->accepted);
		sum.requests += read_counter(&n->requests);
		sum.refused += read_counter(&n->refused);
		sum.accept_pauses += read_counter(&n->accept_pauses);
		sum.bytes_in += read_counter(&n->bytes_in);
		sum.bytes_out += read_counter(&n->bytes_out);
	}
	/* One that came and went between the two readings must not make it negative. */
	sum.open = sum.accepted > sum.closed ? sum.accepted - sum.closed : 0;
	*ret_stats = sum;
}
