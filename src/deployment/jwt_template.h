/* jwt_template.h - a deployment's named templates of tokens: checked, stored, loaded. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "auth/jwt_custom.h"
#include "auth/keys.h"
#include "base/json.h"
#include "base/secret.h"
#include "store/store.gen.h"

enum {
	JWT_TEMPLATES_MAX = 64,   /* a deployment */
	JWT_TEMPLATE_TOKEN_MAX = 4096, /* bytes of a token: it travels in a header */
	JWT_TEMPLATE_NAME_MAX = 64,
	JWT_TEMPLATE_LIFETIME_S = 60, /* when it does not say */
	JWT_TEMPLATE_SKEW_S = 5,
};

/* One as tokens are made by it. In its deployment's memory. */
struct jwt_template {
	struct str name;
	int64_t lifetime_s, clock_skew_s;
	struct str claims;                /* JSON, with placeholders */
	bool has_own_key;
	const struct jwt_custom_key *key; /* NULL with has_own_key: it did not open, and nothing may be signed */
};

/* What an operator wants, read and found good. */
struct jwt_template_spec {
	struct str name;
	int64_t lifetime_s, clock_skew_s;
	struct str claims; /* JSON */
	bool has_key;      /* there is a custom_signing_key */
	bool key_enabled;
	enum jwt_alg alg;
	struct secret key; /* its text; none: keep the one that is stored */
};

/*
 * Read {"token_lifetime": s, "allowed_clock_skew": s, "template": {…}, "custom_signing_key": {"enabled", "key",
 * "algorithm"}} and check all of it, the key too: that takes up to a second, so outside of any transaction.
 * E_BAD_REQUEST_BODY with a sentence in t->why. The caller calls jwt_template_spec_done(), which wipes the key.
 */
enum status jwt_template_spec_read(
    struct task *t, struct str name, struct str json_text, struct jwt_template_spec *ret_spec) MUST_CHECK;
void jwt_template_spec_done(struct jwt_template_spec *spec);
/*
 * A key that was not in that JSON, for the custom_signing_key that was: checked, and with `is_new` the pair is tried, which
 * is not for a transaction. E_BAD_REQUEST_BODY with a sentence that does not quote it.
 */
enum status jwt_template_spec_set_key(struct task *t, struct jwt_template_spec *spec, struct str key, bool is_new) MUST_CHECK;

/* ---- each inside a write transaction; the caller touches SUBJECT_DEPLOYMENT and writes what happened down ---- */

/* Store it under its name, in the place of what was there. E_BAD_REQUEST_BODY, E_LIMIT_REACHED. Call signing_keys_outlast() too. */
enum status jwt_template_put(
    struct task *t, const struct keys *k, struct deployment_id d, const struct jwt_template_spec *spec) MUST_CHECK;
enum status jwt_template_delete(struct task *t, struct deployment_id d, struct str name) MUST_CHECK; /* E_TEMPLATE_NOT_FOUND */

/* As it was given, with times, and without the key. What it writes, jwt_template_spec_read() reads. */
void jwt_template_write(struct json *j, const char *key, const struct jwt_template_row *row);

/* The key of a stored one; caller frees. *ret_key NULL: it has none, or it is not enabled. E_INTERNAL: it does not open. */
enum status jwt_template_open_key(struct task *t, const struct keys *k, struct deployment_id d,
    const struct jwt_template_row *row, struct jwt_custom_key **ret_key) MUST_CHECK;
/* Its text, to be compared; the caller gives it to secret_done(). Empty: it has none. */
enum status jwt_template_load_key(struct task *t, const struct keys *k, struct deployment_id d,
    const struct jwt_template_row *row, struct secret *ret_text) MUST_CHECK;
