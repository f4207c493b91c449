/* totp_test.c - the RFCs' own values, windows, consecutive codes, and what goes into a QR code. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/auth_test.h"

#include "auth/totp.c"

static const uint8_t *const rfc_secret = (const uint8_t *)"12345678901234567890";

/* RFC 4226 appendix D, and RFC 6238 appendix B with the last six of its eight digits. */
static void
test_TOT01_the_codes_of_the_rfcs(void **state)
{
	static const struct {
		int64_t step;
		const char *code;
	} cases[] = {
		{ 0, "755224" }, { 1, "287082" }, { 2, "359152" }, { 3, "969429" }, { 4, "338314" },
		{ 5, "254676" }, { 6, "287922" }, { 7, "162583" }, { 8, "399871" }, { 9, "520489" },
		{ 59 / 30, "287082" }, { 1111111109 / 30, "081804" }, { 1111111111 / 30, "050471" },
		{ 1234567890 / 30, "005924" }, { 2000000000 / 30, "279037" }, { 20000000000 / 30, "353130" },
	};
	char code[TOTP_DIGITS + 1];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_true(totp_code(rfc_secret, cases[i].step, code));
		assert_string_equal(code, cases[i].code);
	}
}

static struct str
code_of(int64_t step)
{
	char *p = arena_alloc(test_task.arena, TOTP_DIGITS + 1);

	assert_non_null(p);
	assert_true(totp_code(rfc_secret, step, p));
	return (struct str){ p, TOTP_DIGITS };
}

/* A code is good one step early and one late, and no further: one period too long is CVE-2024-7318. */
static void
test_TOT01_V24_one_step_either_way(void **state)
{
	const int64_t now = 59000000;

	(void)state;
	for (int64_t off = -4; off <= 4; off++)
		for (int64_t second = 0; second < TOTP_STEP_S; second += 29) {
			struct str code = code_of(now + off);
			int64_t step = -1;
			enum status st = totp_match(rfc_secret, &code, 1, now * 30 + second, 1, 0, &step);

			assert_int_equal(st, off >= -1 && off <= 1 ? OK : E_INVALID_CODE);
			assert_int_equal(step, st == OK ? now + off : -1);
		}
}

static void
test_TOT02_nothing_at_or_before_the_last_step(void **state)
{
	const int64_t now = 59000000;

	(void)state;
	for (int64_t off = -1; off <= 1; off++)
		for (int64_t last = now - 3; last <= now + 3; last++) {
			struct str code = code_of(now + off);
			int64_t step;

			assert_int_equal(totp_match(rfc_secret, &code, 1, now * 30, 1, last, &step),
			    now + off > last ? OK : E_INVALID_CODE);
		}
}

static void
test_two_codes_must_be_consecutive(void **state)
{
	const int64_t now = 59000000;

	(void)state;
	for (int64_t first = -5; first <= 5; first++)
		for (int64_t second = -5; second <= 5; second++) {
			struct str codes[] = { code_of(now + first), code_of(now + second) };
			bool fits = second == first + 1 && first >= -3 && first <= 3;
			int64_t step = -1;

			assert_int_equal(totp_match(rfc_secret, codes, 2, now * 30, 3, 0, &step), fits ? OK : E_INVALID_CODE);
			assert_int_equal(step, fits ? now + second : -1);
		}
}

static void
test_what_is_no_code(void **state)
{
	static const char *const wrong[] = { "", "0", "28708", "2870820", "28708a", " 87082" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		struct str code = str_of(wrong[i]);
		int64_t step;

		assert_int_equal(totp_match(rfc_secret, &code, 1, 59, 1, 0, &step), E_INVALID_CODE);
	}
}

/* RFC 4648 §10, without the padding. */
static void
test_base32(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "", "" }, { "f", "MY" }, { "fo", "MZXQ" }, { "foo", "MZXW6" }, { "foob", "MZXW6YQ" }, { "fooba", "MZXW6YTB" },
		{ "foobar", "MZXW6YTBOI" }, { "12345678901234567890", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		test_equal(totp_base32(test_task.arena, (const uint8_t *)cases[i].in, strlen(cases[i].in)), str_of(cases[i].out));
}

/* Whatever an app is called, it cannot add a parameter of its own. */
static void
test_url(void **state)
{
	(void)state;
	test_equal(totp_url(test_task.arena, S("Acme & Söhne"), S("jo+x@example.com"), S("MZXW6")),
	    S("otpauth://totp/Acme%20%26%20S%C3%B6hne:jo%2Bx%40example.com?secret=MZXW6&issuer=Acme%20%26%20S%C3%B6hne"));
	test_equal(totp_url(test_task.arena, S("a:b?secret=x#"), S(""), S("MY")),
	    S("otpauth://totp/a%3Ab%3Fsecret%3Dx%23:?secret=MY&issuer=a%3Ab%3Fsecret%3Dx%23"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_TOT01_the_codes_of_the_rfcs),
		cmocka_unit_test(test_TOT01_V24_one_step_either_way),
		cmocka_unit_test(test_TOT02_nothing_at_or_before_the_last_step),
		cmocka_unit_test(test_two_codes_must_be_consecutive),
		cmocka_unit_test(test_what_is_no_code),
		cmocka_unit_test(test_base32),
		cmocka_unit_test(test_url),
	};

	return cmocka_run_group_tests(tests, test_begin, test_end);
}
