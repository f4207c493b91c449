/* buf_test.c - a buffer grows to its ceiling and then takes nothing more. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include <stdio.h>

#include "base/str.h"
#include "test/unit.h"

enum { MAX = 1 << 20 };

static void
put_alphabets(struct buf *b, int n)
{
	for (int i = 0; i < n; i++)
		buf_put_str(b, S("abcdefghijklmnopqrstuvwxyz"));
}

/* Heap or arena: the same bytes after many moves. */
static void
test_growth_keeps_the_bytes(void **state)
{
	struct arena *a = arena_new(MAX);
	struct buf b[2];
	(void)state;

	buf_init(&b[0], MAX);
	buf_init_arena(&b[1], a, MAX);
	for (int i = 0; i < 2; i++) {
		put_alphabets(&b[i], 1000);
		assert_false(b[i].failed);
		assert_int_equal(b[i].n, 26000);
		for (size_t k = 0; k < b[i].n; k++)
			assert_int_equal(b[i].p[k], 'a' + (int)(k % 26));
		buf_done(&b[i]);
		assert_null(b[i].p);
	}
	arena_free(a);
}

/* max bytes fit, one more empties the buffer for good, until it is cleared. */
static void
test_ceiling_is_exact_and_sticky(void **state)
{
	char bytes[301] = { 0 };
	struct buf b;
	(void)state;

	buf_init(&b, 300);
	buf_put(&b, bytes, 300);
	assert_int_equal(b.n, 300);
	assert_false(b.failed);
	buf_put_char(&b, 'x');
	assert_true(b.failed);
	assert_int_equal(b.n, 0);
	buf_put_char(&b, 'x');
	buf_put_int(&b, 1);
	buf_printf(&b, "%d", 1);
	assert_false(buf_reserve(&b, 1));
	assert_int_equal(b.n, 0);
	buf_clear(&b);
	buf_put_str(&b, S("again"));
	assert_true(str_eq(buf_str(&b), S("again")));
	buf_done(&b);
}

/* Printing up to the ceiling needs one byte more for its NUL, and gets it. */
static void
test_print_fills_to_the_ceiling(void **state)
{
	struct buf b;
	(void)state;

	buf_init(&b, 8);
	buf_printf(&b, "%s", "1234");
	buf_printf(&b, "%s", "5678");
	assert_true(str_eq(buf_str(&b), S("12345678")));
	buf_printf(&b, "%s", "9");
	assert_true(b.failed);
	buf_done(&b);
}

static void
test_F19_arena_without_memory_fails_the_buffer(void **state)
{
	struct arena *a = arena_new(600);
	struct buf b;
	(void)state;

	buf_init_arena(&b, a, MAX);
	put_alphabets(&b, 100);
	assert_true(b.failed);
	assert_int_equal(b.n, 0);
	assert_true(arena_failed(a));
	buf_done(&b);
	arena_free(a);
}

static void
test_absurd_sizes_fail(void **state)
{
	struct buf b;
	(void)state;

	buf_init(&b, SIZE_MAX);
	buf_put_char(&b, 'x');
	assert_false(buf_reserve(&b, SIZE_MAX));
	assert_true(b.failed);
	buf_done(&b);
}

static void
test_empty_puts_take_nothing(void **state)
{
	struct buf b;
	(void)state;

	buf_init(&b, 0);
	buf_put(&b, NULL, 0);
	buf_put_str(&b, STR_NONE);
	buf_printf(&b, "%s", "");
	assert_false(b.failed);
	assert_int_equal(b.n, 0);
	buf_done(&b);
}

static void
test_integers(void **state)
{
	static const struct {
		int64_t    v;
		struct str text;
	} cases[] = {
		{ 0, S_INIT("0") },
		{ 7, S_INIT("7") },
		{ -1, S_INIT("-1") },
		{ 1000000, S_INIT("1000000") },
		{ INT64_MAX, S_INIT("9223372036854775807") },
		{ INT64_MIN, S_INIT("-9223372036854775808") },
	};
	struct buf b;
	(void)state;

	buf_init(&b, 100);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		buf_clear(&b);
		buf_put_int(&b, cases[i].v);
		assert_true(str_eq(buf_str(&b), cases[i].text));
	}
	buf_done(&b);
}

/* Around every power of ten, where the number of digits changes, and at both ends. */
static void
test_decimals(void **state)
{
	uint64_t ten = 1;
	(void)state;

	for (int k = 0; k < 20; k++, ten *= 10) {
		const uint64_t values[] = { ten - 1, ten, ten + 1, ten / 7, UINT64_MAX - ten, UINT64_MAX };

		for (size_t i = 0; i < ARRAY_LEN(values); i++) {
			char expected[32], got[DECIMAL_MAX];
			int n = snprintf(expected, sizeof(expected), "%llu", (unsigned long long)values[i]);

			assert_int_equal(put_decimal(got, values[i]) - got, n);
			assert_memory_equal(got, expected, (size_t)n);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_growth_keeps_the_bytes),
		cmocka_unit_test(test_ceiling_is_exact_and_sticky),
		cmocka_unit_test(test_print_fills_to_the_ceiling),
		cmocka_unit_test(test_F19_arena_without_memory_fails_the_buffer),
		cmocka_unit_test(test_absurd_sizes_fail),
		cmocka_unit_test(test_empty_puts_take_nothing),
		cmocka_unit_test(test_integers),
		cmocka_unit_test(test_decimals),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
