/* hasher_test.c - the helper: it takes what has stood still, and only that. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/hasher.c"

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
	*h = (struct hasher){ .queue_max = 8 };
	init_line(h);
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
	pthread_mutex_lock(&h.lock);
	h.stop = true;
	pthread_cond_signal(&h.late);
	pthread_mutex_unlock(&h.lock);
	pthread_join(helper, NULL);
}

/* A line that moves is not late, however long its first has waited; nor is a fresh one that does not. */
static void
test_when_late(void **state)
{
	struct waiting_job first = { .since = 10 * SECOND_US };
	struct hasher h = { .first = &first, .late_us = SECOND_US };

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_helper_alone),
		cmocka_unit_test(test_when_late),
		cmocka_unit_test(test_policy),
	};

	return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
