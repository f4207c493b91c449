/* hasher.c - argon2id on threads of its own, so that a flood of sign-ins waits in line instead of everybody. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/hasher.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

enum { NICE = 10 };
/* So long a computing thread that has nothing to do keeps the memory of its last hash. */
static const int64_t keep_us = 10 * SECOND_US;

/* A job, on the stack of the thread that waits for it. */
struct waiting_job {
	struct hash_job *job;
	sem_t done;
};

/* A place in line. Its time is beside the job: a job is gone as soon as it is done. */
struct place {
	struct waiting_job *_Atomic w;
	_Atomic int64_t since; /* clock_mono() when it came into line */
};

/*
 * No computing thread takes the lock: it may be kept from the processor for seconds while it holds it, and so
 * would be everybody who wants it, the helper too. What is in line is counted by a semaphore; who has taken one
 * of its counts has the next place, by an addition.
 */
struct hasher {
	const struct keys *keys;
	size_t queue_max;
	pthread_t *threads; /* the helper last */
	unsigned n_threads, n_computing;

	pthread_mutex_t lock; /* of who puts a job in line, for tail */
	struct place *places; /* as a ring */
	size_t n_places;
	atomic_uint_fast64_t head, tail; /* the next place to be taken, and to be filled */
	sem_t work;
	sem_t late; /* for the helper: the line is empty no longer, or this is the end */
	int64_t late_us;  /* so long may the line stand still */
	_Atomic int64_t moved_at; /* clock_mono() when a computing thread last took or gave back a job */
	atomic_bool stop;
	atomic_uint_fast64_t hashes, refused;
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

/* --- the line --- */

static void
wait_for(sem_t *what)
{
	while (sem_wait(what) != 0)
		;
}

static struct timespec
timespec_of(int64_t mono)
{
	return (struct timespec){ .tv_sec = mono / SECOND_US, .tv_nsec = mono % SECOND_US * 1000 };
}

static size_t
n_waiting(struct hasher *h)
{
	uint64_t head = atomic_load(&h->head), tail = atomic_load(&h->tail);
	return tail > head ? (size_t)(tail - head) : 0;
}

/*
 * Under the lock. A place that a thread has taken and not yet emptied is full, when the line has come
 * round to it.
 */
static bool
put(struct hasher *h, struct waiting_job *w)
{
	uint64_t tail = atomic_load(&h->tail);
	struct place *at = &h->places[tail % h->n_places];
	if (n_waiting(h) >= h->queue_max || atomic_load(&at->w) != NULL)
		return false;
	atomic_store(&at->since, clock_mono());
	atomic_store(&at->w, w);
	atomic_store(&h->tail, tail + 1);
	return true;
}

/* Whose count of h->work the caller has taken. NULL: it was one of the end's. */
static struct waiting_job *
take(struct hasher *h)
{
	uint64_t head = atomic_fetch_add(&h->head, 1);
	return head < atomic_load(&h->tail) ? atomic_exchange(&h->places[head % h->n_places].w, NULL) : NULL;
}

/* --- its threads --- */

/* Between floods nobody pays for the memory of a hash. */
static void
wait_for_work(struct hasher *h)
{
	struct timespec until = timespec_of(clock_mono() + keep_us);
	while (sem_clockwait(&h->work, CLOCK_MONOTONIC, &until) != 0)
		if (errno == ETIMEDOUT) {
			hash_memory_let_go();
			wait_for(&h->work);
			return;
		}
}

/* The next job, or NULL when the line is empty and nothing more will come. Waits. */
static struct waiting_job *
take_job(struct hasher *h)
{
	wait_for_work(h);
	atomic_store(&h->moved_at, clock_mono());
	return take(h);
}

/* When the first in line will be late: it has waited, and the computing threads have not moved, for that long. */
static int64_t
late_at(struct hasher *h)
{
	int64_t since = atomic_load(&h->places[atomic_load(&h->head) % h->n_places].since);
	int64_t moved_at = atomic_load(&h->moved_at);
	return (since > moved_at ? since : moved_at) + h->late_us;
}

static void
wait_until(struct hasher *h, int64_t mono)
{
	struct timespec ts = timespec_of(mono);
	(void)sem_clockwait(&h->late, CLOCK_MONOTONIC, &ts);
}

/* A job that is late, or NULL at the end. Waits. */
static struct waiting_job *
take_late_job(struct hasher *h)
{
	while (!atomic_load(&h->stop)) {
		if (n_waiting(h) == 0)
			wait_for(&h->late);
		else if (late_at(h) > clock_mono())
			wait_until(h, late_at(h));
		else if (sem_trywait(&h->work) == 0)
			return take(h);
		else /* a computing thread is about to take it */
			wait_until(h, clock_mono() + SECOND_US / 100);
	}
	return NULL;
}

static void
finish(struct hasher *h, struct waiting_job *w)
{
	hash_compute(w->job);
	atomic_fetch_add(&h->hashes, 1);
	sem_post(&w->done); /* once let go, w is gone */
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
	hash_memory_keep();
	for (struct waiting_job *w; (w = take_job(h)) != NULL;) {
		finish(h, w);
		atomic_store(&h->moved_at, clock_mono());
	}
	hash_memory_let_go();
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
	for (struct waiting_job *w; (w = take_late_job(h)) != NULL;)
		finish(h, w);
	return NULL;
}

bool
hasher_run(struct hasher *h, struct hash_job *job)
{
	struct waiting_job w = { .job = job };
	bool was_empty, taken;
	sem_init(&w.done, 0, 0);
	pthread_mutex_lock(&h->lock);
	was_empty = n_waiting(h) == 0;
	taken = put(h, &w);
	pthread_mutex_unlock(&h->lock);
	if (!taken) {
		atomic_fetch_add(&h->refused, 1);
		sem_destroy(&w.done);
		return false;
	}
	sem_post(&h->work);
	if (was_empty)
		sem_post(&h->late);
	wait_for(&w.done);
	sem_destroy(&w.done);
	return true;
}

/* --- life --- */

/* Signals are for the main thread: the computing ones are born deaf. */
static bool
start_threads(struct hasher *h)
{
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	while (h->n_threads <= h->n_computing &&
	       pthread_create(&h->threads[h->n_threads], NULL, h->n_threads < h->n_computing ? compute : help, h) == 0)
		h->n_threads++;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return h->n_threads == h->n_computing + 1;
}

static bool
init_line(struct hasher *h, size_t queue_max)
{
	h->queue_max = queue_max;
	/* Room for those whom a thread that does not get on has not taken out yet. */
	h->n_places = 2 * queue_max + 64;
	h->places = calloc(h->n_places, sizeof(*h->places));
	pthread_mutex_init(&h->lock, NULL);
	sem_init(&h->work, 0, 0);
	sem_init(&h->late, 0, 0);
	h->late_us = SECOND_US / 4;
	return h->places != NULL;
}

struct hasher *
hasher_new(const struct keys *k, unsigned n_threads, size_t queue_max)
{
	CHECK(n_threads > 0);
	struct hasher *h = calloc(1, sizeof(*h));
	if (h == NULL)
		return NULL;
	h->keys = k;
	h->n_computing = n_threads;
	h->threads = calloc(n_threads + 1, sizeof(*h->threads));
	if (!init_line(h, queue_max) || h->threads == NULL || !start_threads(h))
		return hasher_free(h);
	return h;
}

/* The helper, which is started last, ends first: the counts that end the others are not for it. */
static void
end_threads(struct hasher *h)
{
	atomic_store(&h->stop, true);
	sem_post(&h->late);
	if (h->n_threads > h->n_computing)
		pthread_join(h->threads[--h->n_threads], NULL);
	for (unsigned i = 0; i < h->n_threads; i++)
		sem_post(&h->work);
	for (unsigned i = 0; i < h->n_threads; i++)
		pthread_join(h->threads[i], NULL);
}

struct hasher *
hasher_free(struct hasher *h)
{
	if (h == NULL)
		return NULL;
	end_threads(h);
	sem_destroy(&h->late);
	sem_destroy(&h->work);
	pthread_mutex_destroy(&h->lock);
	free(h->places);
	free(h->threads);
	free(h);
	return NULL;
}

void
hasher_stats(struct hasher *h, struct hasher_stats *ret_stats)
{
	*ret_stats = (struct hasher_stats){ .waiting = n_waiting(h), .hashes = atomic_load(&h->hashes),
		.refused = atomic_load(&h->refused) };
}

const struct keys *
hasher_keys(const struct hasher *h)
{
	return h->keys;
}
