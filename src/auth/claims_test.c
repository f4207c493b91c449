/* claims_test.c - what a template of claims may say, and what comes of it. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/auth_test.h"

#include "auth/claims.c"

static const char view_text[] =
    "{\"id\":\"signin_1\",\"user\":{\"first_name\":\"Mira\",\"age\":7,\"verified\":true,\"nick\":null,\"evil\":"
    "\"{{id}}\\\",\\\"sub\\\":\\\"user_2\",\"public_metadata\":{\"plan\":\"pro\",\"tags\":[\"a\",\"b\"]}},"
    "\"active_organization\":null}";

static json_t *
load(const char *text)
{
	json_error_t error;
	json_t *v = json_loads(text, JSON_DECODE_ANY, &error);

	if (v == NULL)
		fail_msg("%s: %s", text, error.text);
	return v;
}

static struct str
rendered(const char *text)
{
	json_t *template = NULL, *view = load(view_text), *out = NULL;
	char *p = arena_alloc(test_task.arena, 4096);
	size_t n;

	test_next();
	if (claims_template_parse(&test_task, str_of(text), &template) != OK)
		fail_msg("%s: %s", text, test_task.why);
	assert_int_equal(claims_render(&test_task, template, view, 4096, &out), OK);
	n = json_dumpb(out, p, 4096, JSON_COMPACT);
	json_decref(out);
	json_decref(template);
	json_decref(view);
	return (struct str){ p, n };
}

/* A text that is one placeholder takes the value's type; between other characters it is text. */
static void
test_filling_in(void **state)
{
	static const struct {
		const char *template, *claims;
	} cases[] = {
		{ "{}", "{}" },
		{ "{\"a\":\"{{id}}\"}", "{\"a\":\"signin_1\"}" },
		{ "{\"a\":\"{{ user.first_name }}\"}", "{\"a\":\"Mira\"}" },
		{ "{\"a\":\"{{user.age}}\"}", "{\"a\":7}" },
		{ "{\"a\":\"{{user.verified}}\"}", "{\"a\":true}" },
		{ "{\"a\":\"{{user.public_metadata}}\"}", "{\"a\":{\"plan\":\"pro\",\"tags\":[\"a\",\"b\"]}}" },
		{ "{\"a\":\"{{user.nick}}\"}", "{\"a\":null}" },
		{ "{\"a\":\"{{user.no.such}}\"}", "{\"a\":null}" },
		{ "{\"a\":\"{{user.first_name.more}}\"}", "{\"a\":null}" },
		{ "{\"a\":\"{{active_organization.id}}\"}", "{\"a\":null}" },
		{ "{\"a\":\"{{user.public_metadata.tags.0}}\"}", "{\"a\":null}" },
		{ "{\"a\":\"-{{user.age}}-{{user.verified}}-{{user.nick}}-{{x}}-{{user.public_metadata}}-\"}",
		    "{\"a\":\"-7-true----\"}" },
		{ "{\"a\":\"{{id}}{{id}}\"}", "{\"a\":\"signin_1signin_1\"}" },
		{ "{\"a\":\" {{id}}\"}", "{\"a\":\" signin_1\"}" },
		{ "{\"a\":[1,\"{{id}}\",{\"b\":\"x {{user.public_metadata.plan}}\"}],\"c\":{\"d\":[]},\"e\":1.5,\"f\":\"\"}",
		    "{\"a\":[1,\"signin_1\",{\"b\":\"x pro\"}],\"c\":{\"d\":[]},\"e\":1.5,\"f\":\"\"}" },
		{ "{\"a\":\"} }} {x} {\"}", "{\"a\":\"} }} {x} {\"}" },
		{ "{\"metadata\":{\"sub\":\"{{id}}\"},\"aud\":\"api\"}", "{\"metadata\":{\"sub\":\"signin_1\"},\"aud\":\"api\"}" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		test_equal(rendered(cases[i].template), str_of(cases[i].claims));
}

/* What a user calls themselves stays a text inside one claim, and is not looked at again. */
static void
test_a_value_is_never_more_than_a_value(void **state)
{
	(void)state;
	test_equal(rendered("{\"a\":\"{{user.evil}}\",\"b\":\"<{{user.evil}}>\"}"),
	    S("{\"a\":\"{{id}}\\\",\\\"sub\\\":\\\"user_2\",\"b\":\"<{{id}}\\\",\\\"sub\\\":\\\"user_2>\"}"));
}

static const struct {
	const char *text, *why;
} refused[] = {
	{ "", "JSON object" },
	{ "[]", "JSON object" },
	{ "\"{{id}}\"", "JSON object" },
	{ "{\"a\":1,\"a\":2}", "duplicate" },
	{ "{\"a\":\"\\u0000\"}", "JSON object" },
	{ "{\"iss\":\"x\"}", "iss" },
	{ "{\"sub\":\"{{id}}\"}", "sub" },
	{ "{\"iat\":1}", "iat" },
	{ "{\"exp\":9999999999}", "exp" },
	{ "{\"nbf\":0}", "nbf" },
	{ "{\"sid\":\"x\"}", "sid" },
	{ "{\"sess\":\"x\"}", "sess" },
	{ "{\"session_id\":\"x\"}", "session_id" },
	{ "{\"act\":{}}", "act" },
	{ "{\"permissions\":{}}", "permissions" },
	{ "{\"organization\":\"x\"}", "organization" },
	{ "{\"workspace_permissions\":[]}", "workspace_permissions" },
	{ "{\"Sub\":\"x\"}", "Sub" }, /* Go's encoding/json takes it for sub */
	{ "{\"s\\u0075b\":\"x\"}", "sub" },
	{ "{\"a\":\"{{\"}", "placeholder" },
	{ "{\"a\":\"{{}}\"}", "placeholder" },
	{ "{\"a\":\"{{id\"}", "placeholder" },
	{ "{\"a\":\"{{id}\"}", "placeholder" },
	{ "{\"a\":\"{{{id}}}\"}", "placeholder" },
	{ "{\"a\":\"{{#each user}}\"}", "placeholder" },
	{ "{\"a\":\"{{user..id}}\"}", "placeholder" },
	{ "{\"a\":\"{{.id}}\"}", "placeholder" },
	{ "{\"a\":\"{{user.}}\"}", "placeholder" },
	{ "{\"a\":\"{{user name}}\"}", "placeholder" },
	{ "{\"a\":\"{{a.b.c.d.e.f.g.h.i}}\"}", "placeholder" },
	{ "{\"a\":[{\"b\":\"{{env('HOME')}}\"}]}", "placeholder" },
	{ "{\"{{id}}\":1}", "names" },
	{ "{\"a\":{\"x{{id}}\":1}}", "names" },
	{ "{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":1}}}}}}}}}", "deep" },
};

static void
test_refused_when_saved(void **state)
{
	json_t *template = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		test_next();
		if (claims_template_parse(&test_task, str_of(refused[i].text), &template) != E_BAD_REQUEST_BODY ||
		    strstr(test_task.why, refused[i].why) == NULL)
			fail_msg("%s: %s", refused[i].text, test_task.why);
		assert_null(template);
	}
}

static struct str
of_length(size_t n)
{
	char *p = arena_array(test_task.arena, n, 1);

	assert_true(p != NULL && n > 8);
	memset(p, 'x', n);
	memcpy(p, "{\"a\":\"", 6);
	memcpy(p + n - 2, "\"}", 2);
	return (struct str){ p, n };
}

static void
test_too_long(void **state)
{
	json_t *template = NULL, *view = load(view_text), *out = NULL;

	(void)state;
	assert_int_equal(claims_template_parse(&test_task, of_length(CLAIMS_TEMPLATE_MAX + 1), &template), E_BAD_REQUEST_BODY);
	assert_int_equal(claims_template_parse(&test_task, of_length(CLAIMS_TEMPLATE_MAX), &template), OK);
	json_decref(template);

	/* Many times the same placeholder: it ends where the limit is, and not where memory does. */
	assert_int_equal(claims_template_parse(&test_task, S("{\"a\":\"{{id}}{{id}}{{id}}\"}"), &template), OK);
	assert_int_equal(claims_render(&test_task, template, view, 24, &out), OK);
	json_decref(out);
	assert_int_equal(claims_render(&test_task, template, view, 23, &out), E_LIMIT_REACHED);
	json_decref(template);
	json_decref(view);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_filling_in),
		cmocka_unit_test(test_a_value_is_never_more_than_a_value),
		cmocka_unit_test(test_refused_when_saved),
		cmocka_unit_test(test_too_long),
	};

	return cmocka_run_group_tests(tests, test_begin, test_end);
}
