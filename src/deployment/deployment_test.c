/* deployment_test.c - deployments are made whole, loaded whole, and changed or left alone. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "deployment/fixture.h"

#include <jansson.h>

#include "store/store.gen.h"

struct load {
	struct fixture *f;
	struct deployment_id id;
	const struct keys *keys;
	const struct deployment *deployment;
};

static enum status
run_load(struct task *t, void *arg)
{
	struct load *l = arg;

	return deployment_load(t, l->keys, l->id, &l->deployment);
}

static const struct deployment *
must_load(struct fixture *f, struct deployment_id id)
{
	struct load l = { f, id, f->keys, NULL };

	if (read_now(f, run_load, &l) != OK)
		fail_msg("%s", f->t.why);
	return l.deployment;
}

static void
test_created_and_loaded(void **state)
{
	struct fixture *f = *state;
	struct deployment_spec spec = {
		.host = S("API.Lumen.example."), .frontend_host = S("Lumen.example:443"), .name = S("Lumen")
	};
	struct deployment_made made;
	const struct deployment *d;

	assert_int_equal(create(f, &spec, &made), OK);
	assert_true(str_eq(made.publishable_key, S("pk_live_aHR0cHM6Ly9hcGkubHVtZW4uZXhhbXBsZQ==")));
	d = must_load(f, made.id);
	assert_true(str_eq(d->backend_host, S("api.lumen.example")));
	assert_true(str_eq(d->frontend_host, S("lumen.example")));
	assert_true(str_eq(d->frontend_origin, S("https://lumen.example")));
	assert_true(str_eq(d->base_url, S("https://api.lumen.example")));
	assert_true(str_eq(d->publishable_key, made.publishable_key));
	assert_true(str_eq(d->settings.ui.app_name, S("Lumen")));
	assert_true(d->mode == MODE_PRODUCTION && !d->is_loopback && !d->is_demo);
	assert_true(d->created_at == f->t.now && d->project.v > 0);
	deployment_unref(d);
}

/* The address that an app on this machine would call, and that tokens name as their issuer. */
static void
test_loopback(void **state)
{
	struct fixture *f = *state;
	const struct deployment *d =
	    must_load(f, must_create(f, "LocalHost:8080", "localhost:3000", MODE_STAGING));

	assert_true(str_eq(d->base_url, S("http://localhost:8080")));
	assert_true(str_eq(d->publishable_key, S("pk_test_aHR0cDovL2xvY2FsaG9zdDo4MDgw")));
	assert_true(str_eq(d->frontend_origin, S("http://localhost:3000")));
	assert_true(d->is_loopback && d->mode == MODE_STAGING);
	deployment_unref(d);
	d = must_load(f, must_create(f, "127.0.0.1:80", "localhost:80", MODE_STAGING));
	assert_true(str_eq(d->backend_host, S("127.0.0.1")));
	assert_true(str_eq(d->frontend_host, S("localhost")));
	deployment_unref(d);
}

static const struct {
	const char *host, *frontend, *base_url, *said;
} bad_specs[] = {
	{ "", "a.example", "", "the host must be" },
	{ "https://api.example", "a.example", "", "the host must be" },
	{ "api.example/x", "a.example", "", "the host must be" },
	{ "user@api.example", "a.example", "", "the host must be" },
	{ "api.example:99999", "a.example", "", "the host must be" },
	{ "api_1.example", "a.example", "", "the host must be" },
	{ "api.example", "", "", "the frontend host must be" },
	{ "api.example", "*.a.example", "", "the frontend host must be" },
	{ "api.example", "a.example", "https://api.example/", "the base URL must be" },
	{ "api.example", "a.example", "https://api.example:443", "the base URL must be" },
	{ "api.example", "a.example", "ftp://api.example", "the base URL must be" },
	{ "api.example", "a.example", "api.example", "the base URL must be" },
};

static void
test_bad_hosts(void **state)
{
	struct fixture *f = *state;
	struct deployment_made made;

	for (size_t i = 0; i < ARRAY_LEN(bad_specs); i++) {
		struct deployment_spec spec = { .host = str_of(bad_specs[i].host),
			.frontend_host = str_of(bad_specs[i].frontend),
			.base_url = str_of(bad_specs[i].base_url) };

		if (create(f, &spec, &made) != E_BAD_REQUEST_BODY ||
		    strstr(f->t.why, bad_specs[i].said) == NULL)
			fail_msg("%s %s: %s", bad_specs[i].host, bad_specs[i].frontend, f->t.why);
	}
}

static void
test_a_host_is_taken_once(void **state)
{
	struct fixture *f = *state;
	struct deployment_spec again = { .host = S("API.example"), .frontend_host = S("b.example") };
	struct deployment_made made;

	must_create(f, "api.example", "a.example", MODE_PRODUCTION);
	assert_int_equal(create(f, &again, &made), E_CONFLICT);
	assert_non_null(strstr(f->t.why, "there is a deployment on api.example already"));
}

static enum status
run_find_secret(struct task *t, void *arg)
{
	struct deployment_made *made = arg;
	struct secret_key_find_row row;
	uint8_t hash[32];

	assert_true(secret_sha256(hash, &made->secret_key, 1));
	TRY(sql_secret_key_find(t, hash, t->now, &row));
	assert_int_equal(row.deployment.v, made->id.v);
	assert_true(str_starts(made->secret_key, row.prefix));
	assert_int_equal(row.prefix.n, 12);
	return OK;
}

/* Shown once: the store has its hash, and no more of it than tells keys apart. */
static void
test_secret_keys_are_stored_hashed(void **state)
{
	struct fixture *f = *state;
	struct deployment_spec spec = { .host = S("api.example"), .frontend_host = S("a.example") };
	struct deployment_made made;

	assert_int_equal(create(f, &spec, &made), OK);
	assert_true(str_starts(made.secret_key, S("sk_live_")));
	assert_int_equal(made.secret_key.n, 8 + 43);
	assert_int_equal(read_now(f, run_find_secret, &made), OK);
	spec.host = S("api2.example");
	spec.mode = MODE_STAGING;
	assert_int_equal(create(f, &spec, &made), OK);
	assert_true(str_starts(made.secret_key, S("sk_test_")));
}

static json_t *
parsed(struct str text)
{
	json_t *v = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, NULL);

	assert_non_null(v);
	return v;
}

/* Its documents are ready to be sent, and no private part is in any of them. */
static void
test_documents(void **state)
{
	struct fixture *f = *state;
	const struct deployment *d =
	    must_load(f, must_create(f, "api.example", "a.example", MODE_PRODUCTION));
	json_t *jwks = parsed(d->jwks_json), *jwk = parsed(d->jwk_json), *meta = parsed(d->meta_json),
	       *tree = parsed(d->tree_json);
	json_t *key = json_array_get(json_object_get(jwks, "keys"), 0);
	const char *pem = json_string_value(json_object_get(jwk, "public_key"));
	char id[40];

	snprintf(id, sizeof(id), "deployment_%lld", (long long)d->id.v);
	assert_int_equal(json_array_size(json_object_get(jwks, "keys")), 1);
	assert_string_equal(json_string_value(json_object_get(key, "alg")), "ES256");
	assert_true(
	    str_eq(str_of(json_string_value(json_object_get(key, "kid"))), jwt_key_kid(d->signing_key)));
	assert_null(json_object_get(key, "d"));
	assert_non_null(strstr(pem, "-----BEGIN PUBLIC KEY-----\n"));
	assert_string_equal(
	    json_string_value(json_object_get(json_object_get(jwk, "data"), "public_key")), pem);
	assert_string_equal(json_string_value(json_object_get(jwk, "deployment_id")), id);
	assert_int_equal(json_integer_value(json_object_get(jwk, "status")), 200);
	assert_true(json_equal(meta, json_object_get(tree, "ui_settings")));
	assert_string_equal(json_string_value(json_object_get(tree, "id")), id);
	assert_string_equal(json_string_value(json_object_get(tree, "mode")), "production");
	json_decref(jwks);
	json_decref(jwk);
	json_decref(meta);
	json_decref(tree);
	deployment_unref(d);
}

static void
test_roles_begin_with_the_least(void **state)
{
	struct fixture *f = *state;
	const struct deployment *d =
	    must_load(f, must_create(f, "api.example", "a.example", MODE_PRODUCTION));

	assert_true(d->orgrole_member.v < d->orgrole_creator.v);
	assert_true(d->wsrole_member.v < d->wsrole_creator.v);
	deployment_unref(d);
}

/* CKI-01: host-only by default. CKI-13: the shared name only with a domain, which must be above the host. */
static void
test_CKI01_CKI13_cookie_domain(void **state)
{
	struct fixture *f = *state;
	struct deployment_id id = must_create(f, "api.lumen.example", "app.lumen.example", MODE_PRODUCTION);
	static const char *const refused[] = { "evil.example", "example", "xapi.lumen.example", "men.example",
		"below.api.lumen.example", ".lumen.example", "Lumen.example", "lumen.example." };
	const struct deployment *d = must_load(f, id);

	assert_true(str_eq(d->cookie_name, S("__Host-session")));
	deployment_unref(d);
	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		if (set(f, id, "cookie_domain", refused[i]) != E_BAD_REQUEST_BODY)
			fail_msg("%s was taken", refused[i]);
	}
	assert_int_equal(set(f, id, "cookie_domain", "lumen.example"), OK);
	d = must_load(f, id);
	assert_true(str_eq(d->cookie_name, S("__session")));
	assert_true(str_eq(d->settings.cookie_domain, S("lumen.example")));
	deployment_unref(d);
}

static void
test_changes_are_kept(void **state)
{
	struct fixture *f = *state;
	struct deployment_id id = must_create(f, "api.example", "a.example", MODE_PRODUCTION);
	struct deployment_id other = must_create(f, "api2.example", "a.example", MODE_PRODUCTION);
	const struct deployment *d;

	f->t.now += 5 * SECOND_US;
	assert_int_equal(set(f, id, "auth_settings.password.min_length", "12"), OK);
	assert_int_equal(set(f, id, "maintenance_mode", "true"), OK);
	assert_int_equal(set(f, id, "maintenence_mode", "false"), E_BAD_REQUEST_BODY);
	assert_non_null(strstr(f->t.why, "did you mean maintenance_mode?"));
	d = must_load(f, id);
	assert_int_equal(d->settings.auth.password.min_length, 12);
	assert_true(d->settings.maintenance_mode);
	assert_true(d->updated_at == d->created_at + 5 * SECOND_US);
	deployment_unref(d);
	d = must_load(f, other);
	assert_int_equal(d->settings.auth.password.min_length, 8);
	deployment_unref(d);
	assert_int_equal(set(f, (struct deployment_id){ 1 }, "maintenance_mode", "true"), E_NOT_FOUND);
}

struct move {
	struct deployment_id id;
	struct str host, frontend;
};

static enum status
run_move(struct task *t, void *arg)
{
	struct move *m = arg;

	return deployment_move(t, m->id, m->host, m->frontend);
}

static enum status
run_find(struct task *t, void *arg)
{
	struct move *m = arg;

	return deployment_find_host(t, m->host, &m->id);
}

static void
test_moving_and_finding(void **state)
{
	struct fixture *f = *state;
	struct move m = { must_create(f, "localhost:1", "localhost:1", MODE_PRODUCTION), S("localhost:2"),
		S("localhost:2") };
	struct move found = { .host = S("LOCALHOST:2") };
	struct move lost = { .host = S("localhost:1") };
	struct move taken = m;
	const struct deployment *d;

	assert_int_equal(write_now(f, run_move, &m), OK);
	d = must_load(f, m.id);
	assert_true(str_eq(d->base_url, S("http://localhost:2")));
	deployment_unref(d);
	assert_int_equal(read_now(f, run_find, &found), OK);
	assert_true(found.id.v == m.id.v);
	assert_int_equal(read_now(f, run_find, &lost), E_NOT_FOUND);
	assert_non_null(strstr(f->t.why, "there is no deployment on localhost:1"));
	must_create(f, "localhost:3", "localhost:3", MODE_STAGING);
	taken.host = S("localhost:3");
	assert_int_equal(write_now(f, run_move, &taken), E_CONFLICT);
}

/* With another master key the signing key does not open, and nothing is served with a new one. */
static void
test_another_master_key(void **state)
{
	struct fixture *f = *state;
	struct load l = { f, must_create(f, "api.example", "a.example", MODE_PRODUCTION), NULL, NULL };
	struct keys *other;
	char file[96];

	snprintf(file, sizeof(file), "%s/other.key", f->dir);
	assert_int_equal(keys_load(&f->t, file, true, &other), OK);
	l.keys = other;
	assert_int_equal(read_now(f, run_load, &l), E_INTERNAL);
	assert_null(l.deployment);
	keys_free(other);
}

static void
test_references(void **state)
{
	struct fixture *f = *state;
	const struct deployment *d =
	    must_load(f, must_create(f, "api.example", "a.example", MODE_PRODUCTION));
	const struct deployment *again = deployment_ref(d);

	deployment_unref(d);
	assert_true(str_eq(again->backend_host, S("api.example")));
	deployment_unref(again);
	deployment_unref(NULL);
}

/* The store or memory failing at any point leaves no half deployment, and nothing leaks. */
static void
test_failing_at_every_call(void **state)
{
	struct fixture *f = *state;
	struct deployment_spec spec = { .host = S("api.example"), .frontend_host = S("a.example") };
	struct move find = { .host = S("api.example") };
	struct deployment_made made;
	enum status st = E_STORE;

	for (int64_t n = 1; st != OK && n < 50; n++) {
		store_test_fail_after(n);
		st = create(f, &spec, &made);
		store_test_fail_after(0);
		assert_true(st == OK || st == E_STORE);
		assert_int_equal(read_now(f, run_find, &find), st == OK ? OK : E_NOT_FOUND);
	}
	assert_int_equal(st, OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_created_and_loaded),
		TEST(test_loopback),
		TEST(test_bad_hosts),
		TEST(test_a_host_is_taken_once),
		TEST(test_secret_keys_are_stored_hashed),
		TEST(test_documents),
		TEST(test_roles_begin_with_the_least),
		TEST(test_CKI01_CKI13_cookie_domain),
		TEST(test_changes_are_kept),
		TEST(test_moving_and_finding),
		TEST(test_another_master_key),
		TEST(test_references),
		TEST(test_failing_at_every_call),
	};

	return fixture_run(tests, ARRAY_LEN(tests));
}
