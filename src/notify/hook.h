/* hook.h - endpoints outside, and what they are told: written in the transaction of what it tells of. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "auth/keys.h"
#include "base/task.h"
#include "notify/hook_type.h"
#include "store/store.gen.h"

enum { HOOKS_MAX = 16, HOOK_BODY_MAX = 64 * 1024 };

/* As stored: never renumbered. What is not enabled is sent nothing; what happens meanwhile can be replayed. */
enum hook_state {
	HOOK_ENABLED,
	HOOK_DISABLED,	/* by its operator */
	HOOK_FAILED,	/* it took nothing for days */
	HOOK_GONE,	/* it said 410 */
};
const char *hook_state_name(enum hook_state state);

/*
 * Is every word of a space-separated list a type's name, "group.*", or "*"? E_BAD_REQUEST_BODY with a sentence
 * in t->why. Any thread.
 */
enum status hook_types_check(struct task *t, struct str types) MUST_CHECK;
/* Does this endpoint want to know? An empty list wants all. */
bool hook_wants(const struct hook_row *hook, enum hook_type type);

/* One event for some endpoints, each of which wants it. */
struct hook_event {
	struct hook_event_id id;
	enum hook_type       type;
	int64_t              subject;	/* sent in order with others of the same number; 0: with none */
	struct str           body;	/* JSON */
};

/*
 * Inside a write transaction: it will be sent, at least once, if and only if that commits. For an endpoint that is
 * disabled it is written as given up, so that it can be replayed. Any thread.
 */
enum status hook_put(struct task *t, struct deployment_id d, const struct hook_event *event, const struct hook_row *hooks,
    size_t n) MUST_CHECK;

/* ---- what they are signed with: sealed in the endpoint's row ---- */

/* "whsec_" and 32 fresh random bytes in base64. E_INTERNAL without randomness. Task's arena: it is shown once. */
enum status hook_secret_make(struct task *t, struct str *ret_secret) MUST_CHECK;
enum hook_secret_place { HOOK_SECRET_NOW, HOOK_SECRET_BEFORE };
enum status hook_secret_seal(struct task *t, const struct keys *k, struct deployment_id d, struct hook_id id,
    enum hook_secret_place place, struct str secret, struct str *ret_sealed) MUST_CHECK;
/*
 * In a transaction. *ret_before is empty when no rotation is under way. The caller gives both to secret_done().
 * E_NOT_FOUND when there is no such endpoint.
 */
enum status hook_secrets_load(struct task *t, const struct keys *k, struct deployment_id d, struct hook_id id,
    struct secret *ret_now, struct secret *ret_before) MUST_CHECK;
