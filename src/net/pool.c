/* pool.c - worker threads behind one bounded queue, so that what blocks never blocks a loop. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "net/pool.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "base/secret.h"

/*
 * Waiting work is counted per bucket of sources, not per source: the table
 * stays small whatever addresses come. Two sources in one bucket share one
 * share; the salt keeps a caller from choosing whose.
 */
enum { SHARE_BUCKETS = 1024 };

struct pool {
	struct pool_config c;
	uint64_t salt;
	pthread_mutex_t lock;   /* of everything below */
	pthread_cond_t work;    /* something waits, or the pool ends */
	pthread_cond_t entered; /* a thread is through its .enter */
	struct work *first;
	struct work **end;
	struct pool_stats stats;
	uint32_t shares[SHARE_BUCKETS];
	unsigned idle;
	unsigned n_entered;
	bool enter_failed;
	bool ending;
	unsigned n_threads;
	pthread_t threads[];
};

static uint32_t *
share_of(struct pool *p, uint64_t source)
{
	uint64_t h = (source ^ p->salt) * UINT64_C(0x9e3779b97f4a7c15);

	h ^= h >> 29;
	h *= UINT64_C(0xbf58476d1ce4e5b9);
	return &p->shares[h >> 54];
}

static bool
has_room(struct pool *p, const struct work *w)
{
	if (p->ending || p->stats.waiting >= p->c.queue_max)
		return false;
	return p->c.share_max == 0 || *share_of(p, w->source) < p->c.share_max;
}

static void
put(struct pool *p, struct work *w)
{
	w->next = NULL;
	*p->end = w;
	p->end = &w->next;
	(*share_of(p, w->source))++;
	if (++p->stats.waiting > p->stats.waiting_max)
		p->stats.waiting_max = p->stats.waiting;
}

static struct work *
take(struct pool *p)
{
	struct work *w = p->first;

	p->first = w->next;
	if (p->first == NULL)
		p->end = &p->first;
	(*share_of(p, w->source))--;
	p->stats.waiting--;
	p->stats.running++;
	return w;
}

/* The next piece of work; NULL when the pool ends and nothing is left. Locked. */
static struct work *
await(struct pool *p)
{
	while (p->first == NULL && !p->ending) {
		p->idle++;
		pthread_cond_wait(&p->work, &p->lock);
		p->idle--;
	}
	return p->first != NULL ? take(p) : NULL;
}

static void
serve(struct pool *p, void *worker)
{
	struct work *w;

	pthread_mutex_lock(&p->lock);
	while ((w = await(p)) != NULL) {
		pthread_mutex_unlock(&p->lock);
		/* w may be gone as soon as it ran: it is the submitter's. */
		w->run(w, worker);
		pthread_mutex_lock(&p->lock);
		p->stats.running--;
		p->stats.done++;
	}
	pthread_mutex_unlock(&p->lock);
}

/* On Linux "process 0" is the calling thread alone. Without the right to change it, it stays. */
static void
be_nice(int nice)
{
	if (nice != 0)
		(void)setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + nice);
}

static bool
enter(struct pool *p, void **ret_worker)
{
	void *worker = p->c.enter != NULL ? p->c.enter(p->c.arg) : NULL;
	bool entered = p->c.enter == NULL || worker != NULL;

	pthread_mutex_lock(&p->lock);
	p->n_entered++;
	p->enter_failed |= !entered;
	pthread_cond_signal(&p->entered);
	pthread_mutex_unlock(&p->lock);
	*ret_worker = worker;
	return entered;
}

static void *
thread_main(void *arg)
{
	struct pool *p = arg;
	void *worker;

	be_nice(p->c.nice);
	if (!enter(p, &worker))
		return NULL;
	serve(p, worker);
	if (p->c.leave != NULL)
		p->c.leave(worker);
	return NULL;
}

/* Signals are the main thread's to take: a worker starts with all of them blocked. */
static bool
start_threads(struct pool *p)
{
	char name[16];
	sigset_t all, before;

	snprintf(name, sizeof(name), "%.15s", p->c.name);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	while (p->n_threads < p->c.n_threads) {
		if (pthread_create(&p->threads[p->n_threads], NULL, thread_main, p) != 0)
			break;
		pthread_setname_np(p->threads[p->n_threads++], name);
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return p->n_threads == p->c.n_threads;
}

static bool
await_entered(struct pool *p)
{
	bool entered;

	pthread_mutex_lock(&p->lock);
	while (p->n_entered < p->n_threads)
		pthread_cond_wait(&p->entered, &p->lock);
	entered = !p->enter_failed;
	pthread_mutex_unlock(&p->lock);
	return entered;
}

struct pool *
pool_new(const struct pool_config *c)
{
	struct pool *p = calloc(1, sizeof(*p) + c->n_threads * sizeof(p->threads[0]));

	if (p == NULL)
		return NULL;
	if (!secret_random(&p->salt, sizeof(p->salt))) {
		free(p);
		return NULL;
	}
	p->c = *c;
	p->end = &p->first;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->work, NULL);
	pthread_cond_init(&p->entered, NULL);
	if (!start_threads(p) || !await_entered(p))
		return pool_free(p);
	return p;
}

bool
pool_submit(struct pool *p, struct work *w)
{
	bool taken;

	pthread_mutex_lock(&p->lock);
	taken = has_room(p, w);
	if (taken)
		put(p, w);
	else
		p->stats.refused++;
	if (taken && p->idle > 0)
		pthread_cond_signal(&p->work);
	pthread_mutex_unlock(&p->lock);
	return taken;
}

struct pool *
pool_free(struct pool *p)
{
	if (p == NULL)
		return NULL;
	pthread_mutex_lock(&p->lock);
	p->ending = true;
	pthread_cond_broadcast(&p->work);
	pthread_mutex_unlock(&p->lock);
	for (unsigned i = 0; i < p->n_threads; i++)
		pthread_join(p->threads[i], NULL);
	pthread_cond_destroy(&p->entered);
	pthread_cond_destroy(&p->work);
	pthread_mutex_destroy(&p->lock);
	free(p);
	return NULL;
}

void
pool_stats(struct pool *p, struct pool_stats *ret_stats)
{
	pthread_mutex_lock(&p->lock);
	*ret_stats = p->stats;
	pthread_mutex_unlock(&p->lock);
}
