/* pool.h - worker threads behind one bounded queue. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/base.h"

struct pool;

/* Put one inside what you queue; the pool only links it. */
struct work {
	struct work *next;
	void (*run)(struct work *w, void *worker); /* worker: what .enter returned */
	uint64_t source;                           /* whose share of the queue it takes; see share_max */
};

struct pool_config {
	const char *name; /* thread names; also in logs and metrics */
	unsigned n_threads;
	size_t queue_max;          /* waiting work beyond this is not taken */
	size_t share_max;          /* waiting work of one source beyond this is not taken; 0: no shares.
				      Sources are counted in 1024 buckets: two may share one share. */
	int nice;                  /* added to the threads' niceness: 10 for pure computation */
	void *(*enter)(void *arg); /* on each thread at its start; NULL result is a failure of pool_new */
	void (*leave)(void *worker);
	void *arg;
};

/*
 * NULL when a thread or its .enter failed, or there is no randomness; nothing
 * keeps running then. Its threads have all signals blocked.
 */
struct pool *pool_new(const struct pool_config *c);
/* false: the queue or the source's share is full, or the pool is ending; w is untouched. Any thread. */
bool pool_submit(struct pool *p, struct work *w) MUST_CHECK;
/*
 * Finish all that was taken, then end the threads. Nobody may submit any more,
 * but for work that runs here, and that is refused. NULL is fine. Returns NULL.
 */
struct pool *pool_free(struct pool *p);

struct pool_stats {
	uint64_t done, refused;
	size_t waiting, waiting_max, running; /* waiting_max: the most there ever were */
};
void pool_stats(struct pool *p, struct pool_stats *ret_stats); /* any thread */
