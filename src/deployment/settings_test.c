/* settings_test.c - the table of settings: what clients get, what operators may type. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit.h"

#include <jansson.h>
#include <string.h>

#include "auth/passkey_root.h"
#include "base/str.h"
#include "deployment/settings_rows.h"

static const struct settings_home home = {
	.name = S_INIT("Lumen"),
	.frontend_host = S_INIT("lumen.example"),
	.frontend_origin = S_INIT("https://lumen.example"),
};

static struct task task;

static int
set_up(void **state)
{
	(void)state;
	task = (struct task){ .arena = arena_new(1 << 22) };
	return task.arena == NULL;
}

static int
tear_down(void **state)
{
	(void)state;
	arena_free(task.arena);
	return 0;
}

static struct deployment
example(const char *overrides)
{
	struct deployment d = {
		.id = { 7 },
		.project = { 3 },
		.name = home.name,
		.backend_host = S("fapi.lumen.example"),
		.frontend_host = home.frontend_host,
		.publishable_key = S("pk_live_x"),
		.orgrole_creator = { 1 },
		.orgrole_member = { 2 },
		.wsrole_creator = { 3 },
		.wsrole_member = { 4 },
		.created_at = SECOND_US,
		.updated_at = SECOND_US,
	};
	enum status st = settings_parse(&task, task.arena, &home, str_of(overrides), &d.settings);

	if (st != OK)
		fail_msg("%s", task.why);
	return d;
}

static json_t *
tree_of(const struct deployment *d, void (*write)(struct json *, const char *, const struct deployment *))
{
	struct buf out;
	struct json j;
	json_t *tree;

	buf_init_arena(&out, task.arena, 1 << 20);
	json_init(&j, &out);
	write(&j, NULL, d);
	tree = json_loadb(out.p, out.n, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(tree);
	return tree;
}

/* Members that clients read and the fixture's example happens not to show. */
static const char *const beyond_fixture[] = {
	"auth_settings.phone_number.verify_signup",
	"auth_settings.phone_number.whatsapp_verification_allowed",
	"auth_settings.password.require_lowercase",
	"auth_settings.password.require_uppercase",
};

static bool
is_beyond_fixture(const char *path)
{
	for (size_t i = 0; i < ARRAY_LEN(beyond_fixture); i++) {
		if (strcmp(path, beyond_fixture[i]) == 0)
			return true;
	}
	return false;
}

/* Maps of free names: their members are no keys of ours. */
static bool
is_free_map(const char *path)
{
	return strcmp(path, "ui_settings.theme_tokens") == 0;
}

static bool
same_type(const json_t *a, const json_t *b)
{
	return json_typeof(a) == json_typeof(b) || (json_is_boolean(a) && json_is_boolean(b));
}

/* Same members in the same order, all the way down; the tree may have only the extras above. */
static void
compare(const char *at, json_t *expected, json_t *tree)
{
	void *want = json_object_iter(expected);
	const char *key;
	json_t *value;

	json_object_foreach(tree, key, value)
	{
		char path[256];

		snprintf(path, sizeof(path), "%s%s%s", at, at[0] == '\0' ? "" : ".", key);
		if (is_beyond_fixture(path))
			continue;
		if (want == NULL || strcmp(json_object_iter_key(want), key) != 0)
			fail_msg("%s stands where the fixture has %s", path,
			    want ? json_object_iter_key(want) : "nothing");
		if (!same_type(value, json_object_iter_value(want)))
			fail_msg("%s has another type", path);
		if (json_is_object(value) && !is_free_map(path))
			compare(path, json_object_iter_value(want), value);
		want = json_object_iter_next(expected, want);
	}
	if (want != NULL)
		fail_msg("%s.%s is missing", at, json_object_iter_key(want));
}

static void
test_tree_has_every_key_of_the_fixture(void **state)
{
	struct deployment d = example("{}");
	json_t *expected = json_load_file(FIXTURES "/deployment.json", JSON_REJECT_DUPLICATES, NULL);
	json_t *tree = tree_of(&d, settings_write_tree);

	(void)state;
	assert_non_null(expected);
	compare("", expected, tree);
	json_decref(tree);
	json_decref(expected);
}

/* What a browser may not read is there, and empty, whatever the operator set. */
static void
test_policy_internals_stay_inside(void **state)
{
	struct deployment d = example("{\"restrictions.banned_keywords\":[\"secretword\"],"
				      "\"restrictions.country_restrictions.country_codes\":[\"NL\"],"
				      "\"restrictions.blocklisted_resources\":[\"evil.example\"],"
				      "\"cookie_domain\":\"lumen.example\"}");
	json_t *tree = tree_of(&d, settings_write_tree);
	char *text = json_dumps(tree, JSON_COMPACT);

	(void)state;
	assert_int_equal(d.settings.restrictions.banned_keywords.n, 1);
	assert_null(strstr(text, "secretword"));
	assert_null(strstr(text, "evil.example"));
	assert_null(strstr(text, "\"NL\""));
	assert_null(strstr(text, "cookie_domain"));
	free(text);
	json_decref(tree);
}

static void
test_defaults_let_people_in(void **state)
{
	struct settings s = example("{}").settings;

	(void)state;
	assert_false(s.auth.verification_policy.email);
	assert_false(s.auth.verification_policy.phone_number);
	assert_true(s.auth.email_address.required);
	assert_true(s.auth.password.required);
	assert_true(s.auth.username.enabled && !s.auth.username.required);
	assert_false(s.auth.factors.email_otp || s.auth.factors.authenticator);
	assert_true(s.auth.factors.passkey && s.auth.passkey.enabled);
	assert_true(s.hide_account_existence);
	assert_int_equal(s.auth.session_validity_period_s, 2592000);
	assert_true(str_eq(s.ui.sign_in_page_url, S("https://lumen.example/sign-in")));
	assert_true(str_eq(s.ui.after_signin_redirect_url, S("https://lumen.example/")));
	assert_true(str_eq(s.ui.app_name, S("Lumen")));
	assert_int_equal(s.b2b.organization_permissions.n, 3);
}

static void
test_defaults_on_a_loopback_host(void **state)
{
	static const struct settings_home local = {
		.name = S_INIT("demo"),
		.frontend_host = S_INIT("localhost:3000"),
		.frontend_origin = S_INIT("http://localhost:3000"),
	};
	struct settings s;

	(void)state;
	assert_int_equal(settings_parse(&task, task.arena, &local, S("{}"), &s), OK);
	assert_true(str_eq(s.ui.sign_up_page_url, S("http://localhost:3000/sign-up")));
	assert_true(str_eq(s.mail_from_host, S("localhost")));
}

static const struct {
	const char *key, *value;
	const char *result; /* the overrides after it; NULL: refused, and then */
	const char *why;    /* what the refusal says */
} changes[] = {
	{ "maintenance_mode", "true", "{\"maintenance_mode\":true}", NULL },
	{ "maintenance_mode", "yes", NULL, "maintenance_mode must be true or false" },
	{ "maintenance_mode", "", NULL, "true or false" },
	{ "maintenance_mode", "default", "{}", NULL },
	{ "auth_settings.password.min_length", "12", "{\"auth_settings.password.min_length\":12}", NULL },
	{ "auth_settings.password.min_length", "7", NULL, "a whole number from 8 to 125" },
	{ "auth_settings.password.min_length", "126", NULL, "a whole number from 8 to 125" },
	{ "auth_settings.password.min_length", "12.5", NULL, "a whole number" },
	{ "auth_settings.password.min_length", "012", NULL, "a whole number" },
	{ "auth_settings.password.min_length", "99999999999999999999", NULL, "a whole number" },
	{ "auth_settings.username.min_length", "31", NULL, "must not be above" },
	{ "auth_settings.first_factor", "username_password",
	    "{\"auth_settings.first_factor\":\"username_password\"}", NULL },
	{ "auth_settings.first_factor", "email_otp", NULL, "must be one that" },
	{ "auth_settings.first_factor", "magic", NULL, "email_otp, email_magic_link or phone_otp" },
	{ "auth_settings.second_factor_policy", "enforced", NULL, "needs the authenticator" },
	{ "auth_settings.verification_policy.email", "true",
	    "{\"auth_settings.verification_policy.email\":true}", NULL },
	{ "smtp_from", "Lumen <hello@lumen.example>", NULL, "smtp_from must be empty or an address" },
	{ "smtp_from", "a@b.example\r\nBcc: c@d.example", NULL, "smtp_from must be empty or an address" },
	{ "smtp_from_name", "Lumen\r\nBcc: c@d.example", NULL, "smtp_from_name must be one line of text" },
	{ "sms_webhook_url", "http://sms.example.com/", NULL, "http:// only on a loopback host" },
	{ "sms_webhook_url", "http://127.0.0.1:9/", "{\"sms_webhook_url\":\"http://127.0.0.1:9/\"}", NULL },
	{ "auth_settings.phone_number.whatsapp_verification_allowed", "true", NULL, "this release sends no WhatsApp" },
	{ "magic_link_page_url", "/enter", NULL, "an absolute URL" },
	{ "ui_settings.after_signin_redirect_url", "https://app.lumen.example/in",
	    "{\"ui_settings.after_signin_redirect_url\":\"https://app.lumen.example/in\"}", NULL },
	{ "ui_settings.after_signin_redirect_url", "/in", NULL, "an absolute URL" },
	{ "ui_settings.after_signin_redirect_url", "", NULL, "an absolute URL" },
	{ "ui_settings.logo_image_url", "", "{\"ui_settings.logo_image_url\":\"\"}", NULL },
	{ "ui_settings.logo_image_url", "javascript:alert(1)", NULL, "an absolute URL" },
	{ "ui_settings.theme_tokens", "{\"light\":{\"primary\":\"#000\"}}",
	    "{\"ui_settings.theme_tokens\":{\"light\":{\"primary\":\"#000\"}}}", NULL },
	{ "ui_settings.theme_tokens", "{\"blue\":{}}", NULL, "JSON such as" },
	{ "ui_settings.theme_tokens", "{\"light\":{\"primary\":1}}", NULL, "JSON such as" },
	{ "ui_settings.theme_tokens", "{\"light\":{\"\\\"x\":\"1\"}}", NULL, "JSON such as" },
	{ "ui_settings.theme_tokens", "{", NULL, "JSON such as" },
	{ "allowed_origins", "https://a.example, http://localhost:3000",
	    "{\"allowed_origins\":[\"https://a.example\",\"http://localhost:3000\"]}", NULL },
	{ "allowed_origins", "[\"https://a.example\"]", "{\"allowed_origins\":[\"https://a.example\"]}",
	    NULL },
	{ "allowed_origins", "", "{\"allowed_origins\":[]}", NULL },
	{ "allowed_origins", "http://a.example", NULL, "an origin such as" },
	{ "allowed_origins", "*", NULL, "an origin such as" },
	{ "allowed_origins", "null", NULL, "an origin such as" },
	{ "allowed_origins", "[1]", NULL, "an origin such as" },
	{ "b2b_settings.organization_permissions", "", NULL, "a list of 1 to 1000 items" },
	{ "cookie_domain", "lumen.example", "{\"cookie_domain\":\"lumen.example\"}", NULL },
	{ "cookie_domain", "example", NULL, "two labels at least" },
	{ "cookie_domain", ".lumen.example", NULL, "no leading dot" },
	{ "cookie_domain", "10.0.0.1", NULL, "a domain such as" },
	{ "passkey_rp_id", "lumen.example", "{\"passkey_rp_id\":\"lumen.example\"}", NULL },
	{ "passkey_rp_id", "example", NULL, "lumen.example or a domain above it" },
	{ "passkey_rp_id", "app.lumen.example", NULL, "lumen.example or a domain above it" },
	{ "passkey_rp_id", "other.example", NULL, "lumen.example or a domain above it" },
	{ "passkey_rp_id", "lumen.example:443", NULL, "a domain such as" },
	{ "passkey_rp_id", "", NULL, "a domain such as" },
	{ "passkey_attestation", "direct", "{\"passkey_attestation\":\"direct\"}", NULL },
	{ "passkey_attestation", "indirect", NULL, "none or direct" },
	{ "passkey_attestation_roots", "", "{\"passkey_attestation_roots\":\"\"}", NULL },
	{ "passkey_attestation_roots", "roots.pem", NULL, "certificates in PEM" },
	{ "passkey_attestation_roots", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", NULL, "certificates in PEM" },
	{ "passkey_attestation_roots", ROOT_PEM "-----BEGIN CERTIFICATE-----\nMIIB", NULL, "certificates in PEM" },
	{ "passkey_attestation_roots", ROOT_PEM "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", NULL,
	    "nothing but certificates" },
	{ "forwarded_for_header", "X-Acme-Forwarded-For",
	    "{\"forwarded_for_header\":\"X-Acme-Forwarded-For\"}", NULL },
	{ "forwarded_for_header", "X-A: b", NULL, "a header name" },
	{ "mode", "staging", NULL, "mode cannot be set" },
	{ "maintenence_mode", "true", NULL, "did you mean maintenance_mode?" },
	{ "password.min_length", "9", NULL, "did you mean auth_settings.password.min_length?" },
	{ "auth_settings.session_validity_perod", "9", NULL,
	    "did you mean auth_settings.session_validity_period?" },
	{ "zzz", "1", NULL, "there is no setting \"zzz\"" },
	{ "", "1", NULL, "there is no setting" },
	{ "ui_settings", "1", NULL, "there is no setting" },
	{ "ui_settings.app_name", "\xff", NULL, "must be" },
};

static void
test_changes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
		struct setting_text change = { str_of(changes[i].key), str_of(changes[i].value) };
		struct str after = STR_NONE;
		enum status st;

		task.why[0] = '\0';
		st = settings_change(&task, &home, S("{}"), &change, 1, &after);
		if ((st == OK) != (changes[i].result != NULL))
			fail_msg("%s=%s: %s", changes[i].key, changes[i].value, task.why);
		if (st == OK && !str_eq(after, str_of(changes[i].result)))
			fail_msg("%s=%s gave " STR_FMT, changes[i].key, changes[i].value, STR_ARG(after));
		if (st != OK && (st != E_BAD_REQUEST_BODY || strstr(task.why, changes[i].why) == NULL))
			fail_msg("%s=%s said: %s", changes[i].key, changes[i].value, task.why);
	}
}

/* Browsers keep no cookie beyond 400 days, so no session is promised longer. */
static void
test_CKI06_validity_is_at_most_400_days(void **state)
{
	struct setting_text longest = { S("auth_settings.session_validity_period"), S("34560000") };
	struct setting_text longer = { S("auth_settings.session_validity_period"), S("34560001") };
	struct str after;

	(void)state;
	assert_int_equal(settings_change(&task, &home, S("{}"), &longest, 1, &after), OK);
	assert_int_equal(settings_change(&task, &home, S("{}"), &longer, 1, &after), E_BAD_REQUEST_BODY);
	assert_non_null(strstr(task.why, "from 1 to 34560000"));
}

/* As openssl and makers' pages give them: several, with text around. */
static void
test_WAN10_roots(void **state)
{
	struct setting_text roots = { S("passkey_attestation_roots"), S("# A maker's\n" ROOT_PEM "\nThe other one:\n" ROOT_PEM) };
	struct str after;
	struct settings s;

	(void)state;
	assert_int_equal(settings_change(&task, &home, S("{}"), &roots, 1, &after), OK);
	assert_int_equal(settings_parse(&task, task.arena, &home, after, &s), OK);
	assert_true(str_eq(s.passkey_attestation_roots, roots.value));
}

/* The second change is wrong, so the first one is not made either. */
static void
test_changes_are_all_or_nothing(void **state)
{
	const struct setting_text both[] = { { S("maintenance_mode"), S("true") },
		{ S("jwt_lifetime"), S("4") } };
	struct str after = S("untouched");

	(void)state;
	assert_int_equal(settings_change(&task, &home, S("{}"), both, 2, &after), E_BAD_REQUEST_BODY);
	assert_true(str_eq(after, S("untouched")));
}

static void
test_stored_overrides_that_do_not_fit(void **state)
{
	static const char *const bad[] = { "", "[]", "null", "{", "{\"maintenance_mode\":1}",
		"{\"nonsense\":1}", "{\"id\":\"x\"}", "{\"jwt_lifetime\":1}",
		"{\"jwt_lifetime\":60,\"jwt_lifetime\":61}", "{\"ui_settings.app_name\":\"\\u0000\"}",
		"{\"allowed_origins\":\"https://a.example\"}" };
	struct settings s;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		task.why[0] = '\0';
		if (settings_parse(&task, task.arena, &home, str_of(bad[i]), &s) != E_BAD_REQUEST_BODY)
			fail_msg("%s was taken", bad[i]);
		assert_true(task.why[0] != '\0');
	}
}

/* A text that went through the theme is inert when a page embeds the tree. */
static void
test_theme_is_escaped(void **state)
{
	struct deployment d =
	    example("{\"ui_settings.theme_tokens\":{\"dark\":{\"primary\":\"</script>\"}}}");

	(void)state;
	assert_true(
	    str_eq(d.settings.ui.theme_tokens, S("{\"dark\":{\"primary\":\"\\u003c/script\\u003e\"}}")));
}

static void
test_well_known_meta_is_the_ui_object(void **state)
{
	struct deployment d = example("{}");
	json_t *tree = tree_of(&d, settings_write_tree), *ui = tree_of(&d, settings_write_ui);

	(void)state;
	assert_true(json_equal(json_object_get(tree, "ui_settings"), ui));
	json_decref(ui);
	json_decref(tree);
}

/* An operator's export names every setting, and can be typed in again. */
static void
test_every_setting_round_trips(void **state)
{
	struct settings s = example("{}").settings;
	struct buf out;
	struct json j;
	json_t *all;
	const char *key;
	json_t *value;

	(void)state;
	buf_init_arena(&out, task.arena, 1 << 20);
	json_init(&j, &out);
	settings_write_all(&j, NULL, &s);
	all = json_loadb(out.p, out.n, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(all);
	json_object_foreach(all, key, value)
	{
		char *text = json_is_string(value) ? strdup(json_string_value(value))
						   : json_dumps(value, JSON_ENCODE_ANY);
		struct setting_text change = { str_of(key), str_of(text) };
		struct str after;

		task.why[0] = '\0';
		if (settings_change(&task, &home, S("{}"), &change, 1, &after) != OK)
			fail_msg("%s=%s: %s", key, text, task.why);
		free(text);
	}
	json_decref(all);
}

static void
test_rows_are_well_made(void **state)
{
	(void)state;
	for (size_t i = 0; i < setting_rows_n; i++) {
		const struct setting_row *row = &setting_rows[i];
		size_t n = strlen(row->help);

		if (n < 4 || row->help[n - 1] != '.')
			fail_msg("%s: help is no sentence", row->key);
		for (size_t k = 0; k < i; k++) {
			if (strcmp(row->key, setting_rows[k].key) == 0)
				fail_msg("%s is there twice", row->key);
		}
		if (row->type == SETTING_LIST && row->form == NULL)
			fail_msg("%s: a list needs a form", row->key);
	}
}

static void
test_a_full_arena_is_told(void **state)
{
	struct settings s;
	struct arena *small = arena_new(64);

	(void)state;
	assert_int_equal(settings_parse(&task, small, &home, S("{}"), &s), E_OVERLOADED);
	arena_free(small);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_tree_has_every_key_of_the_fixture, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_policy_internals_stay_inside, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_defaults_let_people_in, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_defaults_on_a_loopback_host, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_changes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_CKI06_validity_is_at_most_400_days, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_WAN10_roots, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_changes_are_all_or_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_stored_overrides_that_do_not_fit, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_theme_is_escaped, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_well_known_meta_is_the_ui_object, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_every_setting_round_trips, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_rows_are_well_made, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_full_arena_is_told, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
