/* lines_test.c - looking words up in sorted lines. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/lines.h"

#include "base/str.h"
#include "test/unit.h"

static void
test_every_line_is_found_and_nothing_else(void **state)
{
	const struct str lines = S("a\nab\nabc\nb\nbb\nz.example\n");
	const struct str in[] = { S("a"), S("ab"), S("abc"), S("b"), S("bb"), S("z.example") };
	const struct str out[] = { S(""), S("A"), S("aa"), S("abcd"), S("bbb"), S("z"), S("z.example\n"), S("zz"), S("\n") };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(in); i++)
		assert_true(lines_have(lines, in[i]));
	for (size_t i = 0; i < ARRAY_LEN(out); i++)
		assert_false(lines_have(lines, out[i]));
	assert_false(lines_have(S(""), S("a")));
	assert_true(lines_have(S("only"), S("only")));
}

static void
test_a_heading_is_no_word(void **state)
{
	(void)state;
	assert_true(str_eq(lines_body(S("# one\n# two\na\nb\n")), S("a\nb\n")));
	assert_true(str_eq(lines_body(S("#a\nb\n")), S("#a\nb\n")));
	assert_true(str_eq(lines_body(S("# nothing else")), S("")));
}

static void
test_beginnings(void **state)
{
	const struct str lines = S("1555\n44\n");

	(void)state;
	assert_true(lines_have_beginning_of(lines, S("15551234567")));
	assert_true(lines_have_beginning_of(lines, S("44")));
	assert_false(lines_have_beginning_of(lines, S("155")));
	assert_false(lines_have_beginning_of(lines, S("31201234567")));
	assert_false(lines_have_beginning_of(lines, S("")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_line_is_found_and_nothing_else),
		cmocka_unit_test(test_a_heading_is_no_word),
		cmocka_unit_test(test_beginnings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
