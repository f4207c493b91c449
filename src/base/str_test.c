/* str_test.c - what passes for a number, for text, for base64url. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"

#include <string.h>

#include "test/unit.h"

static int
set_up(void **state)
{
	*state = arena_new(1 << 20);
	return *state == NULL;
}

static int
tear_down(void **state)
{
	arena_free(*state);
	return 0;
}

static void
test_comparing(void **state)
{
	(void)state;
	assert_true(str_eq(STR_NONE, S("")));
	assert_true(str_eq(str_of(NULL), STR_NONE));
	assert_true(str_eq(str_of("ab"), S("ab")));
	assert_false(str_eq(S("ab"), S("abc")));
	assert_false(str_eq(S("ab"), S("aB")));
	assert_true(str_eq_nocase(S("aB-1"), S("Ab-1")));
	assert_false(str_eq_nocase(S("a["), S("a{")));	/* the letters' neighbours differ by the same bit */
	assert_false(str_eq_nocase(S("\xc3\x84"), S("\xc3\xa4")));
	assert_true(str_starts(S("abc"), S("ab")));
	assert_true(str_starts(S("abc"), STR_NONE));
	assert_false(str_starts(S("ab"), S("abc")));
	assert_true(str_ends(S("abc"), S("bc")));
	assert_true(str_ends(S("abc"), S("abc")));
	assert_true(str_ends(S("abc"), S("")));
	assert_false(str_ends(S("bc"), S("abc")));
}

static void
test_cutting(void **state)
{
	struct str head, tail;
	(void)state;

	assert_true(str_eq(str_trim(S(" \t a b\t ")), S("a b")));
	assert_true(str_eq(str_trim(S(" \t ")), S("")));
	assert_true(str_eq(str_trim(S("\na")), S("\na")));	/* a line break is no blank */
	assert_true(str_eq(str_from(S("abc"), 1), S("bc")));
	assert_true(str_eq(str_from(S("abc"), 3), S("")));
	assert_true(str_eq(str_from(S("abc"), 99), S("")));
	assert_true(str_cut(S("a=b=c"), '=', &head, &tail));
	assert_true(str_eq(head, S("a")) && str_eq(tail, S("b=c")));
	assert_true(str_cut(S("a="), '=', &head, &tail));
	assert_true(str_eq(head, S("a")) && str_eq(tail, S("")));
	assert_false(str_cut(S("abc"), '=', &head, &tail));
	assert_true(str_eq(head, S("abc")) && str_eq(tail, S("")));
	assert_false(str_cut(STR_NONE, '=', &head, &tail));
}

static void
test_lower(void **state)
{
	assert_true(str_eq(str_lower(*state, S("AZ@[az\xc3\x84")), S("az@[az\xc3\x84")));
	assert_true(str_eq(str_lower(*state, STR_NONE), S("")));
}

/* One number has one spelling. */
static void
test_integers(void **state)
{
	static const struct {
		struct str text;
		bool       ok;
		int64_t    v;
	} cases[] = {
		{ S_INIT("0"), true, 0 },
		{ S_INIT("7"), true, 7 },
		{ S_INIT("-7"), true, -7 },
		{ S_INIT("9223372036854775807"), true, INT64_MAX },
		{ S_INIT("-9223372036854775808"), true, INT64_MIN },
		{ S_INIT("9223372036854775808"), false, 0 },
		{ S_INIT("-9223372036854775809"), false, 0 },
		{ S_INIT("18446744073709551616"), false, 0 },
		{ S_INIT("18446744073709551617"), false, 0 },
		{ S_INIT("99999999999999999999999"), false, 0 },
		{ S_INIT(""), false, 0 },
		{ S_INIT("-"), false, 0 },
		{ S_INIT("-0"), false, 0 },
		{ S_INIT("00"), false, 0 },
		{ S_INIT("01"), false, 0 },
		{ S_INIT("-01"), false, 0 },
		{ S_INIT("+1"), false, 0 },
		{ S_INIT(" 1"), false, 0 },
		{ S_INIT("1 "), false, 0 },
		{ S_INIT("--1"), false, 0 },
		{ S_INIT("1a"), false, 0 },
		{ S_INIT("1\0"), false, 0 },
		{ S_INIT("0x1"), false, 0 },
		{ S_INIT("1e3"), false, 0 },
		{ S_INIT("\xd9\xa1"), false, 0 },	/* an Arabic digit one */
	};
	(void)state;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int64_t v = 42;
		bool ok = str_int(cases[i].text, INT64_MIN, INT64_MAX, &v);

		if (ok != cases[i].ok || v != (ok ? cases[i].v : 42))
			fail_msg("\"" STR_FMT "\"", STR_ARG(cases[i].text));
	}
}

static void
test_integer_bounds(void **state)
{
	int64_t v = 42;
	(void)state;

	assert_false(str_int(S("0"), 1, 10, &v));
	assert_false(str_int(S("11"), 1, 10, &v));
	assert_false(str_int(S("-5"), 1, 10, &v));
	assert_int_equal(v, 42);
	assert_true(str_int(S("1"), 1, 10, &v) && v == 1);
	assert_true(str_int(S("10"), 1, 10, &v) && v == 10);
}

static void
test_well_formed_text(void **state)
{
	static const struct {
		struct str text;
		bool       ok;
		size_t     points;
	} cases[] = {
		{ S_INIT(""), true, 0 },
		{ S_INIT("a\x7f\n"), true, 3 },
		{ S_INIT("\xc2\x80\xdf\xbf"), true, 2 },
		{ S_INIT("\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf"), true, 4 },
		{ S_INIT("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"), true, 2 },
		{ S_INIT("a\0b"), false, 0 },
		{ S_INIT("\x80"), false, 0 },
		{ S_INIT("\xbf"), false, 0 },
		{ S_INIT("\xc0\x80"), false, 0 },	/* overlong U+0000 */
		{ S_INIT("\xc1\xbf"), false, 0 },
		{ S_INIT("\xe0\x9f\xbf"), false, 0 },
		{ S_INIT("\xf0\x8f\xbf\xbf"), false, 0 },
		{ S_INIT("\xed\xa0\x80"), false, 0 },	/* a surrogate */
		{ S_INIT("\xed\xbf\xbf"), false, 0 },
		{ S_INIT("\xf4\x90\x80\x80"), false, 0 },	/* beyond U+10FFFF */
		{ S_INIT("\xf5\x80\x80\x80"), false, 0 },
		{ S_INIT("\xff"), false, 0 },
		{ S_INIT("\xfe"), false, 0 },
		{ S_INIT("\xc2"), false, 0 },
		{ S_INIT("\xe1\x80"), false, 0 },
		{ S_INIT("\xf1\x80\x80"), false, 0 },
		{ S_INIT("\xc2""a"), false, 0 },
		{ S_INIT("\xe1\x80""a"), false, 0 },
		{ S_INIT("\xf1\x80\x80""a"), false, 0 },
		{ S_INIT("\xe1\x80\xc0"), false, 0 },
	};
	(void)state;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		if (str_is_text(cases[i].text) != cases[i].ok)
			fail_msg("case %zu", i);
		if (cases[i].ok)
			assert_int_equal(str_code_points(cases[i].text), cases[i].points);
	}
}

/* Every three-byte sequence: overlong ones and surrogates alone are out. */
static void
test_every_three_byte_text(void **state)
{
	(void)state;

	for (unsigned u = 0; u < 0x10000; u++) {
		char p[3] = { (char)(0xe0 | u >> 12), (char)(0x80 | (u >> 6 & 63)), (char)(0x80 | (u & 63)) };
		bool ok = u >= 0x800 && (u < 0xd800 || u > 0xdfff);

		if (str_is_text((struct str){ p, 3 }) != ok)
			fail_msg("U+%04X", u);
	}
}

/* RFC 4648 §10, without the padding. */
static void
test_b64url_vectors(void **state)
{
	static const char *const cases[][3] = {
		{ "", "", "" },
		{ "f", "Zg", "Zg==" },
		{ "fo", "Zm8", "Zm8=" },
		{ "foo", "Zm9v", "Zm9v" },
		{ "foob", "Zm9vYg", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE", "Zm9vYmE=" },
		{ "foobar", "Zm9vYmFy", "Zm9vYmFy" },
		{ "\xff\xef\xbe", "_---", "/+++" },
	};
	char out[8];
	size_t n;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char *plain = cases[i][0];

		assert_true(str_eq(str_b64url(*state, plain, strlen(plain)), str_of(cases[i][1])));
		assert_true(str_eq(str_b64(*state, plain, strlen(plain)), str_of(cases[i][2])));
		assert_true(str_b64url_decode(str_of(cases[i][1]), out, sizeof(out), &n));
		assert_true(str_eq((struct str){ out, n }, str_of(plain)));
	}
	assert_true(str_eq(str_hex(*state, "\x00\xff\x0a", 3), S("00ff0a")));
	assert_true(str_eq(str_hex(*state, "", 0), S("")));
}

/* Bytes have one spelling: twins, padding, spaces and the other alphabet are refused. */
static void
test_JWT07_b64url_refusals(void **state)
{
	static const struct str cases[] = {
		S_INIT("Z"), S_INIT("Zm9vY"),	/* a length that no bytes have */
		S_INIT("Zh"), S_INIT("Zm9"), S_INIT("Zn"), S_INIT("Z_"),	/* spare bits */
		S_INIT("Zg=="), S_INIT("Zm8="), S_INIT("===="), S_INIT("Zg="),
		S_INIT("/+++"), S_INIT("Zm9v Zg"), S_INIT(" Zm9"), S_INIT("Zm9v\nZg"), S_INIT("Zm8 "),
		S_INIT("Zm\0v"), S_INIT("Zm\xc3\xa4"), S_INIT("Zm.v"),
	};
	char out[16] = "untouched";
	size_t n = 42;
	(void)state;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		if (str_b64url_decode(cases[i], out, sizeof(out), &n))
			fail_msg("\"" STR_FMT "\"", STR_ARG(cases[i]));
	}
	assert_int_equal(n, 42);
	assert_string_equal(out, "untouched");
}

/* Of all 256 bytes 64 are digits, at each place of a group: libsodium took 0xc3 for '-'. */
static void
test_JWT07_b64url_alphabet(void **state)
{
	struct str alphabet = S("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");
	char out[3];
	size_t n;
	(void)state;

	for (int c = 0; c < 256 * 4; c++) {
		char text[] = { 'A', 'A', 'A', 'A' };

		text[c % 4] = (char)(c / 4);
		assert_int_equal(str_b64url_decode((struct str){ text, 4 }, out, sizeof(out), &n),
		    memchr(alphabet.p, c / 4, alphabet.n) != NULL);
	}
}

/* Room is looked at before the first byte is written, at every size around the ceiling. */
static void
test_V62_b64url_room(void **state)
{
	unsigned char plain[40], out[48];
	size_t n;

	memset(plain, 0xa5, sizeof(plain));
	for (size_t size = 0; size <= sizeof(plain); size++) {
		struct str text = str_b64url(*state, plain, size);

		for (size_t cap = 0; cap <= size + 1; cap++) {
			memset(out, 0xee, sizeof(out));
			assert_int_equal(str_b64url_decode(text, out, cap, &n), cap >= size);
			assert_memory_equal(out, cap >= size ? plain : out, size);
			for (size_t i = cap >= size ? size : 0; i < sizeof(out); i++)
				assert_int_equal(out[i], 0xee);
		}
	}
}

static void
test_F19_coders_without_memory(void **state)
{
	struct arena *a = arena_new(16);
	(void)state;

	assert_null(str_b64url(a, "0123456789abcdef", 16).p);
	assert_null(str_b64(a, "", SIZE_MAX).p);
	assert_null(str_hex(a, "", SIZE_MAX).p);
	assert_null(str_lower(a, S("A")).p);
	assert_true(arena_failed(a));
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_comparing),
		cmocka_unit_test(test_cutting),
		cmocka_unit_test(test_lower),
		cmocka_unit_test(test_integers),
		cmocka_unit_test(test_integer_bounds),
		cmocka_unit_test(test_well_formed_text),
		cmocka_unit_test(test_every_three_byte_text),
		cmocka_unit_test(test_b64url_vectors),
		cmocka_unit_test(test_JWT07_b64url_refusals),
		cmocka_unit_test(test_JWT07_b64url_alphabet),
		cmocka_unit_test(test_V62_b64url_room),
		cmocka_unit_test(test_F19_coders_without_memory),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
