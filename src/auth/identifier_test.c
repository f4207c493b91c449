/* identifier_test.c - what may be a name of somebody, and which spellings are one. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/auth_test.h"

#include "auth/identifier.h"

#define REFUSED NULL
#define A16     "aaaaaaaaaaaaaaaa"
#define A63     A16 A16 A16 "aaaaaaaaaaaaaaa"
#define A64     A16 A16 A16 A16

static void
test_email(void **state)
{
	(void)state;
	static const struct {
		struct str text;
		const char *email, *key; /* REFUSED; no key: the same */
	} rows[] = {
		{ S_INIT("john.doe@example.com"), "john.doe@example.com", NULL },
		{ S_INIT("John.Doe@EXAMPLE.com"), "john.doe@example.com", NULL },
		{ S_INIT("  a@b.co\t"), "a@b.co", NULL },
		{ S_INIT("\xc2\xa0"
			 "a@b.co\xe3\x80\x80"),
		    "a@b.co", NULL }, /* no-break and ideographic space */
		{ S_INIT("a+tag@b.co"), "a+tag@b.co", NULL },
		{ S_INIT("o'neil!#$%&*/=?^_`{|}~-@b.co"), "o'neil!#$%&*/=?^_`{|}~-@b.co", NULL },
		{ S_INIT("a@b-c.co"), "a@b-c.co", NULL },
		{ S_INIT("a@1.2.3x"), "a@1.2.3x", NULL },
		{ S_INIT("a@xn--bcher-kva.example"), "a@xn--bcher-kva.example", NULL },
		{ S_INIT("jos\xc3\xa9@b\xc3\xbc"
			 "cher.example"),
		    "jos\xc3\xa9@b\xc3\xbc"
		    "cher.example",
		    NULL },
		{ S_INIT("JOSE\xcc\x81@b.co"), "jos\xc3\xa9@b.co",
		    NULL }, /* composed and decomposed are one */
		{ S_INIT("stra\xc3\x9f"
			 "e@b.co"),
		    "stra\xc3\x9f"
		    "e@b.co",
		    "strasse@b.co" },
		{ S_INIT("\xe7\x94\xa8\xe6\x88\xb7@\xe4\xbe\x8b\xe5\xad\x90.\xe5\xb9\xbf\xe5\x91\x8a"),
		    "\xe7\x94\xa8\xe6\x88\xb7@\xe4\xbe\x8b\xe5\xad\x90.\xe5\xb9\xbf\xe5\x91\x8a", NULL },
		{ S_INIT(A64 "@b.co"), A64 "@b.co", NULL },
		{ S_INIT("a@" A63 "." A63 "." A63 ".co"), "a@" A63 "." A63 "." A63 ".co", NULL },
		/* V-59: the full-width forms are normalised before anything is looked for. */
		{ S_INIT("a\xef\xbc\xa0"
			 "b.co"),
		    "a@b.co", NULL },
		{ S_INIT("a@b\xef\xbc\x8e"
			 "co"),
		    "a@b.co", NULL },
		{ S_INIT("\xef\xbc\xa1@\xef\xbc\xa2.co"), "a@b.co", NULL },
		{ S_INIT("a\xef\xbc\xa0"
			 "b@c.co"),
		    REFUSED, NULL },
		{ S_INIT("a\xef\xb9\xab"
			 "b@c.co"),
		    REFUSED, NULL }, /* U+FE6B small commercial at */
		{ S_INIT(""), REFUSED, NULL },
		{ S_INIT("   "), REFUSED, NULL },
		{ S_INIT("a"), REFUSED, NULL },
		{ S_INIT("@b.co"), REFUSED, NULL },
		{ S_INIT("a@"), REFUSED, NULL },
		{ S_INIT("a@b"), REFUSED, NULL },
		{ S_INIT("a@@b.co"), REFUSED, NULL },
		{ S_INIT("a@b@c.co"), REFUSED, NULL },
		{ S_INIT("a@.co"), REFUSED, NULL },
		{ S_INIT("a@b."), REFUSED, NULL },
		{ S_INIT("a@b.co."), REFUSED, NULL },
		{ S_INIT("a@b..co"), REFUSED, NULL },
		{ S_INIT("a@-b.co"), REFUSED, NULL },
		{ S_INIT("a@b-.co"), REFUSED, NULL },
		{ S_INIT("a@b_c.co"), REFUSED, NULL },
		{ S_INIT("a@1.2.3.4"), REFUSED, NULL },
		{ S_INIT("a@[1.2.3.4]"), REFUSED, NULL },
		{ S_INIT(".a@b.co"), REFUSED, NULL },
		{ S_INIT("a.@b.co"), REFUSED, NULL },
		{ S_INIT("a..b@c.co"), REFUSED, NULL },
		{ S_INIT("a b@c.co"), REFUSED, NULL },
		{ S_INIT("\"a b\"@c.co"), REFUSED, NULL },
		{ S_INIT("\"a\"@c.co"), REFUSED, NULL },
		{ S_INIT("A <a@b.co>"), REFUSED, NULL },
		{ S_INIT("a@b.co,c@d.co"), REFUSED, NULL },
		{ S_INIT("a@b.co;c@d.co"), REFUSED, NULL },
		{ S_INIT("a(x)@b.co"), REFUSED, NULL },
		{ S_INIT("a\\@b.co"), REFUSED, NULL },
		{ S_INIT("a@b.co\r\nBcc: c@d.co"), REFUSED, NULL },
		{ S_INIT("a@b.co\n"), REFUSED, NULL },
		{ S_INIT("\ra@b.co"), REFUSED, NULL },
		{ S_INIT("a\n@b.co"), REFUSED, NULL },
		{ S_INIT("a@b.co\xe2\x80\xa8"), REFUSED, NULL }, /* U+2028 line separator */
		{ S_INIT("a\0@b.co"), REFUSED, NULL },
		{ S_INIT("a\x7f@b.co"), REFUSED, NULL },
		{ S_INIT("a\xff@b.co"), REFUSED, NULL },
		{ S_INIT("a\xe2\x80\x8b@b.co"), REFUSED, NULL }, /* zero width space */
		{ S_INIT("a\xc2\xad@b.co"), REFUSED, NULL },     /* soft hyphen */
		{ S_INIT("a\xe3\x85\xa4@b.co"), REFUSED, NULL }, /* U+3164 Hangul filler */
		{ S_INIT("a@b\xe2\x80\xae.co"), REFUSED, NULL }, /* right-to-left override */
		{ S_INIT("a@b\xe3\x80\x82"
			 "co"),
		    REFUSED, NULL }, /* ideographic full stop */
		{ S_INIT("a@\xf0\x9f\x98\x80.co"), REFUSED, NULL },
		{ S_INIT("a" A64 "@b.co"), REFUSED, NULL },
		{ S_INIT("a@a" A63 ".co"), REFUSED, NULL },
		{ S_INIT(A64 "@" A63 "." A63 "." A63 ".co"), REFUSED, NULL },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct str email = STR_NONE, key = STR_NONE;
		test_next();
		enum status st = identifier_email(&test_task, rows[i].text, &email, &key);
		if (st != (rows[i].email == REFUSED ? E_BAD_REQUEST_BODY : OK))
			fail_msg("row %zu '" STR_FMT "': %d", i, STR_ARG(rows[i].text), st);
		if (st != OK)
			continue;
		test_equal(email, str_of(rows[i].email));
		test_equal(key, str_of(rows[i].key == NULL ? rows[i].email : rows[i].key));
	}
}

static void
test_username(void **state)
{
	(void)state;
	static const struct {
		struct str text;
		const char *name, *key;
	} rows[] = {
		{ S_INIT("johndoe"), "johndoe", "johndoe" },
		{ S_INIT("John.Doe_1-x"), "John.Doe_1-x", "john.doe_1-x" },
		{ S_INIT(" abc "), "abc", "abc" },
		{ S_INIT("abc"), "abc", "abc" },
		{ S_INIT("ab"), REFUSED, NULL },
		{ S_INIT("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" },
		{ S_INIT("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), REFUSED, NULL },
		{ S_INIT("a b c"), REFUSED, NULL },
		{ S_INIT("a@b.co"), REFUSED, NULL },
		{ S_INIT("abc\n"), REFUSED, NULL },
		{ S_INIT("abc\0"), REFUSED, NULL },
		{ S_INIT("\xef\xbd\x81"
			 "bc"),
		    REFUSED, NULL }, /* full-width a: a username is kept as written */
		{ S_INIT("\xd0\xb0"
			 "bc"),
		    REFUSED, NULL }, /* Cyrillic a */
		{ S_INIT("\xe2\x84\xaa"
			 "elvin"),
		    REFUSED, NULL }, /* Kelvin sign folds to k */
		{ S_INIT(""), REFUSED, NULL },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct str name = STR_NONE, key = STR_NONE;
		test_next();
		enum status st = identifier_username(&test_task, rows[i].text, 3, 30, &name, &key);
		if (st != (rows[i].name == REFUSED ? E_BAD_REQUEST_BODY : OK))
			fail_msg("row %zu '" STR_FMT "': %d", i, STR_ARG(rows[i].text), st);
		if (st != OK)
			continue;
		test_equal(name, str_of(rows[i].name));
		test_equal(key, str_of(rows[i].key));
	}
}

static void
test_phone(void **state)
{
	(void)state;
	static const struct {
		const char *number, *dial, *want, *want_dial;
	} rows[] = {
		{ "5550109988", "+1", "5550109988", "+1" },
		{ "(555) 010-99.88", "1", "5550109988", "+1" },
		{ "555/010 9988", "US", "5550109988", "+1" },
		{ " 0151 2345678 ", "de", "01512345678", "+49" },
		{ "+1 555 010 9988", "+1", "5550109988", "+1" },
		{ "\xef\xbc\x95\xef\xbc\x95\xef\xbc\x95 0109988", "+1", "5550109988",
		    "+1" }, /* full-width digits */
		{ "1234567", "+9999", "1234567", "+9999" },
		{ "123456789012345", "+44", "123456789012345", "+44" },
		{ "123456", "+1", REFUSED, NULL },
		{ "1234567890123456", "+1", REFUSED, NULL },
		{ "12345678901234567890123456789012345678901234567890", "+1", REFUSED, NULL },
		{ "+44 20 7946 0000", "+1", REFUSED, NULL },
		{ "+1 55501", "+1", REFUSED, NULL },
		{ "555-FLOWERS", "+1", REFUSED, NULL },
		{ "5550109988;ext=1", "+1", REFUSED, NULL },
		{ "555+0109988", "+1", REFUSED, NULL },
		{ "5550109988\r\n", "+1", REFUSED, NULL },
		{ "", "+1", REFUSED, NULL },
		{ "----------", "+1", REFUSED, NULL },
		{ "5550109988", "", REFUSED, NULL },
		{ "5550109988", "+", REFUSED, NULL },
		{ "5550109988", "+0", REFUSED, NULL },
		{ "5550109988", "++1", REFUSED, NULL },
		{ "5550109988", "+12345", REFUSED, NULL },
		{ "5550109988", "-1", REFUSED, NULL },
		{ "5550109988", "XX", REFUSED, NULL },
		{ "5550109988", "USA", REFUSED, NULL },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct str digits = STR_NONE, dial = STR_NONE;
		test_next();
		enum status st = identifier_phone(
		    &test_task, str_of(rows[i].number), str_of(rows[i].dial), &digits, &dial);
		if (st != (rows[i].want == REFUSED ? E_BAD_REQUEST_BODY : OK))
			fail_msg("row %zu '%s' '%s': %d", i, rows[i].number, rows[i].dial, st);
		if (st != OK)
			continue;
		test_equal(digits, str_of(rows[i].want));
		test_equal(dial, str_of(rows[i].want_dial));
	}
}

static void
test_name(void **state)
{
	(void)state;
	static const struct {
		struct str text;
		const char *want;
	} rows[] = {
		{ S_INIT("John"), "John" }, { S_INIT("  Anna Maria  "), "Anna Maria" },
		{ S_INIT("Jose\xcc\x81"), "Jos\xc3\xa9" },
		{ S_INIT("<b>O'N&\"x"), "<b>O'N&\"x" }, /* who writes it out escapes it */
		{ S_INIT("\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x9a\x80"),
		    "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x9a\x80" },
		{ S_INIT("0123456789"), "0123456789" }, { S_INIT("01234567890"), REFUSED },
		{ S_INIT("\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"),
		    "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9" },
		{ S_INIT(""), REFUSED }, { S_INIT(" \xe3\x80\x80 "), REFUSED },
		{ S_INIT("\xe2\x80\x8b"), REFUSED }, /* zero width space alone */
		{ S_INIT("a\nb"), REFUSED }, { S_INIT("a\tb"), REFUSED }, { S_INIT("a\x1b[31m"), REFUSED },
		{ S_INIT("a\xc2\x85"
			 "b"),
		    REFUSED }, /* U+0085 next line */
		{ S_INIT("a\xe2\x80\xa9"
			 "b"),
		    REFUSED }, /* U+2029 paragraph separator */
		{ S_INIT("a\xe2\x80\xae"
			 "b"),
		    REFUSED },                                                    /* right-to-left override */
		{ S_INIT("a\0b"), REFUSED }, { S_INIT("\xed\xa0\x80"), REFUSED }, /* a surrogate */
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct str name = STR_NONE;
		test_next();
		enum status st = identifier_name(&test_task, rows[i].text, 10, &name);
		if (st != (rows[i].want == REFUSED ? E_BAD_REQUEST_BODY : OK))
			fail_msg("row %zu '" STR_FMT "': %d", i, STR_ARG(rows[i].text), st);
		if (st == OK)
			test_equal(name, str_of(rows[i].want));
	}
}

static void
test_slug(void **state)
{
	(void)state;
	static const struct {
		const char *name, *want;
	} rows[] = {
		{ "Acme Corporation", "acme-corporation" }, { "  --Acme,  Inc.--  ", "acme-inc" },
		{ "Caf\xc3\xa9 M\xc3\xbcller & S\xc3\xb6hne", "cafe-muller-sohne" },
		{ "Stra\xc3\x9f"
		  "e 7",
		    "strasse-7" },
		{ "\xef\xbc\xa1\xef\xbc\xa2", "ab" }, { "\xe6\x9d\xb1\xe4\xba\xac", "x" }, { "!!!", "x" },
		{ "", "x" }, { A64, A16 A16 A16 "aaaaaaaaaaaa" },
		{ A16 A16 A16 "aaaaaaaaaaa b",
		    A16 A16 A16 "aaaaaaaaaaa" }, /* 59 and " b": no '-' at the end */
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		test_equal(identifier_slug(&test_task, str_of(rows[i].name)), str_of(rows[i].want));
}

/* Every allocation fails once: a clean refusal, never a half-made identifier. */
static void
test_out_of_memory(void **state)
{
	(void)state;
	enum status st = E_OVERLOADED;
	for (long n = 1; st != OK; n++) {
		struct str a, b;
		arena_reset(test_task.arena);
		test_next();
		arena_test_fail_after(n);
		st = identifier_email(&test_task, S("a@b.co"), &a, &b);
		arena_test_fail_after(0);
		assert_true(st == OK || st == E_OVERLOADED);
		assert_true(n < 50);
	}
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, test_begin, test_end)
	const struct CMUnitTest tests[] = {
		TEST(test_email),
		TEST(test_username),
		TEST(test_phone),
		TEST(test_name),
		TEST(test_slug),
		TEST(test_out_of_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
