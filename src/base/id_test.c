/* id_test.c - no number twice, none backwards, one spelling each. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/id.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/id.c"	/* the tests set the last number given */
#include "test/unit.h"

#define NOW (EPOCH_US + 400 * DAY_US)

static void
test_layout(void **state)
{
	int64_t v;
	(void)state;

	assert_true(id_init());
	v = id_next(NOW);
	assert_int_equal(v >> COUNT_BITS, INT64_C(400) * 24 * 3600 * 1000);
	assert_int_equal(id_next(NOW + 1000) >> COUNT_BITS, (v >> COUNT_BITS) + 1);
}

/* Two processes that begin in one millisecond begin at different numbers. */
static void
test_starts_at_random(void **state)
{
	int64_t first = 0;
	int same = 0;
	(void)state;

	for (int i = 0; i < 8; i++) {
		assert_true(id_init());
		same += (id_next(NOW) & COUNT_MASK) == first;
		first = atomic_load(&last) & COUNT_MASK;
	}
	assert_true(same <= 1);
	secret_test_fail_random(true);
	assert_false(id_init());
	secret_test_fail_random(false);
}

/* The clock may stand, wrap the count, go back, be before the epoch or beyond the 41 bits. */
static void
test_F16_never_backwards(void **state)
{
	static const int64_t clocks[] = {
		NOW, NOW + 1000, NOW, NOW - DAY_US, 0, INT64_MIN, NOW + HOUR_US, EPOCH_US, NOW + HOUR_US + 999,
	};
	int64_t was = 0, v;
	(void)state;

	atomic_store(&last, COUNT_MASK - 1000);
	for (int i = 0; i < 20000; i++) {
		v = id_next(clocks[(size_t)i % ARRAY_LEN(clocks)]);
		assert_true(v > was);
		was = v;
	}
}

/* More numbers than the count has, all in one millisecond, and the next millisecond after them. */
static void
test_count_outlasts_its_bits(void **state)
{
	int64_t was = 0, v;
	(void)state;

	atomic_store(&last, 0);
	for (int64_t i = 0; i < COUNT_MASK + 1000; i++) {
		v = id_next(NOW);
		if (v <= was)
			fail_msg("%lld after %lld", (long long)v, (long long)was);
		was = v;
	}
	assert_true(id_next(NOW + 1000) > was);
}

static void
use_a_fixed_key(void)
{
	memset(key, 7, sizeof(key));
	atomic_store(&last, 0);
}

enum { PAIRS = 20000, BETWEEN_MAX = 50 };

/* Pearson's r of how many numbers others were given between two of one's own, and the difference of those two. */
static double
told(int64_t ms_between)
{
	double sx = 0, sy = 0, sxx = 0, syy = 0, sxy = 0, n = PAIRS;
	int64_t now = NOW;

	use_a_fixed_key();
	for (int i = 0; i < PAIRS; i++) {
		int between = i * 37 % (BETWEEN_MAX + 1);
		int64_t mine = id_next(now);
		double x = between, y;

		for (int k = 0; k < between; k++)
			(void)id_next(now);
		now += ms_between * 1000;
		y = (double)((id_next(now) & COUNT_MASK) - (mine & COUNT_MASK));
		now += 1000;
		sx += x, sy += y, sxx += x * x, syy += y * y, sxy += x * y;
	}
	return (n * sxy - sx * sy) / sqrt((n * sxx - sx * sx) * (n * syy - sy * sy));
}

/* They counted: the difference of any two was how many accounts, sign-ins and the like all tenants had made in between. */
static void
test_ENU03_two_of_ones_own_do_not_tell_how_many(void **state)
{
	(void)state;

	/* Three standard errors of no correlation at all. */
	assert_true(fabs(told(1)) < 3 / sqrt(PAIRS));
	assert_true(fabs(told(1000)) < 3 / sqrt(PAIRS));
}

/* Within one millisecond a pair tells it to within 0.58 * sqrt(n + 1), one standard deviation: for one other, it is a guess. */
static void
test_ENU03_within_a_millisecond_the_count_is_blurred(void **state)
{
	int longer = 0;
	(void)state;

	use_a_fixed_key();
	for (int i = 0; i < PAIRS; i++) {
		int64_t now = NOW + i * 2000, a = id_next(now), b = id_next(now), c, d;

		now += 1000;
		c = id_next(now);
		(void)id_next(now);
		d = id_next(now);
		longer += b - a > d - c;
	}
	/* One step is longer than two together in one case of six. */
	assert_in_range(longer, PAIRS / 6 - PAIRS / 50, PAIRS / 6 + PAIRS / 50);
}

static void
test_far_ends_stay_positive(void **state)
{
	(void)state;
	atomic_store(&last, 0);
	assert_true(id_next(INT64_MIN) > 0);
	atomic_store(&last, 12345);
	assert_int_equal(id_next(INT64_MAX) >> COUNT_BITS, MS_MAX);
}

enum { THREADS = 4, EACH = 50000 };

static void *
draw(void *arg)
{
	int64_t *out = arg;

	for (int i = 0; i < EACH; i++)
		out[i] = id_next(NOW + i % 7 * 1000);
	return NULL;
}

static int
compare(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void
test_threads_share_no_number(void **state)
{
	int64_t *all = calloc(THREADS * EACH, sizeof(*all));
	pthread_t thread[THREADS];
	(void)state;

	assert_true(id_init());
	for (int t = 0; t < THREADS; t++)
		assert_int_equal(pthread_create(&thread[t], NULL, draw, all + t * EACH), 0);
	for (int t = 0; t < THREADS; t++)
		assert_int_equal(pthread_join(thread[t], NULL), 0);
	for (int i = 1; i < THREADS * EACH; i++)
		assert_true(i % EACH == 0 || all[i] > all[i - 1]);
	qsort(all, THREADS * EACH, sizeof(*all), compare);
	for (int i = 1; i < THREADS * EACH; i++)
		assert_true(all[i] > all[i - 1]);
	free(all);
}

static void
test_spelling(void **state)
{
	static const struct {
		struct str text;
		int64_t    v;	/* 0: refused */
	} cases[] = {
		{ S_INIT("user_1"), 1 },
		{ S_INIT("user_9223372036854775807"), INT64_MAX },
		{ S_INIT("user_9223372036854775808"), 0 },
		{ S_INIT("user_0"), 0 },
		{ S_INIT("user_-1"), 0 },
		{ S_INIT("user_+1"), 0 },
		{ S_INIT("user_01"), 0 },
		{ S_INIT("user_"), 0 },
		{ S_INIT("user_1 "), 0 },
		{ S_INIT(" user_1"), 0 },
		{ S_INIT("User_1"), 0 },
		{ S_INIT("org_1"), 0 },
		{ S_INIT("1"), 0 },
		{ S_INIT(""), 0 },
	};
	(void)state;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct user_id id = { 0 };

		if (user_id_parse(cases[i].text, &id) != (cases[i].v != 0) || id.v != cases[i].v)
			fail_msg("\"" STR_FMT "\"", STR_ARG(cases[i].text));
	}
}

/* A prefix that begins like another's is still its own. */
static void
test_kinds_do_not_mix(void **state)
{
	struct signin_id signin;
	struct signin_attempt_id attempt;
	(void)state;

	assert_false(signin_id_parse(S("signin_attempt_5"), &signin));
	assert_false(signin_attempt_id_parse(S("signin_5"), &attempt));
	assert_true(signin_attempt_id_parse(S("signin_attempt_5"), &attempt));
}

#define KIND_ROUND_TRIP(kind, prefix) \
	{ \
		struct kind##_id id = { INT64_C(123456789012345) }, back; \
		struct str text = kind##_id_str(a, id); \
		assert_true(str_eq(text, S(prefix "123456789012345"))); \
		assert_true(kind##_id_parse(text, &back)); \
		assert_int_equal(back.v, id.v); \
		assert_int_equal(kind##_id_str(a, (struct kind##_id){ 0 }).n, 0); \
	}

static void
test_every_kind_reads_back(void **state)
{
	struct arena *a = arena_new(1 << 16);
	(void)state;

	ID_KINDS(KIND_ROUND_TRIP)
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layout),
		cmocka_unit_test(test_starts_at_random),
		cmocka_unit_test(test_F16_never_backwards),
		cmocka_unit_test(test_count_outlasts_its_bits),
		cmocka_unit_test(test_far_ends_stay_positive),
		cmocka_unit_test(test_ENU03_two_of_ones_own_do_not_tell_how_many),
		cmocka_unit_test(test_ENU03_within_a_millisecond_the_count_is_blurred),
		cmocka_unit_test(test_threads_share_no_number),
		cmocka_unit_test(test_spelling),
		cmocka_unit_test(test_kinds_do_not_mix),
		cmocka_unit_test(test_every_kind_reads_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
