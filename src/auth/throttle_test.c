/* throttle_test.c - nobody gets more than the limit, whatever he sends from and however many come. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
/* The name is base/task.h's. */
#undef fail

#include <arpa/inet.h>
#include <malloc.h>
#include <pthread.h>
#include <string.h>

#include "auth/throttle.h"
#include "base/secret.h"

static const struct deployment_id here = { 7 }, there = { 8 };

/* A clock that stands at a round minute. */
static const int64_t start = 100 * MINUTE_US;

static bool
take(struct limiter *l, enum throttle_rule rule, uint64_t subject, int64_t now)
{
	int64_t wait = -1;
	bool taken = limiter_take(l, rule, here, subject, now, &wait);

	assert_true(taken ? wait == -1 : wait > 0);
	return taken;
}

/* How many of n tries at one moment are taken. */
static int
take_many(struct limiter *l, enum throttle_rule rule, uint64_t subject, int64_t now, int n)
{
	int taken = 0;

	while (n-- > 0)
		taken += take(l, rule, subject, now);
	return taken;
}

static void
test_table(void **state)
{
	(void)state;
	for (int i = 0; i < THROTTLE_RULE__COUNT; i++) {
		assert_non_null(throttle_rule_info[i].name);
		/* A row of wrong passwords is not ended by time (SP 800-63B-4 §3.2.2). */
		assert_in_range(throttle_rule_info[i].window_us, 30 * SECOND_US, i == RULE_SIGN_IN_STREAK ? 3650 * DAY_US : DAY_US);
		assert_int_equal(throttle_limit((enum throttle_rule)i), throttle_rule_info[i].limit_default);
	}
	assert_int_equal(throttle_limit(RULE_REQUESTS), 300);
	assert_int_equal(throttle_limit(RULE_CHALLENGE), 30);
	assert_int_equal(throttle_limit(RULE_LOOKUP), 30);
	assert_int_equal(throttle_limit(RULE_SIGN_IN_ACCOUNT), 10);
	assert_int_equal(throttle_limit(RULE_SIGN_IN_SOURCE), 30);
	assert_int_equal(throttle_limit(RULE_SIGN_UP_SOURCE), 30);
}

static void
test_limits_can_be_set_but_not_off(void **state)
{
	struct limiter *l = limiter_new(64);

	(void)state;
	assert_false(throttle_set_limit(RULE_LOOKUP, 0));
	assert_false(throttle_set_limit(RULE_LOOKUP, -1));
	assert_false(throttle_set_limit(RULE_LOOKUP, THROTTLE_LIMIT_MAX + 1));
	assert_int_equal(throttle_limit(RULE_LOOKUP), 30);
	assert_true(throttle_set_limit(RULE_LOOKUP, 3));
	assert_int_equal(take_many(l, RULE_LOOKUP, 1, start, 10), 3);
	assert_true(throttle_set_limit(RULE_LOOKUP, THROTTLE_LIMIT_MAX));
	assert_int_equal(take_many(l, RULE_LOOKUP, 1, start, 100), 100);
	assert_true(throttle_set_limit(RULE_LOOKUP, 30));
	assert_int_equal(take_many(l, RULE_LOOKUP, 1, start, 10), 0);
	limiter_free(l);
}

static uint64_t
source(const char *text)
{
	uint8_t bytes[16];
	bool six = strchr(text, ':') != NULL;

	assert_int_equal(inet_pton(six ? AF_INET6 : AF_INET, text, bytes), 1);
	return throttle_source(bytes, six ? 16 : 4);
}

static void
test_F35_source_is_a_subscriber(void **state)
{
	(void)state;
	assert_int_equal(source("2001:db8:1:2::1"), source("2001:db8:1:2:ffff:ffff:ffff:ffff"));
	assert_int_not_equal(source("2001:db8:1:2::1"), source("2001:db8:1:3::1"));
	assert_int_not_equal(source("10.0.0.1"), source("10.0.0.2"));
	assert_int_equal(source("10.0.0.1"), source("::ffff:10.0.0.1"));
	assert_int_not_equal(source("::ffff:10.0.0.1"), source("::ffff:10.0.0.2"));
	assert_int_not_equal(source("0.0.0.0"), 0);
	assert_int_not_equal(source("::"), 0);
	assert_int_not_equal(source("::1"), 0);
	assert_int_not_equal(source("::1"), source("127.0.0.1"));
	assert_int_not_equal(throttle_source(NULL, 0), 0);
}

static void
test_burst_then_wait_then_again(void **state)
{
	struct limiter *l = limiter_new(65536);
	int64_t wait = 0;

	(void)state;
	assert_int_equal(take_many(l, RULE_REQUESTS, 1, start, 400), 300);
	assert_false(limiter_take(l, RULE_REQUESTS, here, 1, start, &wait));
	assert_false(take(l, RULE_REQUESTS, 1, start + wait - 1));
	assert_int_equal(take_many(l, RULE_REQUESTS, 1, start + wait, 400), 300);
	/* A refused try costs nothing: the wait did not grow while trying. */
	assert_true(wait >= MINUTE_US && wait <= MINUTE_US + 5 * SECOND_US);
	limiter_free(l);
}

static void
test_steady_use_recovers_steadily(void **state)
{
	struct limiter *l = limiter_new(64);
	int64_t wait = 0;

	(void)state;
	/* One each two seconds is the limit of 30 a minute; refused is what the coarse clock costs. */
	for (int i = 0; i < 30; i++)
		assert_true(take(l, RULE_LOOKUP, 1, start + i * 2 * SECOND_US));
	assert_false(limiter_take(l, RULE_LOOKUP, here, 1, start + MINUTE_US, &wait));
	assert_true(wait <= 5 * SECOND_US);
	assert_true(take(l, RULE_LOOKUP, 1, start + MINUTE_US + wait));
	limiter_free(l);
}

/* Whatever the rhythm, every minute that is looked at afterwards has at most the limit. */
static void
test_F35_no_minute_has_more_than_the_limit(void **state)
{
	static const int64_t steps[] = { 1, 999, 100000, 1234567, 4999999, 5 * SECOND_US, 7 * SECOND_US };
	static int64_t taken[4000];

	(void)state;
	for (size_t s = 0; s < ARRAY_LEN(steps); s++) {
		struct limiter *l = limiter_new(64);
		int64_t now = start + 3;
		size_t n = 0;

		for (int i = 0; i < 20000 && n < ARRAY_LEN(taken); i++) {
			if (take(l, RULE_LOOKUP, 1, now))
				taken[n++] = now;
			now += i % 50 == 0 ? 55 * SECOND_US : steps[s];
		}
		for (size_t i = 30; i < n; i++)
			assert_true(taken[i] - taken[i - 30] >= MINUTE_US);
		limiter_free(l);
	}
}

static void
test_F35_counts_do_not_mix(void **state)
{
	struct limiter *l = limiter_new(65536);
	int64_t wait;

	(void)state;
	assert_int_equal(take_many(l, RULE_LOOKUP, 1, start, 40), 30);
	assert_int_equal(take_many(l, RULE_LOOKUP, 2, start, 40), 30);
	assert_int_equal(take_many(l, RULE_CHALLENGE, 1, start, 40), 30);
	assert_true(limiter_take(l, RULE_LOOKUP, there, 1, start, &wait));
	assert_false(take(l, RULE_LOOKUP, 1, start));
	limiter_free(l);
}

/* Threads read the clock before they take the lock. */
static void
test_F35_a_late_clock_gives_nothing_back(void **state)
{
	struct limiter *l = limiter_new(64);

	(void)state;
	assert_int_equal(take_many(l, RULE_LOOKUP, 1, start, 40), 30);
	assert_int_equal(take_many(l, RULE_LOOKUP, 1, start - 10 * SECOND_US, 40), 0);
	assert_int_equal(take_many(l, RULE_LOOKUP, 1, start - 2 * MINUTE_US, 40), 0);
	limiter_free(l);
}

static void
test_the_clock_begins_anywhere(void **state)
{
	(void)state;
	for (int64_t now = 0; now < 2 * MINUTE_US; now += SECOND_US) {
		struct limiter *l = limiter_new(16);
		int64_t wait = 0;

		assert_int_equal(take_many(l, RULE_LOOKUP, 1, now, 40), 30);
		assert_false(limiter_take(l, RULE_LOOKUP, here, 1, now, &wait));
		assert_false(take(l, RULE_LOOKUP, 1, now + wait - 1));
		assert_true(take(l, RULE_LOOKUP, 1, now + wait));
		limiter_free(l);
	}
}

/*
 * A million networks, one try each: memory stays as it was made, and the attacker
 * who used up his tries, or nearly, before is still known after it.
 */
static void
test_F35_walking_networks_frees_nobody(void **state)
{
	struct limiter *l = limiter_new(65536);
	uint64_t hot = source("2001:db8::1"), warm = source("2001:db8:0:1::1");
	size_t before = mallinfo2().uordblks, after;

	(void)state;
	assert_int_equal(take_many(l, RULE_REQUESTS, hot, start, 400), 300);
	assert_int_equal(take_many(l, RULE_REQUESTS, warm, start, 299), 299);
	for (uint64_t i = 0; i < 1000000; i++)
		assert_true(take(l, RULE_REQUESTS, UINT64_C(0x20010db900000000) + i, start + SECOND_US));
	after = mallinfo2().uordblks;
	assert_int_equal(after, before);
	assert_int_equal(take_many(l, RULE_REQUESTS, hot, start + SECOND_US, 10), 0);
	assert_int_equal(take_many(l, RULE_REQUESTS, warm, start + SECOND_US, 10), 1);
	limiter_free(l);
}

/* All that fits is at its limit: newcomers share one allowance, none is lost for good, no old one is freed. */
static void
test_F35_a_full_table_shares_one_allowance(void **state)
{
	struct limiter *l = limiter_new(LIMITER_WAYS);
	int taken = 0;

	(void)state;
	for (uint64_t i = 0; i < LIMITER_WAYS; i++)
		assert_int_equal(take_many(l, RULE_LOOKUP, i, start, 31), 30);
	for (uint64_t i = 0; i < 1000; i++)
		taken += take(l, RULE_LOOKUP, 100 + i, start);
	assert_int_equal(taken, 30);
	for (uint64_t i = 0; i < LIMITER_WAYS; i++)
		assert_false(take(l, RULE_LOOKUP, i, start));
	/* Another rule has another allowance. */
	assert_int_equal(take_many(l, RULE_CHALLENGE, 5, start, 100), 30);
	/* When the old ones have cooled down, there is room. */
	assert_int_equal(take_many(l, RULE_LOOKUP, 5000, start + 2 * MINUTE_US, 100), 30);
	limiter_free(l);
}

static void
test_the_longest_idle_of_equals_goes(void **state)
{
	struct limiter *l = limiter_new(LIMITER_WAYS);

	(void)state;
	for (uint64_t i = 0; i < LIMITER_WAYS; i++)
		assert_int_equal(take_many(l, RULE_LOOKUP, i, start + (int64_t)i, 10), 10);
	assert_true(take(l, RULE_LOOKUP, 100, start + SECOND_US));
	/* The second one still has its ten, the first one begins anew in the newcomer's place. */
	assert_int_equal(take_many(l, RULE_LOOKUP, 1, start + SECOND_US, 40), 20);
	assert_int_equal(take_many(l, RULE_LOOKUP, 0, start + SECOND_US, 40), 30);
	limiter_free(l);
}

static void
test_small_tables_and_failures(void **state)
{
	struct limiter *l = limiter_new(0);

	(void)state;
	assert_non_null(l);
	assert_true(take(l, RULE_LOOKUP, 1, start));
	assert_null(limiter_free(l));
	assert_null(limiter_free(NULL));
	secret_test_fail_random(true);
	assert_null(limiter_new(64));
	secret_test_fail_random(false);
}

struct contest {
	struct limiter *l;
	int             taken, others;
};

static void *
compete(void *arg)
{
	struct contest *c = arg;
	int64_t wait;

	for (int i = 0; i < 2000; i++) {
		c->taken += limiter_take(c->l, RULE_REQUESTS, here, 1, start, &wait);
		c->others += limiter_take(c->l, RULE_LOOKUP, here, (uint64_t)i, start + i, &wait);
	}
	return NULL;
}

/* To be run under the thread sanitizer too. */
static void
test_F35_threads_share_one_budget(void **state)
{
	struct limiter *l = limiter_new(1024);
	struct contest contests[4];
	pthread_t threads[4];
	int taken = 0;

	(void)state;
	for (int i = 0; i < 4; i++) {
		contests[i] = (struct contest){ .l = l };
		assert_int_equal(pthread_create(&threads[i], NULL, compete, &contests[i]), 0);
	}
	assert_true(throttle_set_limit(RULE_SIGN_UP_SOURCE, 40));
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
		taken += contests[i].taken;
	}
	assert_true(throttle_set_limit(RULE_SIGN_UP_SOURCE, 30));
	assert_int_equal(taken, 300);
	limiter_free(l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_limits_can_be_set_but_not_off),
		cmocka_unit_test(test_F35_source_is_a_subscriber),
		cmocka_unit_test(test_burst_then_wait_then_again),
		cmocka_unit_test(test_steady_use_recovers_steadily),
		cmocka_unit_test(test_F35_no_minute_has_more_than_the_limit),
		cmocka_unit_test(test_F35_counts_do_not_mix),
		cmocka_unit_test(test_F35_a_late_clock_gives_nothing_back),
		cmocka_unit_test(test_the_clock_begins_anywhere),
		cmocka_unit_test(test_F35_walking_networks_frees_nobody),
		cmocka_unit_test(test_F35_a_full_table_shares_one_allowance),
		cmocka_unit_test(test_the_longest_idle_of_equals_goes),
		cmocka_unit_test(test_small_tables_and_failures),
		cmocka_unit_test(test_F35_threads_share_one_budget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
