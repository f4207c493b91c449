/* blocklists_test.c - the shipped list, and an operator's files beside it. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/sign_up/blocklists.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "test/unit.h"

static struct task task;
static struct blocklists *lists;
static char path[64];

static int
begin(void **state)
{
	int fd;

	(void)state;
	task = (struct task){ .arena = arena_new(1 << 20) };
	lists = blocklists_new();
	assert_non_null(lists);
	snprintf(path, sizeof(path), "/tmp/blocklists_test.XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	close(fd);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	unlink(path);
	lists = blocklists_free(lists);
	arena_free(task.arena);
	return 0;
}

static const char *
file_of(const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
	assert_int_equal(fclose(f), 0);
	return path;
}

static void
test_the_shipped_domains(void **state)
{
	(void)state;
	assert_true(blocklists_is_disposable(lists, S("mailinator.com")));
	assert_true(blocklists_is_disposable(lists, S("any.thing.mailinator.com")));
	assert_true(blocklists_is_disposable(lists, S("yopmail.com")));
	assert_false(blocklists_is_disposable(lists, S("notmailinator.example")));
	assert_false(blocklists_is_disposable(lists, S("com")));
	assert_false(blocklists_is_disposable(lists, S("gmail.com")));
	assert_false(blocklists_is_disposable(lists, S("")));
	assert_false(blocklists_knows_voip(lists));
}

static void
test_a_file_adds_and_takes_out(void **state)
{
	(void)state;
	assert_int_equal(blocklists_load(&task, lists, file_of("# ours\nThrow.Example # gone soon\n\n!yopmail.com\r\n"), ""), OK);
	assert_true(blocklists_is_disposable(lists, S("throw.example")));
	assert_true(blocklists_is_disposable(lists, S("mailinator.com")));
	assert_false(blocklists_is_disposable(lists, S("yopmail.com")));
	assert_int_equal(blocklists_load(&task, lists, file_of("!*\nonly.example\n"), ""), OK);
	assert_true(blocklists_is_disposable(lists, S("only.example")));
	assert_false(blocklists_is_disposable(lists, S("mailinator.com")));
}

static void
test_number_ranges(void **state)
{
	(void)state;
	assert_int_equal(blocklists_load(&task, lists, "", file_of("+1555\n882 # inmarsat\n")), OK);
	assert_true(blocklists_knows_voip(lists));
	assert_true(blocklists_is_voip(lists, S("15551234567")));
	assert_true(blocklists_is_voip(lists, S("8821234567")));
	assert_false(blocklists_is_voip(lists, S("14155550100")));
	assert_false(blocklists_is_voip(lists, S("155")));
}

/* All or nothing: what was in effect stays. */
static void
test_a_bad_file_changes_nothing(void **state)
{
	const char *const bad[] = { "fine.example\nnodot\n", "a b.example\n", ".example\n", "http://x.example/\n" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		assert_int_equal(blocklists_load(&task, lists, file_of(bad[i]), ""), E_BAD_REQUEST_BODY);
		assert_non_null(strstr(task.why, i == 0 ? ":2:" : ":1:"));
		task.why[0] = '\0';
	}
	assert_int_equal(blocklists_load(&task, lists, "", file_of("12a\n")), E_BAD_REQUEST_BODY);
	assert_int_equal(blocklists_load(&task, lists, "/nonexistent/file", ""), E_BAD_REQUEST_BODY);
	assert_true(blocklists_is_disposable(lists, S("mailinator.com")));
	assert_false(blocklists_is_disposable(lists, S("fine.example")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_the_shipped_domains, begin, end),
		cmocka_unit_test_setup_teardown(test_a_file_adds_and_takes_out, begin, end),
		cmocka_unit_test_setup_teardown(test_number_ranges, begin, end),
		cmocka_unit_test_setup_teardown(test_a_bad_file_changes_nothing, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
