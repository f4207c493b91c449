/* clock_test.c - time goes forward, and is written as RFC 3339 has it. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include <pthread.h>
#include <stdio.h>
#include <time.h>

#include "base/str.h"
#include "test/unit.h"

/* The wall clock set back an hour, as clock_advance() does it, is not followed. */
static void
test_F16_set_back_goes_on(void **state)
{
	int64_t before = clock_now(), after;
	(void)state;

	clock_advance(-HOUR_US);
	after = clock_now();
	assert_true(after >= before && after < before + MINUTE_US);
	/* Nor does it stand still: lifetimes would grow by the step. */
	while (clock_now() == after)
		;
	clock_advance(HOUR_US);
	assert_true(clock_now() < before + MINUTE_US);
}

/* Both clocks are read one after the other, so that a new step may fall short by what passed in between. */
static void
test_set_forward_is_followed(void **state)
{
	int64_t before = clock_now();
	(void)state;

	clock_advance(DAY_US);
	assert_true(clock_now() >= before + DAY_US - MINUTE_US);
	assert_true(clock_now() < before + DAY_US + MINUTE_US);
	assert_true(clock_wall() < before + MINUTE_US);
}

static void *
watch(void *arg)
{
	bool *ok = arg;
	int64_t was = 0;

	*ok = true;
	for (int i = 0; i < 20000; i++) {
		int64_t now = clock_now();

		*ok = *ok && now >= was;
		was = now;
		if (i % 100 == 0)
			clock_advance(i % 200 == 0 ? SECOND_US : -SECOND_US);
	}
	return NULL;
}

static void
test_F16_no_thread_sees_it_go_back(void **state)
{
	pthread_t thread[4];
	bool ok[4];
	(void)state;

	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, watch, &ok[i]), 0);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(pthread_join(thread[i], NULL), 0);
		assert_true(ok[i]);
	}
}

static void
test_rfc3339_cases(void **state)
{
	static const struct {
		int64_t     us;
		const char *text;
	} cases[] = {
		{ 0, "1970-01-01T00:00:00.000000Z" },
		{ -1, "1969-12-31T23:59:59.999999Z" },
		{ 1704110400 * SECOND_US, "2024-01-01T12:00:00.000000Z" },
		{ 951782399 * SECOND_US + 123456, "2000-02-28T23:59:59.123456Z" },
		{ 951782400 * SECOND_US, "2000-02-29T00:00:00.000000Z" },
		{ 4107542400 * SECOND_US, "2100-03-01T00:00:00.000000Z" },
		{ 253402300799 * SECOND_US, "9999-12-31T23:59:59.000000Z" },
		{ 253402300800 * SECOND_US, "9999-12-31T23:59:59.000000Z" },
		{ INT64_MAX, "9999-12-31T23:59:59.775807Z" },
		{ INT64_MIN, "0000-01-01T00:00:00.224192Z" },
	};
	char text[CLOCK_RFC3339_US_SIZE];
	(void)state;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct str s = clock_rfc3339_us_into(text, cases[i].us);

		assert_string_equal(s.p, cases[i].text);
		assert_int_equal(s.n, sizeof(text) - 1);
	}
}

/* The C library agrees, on days all over the years 0000 to 9999 and on each day of four. */
static void
compare_with_gmtime(time_t from, time_t end, time_t step)
{
	char text[CLOCK_RFC3339_SIZE], wanted[64];
	struct tm tm;

	for (time_t s = from; s < end; s += step) {
		gmtime_r(&s, &tm);
		snprintf(wanted, sizeof(wanted), "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900,
		    tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
		clock_rfc3339_into(text, s * SECOND_US);
		assert_string_equal(text, wanted);
	}
}

static void
test_rfc3339_as_gmtime_has_it(void **state)
{
	(void)state;
	compare_with_gmtime(-62167219200, 253402300800, 911 * 100003);
	compare_with_gmtime(1582934400, 1709251200, 80021);
}

static void
test_rfc3339_in_an_arena(void **state)
{
	struct arena *a = arena_new(1024);
	(void)state;

	assert_true(str_eq(clock_rfc3339(a, 1704110400 * SECOND_US), S("2024-01-01T12:00:00Z")));
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_F16_set_back_goes_on),
		cmocka_unit_test(test_set_forward_is_followed),
		cmocka_unit_test(test_F16_no_thread_sees_it_go_back),
		cmocka_unit_test(test_rfc3339_cases),
		cmocka_unit_test(test_rfc3339_as_gmtime_has_it),
		cmocka_unit_test(test_rfc3339_in_an_arena),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
