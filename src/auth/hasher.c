/* hasher.c - argon2id on threads of its own, so that a flood of sign-ins waits in line instead of everybody.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/hasher.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

enum { NICE = 10 };

/* A job in line, on the stack of the thread that waits for it. */
struct waiting_job {
	struct hash_job *job;
	struct waiting_job *next;
	int64_t since; /* clock_mono() when it came into line */
	pthread_cond_t done;
	bool is_done;
};

struct hasher {
	const struct keys *keys;
	size_t queue_max;
	pthread_t *threads; /* the helper last */
	unsigned n_threads;

	pthread_mutex_t lock; /* for all that follows, and the jobs in line */
	pthread_cond_t work;
	pthread_cond_t late; /* for the helper; its clock is the monotonic one */
	struct waiting_job *first, **last;
	int64_t late_us;  /* so long may the line stand still */
	int64_t moved_at; /* clock_mono() when a computing thread last took or gave back a job */
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

static struct waiting_job *
unlink_first(struct hasher *h)
{
	struct waiting_job *w = h->first;
	h->first = w->next;
	if (h->first == NULL)
		h->last = &h->first;
	h->stats.waiting--;
	return w;
}

/* The next job, or NULL when the line is empty and nothing more will come. Waits. */
static struct waiting_job *
take_job(struct hasher *h)
{
	struct waiting_job *w = NULL;
	pthread_mutex_lock(&h->lock);
	while (h->first == NULL && !h->stop)
		pthread_cond_wait(&h->work, &h->lock);
	if (h->first != NULL)
		w = unlink_first(h);
	h->moved_at = clock_mono();
	pthread_mutex_unlock(&h->lock);
	return w;
}

/* When the first in line will be late: it has waited, and the computing threads have not moved, for that long. */
static int64_t
late_at(const struct hasher *h)
{
	int64_t since = h->first->since > h->moved_at ? h->first->since : h->moved_at;
	return since + h->late_us;
}

static void
wait_until(struct hasher *h, int64_t mono)
{
	struct timespec ts = { .tv_sec = mono / SECOND_US, .tv_nsec = mono % SECOND_US * 1000 };
	pthread_cond_timedwait(&h->late, &h->lock, &ts);
}

/* A job that is late, or NULL at the end. Waits. */
static struct waiting_job *
take_late_job(struct hasher *h)
{
	struct waiting_job *w = NULL;
	pthread_mutex_lock(&h->lock);
	while (!h->stop && (h->first == NULL || late_at(h) > clock_mono())) {
		if (h->first == NULL)
			pthread_cond_wait(&h->late, &h->lock);
		else
			wait_until(h, late_at(h));
	}
	if (!h->stop)
		w = unlink_first(h);
	pthread_mutex_unlock(&h->lock);
	return w;
}

static void
give_back(struct hasher *h, struct waiting_job *w, bool moves)
{
	pthread_mutex_lock(&h->lock);
	if (moves)
		h->moved_at = clock_mono();
	h->stats.hashes++;
	w->is_done = true;
	pthread_cond_signal(&w->done); /* under the lock: once let go, w is gone */
	pthread_mutex_unlock(&h->lock);
}

/*
 * Whoever wakes up takes the processor from a thread of this policy at once; from a
 * merely nice one only when its slice is over, milliseconds later (sched(7)). It may always be asked for.
 */
static void *
compute(void *arg)
{
	struct hasher *h = arg;
	pthread_setname_np(pthread_self(), "hash");
	(void)sched_setscheduler(0, SCHED_IDLE, &(struct sched_param){ 0 });
	for (struct waiting_job *w; (w = take_job(h)) != NULL;) {
		hash_compute(w->job);
		give_back(h, w, true);
	}
	return NULL;
}

/*
 * Where others use the processors wholly, the computing threads get next to nothing, and nobody
 * would sign in any more. This one is merely nice, has its share even there, and only helps
 * when the line has stood still.
 */
static void *
help(void *arg)
{
	struct hasher *h = arg;
	pthread_setname_np(pthread_self(), "hash-late");
	/* Linux keeps niceness per thread. Refused only when the whole program is nicer already. */
	(void)setpriority(PRIO_PROCESS, (id_t)gettid(), NICE);
	for (struct waiting_job *w; (w = take_late_job(h)) != NULL;) {
		hash_compute(w->job);
		give_back(h, w, false);
	}
	return NULL;
}

bool
hasher_run(struct hasher *h, struct hash_job *job)
{
	struct waiting_job w = { .job = job, .since = clock_mono(), .done = PTHREAD_COND_INITIALIZER };
	pthread_mutex_lock(&h->lock);
	if (h->stats.waiting >= h->queue_max) {
		h->stats.refused++;
		pthread_mutex_unlock(&h->lock);
		return false;
	}
	if (h->first == NULL)
		pthread_cond_signal(&h->late);
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
start_threads(struct hasher *h, unsigned computing)
{
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	while (h->n_threads <= computing &&
	       pthread_create(&h->threads[h->n_threads], NULL, h->n_threads < computing ? compute : help, h) == 0)
		h->n_threads++;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return h->n_threads == computing + 1;
}

static void
init_line(struct hasher *h)
{
	pthread_condattr_t monotonic;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_mutex_init(&h->lock, NULL);
	pthread_cond_init(&h->work, NULL);
	pthread_cond_init(&h->late, &monotonic);
	pthread_condattr_destroy(&monotonic);
	h->last = &h->first;
	h->late_us = SECOND_US / 4;
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
	init_line(h);
	h->threads = calloc(n_threads + 1, sizeof(*h->threads));
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
	pthread_cond_signal(&h->late);
	pthread_mutex_unlock(&h->lock);
	for (unsigned i = 0; i < h->n_threads; i++)
		pthread_join(h->threads[i], NULL);
	pthread_cond_destroy(&h->late);
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
