/* timing_test.c - comparing a secret takes as long whether the first byte is wrong, or the last, or none (OPS-04). */
/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/auth_test.h"

#include <math.h>
#include <time.h>

#include "auth/totp.h"

/*
 * After dudect (Reparaz, Balasch, Verbauwhede 2016): two classes of input in random order, the
 * slowest measurements cut off, Welch's t. A busy machine moves both classes alike, but now and
 * then by chance: a difference counts when every one of ROUNDS rounds shows it, in one direction.
 * The first case is one that must be found out, or the others would prove nothing.
 */
enum { SAMPLES = 200000, ROUNDS = 5, REPEAT = 8 };
#define T_MAX 4.5	/* dudect's own threshold */

/* The input of either class lies in one place: else its address would be what is measured. */
static uint8_t right[32], inputs[3][32], input[32];
static char codes[2][TOTP_DIGITS + 1], code[TOTP_DIGITS + 1];
static volatile int sink;

enum { RIGHT, FIRST_WRONG, LAST_WRONG };

/* As memcmp() may do it. */
__attribute__((noinline)) static bool
eq_early(const uint8_t *a, const uint8_t *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (*(const volatile uint8_t *)&a[i] != b[i])
			return false;
	return true;
}

static void
early(void)
{
	sink += eq_early(right, input, sizeof(right));
}

static void
secret(void)
{
	sink += secret_eq(right, input, sizeof(right));
}

static void
totp(void)
{
	struct str typed = { code, TOTP_DIGITS };
	int64_t step;

	sink += totp_match(right, &typed, 1, 59000000 * (int64_t)TOTP_STEP_S, 1, 0, &step) == OK;
}

static const struct {
	const char *name;
	void      (*run)(void);
	int         classes[2];
	size_t      samples, repeat;
	bool        leaks;
} cases[] = {
	{ "a comparison that stops early", early, { FIRST_WRONG, LAST_WRONG }, SAMPLES, REPEAT, true },
	{ "secret_eq: wrong at the beginning, at the end", secret, { FIRST_WRONG, LAST_WRONG }, SAMPLES, REPEAT, false },
	{ "secret_eq: right, wrong", secret, { RIGHT, FIRST_WRONG }, SAMPLES, REPEAT, false },
	{ "totp_match: right, wrong", totp, { RIGHT, FIRST_WRONG }, SAMPLES / 20, 1, false },
};

static int64_t
nanoseconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_RAW, &ts);
	return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

static int64_t
measure(size_t c, bool which)
{
	int64_t began;

	memcpy(input, inputs[cases[c].classes[which]], sizeof(input));
	memcpy(code, codes[which], sizeof(code));
	__asm__ volatile("" ::: "memory");
	began = nanoseconds();
	for (size_t i = 0; i < cases[c].repeat; i++)
		cases[c].run();
	return nanoseconds() - began;
}

static int
by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

struct moments {
	double n, mean, m2;
};

/* Welford's. */
static void
add(struct moments *m, double x)
{
	double d = x - m->mean;

	m->n += 1;
	m->mean += d / m->n;
	m->m2 += d * (x - m->mean);
}

static double
welch(const struct moments *a, const struct moments *b)
{
	double spread = a->m2 / (a->n - 1) / a->n + b->m2 / (b->n - 1) / b->n;

	return spread > 0 ? (a->mean - b->mean) / sqrt(spread) : 0;
}

/* What an interrupt fell into is in the slowest tenth, whichever class it was. */
static double
round_t(size_t c)
{
	static int64_t took[SAMPLES], sorted[SAMPLES];
	static uint8_t which[SAMPLES];
	struct moments m[2] = { 0 };
	size_t n = cases[c].samples;
	int64_t cut;

	assert_true(secret_random(which, n));
	for (size_t i = 0; i < n; i++)
		sorted[i] = took[i] = measure(c, which[i] & 1);
	qsort(sorted, n, sizeof(sorted[0]), by_size);
	cut = sorted[n - n / 10];
	for (size_t i = 0; i < n; i++)
		if (took[i] <= cut)
			add(&m[which[i] & 1], (double)took[i]);
	return welch(&m[0], &m[1]);
}

static bool
leaks(size_t c, double ret_t[ROUNDS])
{
	int above = 0, below = 0;

	for (size_t i = 0; i < ROUNDS; i++) {
		ret_t[i] = round_t(c);
		above += ret_t[i] > T_MAX;
		below += ret_t[i] < -T_MAX;
	}
	return above == ROUNDS || below == ROUNDS;
}

static void
test_OPS04_comparisons_take_one_time(void **state)
{
	double t[ROUNDS];

	(void)state;
	for (size_t c = 0; c < ARRAY_LEN(cases); c++)
		if (leaks(c, t) != cases[c].leaks)
			fail_msg("%s: t = %.1f %.1f %.1f %.1f %.1f", cases[c].name, t[0], t[1], t[2], t[3], t[4]);
}

static int
begin(void **state)
{
	test_begin(state);
	assert_true(secret_random(right, sizeof(right)));
	for (size_t i = 0; i < ARRAY_LEN(inputs); i++)
		memcpy(inputs[i], right, sizeof(right));
	inputs[FIRST_WRONG][0] ^= 1;
	inputs[LAST_WRONG][31] ^= 1;
	assert_true(totp_code(right, 59000000, codes[0]));
	memcpy(codes[1], codes[0], sizeof(codes[1]));
	codes[1][0] = codes[1][0] == '0' ? '1' : '0';
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_OPS04_comparisons_take_one_time) };

	return cmocka_run_group_tests(tests, begin, test_end);
}
