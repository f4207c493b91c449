/* digits_test.c - codes come without a favourite, and not at all without randomness (OTP-03). */
/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/auth_test.h"

#include "auth/digits.h"

/*
 * A million codes in 1,000 classes, by the first three digits and by the last: chi-square with 999
 * degrees of freedom is above LIMIT once in a thousand times by chance. Three draws in a row that are
 * above it are no chance.
 */
enum { DRAWS = 1000000, CLASSES = 1000, TRIES = 3 };
#define LIMIT 1143.9

static double
chi_square(const unsigned seen[CLASSES])
{
	const double expected = (double)DRAWS / CLASSES;
	double sum = 0;

	for (size_t i = 0; i < CLASSES; i++)
		sum += (seen[i] - expected) * (seen[i] - expected) / expected;
	return sum;
}

static bool
is_even(void)
{
	static unsigned first[CLASSES], last[CLASSES];
	char text[DIGITS_N + 1];

	memset(first, 0, sizeof(first));
	memset(last, 0, sizeof(last));
	for (size_t i = 0; i < DRAWS; i++) {
		assert_true(digits_draw(text));
		assert_int_equal(strspn(text, "0123456789"), DIGITS_N);
		first[(text[0] - '0') * 100 + (text[1] - '0') * 10 + text[2] - '0']++;
		last[(text[3] - '0') * 100 + (text[4] - '0') * 10 + text[5] - '0']++;
	}
	return chi_square(first) < LIMIT && chi_square(last) < LIMIT;
}

static void
test_OTP03_no_code_is_favoured(void **state)
{
	int tries = 0;

	(void)state;
	while (!is_even())
		assert_true(++tries < TRIES);
}

/* What chi-square cannot see in a million: the 967,296 numbers of 32 bits that are left over. */
static void
test_OTP03_the_last_million_is_drawn_again(void **state)
{
	static const struct {
		uint32_t    n;
		const char *text;	/* NULL: drawn again */
	} cases[] = {
		{ 0, "000000" },
		{ 42, "000042" },
		{ 999999, "999999" },
		{ 1000000, "000000" },
		{ 4293999999, "999999" },
		{ 4294000000, NULL },
		{ 4294967295, NULL },
	};
	char text[DIGITS_N + 1];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_int_equal(digits_from(cases[i].n, text), cases[i].text != NULL);
		if (cases[i].text)
			assert_string_equal(text, cases[i].text);
	}
}

static void
test_OTP03_without_randomness_there_is_no_code(void **state)
{
	char text[DIGITS_N + 1];
	bool drawn;

	(void)state;
	secret_test_fail_random(true);
	drawn = digits_draw(text);
	secret_test_fail_random(false);
	assert_false(drawn);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_OTP03_no_code_is_favoured),
		cmocka_unit_test(test_OTP03_the_last_million_is_drawn_again),
		cmocka_unit_test(test_OTP03_without_randomness_there_is_no_code),
	};

	return cmocka_run_group_tests(tests, test_begin, test_end);
}
