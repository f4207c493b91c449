/* command_test.c - what operators type, and what becomes of it. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/command.h"

#include <stdio.h>
#include <string.h>

#include "admin/admin.h"
#include "base/clock.h"
#include "base/str.h"
#include "base/secret.h"
#include "test/unit.h"

enum { WORDS_MAX = 80 };

struct typed {
	struct task    t;
	struct command c;
	enum status    st;
};

/* Find and read one command line, as words separated by spaces. */
static struct typed
type(const char *text)
{
	struct typed ty = { .t = { .arena = arena_new(1 << 20), .now = clock_now() } };
	struct str words[WORDS_MAX], rest = arena_dup(ty.t.arena, str_of(text));
	const struct command_row *row;
	size_t n = 0, used;

	while (rest.n > 0 && n < WORDS_MAX)
		(void)str_cut(rest, ' ', &words[n++], &rest);
	row = command_find(&ty.t, words, n, &used);
	ty.st = row ? command_parse(&ty.t, row, words + used, n - used, &ty.c) : E_NOT_FOUND;
	return ty;
}

static void
done(struct typed *ty)
{
	command_done(&ty->c);
	arena_free(ty->t.arena);
}

static void
test_every_row_is_whole(void **state)
{
	(void)state;
	for (size_t i = 0; i < command_n_rows; i++) {
		const struct command_row *row = &command_rows[i];
		struct str rest = str_of(row->name), words[COMMAND_WORDS_MAX];
		struct task t = { .arena = arena_new(1 << 16) };
		size_t n = 0, used;

		while (rest.n > 0 && n < COMMAND_WORDS_MAX)
			(void)str_cut(rest, ' ', &words[n++], &rest);
		if (command_find(&t, words, n, &used) != row || used != n)
			fail_msg("%s is not found under its name", row->name);
		if (!row->run || !row->summary || row->args_min > row->args_max || (row->args_max > 0) != (row->usage != NULL))
			fail_msg("%s: the row is not whole", row->name);
		for (size_t f = 0; f < COMMAND_FLAGS_MAX && row->flags[f].name; f++)
			if (row->flags[f].takes_value != (row->flags[f].help != NULL))
				fail_msg("%s --%s: help stands for the value", row->name, row->flags[f].name);
		arena_free(t.arena);
	}
}

static void
test_help_names_every_command(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 1 << 16);
	command_help(&out);
	buf_put_char(&out, '\0');
	for (size_t i = 0; i < command_n_rows; i++)
		assert_non_null(strstr(out.p, command_rows[i].name));
	buf_done(&out);
}

static void
test_unknown_commands_get_a_suggestion(void **state)
{
	struct typed ty = type("deployment lst");

	(void)state;
	assert_int_equal(ty.st, E_NOT_FOUND);
	assert_string_equal(ty.t.why, "there is no command \"deployment lst\"; did you mean deployment list?");
	done(&ty);
	ty = type("");
	assert_int_equal(ty.st, E_NOT_FOUND);
	assert_string_equal(ty.t.why, "which command? see sessiond help");
	done(&ty);
	ty = type("audit");
	assert_int_equal(ty.st, E_NOT_FOUND);
	assert_string_equal(ty.t.why, "which command? audit: verify, export");
	done(&ty);
}

static void
test_flags_are_read_in_both_spellings(void **state)
{
	static const char *const lines[] = {
		"user list --deployment a.example --limit 5 --after user_3",
		"user list --limit=5 --after=user_3 --deployment=a.example",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		struct typed ty = type(lines[i]);
		int64_t limit;

		assert_int_equal(ty.st, OK);
		assert_true(str_eq(command_flag(&ty.c, "deployment"), S("a.example")));
		assert_true(str_eq(command_flag(&ty.c, "after"), S("user_3")));
		assert_int_equal(command_int(&ty.c, "limit", 1, 10, 7, &limit), OK);
		assert_int_equal(limit, 5);
		done(&ty);
	}
}

static void
test_arguments_stand_anywhere_and_may_look_like_flags(void **state)
{
	struct typed ty = type("session revoke --all --deployment a.example");

	(void)state;
	assert_int_equal(ty.st, OK);
	assert_non_null(command_flag(&ty.c, "all").p);
	assert_null(command_flag(&ty.c, "user").p);
	done(&ty);
	ty = type("user show mira --deployment a.example");
	assert_int_equal(ty.st, OK);
	assert_true(ty.c.n_args == 1 && str_eq(ty.c.args[0], S("mira")));
	done(&ty);
	ty = type("user show --deployment a.example -- --mira");
	assert_int_equal(ty.st, OK);
	assert_true(str_eq(ty.c.args[0], S("--mira")));
	done(&ty);
}

static void
test_what_is_typed_wrong_is_told(void **state)
{
	static const struct {
		const char *typed, *why;
	} cases[] = {
		{ "user list", "user list needs --deployment HOST" },
		{ "user show --deployment a.example", "user show takes USER" },
		{ "user show a b --deployment a.example", "user show takes USER" },
		{ "deployment list extra", "deployment list takes no arguments" },
		{ "deployment list --all", "deployment list has no flag \"all\"" },
		{ "user list --deployment a --deployment b", "--deployment is given twice" },
		{ "user list --deployment", "--deployment needs a value" },
		{ "session revoke --deployment a --all=yes", "--all takes no value" },
		{ "user show \xff --deployment a", "argument 1 is not UTF-8 text" },
		{ "deployment set a.example", "deployment set takes HOST KEY=VALUE..." },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct typed ty = type(cases[i].typed);

		if (ty.st != E_BAD_REQUEST_BODY || strcmp(ty.t.why, cases[i].why) != 0)
			fail_msg("%s: %d %s", cases[i].typed, ty.st, ty.t.why);
		done(&ty);
	}
}

/* Somebody's try to give a password as an argument must not end up on a screen or in a log. */
static void
test_a_refused_flag_does_not_show_its_value(void **state)
{
	struct typed ty = type("user create --deployment a.example --password=violet-otter");

	(void)state;
	assert_int_equal(ty.st, E_BAD_REQUEST_BODY);
	assert_null(strstr(ty.t.why, "violet"));
	done(&ty);
}

static void
test_numbers_have_bounds(void **state)
{
	static const char *const wrong[] = { "0", "11", "-1", "x", "1x", "", "99999999999999999999" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		char line[128];
		struct typed ty;
		int64_t limit = 3;

		snprintf(line, sizeof(line), "user list --deployment=a --limit=%s", wrong[i]);
		ty = type(line);
		ty.c.t = &ty.t; /* not that of the one it was copied from */
		assert_int_equal(ty.st, OK);
		if (command_int(&ty.c, "limit", 1, 10, 7, &limit) != E_BAD_REQUEST_BODY || limit != 3)
			fail_msg("--limit=%s was taken", wrong[i]);
		done(&ty);
	}
}

static void
test_a_long_data_directory_still_has_a_socket(void **state)
{
	char path[ADMIN_SOCKET_PATH_MAX], data[200] = "/";

	(void)state;
	assert_true(admin_socket_path("/var/lib/sessiond", 7, path));
	assert_string_equal(path, "/var/lib/sessiond/admin.sock");
	memset(data + 1, 'd', sizeof(data) - 2);
	assert_true(admin_socket_path(data, 7, path));
	assert_string_equal(path, "/proc/self/fd/7/admin.sock");
	assert_true(admin_socket_path("data", 7, path));
	assert_string_equal(path, "/proc/self/fd/7/admin.sock");
}

/* The tag tells databases apart without telling a database's password. */
static void
test_the_database_tag_hides_its_url(void **state)
{
	struct task t = { .arena = arena_new(1 << 16) };
	struct str a, b;

	(void)state;
	assert_int_equal(admin_database_tag(&t, "", &a), OK);
	assert_int_equal(a.n, 0);
	assert_int_equal(admin_database_tag(&t, "postgresql://u:secret@h/one", &a), OK);
	assert_int_equal(admin_database_tag(&t, "postgresql://u:secret@h/two", &b), OK);
	assert_true(a.n == 64 && b.n == 64 && !str_eq(a, b));
	arena_free(t.arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_row_is_whole),
		cmocka_unit_test(test_help_names_every_command),
		cmocka_unit_test(test_unknown_commands_get_a_suggestion),
		cmocka_unit_test(test_flags_are_read_in_both_spellings),
		cmocka_unit_test(test_arguments_stand_anywhere_and_may_look_like_flags),
		cmocka_unit_test(test_what_is_typed_wrong_is_told),
		cmocka_unit_test(test_a_refused_flag_does_not_show_its_value),
		cmocka_unit_test(test_numbers_have_bounds),
		cmocka_unit_test(test_a_long_data_directory_still_has_a_socket),
		cmocka_unit_test(test_the_database_tag_hides_its_url),
	};

	assert_true(secret_init_libraries());

	return cmocka_run_group_tests(tests, NULL, NULL);
}
