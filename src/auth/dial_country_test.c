/* dial_country_test.c - neighbours that share a dial code are told apart. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/dial_country.h"

#include "base/str.h"
#include "test/unit.h"

static void
test_countries(void **state)
{
	static const struct {
		const char *digits, *country;
	} cases[] = {
		{ "15551234567", "US" }, { "14165550100", "CA" }, { "18765550100", "JM" }, { "31201234567", "NL" },
		{ "447781123456", "GG" }, { "442071234567", "GB" }, { "441534123456", "JE" }, { "79161234567", "RU" },
		{ "77011234567", "KZ" }, { "4779123456", "SJ" }, { "4722123456", "NO" }, { "599912345", "CW" },
		{ "88213300655", "" }, { "", "" }, { "0", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (!str_eq(dial_country(str_of(cases[i].digits)), str_of(cases[i].country)))
			fail_msg("%s is not of %s", cases[i].digits, cases[i].country);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_countries) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
