/* signing_key.h - the keys that sign a deployment's tokens follow one another. docs/decisions/key-rotation.md. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "auth/jwt.h"
#include "auth/keys.h"
#include "deployment/settings.h"
#include "store/store.gen.h"

/*
 * next: published, so that verifiers have it before they need it; current: it signs;
 * retired: only published, until the last token it signed has ended. All are in the JWKS.
 */
enum signing_key_state { SIGNING_KEY_NEXT, SIGNING_KEY_CURRENT, SIGNING_KEY_RETIRED };
enum { SIGNING_KEYS_MAX = 64 }; /* published at once */

enum signing_key_state signing_key_state(const struct signing_key_row *row);
const char *signing_key_state_name(enum signing_key_state state);
/* When that state ends by itself; INT64_MAX for a current key, which waits for another. Microseconds. */
int64_t signing_key_until(const struct signing_key_row *row, const struct settings *s);
/* When signing_key_care() has something to do; INT64_MAX: not until something changes. rows: as sql_signing_keys() gives them. */
int64_t signing_keys_due_at(const struct signing_key_row *rows, size_t n, const struct settings *s);

/* Caller frees. E_INTERNAL when it does not open. */
enum status signing_key_open(struct task *t, const struct keys *k, struct deployment_id d,
    const struct signing_key_row *row, struct jwt_key **ret_key) MUST_CHECK;

/* ---- each inside a write transaction; the caller touches SUBJECT_DEPLOYMENT and writes what happened down ---- */

/* The first key of a deployment: current at once. */
enum status signing_key_make_first(struct task *t, const struct keys *k, struct deployment_id d, int64_t longest_s) MUST_CHECK;

/*
 * Publish another key, which signs after settings.jwt_key_overlap. With `at_once` it signs from now on and all
 * others are gone, and with them every token that they signed, as soon as verifiers read the JWKS again.
 * *ret_kid in the task's arena. E_LIMIT_REACHED: SIGNING_KEYS_MAX are published. E_CONFLICT: others rotate as well.
 */
enum status signing_key_rotate(struct task *t, const struct keys *k, struct deployment_id d, const struct settings *s,
    bool at_once, struct str *ret_kid) MUST_CHECK;

enum signing_key_step { STEP_MADE, STEP_BEGAN, STEP_GONE };
struct signing_key_done {
	enum signing_key_step step;
	struct str kid; /* task's arena */
};
/*
 * Everything that is due at t->now: a next key made when settings.jwt_rotate_days are over, a next one that
 * begins to sign, retired ones deleted. *ret_done: what was done, in order, task's arena. E_CONFLICT:
 * another node is at it.
 */
enum status signing_key_care(struct task *t, const struct keys *k, struct deployment_id d, const struct settings *s,
    struct signing_key_done **ret_done, size_t *ret_n) MUST_CHECK;

/*
 * All keys stay published after they signed for as long as a token of theirs can be good, by these settings and the
 * templates in the store: for whoever changes either. In a write transaction.
 */
enum status signing_keys_outlast(struct task *t, struct deployment_id d, const struct settings *s) MUST_CHECK;
