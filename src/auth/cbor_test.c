/* cbor_test.c - what is read is whole, in bounds, and only what it was asked to be. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/auth_test.h"

#include "auth/cbor.c"

#define BYTES(lit) ((struct cbor){ (const uint8_t *)(lit), sizeof(lit) - 1 })

struct int_case {
	struct cbor in;
	int64_t want;
};

static void
test_numbers(void **state)
{
	(void)state;
	const struct int_case cases[] = {
		{ BYTES("\x00"), 0 },
		{ BYTES("\x17"), 23 },
		{ BYTES("\x18\x18"), 24 },
		{ BYTES("\x19\x01\x00"), 256 },
		{ BYTES("\x1A\xFF\xFF\xFF\xFF"), 4294967295 },
		{ BYTES("\x1B\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF"), INT64_MAX },
		{ BYTES("\x20"), -1 },
		{ BYTES("\x26"), -7 },
		{ BYTES("\x39\x01\x00"), -257 },
		{ BYTES("\x3B\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF"), INT64_MIN },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct cbor c = cases[i].in;
		int64_t v = 1;
		assert_true(cbor_int(&c, &v));
		assert_int_equal(v, cases[i].want);
		assert_int_equal(c.n, 0);
	}
}

static void
test_no_numbers(void **state)
{
	(void)state;
	const struct cbor cases[] = { BYTES(""), BYTES("\x18"), BYTES("\x19\x01"), BYTES("\x1B\x00\x00\x00\x00\x00\x00\x00"),
		BYTES("\x1B\x80\x00\x00\x00\x00\x00\x00\x00"), BYTES("\x3B\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"), BYTES("\x1C"),
		BYTES("\x1F"), BYTES("\x40"), BYTES("\xF4"), BYTES("\xFB\x00\x00\x00\x00\x00\x00\x00\x00") };
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct cbor c = cases[i];
		int64_t v;
		assert_false(cbor_int(&c, &v));
	}
}

static void
test_strings(void **state)
{
	(void)state;
	struct cbor c = BYTES("\x43" "abc" "\x63" "def" "\x40" "\x58\x01" "x");
	struct str s;
	assert_true(cbor_bytes(&c, &s));
	test_equal(s, S("abc"));
	assert_true(cbor_text(&c, &s));
	test_equal(s, S("def"));
	assert_true(cbor_bytes(&c, &s));
	assert_int_equal(s.n, 0);
	assert_true(cbor_bytes(&c, &s));
	test_equal(s, S("x"));
	assert_int_equal(c.n, 0);
}

/* Lengths up to 2^64 - 1, with hardly a byte behind them. */
static void
test_lengths_that_are_not_there(void **state)
{
	(void)state;
	const struct cbor cases[] = { BYTES("\x41"), BYTES("\x58\xFF" "abc"), BYTES("\x59\xFF\xFF" "abc"),
		BYTES("\x5A\xFF\xFF\xFF\xFF" "abc"), BYTES("\x5B\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF" "abc"),
		BYTES("\x5B\x00\x00\x00\x01\x00\x00\x00\x03" "abc"), BYTES("\x7B\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"),
		BYTES("\x9B\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x00"), BYTES("\xBB\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x00\x00"),
		BYTES("\x5F\x41" "a" "\xFF"), BYTES("\x7F\xFF"), BYTES("\x9F\xFF"), BYTES("\xBF\xFF"), BYTES("\x82\x00"),
		BYTES("\xA1\x00"), BYTES("\x61\xFF"), BYTES("\x61\x00"), BYTES("\xF8\x1F"), BYTES("\xFF"), BYTES("\xC0") };
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct cbor c = cases[i], d = c, e = c, f = c;
		struct str s;
		size_t n;
		if (cbor_skip(&c) || cbor_bytes(&d, &s) || cbor_text(&e, &s))
			fail_msg("case %zu was taken", i);
		f.n = f.n > 0 ? f.n : 0;
		if (cbor_map(&f, &n))
			assert_true(n <= f.n / 2);
	}
}

static void
test_items(void **state)
{
	(void)state;
	struct cbor c = BYTES("\xA2\x61" "a" "\x82\x01\xF5\x61" "b" "\xC1\xFB\x00\x00\x00\x00\x00\x00\x00\x00" "\xF6\xF8\x20");
	struct str item;
	assert_true(cbor_item(&c, &item));
	assert_int_equal(item.n, 18);
	assert_true(cbor_item(&c, &item));
	test_equal(item, S("\xF6"));
	assert_true(cbor_skip(&c));
	assert_int_equal(c.n, 0);
}

static bool
skips_nested(size_t depth, char opening, size_t each)
{
	char bytes[10002];
	size_t n = 0;
	for (size_t i = 0; i < depth; i++) {
		bytes[n++] = opening;
		if (each == 2)
			bytes[n++] = 0;
	}
	bytes[n++] = 0;
	struct cbor c = { (const uint8_t *)bytes, n };
	return cbor_skip(&c);
}

static void
test_nesting(void **state)
{
	(void)state;
	assert_true(skips_nested(CBOR_DEPTH_MAX, '\x81', 1));
	assert_false(skips_nested(CBOR_DEPTH_MAX + 1, '\x81', 1));
	assert_true(skips_nested(CBOR_DEPTH_MAX, '\xA1', 2));
	assert_false(skips_nested(CBOR_DEPTH_MAX + 1, '\xA1', 2));
	assert_false(skips_nested(10000, '\x81', 1));
	assert_false(skips_nested(10000, '\xC1', 1));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_no_numbers),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_lengths_that_are_not_there),
		cmocka_unit_test(test_items),
		cmocka_unit_test(test_nesting),
	};
	return cmocka_run_group_tests_name("cbor", tests, test_begin, test_end);
}
