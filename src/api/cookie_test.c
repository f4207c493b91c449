/* cookie_test.c - one cookie by its exact name, or none. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/fields_test.h"

#include <stdlib.h>

static struct http_head
head_of(const char *const *cookies, size_t n)
{
	struct http_head head = { 0 };

	for (size_t i = 0; i < n && cookies[i] != NULL; i++)
		head.fields[head.n_fields++] = (struct http_field){ S("cookie"), str_of(cookies[i]) };
	return head;
}

static void
test_CKI_cookies_are_found_or_not(void **state)
{
	static const struct {
		const char *cookies[3];
		const char *want;	/* NULL: none */
		bool        twice;
	} cases[] = {
		{ { NULL }, NULL, false },
		{ { "" }, NULL, false },
		{ { "__Host-session=abc" }, "abc", false },
		{ { "a=1; __Host-session=abc; b=2" }, "abc", false },
		{ { "a=1;__Host-session=abc;b=2" }, "abc", false },
		{ { "  __Host-session=abc\t;" }, "abc", false },
		{ { "__Host-session=a=b=" }, "a=b=", false },
		{ { "__Host-session=" }, "", false },
		/* CKI-07: crumbs of HTTP/2 come as several fields. */
		{ { "a=1", "b=2; __Host-session=abc", "c=3" }, "abc", false },
		/* CKI-08: of twins neither counts, in any order and anywhere. */
		{ { "__Host-session=abc; __Host-session=def" }, NULL, true },
		{ { "__Host-session=def; __Host-session=abc" }, NULL, true },
		{ { "__Host-session=abc; __Host-session=abc" }, NULL, true },
		{ { "__Host-session=abc", "__Host-session=def" }, NULL, true },
		{ { "__Host-session=abc; __Host-session=\"def\"" }, NULL, true },
		{ { "__Host-session=abc; __Host-session=" }, NULL, true },
		/* CKI-09: the very name. */
		{ { "__HOST-session=abc" }, NULL, false },
		{ { "__host-session=abc" }, NULL, false },
		{ { "__HOST-session=def; __Host-session=abc" }, "abc", false },
		{ { "__Host-sessio=abc; __Host-session2=abc; x__Host-session=abc" }, NULL, false },
		{ { "__Host-session =abc" }, NULL, false },
		/* CKI-12: what is malformed is ignored, or makes the value none. */
		{ { "__Host-session" }, NULL, false },
		{ { "__Host-session; =; ;; __Host-session=abc" }, "abc", false },
		{ { "__Host-session=\"abc\"" }, NULL, false },
		{ { "__Host-session= abc" }, NULL, false },
		{ { "__Host-session=a b" }, NULL, false },
		{ { "__Host-session=a,b" }, NULL, false },
		{ { "__Host-session=a\\b" }, NULL, false },
		{ { "__Host-session=a\x7F" "b" }, NULL, false },
		{ { "__Host-session=\xC3\xBC" }, NULL, false },
		{ { "a=\"; __Host-session=abc; b=\"" }, "abc", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct http_head head = head_of(cases[i].cookies, ARRAY_LEN(cases[i].cookies));
		bool twice = !cases[i].twice;
		struct str got = cookie_get(&head, S("__Host-session"), &twice);

		if (twice != cases[i].twice || (got.p == NULL) != (cases[i].want == NULL) ||
		    !str_eq(got, str_of(cases[i].want)))
			fail_msg("case %zu: '" STR_FMT "' twice=%d", i, STR_ARG(got), twice);
	}
}

static void
test_CKI12_nul_is_no_value(void **state)
{
	struct http_head head = { .n_fields = 1 };
	bool twice;

	(void)state;
	head.fields[0] = (struct http_field){ S("Cookie"), S("s=a\0b") };
	assert_null(cookie_get(&head, S("s"), &twice).p);
}

/* The reader of heads would not let it through; it costs one pass all the same. */
static void
test_CKI12_ten_thousand_pairs(void **state)
{
	enum { PAIRS = 10000 };
	char *text = malloc(6 * PAIRS);
	struct http_head head = { .n_fields = 1 };
	bool twice;

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < PAIRS; i++)
		memcpy(text + 6 * i, "ss=1; ", 6);
	memcpy(text + 6 * (PAIRS - 1), "s=abc;", 6);
	head.fields[0] = (struct http_field){ S("Cookie"), { text, 6 * PAIRS } };
	assert_true(str_eq(cookie_get(&head, S("s"), &twice), S("abc")));
	assert_null(cookie_get(&head, S("ss"), &twice).p);
	assert_true(twice);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_CKI_cookies_are_found_or_not),
		cmocka_unit_test(test_CKI12_nul_is_no_value),
		cmocka_unit_test(test_CKI12_ten_thousand_pairs),
	};

	return cmocka_run_group_tests(tests, test_begin, test_end);
}
