/* strength_test.c - PWD-06: what is soon guessed is told from what is not, in bounded time. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/auth_test.h"

#include <time.h>

#include "auth/strength.c"

static const struct str words[] = { { "Acme Corp", 9 }, { "mira.okafor", 11 }, { "Mira", 4 }, { "", 0 }, { "io", 2 } };

/* The whole shipped list, 3,000 at least. */
static void
test_every_listed_password_is_common(void **state)
{
	struct str line, rest = lines_body((struct str){ (const char *)common_passwords, sizeof(common_passwords) });
	size_t n = 0;

	(void)state;
	while (rest.n > 0) {
		(void)str_cut(rest, '\n', &line, &rest);
		if (!strength_is_common(line))
			fail_msg("not found: " STR_FMT, STR_ARG(line));
		n++;
	}
	assert_true(n >= 3000);
	assert_true(strength_is_common(S("PassWord1")));
	assert_false(strength_is_common(S("correct-horse-battery-staple")));
	assert_false(strength_is_common(S("")));
}

static void
test_what_is_made_of_known_words(void **state)
{
	const struct str bad[] = { S("acmecorp"), S("Acme-Corp-2024!"), S("AcmeCorpAcmeCorp"), S("4cm3c0rp99"), S("mira1234"),
		S("M1ra!M1ra!"), S("mira.okafor1990") };
	const struct str good[] = { S("violet-otter-climbs-granite"), S("io"), S("12345678"), S("mirabelle-plum") };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (!strength_is_about(bad[i], words, ARRAY_LEN(words)))
			fail_msg("taken: " STR_FMT, STR_ARG(bad[i]));
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		assert_false(strength_is_about(good[i], words, ARRAY_LEN(words)));
	assert_false(strength_is_about(S("acmecorp"), NULL, 0));
}

static void
test_scores(void **state)
{
	(void)state;
	assert_int_equal(strength_score(S("aaaaaaaa"), NULL, 0), 0);
	assert_int_equal(strength_score(S("password1!"), NULL, 0), 0);
	assert_int_equal(strength_score(S("violet-otter-climbs-granite"), NULL, 0), 4);
	assert_true(strength_score(S("acmecorp-mira"), words, ARRAY_LEN(words)) < strength_score(S("acmecorp-mira"), NULL, 0));
}

/* The most expensive inputs known: letters that all could be other ones, at the longest that is looked at and beyond. */
static void
test_time_is_bounded(void **state)
{
	char text[1024];
	struct timespec began, ended;
	double ms;

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = "4@8({[</369&#!1/|0$5+7%2"[i % 24];
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &began);
	for (int i = 0; i < 100; i++)
		(void)strength_score((struct str){ text, sizeof(text) }, words, ARRAY_LEN(words));
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ended);
	ms = ((double)(ended.tv_sec - began.tv_sec) * 1e9 + (double)(ended.tv_nsec - began.tv_nsec)) / 1e6 / 100;
	print_message("score: %.3f ms each\n", ms);
	assert_true(ms < 5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_every_listed_password_is_common, test_begin, test_end),
		cmocka_unit_test_setup_teardown(test_what_is_made_of_known_words, test_begin, test_end),
		cmocka_unit_test_setup_teardown(test_scores, test_begin, test_end),
		cmocka_unit_test_setup_teardown(test_time_is_bounded, test_begin, test_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
