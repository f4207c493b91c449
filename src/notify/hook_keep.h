/* hook_keep.h - a deployment's endpoints outside: checked, made, changed, sent again what they missed, deleted. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "notify/hook.h"

struct json;

enum {
	HOOK_URL_MAX = 2048,
	HOOK_TYPES_MAX = 2048,	/* bytes of them, with the spaces between */
	HOOK_SECRET_MAX = 128,
	HOOK_DELETE_STEP = 1000,
	HOOK_REPLAY_STEP = 200,
};
/* How long the secret before signs as well, after it was replaced. */
#define HOOK_OVERLAP_US     DAY_US
#define HOOK_OVERLAP_MAX_US (30 * DAY_US)

/* ---- what can be wrong with one: E_BAD_REQUEST_BODY, with a sentence in t->why; any thread ---- */

/*
 * Who names it. This machine's own services are for its operator to name: a key is held by a product elsewhere, and
 * what is posted there would come from within.
 */
enum hook_namer { HOOK_OF_OPERATOR, HOOK_OF_KEY };
enum status hook_url_check(struct task *t, enum hook_namer by, struct str url) MUST_CHECK;
/* The words as they are stored, without those that come again; none, or "*" among them: all. Task's arena. */
enum status hook_types_read(struct task *t, const struct str *words, size_t n, struct str *ret_types) MUST_CHECK;
/* The other way round: a member "types" of the object that is being written; ["*"] for all. */
void hook_types_write(struct json *j, struct str types);
/* One that somebody brings along: "whsec_" and 24 to 64 bytes in base64. The sentence does not quote it. */
enum status hook_secret_check(struct task *t, struct str secret) MUST_CHECK;

/* ---- in a write transaction; what happened is for the caller to write down ---- */

/*
 * url and types are hook's, checked; the rest comes back in it. secret: what it is signed with; empty: one is made. *ret_secret:
 * to be shown, once. E_LIMIT_REACHED.
 */
enum status hook_make(struct task *t, const struct keys *k, struct deployment_id d, struct hook_row *hook, struct str secret,
    struct str *ret_secret) MUST_CHECK;
/* Enabled, or disabled by its operator. In the row alone. */
void hook_set_enabled(struct hook_row *hook, bool enabled);
/* url, types, state and why as they are in the row now. E_NOT_FOUND. */
enum status hook_change(struct task *t, struct deployment_id d, struct hook_row *hook) MUST_CHECK;
/* Another secret, as in hook_make(); the one before signs as well for so long. E_NOT_FOUND. */
enum status hook_rotate(struct task *t, const struct keys *k, struct deployment_id d, struct hook_row *hook, struct str secret,
    int64_t overlap_us, struct str *ret_secret) MUST_CHECK;

/* Some of its deliveries, HOOK_DELETE_STEP at most: there may be too many for one transaction. Until it says 0. */
enum status hook_delete_step(struct task *t, struct deployment_id d, struct hook_id id, int64_t *ret_n) MUST_CHECK;
/* Itself, with what is left of them. *ret_n: 1, or 0 when it is gone already. */
enum status hook_delete(struct task *t, struct deployment_id d, struct hook_id id, int64_t *ret_n) MUST_CHECK;

/* ---- sent again ---- */

struct hook_replay {
	struct hook_event_id event;	/* this one; 0: all since then */
	int64_t              since;
	bool                 delivered_too;	/* else what was given up */
	int64_t              after;	/* where this step begins */
	int64_t              next;	/* out: where the next one does */
	bool                 more;	/* out: there is one */
	int64_t              n;	/* out: how many, in this step */
};
/* In a write transaction. E_NOT_FOUND, with a sentence: it was not told of .event, or that is forgotten by now. */
enum status hook_replay_step(struct task *t, struct deployment_id d, struct hook_id id, struct hook_replay *r) MUST_CHECK;
