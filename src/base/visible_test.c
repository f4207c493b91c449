/* visible_test.c - what a terminal gets of texts from outside. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit.h"

#include "base/str.h"
#include "base/visible.h"

static const struct {
	const char *text, *shown;
} cases[] = {
	{ "", "" }, { "plain, \xC3\xA9 and \xE6\xBC\xA2", "plain, \xC3\xA9 and \xE6\xBC\xA2" },
	{ "\x1B[31m\r\n", "\\u{1B}[31m\\u{D}\\u{A}" },
	/* A C1 control is one character of UTF-8, and a terminal obeys it as it does ESC [. */
	{ "a\xC2\x9B" "31m", "a\\u{9B}31m" },
	{ "\xE2\x80\xAEgnp", "\\u{202E}gnp" }, { "\xE2\x80\xA8", "\\u{2028}" }, { "\x7F", "\\u{7F}" },
	{ "\xFF\xC3", "\\x{FF}\\x{C3}" },
};

static void
test_what_is_shown(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf out;

		buf_init(&out, 1024);
		visible_put(&out, str_of(cases[i].text));
		if (!str_eq(buf_str(&out), str_of(cases[i].shown)))
			fail_msg("%zu: " STR_FMT, i, STR_ARG(buf_str(&out)));
		buf_done(&out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
