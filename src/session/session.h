/* session.h - whose request is this: tokens resolved, rotated, renewed. No HTTP. docs/decisions/session-tokens.md. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "deployment/deployment.h"
#include "session/activity.h"
#include "session/token.h"

/* What resolving needs besides the task: all of it shared and read-only. */
struct session_rules {
	const struct keys       *keys;
	const struct deployment *deployment;
	struct activity         *activity;
	bool                     keeps_token;	/* the answer can carry no new one: one that is due by age stays */
};

/* Why a token stands for nobody's stored session. The resolver's own word, for who asks why somebody is signed out. */
enum session_lack {
	LACK_NONE,	/* it stands for one */
	LACK_ANONYMOUS,	/* a good anonymous token: nothing has been stored for it */
	LACK_NO_TOKEN,	/* none, or nothing that looks like one */
	LACK_UNKNOWN,	/* none of this deployment's: never was, was ended, or swept */
	LACK_ANONYMOUS_BAD,	/* an anonymous one of another deployment or key, or older than 30 days */
	LACK_EXPIRED,	/* the session's absolute limit */
	LACK_IDLE,	/* its idle limit */
	LACK_SUPERSEDED,	/* a sign-in, or another security event, replaced it */
	LACK_STORED_SINCE,	/* an anonymous one whose session went on without it */
};

/* What a token stands for. */
struct session_ref {
	enum session_lack lack;
	struct session_id id;
	int64_t           created_at;
	int64_t           updated_at;
	int64_t           expires_at;	/* absolute; 0 while anonymous */
	int64_t           last_active_at;
	bool              stored;	/* it has a row */
	bool              superseded;	/* renewed elsewhere: a signed-out view, nothing can be done with it */
	struct signin_id  active_signin;
	struct token_hash hash;		/* of the stored token that was presented */
	int64_t           token_due_at;	/* when a current token is due for rotation */
	struct str        token_out;	/* the client gets this one; .p NULL: it keeps what it has */
};

/* What has to be written before the session may be used. */
enum session_action {
	SESSION_READY,
	SESSION_ROTATE,		/* due by age */
	SESSION_MARK_USED,	/* a successor's first use */
	SESSION_END_STOLEN,	/* a replaced token came back after its grace: theft or replay */
};

/*
 * Read what `token` (empty: none) stands for. Never an error for a bad token: a new
 * anonymous session is made, whose token is in token_out. Writes nothing; when
 * *ret_action is not SESSION_READY, session_settle() in a write transaction comes first.
 * Inside a read or write transaction, except that an empty or anonymous token on a
 * request that stores nothing needs none (`stores` false: no SQL at all).
 * E_STORE, E_INTERNAL: nobody gets in.
 */
enum status session_resolve(struct task *t, const struct session_rules *r, struct str token, bool stores,
    struct session_ref *ret_ref, enum session_action *ret_action) MUST_CHECK;

/*
 * In a write transaction: resolve again and do what is due. *ret_stolen tells that
 * the sign-ins were ended, for the audit; the reference is then a new anonymous session.
 */
enum status session_settle(struct task *t, const struct session_rules *r, struct str token, bool stores,
    struct session_ref *ret_ref, struct session_id *ret_stolen) MUST_CHECK;

/* In a write transaction: give an anonymous session its row and its first stored token. Once more is fine. */
enum status session_store(struct task *t, const struct session_rules *r, struct session_ref *ref) MUST_CHECK;

/*
 * In a write transaction, at a security event: supersede every token, hand out a new random one.
 * E_UNAUTHORIZED: another event was first; the reference is marked superseded.
 */
enum status session_renew(struct task *t, const struct session_rules *r, struct session_ref *ref) MUST_CHECK;

/* Is it past its limits, last-active times in memory included? */
bool session_is_over(const struct session_rules *r, struct session_id id, int64_t last_active_at, int64_t expires_at,
    int64_t now);

/* ---- ending sign-ins; each in a write transaction, each touches what it changes ---- */

/* One sign-in of this session; the active pointer clears when it was the active one. E_NOT_FOUND. */
enum status session_end_signin(struct task *t, struct deployment_id d, struct session_id s, struct signin_id id) MUST_CHECK;
enum status session_end_all_signins(struct task *t, struct deployment_id d, struct session_id s) MUST_CHECK;
/* Every sign-in of a user, in every session. *ret_n (may be NULL): how many. */
enum status session_end_user(struct task *t, struct deployment_id d, struct user_id user, int64_t *ret_n) MUST_CHECK;
/* Every sign-in of a user but one. */
enum status session_end_user_others(struct task *t, struct deployment_id d, struct user_id user, struct signin_id but) MUST_CHECK;
/* Every sign-in of a user but in this session. */
enum status session_end_user_elsewhere(struct task *t, struct deployment_id d, struct user_id user,
    struct session_id here) MUST_CHECK;
