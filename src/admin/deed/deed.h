/* deed.h - what operators do to a deployment's people, whichever way they ask: no input and no output here. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "api/audit.h"
#include "api/sign_up/account_create.h"
#include "auth/password.h"
#include "auth/ticket.h"
#include "base/task.h"
#include "deployment/deployment.h"
#include "notify/hook_keep.h"
#include "store/store.gen.h"

/* Who does it, and where. */
struct deed {
	const struct deployment *d;
	const struct keys       *keys;
	struct str               actor;	/* "operator" at the command line; "secret_key:sk_live_Ab3d" */
	struct str               ip;	/* empty: from this machine */
};

struct db;
struct sender;
struct store;

/* Where it is written. */
struct deed_desk {
	struct store  *store;
	struct db     *db;
	struct sender *sender;	/* the server's; NULL without one */
};

/*
 * One write transaction; what it touched is published after the commit, and what it wrote to people is on its way.
 * E_STORE, E_OVERLOADED, or what `run` says.
 */
enum status deed_write(struct task *t, const struct deed_desk *desk, enum status (*run)(struct task *t, void *arg), void *arg) MUST_CHECK;

/*
 * All the others: inside a write transaction, which may run again; each touches what it changes and writes its audit
 * event. E_NOT_FOUND: no such thing in this deployment. What a sentence explains has one in t->why.
 */

/* ---- deed.c ---- */

/* One row in the audit table, and what endpoints outside are told. After the change. detail: JSON object text. */
enum status deed_audit(struct task *t, const struct deed *by, enum audit_event event, struct user_id user,
    struct session_id session, struct str detail) MUST_CHECK;
/* Mail to every verified address of the account, and to `also` when it is not empty. */
enum status deed_tell(struct task *t, const struct deed *by, struct user_id user, const char *what, struct str also) MUST_CHECK;

/* ---- user.c ---- */

/* E_USERNAME_EXISTS, E_EMAIL_EXISTS, E_PHONE_NUMBER_EXISTS. metadata: JSON object text; empty: none. */
enum status deed_user_create(struct task *t, const struct deed *by, const struct account_spec *spec, struct str metadata,
    struct user_id *ret_user) MUST_CHECK;
/* The account as it is, and until the commit nobody else changes it. */
enum status deed_user_lock(struct task *t, const struct deed *by, struct user_id user, struct account_row *ret_row) MUST_CHECK;

/* Canonical already; what is to stay is as the row has it. */
struct user_change {
	struct str first_name, last_name;
	struct str username, username_key;
	struct str second_factor_policy;
	struct str metadata;
};
/* `was` from deed_user_lock(). E_USERNAME_EXISTS. */
enum status deed_user_change(struct task *t, const struct deed *by, const struct account_row *was,
    const struct user_change *change) MUST_CHECK;

/* Doing these twice is the same as once. *ret_ended: how many sign-ins. */
enum status deed_user_disable(struct task *t, const struct deed *by, struct user_id user, int64_t *ret_ended) MUST_CHECK;
enum status deed_user_enable(struct task *t, const struct deed *by, struct user_id user) MUST_CHECK;
enum status deed_user_delete(struct task *t, const struct deed *by, struct user_id user, int64_t *ret_ended) MUST_CHECK;
/* Authenticators, backup codes; all sign-ins end, because whoever has what was lost may be signed in by it. */
enum status deed_user_reset_factors(struct task *t, const struct deed *by, struct user_id user, int64_t *ret_ended) MUST_CHECK;

/* ---- password.c ---- */

/* Outside of any transaction: the policy. E_WEAK_PASSWORD with its sentence in t->why; E_BAD_REQUEST_BODY: no text. */
enum status deed_password_check(struct task *t, const struct deployment *d, struct str password, const struct str *words,
    size_t n_words) MUST_CHECK;
/* An empty record: no password any more. Codes that could set another are void, known browsers forgotten. */
enum status deed_password_set(struct task *t, const struct deed *by, struct user_id user, struct str record,
    bool ends_sign_ins) MUST_CHECK;

/*
 * One that is good for one sign-in within a day, in which another is chosen (docs/decisions/lent-passwords.md); all sign-ins end, the
 * user is told. The second for an account that was made just now: nobody is to be told yet.
 */
enum status deed_password_lend(struct task *t, const struct deed *by, struct user_id user, struct str record, int64_t *ret_ended) MUST_CHECK;
enum status deed_password_lend_new(struct task *t, const struct deed *by, struct user_id user, struct str record) MUST_CHECK;
/* It is known to others, and opens nothing any more. E_NOT_FOUND: there is none. */
enum status deed_password_expose(struct task *t, const struct deed *by, struct user_id user, int64_t *ret_ended) MUST_CHECK;

/* ---- contact.c ---- */

enum { DEED_CONTACTS_MAX = 10 };	/* of each kind, as for users themselves */

/*
 * row: value, dial_code, is_phone, and `verified_at` other than 0 when the operator vouches for it; the id comes back
 * in it. The first verified one of its kind becomes the primary one, and so does one with `primary`.
 * E_EMAIL_EXISTS, E_PHONE_NUMBER_EXISTS, E_LIMIT_REACHED.
 */
enum status deed_contact_add(struct task *t, const struct deed *by, struct user_id user, struct contact_row *row, bool primary) MUST_CHECK;
/* The primary one only when it is the last: E_BAD_REQUEST_BODY otherwise. */
enum status deed_contact_remove(struct task *t, const struct deed *by, struct user_id user, bool is_phone, int64_t id) MUST_CHECK;
/* E_EMAIL_EXISTS, E_PHONE_NUMBER_EXISTS: it is verified in another account. Verified already: OK. */
enum status deed_contact_verify(struct task *t, const struct deed *by, struct user_id user, bool is_phone, int64_t id) MUST_CHECK;
/* E_BAD_REQUEST_BODY: it is not verified. */
enum status deed_contact_make_primary(struct task *t, const struct deed *by, struct user_id user, bool is_phone, int64_t id) MUST_CHECK;

/* ---- session.c ---- */

enum status deed_signin_revoke(struct task *t, const struct deed *by, struct signin_id signin) MUST_CHECK;
/* Its tokens too: what holds one gets a new, empty session. */
enum status deed_session_revoke(struct task *t, const struct deed *by, struct session_id session) MUST_CHECK;
enum status deed_user_sessions_revoke(struct task *t, const struct deed *by, struct user_id user, int64_t *ret_ended) MUST_CHECK;

/*
 * Outside of any transaction: all sign-ins of the deployment that began before this, a few in each transaction of many,
 * because ten thousand must not hold the one writer for long.
 */
enum status deed_sessions_revoke_all(struct task *t, const struct deed *by, const struct deed_desk *desk, int64_t *ret_ended) MUST_CHECK;

/* ---- ticket.c ---- */

struct ticket_made {
	struct str text, url;
	int64_t    expires_at;
};
enum { DEED_TICKET_ACTOR_MAX = 100, DEED_TICKET_DAYS_MAX = 30 };
/* actor: who impersonates, empty for a plain hand-off. E_USER_DISABLED. */
enum status deed_ticket_create(struct task *t, const struct deed *by, struct user_id user, enum ticket_kind kind,
    struct str actor, int64_t ttl_us, struct ticket_made *ret_made) MUST_CHECK;

/* ---- invitation.c ---- */

enum { DEED_INVITATION_DAYS = 10, DEED_INVITATION_DAYS_MAX = 365, DEED_INVITATION_NAME_MAX = 50 };
struct invitation_deed {
	struct invitation_id id;	/* out */
	struct str           email, email_key, first_name, last_name;
	int64_t              expires_at;
	bool                 from_waitlist;
};
/* What went to the same address before is worth nothing any more. E_EMAIL_EXISTS. */
enum status deed_invitation_create(struct task *t, const struct deed *by, struct invitation_deed *in) MUST_CHECK;
/* E_NOT_FOUND also for one that was used. */
enum status deed_invitation_revoke(struct task *t, const struct deed *by, struct invitation_id id) MUST_CHECK;

/* ---- webhook.c ---- */

/* The row's url and types checked, the rest comes back in it; *ret_secret to be shown, once. E_LIMIT_REACHED. */
enum status deed_webhook_create(struct task *t, const struct deed *by, struct hook_row *hook, struct str *ret_secret) MUST_CHECK;
enum status deed_webhook_change(struct task *t, const struct deed *by, struct hook_row *hook) MUST_CHECK;
enum status deed_webhook_rotate(struct task *t, const struct deed *by, struct hook_row *hook, int64_t overlap_us,
    struct str *ret_secret) MUST_CHECK;
/* Send it an event that says nothing, to see what becomes of it. E_CONFLICT: it is disabled. */
enum status deed_webhook_test(struct task *t, const struct deed *by, const struct hook_row *hook,
    struct hook_event_id *ret_event) MUST_CHECK;

/* E_NOT_FOUND, with a sentence: it was not told of that, or it is forgotten by now. */
enum status deed_webhook_replay_one(struct task *t, const struct deed *by, struct hook_id id, struct hook_event_id event) MUST_CHECK;

/* Outside of any transaction, in many: there may be much to go through. Once is the same as twice. */
enum status deed_webhook_delete(struct task *t, const struct deed *by, const struct deed_desk *desk, struct hook_id id) MUST_CHECK;
/* E_NOT_FOUND; E_CONFLICT: it is disabled. *ret_n: how many are due again. */
enum status deed_webhook_replay(struct task *t, const struct deed *by, const struct deed_desk *desk, struct hook_id id,
    struct hook_replay *r, int64_t *ret_n) MUST_CHECK;
