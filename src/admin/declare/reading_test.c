/* reading_test.c - files of declared deployments: their lines, and what becomes of them without memory. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/declare/reading.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/secret.h"
#include "base/str.h"
#include "test/unit.h"

struct fixture {
	struct task t;
	struct buf  problems, order;
	char        path[64];
};

static int
set_up(void **state)
{
	static struct fixture f;

	f = (struct fixture){ .t = { .arena = arena_new(1 << 24) }, .path = "/tmp/reading_test.XXXXXX" };
	buf_init(&f.problems, 1 << 20);
	*state = &f;
	return mkdtemp(f.path) ? 0 : -1;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;
	char name[80];

	snprintf(name, sizeof(name), "%s/d.yaml", f->path);
	(void)unlink(name);
	rmdir(f->path);
	buf_done(&f->problems);
	arena_free(f->t.arena);
	return 0;
}

static enum status
read_text(struct fixture *f, const char *text)
{
	char name[80];
	int fd;

	snprintf(name, sizeof(name), "%s/d.yaml", f->path);
	fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	buf_clear(&f->problems);
	f->t.why[0] = '\0';
	return declare_read(&f->t, name, "/nowhere", &f->problems, &f->order);
}

static const char own_key[] = "a key of thirty-two bytes or more";

static const char whole[] = "host: api.example.com\n"
			    "frontend_host: app.example.com\n"
			    "mode: staging\n"
			    "settings:\n"
			    "  auth_settings: {password: {min_length: 10}}\n"
			    "  jwt_lifetime: ~\n"
			    "  allowed_origins: ['https://a.example']\n"
			    "  ui_settings.theme_tokens: {light: {primary: '#000'}}\n"
			    "secrets: {smtp_password: {from_env: READING_TEST}, sms_secret: null}\n"
			    "message_templates: {verify_email: {text: '{{code}}', html: null}}\n"
			    "jwt_templates: {x: {token_lifetime: 60, template: {a: [1, 'no', {b: ~}]}, custom_signing_key: {algorithm: HS256,\n"
			    "  key: {from_env: READING_TEST_KEY}}}}\n"
			    "webhooks: [{url: 'https://a.example/', types: [user.*], enabled: false, secret: unchanged}]\n"
			    "organization_roles: {Editor: [a, b]}\n"
			    "default_roles: {organization_member: Editor}\n";

static void
test_a_file_becomes_an_order(void **state)
{
	struct fixture *f = *state;
	json_t *expected, *order;

	setenv("READING_TEST", "opensesame", 1);
	setenv("READING_TEST_KEY", own_key, 1);
	assert_int_equal(read_text(f, whole), OK);
	order = json_loadb(f->order.p, f->order.n, 0, NULL);
	expected = json_pack("{s:[{s:s,s:s,s:s,s:{s:s,s:s,s:s,s:s},s:{s:{s:s,s:s},s:n},s:{s:{s:s,s:n}},"
			     "s:{s:{s:i,s:s,s:{s:b,s:s,s:{s:s,s:s}}}},s:[{s:s,s:[s],s:b,s:s}],s:{s:[s,s]},s:{s:s}}]}", "deployments",
	    "host", "api.example.com", "frontend_host", "app.example.com", "mode", "staging", "settings",
	    "auth_settings.password.min_length", "10", "jwt_lifetime", "default", "allowed_origins", "[\"https://a.example\"]",
	    "ui_settings.theme_tokens", "{\"light\":{\"primary\":\"#000\"}}", "secrets", "smtp_password", "from",
	    "the variable READING_TEST", "value", "opensesame", "sms_secret", "message_templates", "verify_email", "text", "{{code}}",
	    "html", "jwt_templates", "x", "token_lifetime", 60, "template", "{\"a\":[1,\"no\",{\"b\":null}]}", "custom_signing_key", "enabled", 1,
	    "algorithm", "HS256", "key", "from", "the variable READING_TEST_KEY", "value", own_key, "webhooks", "url", "https://a.example/",
	    "types", "user.*", "enabled", 0, "secret", "unchanged", "organization_roles", "Editor", "a", "b", "default_roles", "organization_member", "Editor");
	assert_non_null(expected);
	assert_true(json_equal(order, expected));
	json_decref(order);
	json_decref(expected);
	buf_done(&f->order);
}

/* Keys tell where they stand themselves, items of a list where they begin. */
static void
test_lines_are_those_of_the_keys(void **state)
{
	static const struct {
		const char *text;
		int line;
	} cases[] = {
		{ "# one\n\nhost: a\nx: |\n  y\n", 4 },
		{ "host: a\nsettings:\n\n  # two\n  y:\n    z: 1\n", 5 },
		{ "host: a\norganization_roles:\n  Role:\n  - a\n  - ' '\n", 5 },
		{ "host: a\n---\nhost: b\n\nz: 1\n", 5 },
		{ "host: a\r\nmode: x\r\n", 2 },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct str told, rest;
		int64_t line = 0;

		assert_int_equal(read_text(f, cases[i].text), E_BAD_REQUEST_BODY);
		rest = str_from(buf_str(&f->problems), strlen(f->path) + strlen("/d.yaml:"));
		assert_true(str_cut(rest, ':', &told, &rest) && str_int(told, 1, 1000, &line));
		assert_int_equal(line, cases[i].line);
	}
}

/* Whichever allocation fails: it is told as that, and not as a mistake in the file. */
static void
test_without_memory_nothing_is_read(void **state)
{
	struct fixture *f = *state;
	enum status st = E_OVERLOADED;
	long n = 0;

	setenv("READING_TEST", "opensesame", 1);
	setenv("READING_TEST_KEY", own_key, 1);
	while (st == E_OVERLOADED) {
		f->t.arena = arena_free(f->t.arena);
		f->t.arena = arena_new(1 << 24);
		arena_test_fail_after(++n);
		st = read_text(f, whole);
		arena_test_fail_after(0);
		assert_true(st == OK || (st == E_OVERLOADED && f->t.why[0] && f->problems.n == 0));
	}
	assert_int_equal(st, OK);
	assert_true(n > 50);
	buf_done(&f->order);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_a_file_becomes_an_order, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_lines_are_those_of_the_keys, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_without_memory_nothing_is_read, set_up, tear_down),
	};

	if (!secret_init_libraries())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
