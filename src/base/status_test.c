/* status_test.c - the table of failures holds together. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/status.h"

#include <string.h>

#include "test/unit.h"

/* Every failure has an HTTP status this server gives, a word, and a sentence that ends. */
static void
test_rows_are_whole(void **state)
{
	static const int given[] = { 400, 401, 403, 404, 405, 408, 409, 413, 414, 429, 431, 500, 503 };
	(void)state;

	for (int st = OK + 1; st < E__COUNT; st++) {
		const struct status_info *info = &status_info[st];
		bool known = false;

		for (size_t i = 0; i < ARRAY_LEN(given); i++)
			known = known || given[i] == info->http;
		if (!known || info->code == NULL || info->code[0] == '\0')
			fail_msg("row %d", st);
		if (info->text[strlen(info->text) - 1] != '.')
			fail_msg("%s has no sentence", info->code);
	}
	assert_int_equal(status_info[OK].http, 200);
}

/* A code means one thing: rows that share one (the inner names) share its HTTP status. */
static void
test_one_code_one_http_status(void **state)
{
	(void)state;
	for (int a = OK + 1; a < E__COUNT; a++) {
		for (int b = OK + 1; b < a; b++) {
			if (strcmp(status_info[a].code, status_info[b].code) != 0)
				continue;
			assert_int_equal(status_info[a].http, status_info[b].http);
			assert_true(a >= E_STORE);
		}
	}
}

/* An alarm is about us, never about what a caller sent: a caller could ring it at will. */
static void
test_only_our_failures_alarm(void **state)
{
	(void)state;
	for (int st = OK + 1; st < E__COUNT; st++) {
		if (status_info[st].http < 500)
			assert_true(status_info[st].level > LOG_WARN);
	}
	assert_int_equal(status_info[E_INTERNAL].level, LOG_ERROR);
	assert_int_equal(status_info[E_STORE].level, LOG_ERROR);
}

/* Printable ASCII without quotes: a code or sentence goes into JSON, logs and headers as it is. */
static void
test_plain_words(void **state)
{
	(void)state;
	for (int st = OK + 1; st < E__COUNT; st++) {
		for (const char *p = status_info[st].text; *p != '\0'; p++)
			assert_true(*p >= ' ' && *p <= '~' && *p != '"' && *p != '\\');
		for (const char *p = status_info[st].code; *p != '\0'; p++)
			assert_true((*p >= 'A' && *p <= 'Z') || (*p >= 'a' && *p <= 'z') || *p == '_');
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows_are_whole),
		cmocka_unit_test(test_one_code_one_http_status),
		cmocka_unit_test(test_only_our_failures_alarm),
		cmocka_unit_test(test_plain_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
