/* stencil_test.c - a stencil's text is the marked one with the values in place of the marks. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/stencil.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "test/unit.h"

static const struct str marks[] = { S_INIT("[a]"), S_INIT("[b]"), S_INIT("[c]") };

static void
check_fill(struct str marked, const struct str *values, const char *expected)
{
	struct arena *a = arena_new(1 << 16);
	struct stencil s;
	char text[256];
	size_t n;

	assert_true(stencil_cut(a, marked, marks, ARRAY_LEN(marks), &s));
	n = stencil_bytes(&s, values);
	assert_int_equal(stencil_fill(&s, values, text) - text, n);
	assert_true(str_eq((struct str){ text, n }, str_of(expected)));
	arena_free(a);
}

/* In any order, more than once, at the ends and side by side; values of any length. */
static void
test_values_take_the_marks_places(void **state)
{
	static const struct str values[] = { S_INIT("1"), S_INIT("twenty-two"), S_INIT("") };
	(void)state;

	check_fill(S("[a]-[b]-[c]"), values, "1-twenty-two-");
	check_fill(S("x[c]x[b][a][b]x"), values, "xxtwenty-two1twenty-twox");
	check_fill(S("[b][a][c][a]"), values, "twenty-two11");
	check_fill(S("[b] alone"), values, "twenty-two alone");
	check_fill(S("nothing"), values, "nothing");
}

/* Short and long ones are copied in different ways: nothing is lost or written beside where they meet. */
static void
test_pieces_of_every_length(void **state)
{
	char value[100], marked[128], text[256], expected[256];
	struct arena *a = arena_new(1 << 20);
	(void)state;

	for (size_t i = 0; i < sizeof(value); i++)
		value[i] = (char)('A' + i % 26);
	for (size_t n = 0; n <= sizeof(value); n++) {
		struct str values[] = { { value, n } };
		struct stencil s;

		snprintf(marked, sizeof(marked), "%.*s[a]|", (int)n, value);
		snprintf(expected, sizeof(expected), "%.*s%.*s|", (int)n, value, (int)n, value);
		assert_true(stencil_cut(a, str_of(marked), marks, 1, &s));
		memset(text, '#', sizeof(text));
		assert_int_equal(stencil_fill(&s, values, text) - text, 2 * n + 1);
		assert_memory_equal(text, expected, 2 * n + 1);
		assert_int_equal(text[2 * n + 1], '#');
	}
	arena_free(a);
}

static void
test_too_many_gaps(void **state)
{
	struct arena *a = arena_new(1 << 16);
	struct stencil s = { .n = 7 };
	char many[3 * (STENCIL_GAPS + 1)];
	(void)state;

	for (size_t i = 0; i < sizeof(many); i++)
		many[i] = "[a]"[i % 3];
	assert_false(stencil_cut(a, (struct str){ many, sizeof(many) }, marks, 1, &s));
	assert_int_equal(s.n, 7);
	assert_true(stencil_cut(a, (struct str){ many, sizeof(many) - 3 }, marks, 1, &s));
	assert_int_equal(s.n, STENCIL_GAPS);
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values_take_the_marks_places),
		cmocka_unit_test(test_pieces_of_every_length),
		cmocka_unit_test(test_too_many_gaps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
