/* state.h - everything a session holds, read in one go, and how it is written as JSON. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"
#include "session/session.h"
#include "store/store.gen.h"

/* Wrong codes that an attempt survives: after so many it is over. */
enum { ATTEMPT_GUESSES = 5 };

/* Rows of one session, in the task's arena. All zero: anonymous, signed out. */
struct session_state {
	struct session_id          id;
	int64_t                    created_at, updated_at;
	struct signin_row         *signins;	/* oldest first */
	size_t                     n_signins;
	const struct signin_row   *active;	/* one of signins, or NULL */
	struct account_row        *accounts;	/* of the signins, by id */
	size_t                     n_accounts;
	struct contact_row        *contacts;	/* of those accounts, by user */
	size_t                     n_contacts;
	struct signin_attempt_row *signin_attempts;	/* live ones, and the one told about, oldest first */
	size_t                     n_signin_attempts;
	struct signup_attempt_row *signup_attempts;
	size_t                     n_signup_attempts;
};

/*
 * Inside a transaction. Five statements for a stored session, none otherwise. `told_…`
 * (may be 0) are listed even when completed. Only live sign-ins of accounts that are
 * not disabled are in it.
 */
enum status session_state_load(struct task *t, struct deployment_id d, const struct session_ref *ref,
    struct signin_attempt_id told_signin, struct signup_attempt_id told_signup,
    struct session_state *ret_state) MUST_CHECK;

/* The live sign-in with this id, or NULL. */
const struct signin_row *session_state_find_signin(const struct session_state *s, struct signin_id id);
/* The account of a sign-in that is in it, or NULL. */
const struct account_row *session_state_find_account(const struct session_state *s, struct user_id user);

/* ---- the API's objects; any thread, no database ---- */

void view_session(struct json *j, const char *key, const struct session_state *s);	/* whole: `data` of GET /session */
void view_session_slim(struct json *j, const char *key, const struct session_state *s);	/* in short: `session` of every answer */
void view_user(struct json *j, const char *key, const struct account_row *a,
    const struct contact_row *contacts, size_t n_contacts);	/* contacts may be more than this user's */
void view_public_user(struct json *j, const char *key, const struct account_row *a,
    const struct contact_row *contacts, size_t n_contacts);
/* account NULL leaves `user` out. */
void view_signin(struct json *j, const char *key, const struct signin_row *s, const struct account_row *a,
    const struct contact_row *contacts, size_t n_contacts);
void view_email(struct json *j, const char *key, const struct contact_row *c, struct email_id primary);
void view_phone(struct json *j, const char *key, const struct contact_row *c);
/* Words separated by spaces, as an array of strings. */
void view_words(struct json *j, const char *key, struct str words);
