/* hasher.c - argon2id on threads of its own, so that a flood of sign-ins waits in line instead of everybody.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/hasher.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

enum { NICE = 10 };

/* A job in line, on the stack of the thread that waits for it. */
struct waiting_job {
	struct hash_job *job;
	struct waiting_job *next;
	pthread_cond_t done;
	bool is_done;
};

struct hasher {
	const struct keys *keys;
	size_t queue_max;
	pthread_t *threads;
	unsigned n_threads;

	pthread_mutex_t lock; /* for all that follows, and the jobs in line */
	pthread_cond_t work;
	struct waiting_job *first, **last;
	bool stop;
	struct hasher_stats stats;
};

/*
 * The bare function and not libsodium's pair for records: its maker aborts without
 * randomness, and its comparer says "differs" when it only had no memory.
 */
void
hash_compute(struct hash_job *job)
{
	if (job->foreign != NULL) {
		job->ok = foreign_hash_check(job->foreign, job->password, &job->matches);
		return;
	}
	job->ok = crypto_pwhash_argon2id(job->hash, sizeof(job->hash), (const char *)job->input->p,
		      job->input->n, job->salt, (unsigned long long)job->passes,
		      (size_t)job->memory_kib * 1024, crypto_pwhash_argon2id_ALG_ARGON2ID13) == 0;
}

/* --- the line and its threads --- */

/* The next job, or NULL when the line is empty and nothing more will come. Waits. */
static struct waiting_job *
take_job(struct hasher *h)
{
	pthread_mutex_lock(&h->lock);
	while (h->first == NULL && !h->stop)
		pthread_cond_wait(&h->work, &h->lock);
	struct waiting_job *w = h->first;
	if (w != NULL) {
		h->first = w->next;
		if (h->first == NULL)
			h->last = &h->first;
		h->stats.waiting--;
	}
	pthread_mutex_unlock(&h->lock);
	return w;
}

static void
give_back(struct hasher *h, struct waiting_job *w)
{
	pthread_mutex_lock(&h->lock);
	h->stats.hashes++;
	w->is_done = true;
	pthread_cond_signal(&w->done); /* under the lock: once let go, w is gone */
	pthread_mutex_unlock(&h->lock);
}

static void *
compute(void *arg)
{
	struct hasher *h = arg;
	pthread_setname_np(pthread_self(), "hash");
	/* Linux keeps niceness per thread. Refused only when the whole program is nicer already. */
	(void)setpriority(PRIO_PROCESS, (id_t)gettid(), NICE);
	for (struct waiting_job *w; (w = take_job(h)) != NULL;) {
		hash_compute(w->job);
		give_back(h, w);
	}
	return NULL;
}

bool
hasher_run(struct hasher *h, struct hash_job *job)
{
	struct waiting_job w = { .job = job, .done = PTHREAD_COND_INITIALIZER };
	pthread_mutex_lock(&h->lock);
	if (h->stats.waiting >= h->queue_max) {
		h->stats.refused++;
		pthread_mutex_unlock(&h->lock);
		return false;
	}
	*h->last = &w;
	h->last = &w.next;
	h->stats.waiting++;
	pthread_cond_signal(&h->work);
	while (!w.is_done)
		pthread_cond_wait(&w.done, &h->lock);
	pthread_mutex_unlock(&h->lock);
	pthread_cond_destroy(&w.done);
	return true;
}

/* --- life --- */

/* Signals are for the main thread: the computing ones are born deaf. */
static bool
start_threads(struct hasher *h, unsigned n)
{
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	while (h->n_threads < n && pthread_create(&h->threads[h->n_threads], NULL, compute, h) == 0)
		h->n_threads++;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return h->n_threads == n;
}

struct hasher *
hasher_new(const struct keys *k, unsigned n_threads, size_t queue_max)
{
	CHECK(n_threads > 0);
	struct hasher *h = calloc(1, sizeof(*h));
	if (h == NULL)
		return NULL;
	h->keys = k;
	h->queue_max = queue_max;
	h->last = &h->first;
	pthread_mutex_init(&h->lock, NULL);
	pthread_cond_init(&h->work, NULL);
	h->threads = calloc(n_threads, sizeof(*h->threads));
	if (h->threads == NULL || !start_threads(h, n_threads))
		return hasher_free(h);
	return h;
}

struct hasher *
hasher_free(struct hasher *h)
{
	if (h == NULL)
		return NULL;
	pthread_mutex_lock(&h->lock);
	h->stop = true;
	pthread_cond_broadcast(&h->work);
	pthread_mutex_unlock(&h->lock);
	for (unsigned i = 0; i < h->n_threads; i++)
		pthread_join(h->threads[i], NULL);
	pthread_cond_destroy(&h->work);
	pthread_mutex_destroy(&h->lock);
	free(h->threads);
	free(h);
	return NULL;
}

void
hasher_stats(struct hasher *h, struct hasher_stats *ret_stats)
{
	pthread_mutex_lock(&h->lock);
	*ret_stats = h->stats;
	pthread_mutex_unlock(&h->lock);
}

const struct keys *
hasher_keys(const struct hasher *h)
{
	return h->keys;
}
