/* jwt_template.c - a deployment's named templates of tokens. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "deployment/jwt_template.h"

#include <jansson.h>
#include <string.h>

#include "auth/claims.h"
#include "base/log.h"
#include "base/str.h"

enum {
	INPUT_MAX = 32 * 1024,
	INPUT_DEPTH_MAX = CLAIMS_DEPTH_MAX + 1,
	LIFETIME_MIN_S = 5,
	LIFETIME_MAX_S = 86400,
	SKEW_MAX_S = 60,
};

static enum status
check_name(struct task *t, struct str name)
{
	bool fits = name.n > 0 && name.n <= JWT_TEMPLATE_NAME_MAX;

	for (size_t i = 0; fits && i < name.n; i++) {
		char c = name.p[i];
		fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
	}
	return fits ? OK : fail(t, E_BAD_REQUEST_BODY, "a template's name is 1 to %d of a-z, A-Z, 0-9, -, _ and .", JWT_TEMPLATE_NAME_MAX);
}

/* ---- reading ---- */

static struct str
text_of(const json_t *string)
{
	return (struct str){ json_string_value(string), json_string_length(string) };
}

/* So that a misspelt name is not taken for an absent one. */
static enum status
check_members(struct task *t, const json_t *object, const char *what, const char *const *known)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)object, name, value) {
		size_t i = 0;
		while (known[i] != NULL && !str_eq(str_of(known[i]), str_of(name)))
			i++;
		if (known[i] == NULL)
			return fail(t, E_BAD_REQUEST_BODY, "%s has no member %s", what, log_quote(str_of(name)).text);
	}
	return OK;
}

static enum status
read_seconds(struct task *t, const json_t *object, const char *name, int64_t min, int64_t max, int64_t *ret_s)
{
	const json_t *value = json_object_get(object, name);

	if (value == NULL || json_is_null(value))
		return OK;
	if (!json_is_integer(value) || json_integer_value(value) < min || json_integer_value(value) > max)
		return fail(t, E_BAD_REQUEST_BODY, "%s is a number of seconds from %lld to %lld", name, (long long)min, (long long)max);
	*ret_s = json_integer_value(value);
	return OK;
}

/* The claims as they are stored: written anew, so that one text has one meaning. */
static enum status
read_claims(struct task *t, const json_t *claims, struct str *ret_text)
{
	json_t *parsed;
	char *text;
	size_t n;

	if (!json_is_object(claims))
		return fail(t, E_BAD_REQUEST_BODY, "template is a JSON object of claims");
	n = json_dumpb(claims, NULL, 0, JSON_COMPACT);
	text = arena_array(t->arena, n + 1, 1);
	TRY_MEM(t, text);
	if (json_dumpb(claims, text, n, JSON_COMPACT) != n)
		return fail(t, E_OVERLOADED, "no memory for a template");
	TRY(claims_template_parse(t, (struct str){ text, n }, &parsed));
	json_decref(parsed);
	*ret_text = (struct str){ text, n };
	return OK;
}

/* A key is worth nothing to whoever gets the memory later. jansson's text is not const where it was made. */
static void
wipe_text(const json_t *string)
{
	if (json_is_string(string))
		secret_wipe((char *)(uintptr_t)json_string_value(string), json_string_length(string));
}

enum status
jwt_template_spec_set_key(struct task *t, struct jwt_template_spec *spec, struct str key, bool is_new)
{
	struct jwt_custom_key *tried;

	TRY(jwt_custom_key_new(t, spec->alg, key, is_new, &tried));
	jwt_custom_key_free(tried);
	if (!secret_new(key.n, &spec->key))
		return fail(t, E_OVERLOADED, "no memory for a secret");
	memcpy(spec->key.p, key.p, key.n);
	return OK;
}

static enum status
copy_key(struct task *t, const json_t *key, struct jwt_template_spec *spec)
{
	if (!json_is_string(key))
		return fail(t, E_BAD_REQUEST_BODY, "custom_signing_key.key is a text");
	return jwt_template_spec_set_key(t, spec, text_of(key), true);
}

static enum status
read_key(struct task *t, const json_t *given, struct jwt_template_spec *spec)
{
	static const char *const known[] = { "enabled", "key", "algorithm", NULL };
	const json_t *enabled = json_object_get(given, "enabled"), *key = json_object_get(given, "key");

	if (given == NULL || json_is_null(given))
		return OK;
	if (!json_is_object(given) || (enabled != NULL && !json_is_boolean(enabled)))
		return fail(t, E_BAD_REQUEST_BODY, "custom_signing_key is {\"enabled\": true, \"key\": \"…\", \"algorithm\": \"ES256\"}");
	TRY(check_members(t, given, "custom_signing_key", known));
	if (!jwt_alg_find(text_of(json_object_get(given, "algorithm")), &spec->alg))
		return fail(t, E_BAD_REQUEST_BODY,
		    "custom_signing_key.algorithm is HS256, HS384, HS512, RS256, RS384, RS512, ES256 or ES384");
	spec->has_key = true;
	spec->key_enabled = enabled == NULL || json_is_true(enabled);
	return key == NULL || json_is_null(key) ? OK : copy_key(t, key, spec);
}

static enum status
read_spec(struct task *t, const json_t *given, struct jwt_template_spec *spec)
{
	static const char *const known[] = { "name", "token_lifetime", "allowed_clock_skew", "template", "custom_signing_key",
		"created_at", "updated_at", NULL };
	const json_t *name = json_object_get(given, "name");

	if (!json_is_object(given))
		return fail(t, E_BAD_REQUEST_BODY, "a token template is a JSON object: {\"token_lifetime\": 60, \"template\": {…}}");
	TRY(check_members(t, given, "a token template", known));
	if (name != NULL && !str_eq(text_of(name), spec->name))
		return fail(t, E_BAD_REQUEST_BODY, "name is %s here and " STR_FMT " in the command", log_quote(text_of(name)).text,
		    STR_ARG(spec->name));
	TRY(read_seconds(t, given, "token_lifetime", LIFETIME_MIN_S, LIFETIME_MAX_S, &spec->lifetime_s));
	TRY(read_seconds(t, given, "allowed_clock_skew", 0, SKEW_MAX_S, &spec->clock_skew_s));
	TRY(read_claims(t, json_object_get(given, "template"), &spec->claims));
	return read_key(t, json_object_get(given, "custom_signing_key"), spec);
}

enum status
jwt_template_spec_read(struct task *t, struct str name, struct str json_text, struct jwt_template_spec *ret_spec)
{
	struct jwt_template_spec spec = { .name = name, .lifetime_s = JWT_TEMPLATE_LIFETIME_S, .clock_skew_s = JWT_TEMPLATE_SKEW_S };
	json_error_t error;
	enum status st;
	json_t *given;

	TRY(check_name(t, name));
	if (json_text.n > INPUT_MAX)
		return fail(t, E_BAD_REQUEST_BODY, "a token template with all that belongs to it is %d bytes at most", INPUT_MAX);
	if (!json_is_shallow(json_text, INPUT_DEPTH_MAX))
		return fail(t, E_BAD_REQUEST_BODY, "a template is nested %d deep at most", CLAIMS_DEPTH_MAX);
	given = json_loadb(json_text.p == NULL ? "" : json_text.p, json_text.n, JSON_REJECT_DUPLICATES, &error);
	/* Not what stands there: a key may. */
	if (given == NULL)
		return fail(t, E_BAD_REQUEST_BODY, "this is no JSON; see line %d, column %d", error.line, error.column);
	st = read_spec(t, given, &spec);
	wipe_text(json_object_get(json_object_get(given, "custom_signing_key"), "key"));
	json_decref(given);
	if (st == OK)
		*ret_spec = spec;
	else
		jwt_template_spec_done(&spec);
	return st;
}

void
jwt_template_spec_done(struct jwt_template_spec *spec)
{
	secret_done(&spec->key);
	spec->key = (struct secret){ 0 };
}

/* ---- storing ---- */

static struct seal_place
place_of(struct deployment_id d, struct str name)
{
	return (struct seal_place){ d, "jwt_template", name, "sealed_key" };
}

static enum status
count(struct task *t, struct deployment_id d)
{
	struct jwt_template_row *rows;
	size_t n;

	TRY(sql_jwt_templates(t, d, &rows, &n));
	if (n >= JWT_TEMPLATES_MAX)
		return fail(t, E_LIMIT_REACHED, "a deployment has %d token templates at most", JWT_TEMPLATES_MAX);
	return OK;
}

/* The sealed key: what is given, or what is there when nothing is. */
static enum status
sealed_key(struct task *t, const struct keys *k, struct deployment_id d, const struct jwt_template_spec *spec,
    const struct jwt_template_row *before, struct str *ret_sealed)
{
	const struct seal_place place = place_of(d, spec->name);

	if (!spec->has_key)
		return OK;
	if (spec->key.n > 0)
		return keys_seal(t, k, &place, (struct str){ (const char *)spec->key.p, spec->key.n }, ret_sealed);
	if (before == NULL || before->sealed_key.n == 0)
		return fail(t, E_BAD_REQUEST_BODY, "custom_signing_key.key is missing");
	if (!str_eq(before->algorithm, str_of(jwt_alg_name(spec->alg))))
		return fail(t, E_BAD_REQUEST_BODY, "the key that is stored is for " STR_FMT ": another algorithm takes another key",
		    STR_ARG(before->algorithm));
	/* By the current master key, whoever re-seals it meanwhile. */
	enum status st = keys_reseal(t, k, &place, before->sealed_key, ret_sealed);

	return st == E_NOT_FOUND ? fail(t, E_INTERNAL, "the key of the template " STR_FMT " does not open", STR_ARG(spec->name)) : st;
}

enum status
jwt_template_put(struct task *t, const struct keys *k, struct deployment_id d, const struct jwt_template_spec *spec)
{
	struct str sealed = STR_NONE, algorithm = spec->has_key ? str_of(jwt_alg_name(spec->alg)) : S("");
	struct jwt_template_row before;
	enum status st = sql_jwt_template_find(t, d, spec->name, &before);

	if (st != E_NOT_FOUND)
		TRY(st);
	else
		TRY(count(t, d));
	TRY(sealed_key(t, k, d, spec, st == OK ? &before : NULL, &sealed));
	return sql_jwt_template_put(t, d, spec->name, spec->lifetime_s, spec->clock_skew_s, spec->claims, algorithm, sealed,
	    spec->has_key && spec->key_enabled, t->now);
}

enum status
jwt_template_delete(struct task *t, struct deployment_id d, struct str name)
{
	int64_t rows;

	TRY(sql_jwt_template_delete(t, d, name, &rows));
	return rows == 1 ? OK : fail(t, E_TEMPLATE_NOT_FOUND, "there is no token template %s", log_quote(name).text);
}

/* ---- showing, loading ---- */

void
jwt_template_write(struct json *j, const char *key, const struct jwt_template_row *row)
{
	json_object_begin(j, key);
	json_str(j, "name", row->name);
	json_int(j, "token_lifetime", row->lifetime_s);
	json_int(j, "allowed_clock_skew", row->clock_skew_s);
	json_raw(j, "template", row->claims);
	if (row->algorithm.n > 0) {
		json_object_begin(j, "custom_signing_key");
		json_bool(j, "enabled", row->key_enabled);
		json_str(j, "algorithm", row->algorithm);
		json_object_end(j);
	}
	json_time(j, "created_at", row->created_at);
	json_time(j, "updated_at", row->updated_at);
	json_object_end(j);
}

enum status
jwt_template_open_key(struct task *t, const struct keys *k, struct deployment_id d, const struct jwt_template_row *row,
    struct jwt_custom_key **ret_key)
{
	const struct seal_place place = place_of(d, row->name);
	struct secret text;
	enum jwt_alg alg;
	enum status st;

	*ret_key = NULL;
	if (!row->key_enabled)
		return OK;
	if (!jwt_alg_find(row->algorithm, &alg))
		return fail(t, E_INTERNAL, "the token template " STR_FMT " has an algorithm that is not known", STR_ARG(row->name));
	TRY(keys_unseal(t, k, &place, row->sealed_key, &text));
	st = jwt_custom_key_new(t, alg, (struct str){ (const char *)text.p, text.n }, false, ret_key);
	secret_done(&text);
	return st == E_BAD_REQUEST_BODY ? E_INTERNAL : st;
}

enum status
jwt_template_load_key(struct task *t, const struct keys *k, struct deployment_id d, const struct jwt_template_row *row,
    struct secret *ret_text)
{
	const struct seal_place place = place_of(d, row->name);

	if (row->sealed_key.n > 0)
		return keys_unseal(t, k, &place, row->sealed_key, ret_text);
	*ret_text = (struct secret){ 0 };
	return OK;
}
