/* hasher_test.c - the helper: it takes what has stood still, and only that. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

static atomic_int locked_idly;

static int
noticed_lock(pthread_mutex_t *lock)
{
	if (sched_getscheduler(0) == SCHED_IDLE)
		atomic_fetch_add(&locked_idly, 1);
	return pthread_mutex_lock(lock);
}

#define pthread_mutex_lock noticed_lock
#include "auth/hasher.c"
#undef pthread_mutex_lock

#include "test/unit.h"

static const struct secret input = { (uint8_t *)(uintptr_t)"a password", 10 };

static struct hash_job
small_job(void)
{
	return (struct hash_job){ .input = &input, .memory_kib = 8, .passes = 1 };
}

static void
hasher_begin_alone(struct hasher *h)
{
	*h = (struct hasher){ 0 };
	assert_true(init_line(h, 8));
}

/* Jobs that no computing thread takes are computed all the same. */
static void
test_helper_alone(void **state)
{
	struct hasher h;
	struct hash_job one = small_job(), two = small_job();
	pthread_t helper;

	(void)state;
	hasher_begin_alone(&h);
	/* As if the line had stood still for long: nobody waits for the clock here. */
	h.late_us = 0;
	assert_int_equal(pthread_create(&helper, NULL, help, &h), 0);
	assert_true(hasher_run(&h, &one));
	assert_true(hasher_run(&h, &two));
	assert_true(one.ok && two.ok);
	assert_memory_equal(one.hash, two.hash, sizeof(one.hash));
	atomic_store(&h.stop, true);
	sem_post(&h.late);
	pthread_join(helper, NULL);
	free(h.places);
}

/* A line that moves is not late, however long its first has waited; nor is a fresh one that does not. */
static void
test_when_late(void **state)
{
	struct place first = { .since = 10 * SECOND_US };
	struct hasher h = { .places = &first, .n_places = 1, .late_us = SECOND_US };

	(void)state;
	h.moved_at = 5 * SECOND_US;
	assert_int_equal(late_at(&h), 11 * SECOND_US);
	h.moved_at = 40 * SECOND_US;
	assert_int_equal(late_at(&h), 41 * SECOND_US);
}

/* The policy is in force, not only asked for. */
static void
test_policy(void **state)
{
	struct hasher *h = hasher_new(NULL, 1, 8);
	struct hash_job job = small_job();
	struct sched_param param;
	int policy;

	(void)state;
	assert_non_null(h);
	assert_true(hasher_run(h, &job));	/* so its thread has begun */
	assert_int_equal(pthread_getschedparam(h->threads[0], &policy, &param), 0);
	assert_int_equal(policy, SCHED_IDLE);
	hasher_free(h);
}

/*
 * A thread of SCHED_IDLE that holds a lock, on processors that others use wholly, keeps it for seconds, and the
 * helper with it that is there to help.
 */
static void
test_no_idle_thread_holds_the_lock(void **state)
{
	struct hasher *h = hasher_new(NULL, 2, 8);
	struct hash_job job;

	(void)state;
	assert_non_null(h);
	for (int i = 0; i < 100; i++) {
		job = small_job();
		assert_true(hasher_run(h, &job) && job.ok);
	}
	hasher_free(h);
	assert_int_equal(locked_idly, 0);
}

struct crowd {
	struct hasher *hasher;
	atomic_int computed, refused;
};

static void *
hash_often(void *arg)
{
	struct crowd *c = arg;

	for (int i = 0; i < 200; i++) {
		struct hash_job job = small_job();

		if (!hasher_run(c->hasher, &job))
			atomic_fetch_add(&c->refused, 1);
		else if (job.ok)
			atomic_fetch_add(&c->computed, 1);
	}
	return NULL;
}

/* More threads than places, and a helper that always thinks it is late: each job is computed once or refused. */
static void
test_each_job_once(void **state)
{
	struct crowd c = { .hasher = hasher_new(NULL, 3, 2) };
	struct hasher_stats stats;
	pthread_t threads[8];

	(void)state;
	assert_non_null(c.hasher);
	c.hasher->late_us = -SECOND_US;
	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, hash_often, &c), 0);
	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		pthread_join(threads[i], NULL);
	hasher_stats(c.hasher, &stats);
	assert_int_equal(c.computed + c.refused, 200 * ARRAY_LEN(threads));
	assert_int_equal(stats.hashes, c.computed);
	assert_int_equal(stats.refused, c.refused);
	assert_int_equal(stats.waiting, 0);
	hasher_free(c.hasher);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_helper_alone),
		cmocka_unit_test(test_when_late),
		cmocka_unit_test(test_policy),
		cmocka_unit_test(test_no_idle_thread_holds_the_lock),
		cmocka_unit_test(test_each_job_once),
	};

	return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
