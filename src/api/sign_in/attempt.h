/* attempt.h - sign-in attempts: begun, guessed at, and taken on step by step by auth/flow's table. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "api/api.h"
#include "api/sign_in/code.h"
#include "auth/flow.h"
#include "notify/outbox.h"
#include "store/store.gen.h"

/* How a step is verified by something sent. One row a step; A7 sends it, A8 and A9 take it. */
struct verification {
	enum flow         flow;
	enum flow_state   state;
	const char       *strategy;	/* the API's word for it */
	enum flow_event   sent;
	enum code_purpose purpose;
	enum message_kind kind;
	bool              by_phone;
};
/* NULL: nothing is sent for this step. */
const struct verification *verification_of(enum flow flow, enum flow_state state);

/* Of each kind in one session; the oldest give way to a new one. */
enum { ATTEMPTS_MAX = 50 };

struct attempt {
	struct signin_attempt_full row;
	enum flow_state            state;
};

/* Does its method prove a number rather than an address? */
bool attempt_is_by_phone(const struct attempt *a);
/* Was a password its first factor? */
bool attempt_is_by_password(const struct attempt *a);

/* The attempt of a wire id, whosever session it belongs to: for links. E_BAD_SIGN_IN_ATTEMPT, refused. In a transaction. */
enum status attempt_find_anywhere(struct request *rq, struct str id, struct attempt *ret_attempt) MUST_CHECK;
/*
 * Only the caller's own, which everything but a link asks for. `counted`: this request's guess has been counted already,
 * and may have been the last.
 */
enum status attempt_find(struct request *rq, struct str id, bool counted, struct attempt *ret_attempt) MUST_CHECK;

/*
 * For .prove, before anything is compared: count a guess at the attempt, its account (whatever it was called, or for the
 * browser it knows; or a name nobody has) and the source.
 */
enum status attempt_reserve_guess(struct request *rq, const struct attempt *a) MUST_CHECK;
/* TX_WRITE: it was right, and does not count for the account. */
enum status attempt_give_back(struct request *rq, const struct attempt *a) MUST_CHECK;

struct attempt_start {
	enum flow       flow;		/* FLOW_SIGN_IN, or FLOW_RESET for the one that a reset leaves behind */
	enum flow_state from;
	enum flow_event event;
	struct user_id  user;		/* 0: nobody's; it looks the same and never succeeds */
	int64_t         contact;	/* the address or number that it is about; 0: none */
	struct str      shown;		/* the identifier, as it was typed */
	const char     *method;
};

/* TX_WRITE: begin one in the caller's session; signed in when no step is left. It is told in the answer. */
enum status attempt_begin(struct request *rq, const struct attempt_start *s) MUST_CHECK;

/*
 * TX_WRITE: until the commit nobody changes the password of an attempt that began with a proof. Refused,
 * E_BAD_SIGN_IN_ATTEMPT, when somebody did while this waited; E_USER_DISABLED. attempt_advance() begins with it, but
 * for a filled profile.
 */
enum status attempt_hold(struct request *rq, const struct attempt *a) MUST_CHECK;

/*
 * TX_WRITE: the event has been proved. The next step, or signed in when none is left: in the caller's
 * session. An attempt that goes on moves there too. E_BAD_SIGN_IN_ATTEMPT, refused, when the event is
 * not of this step, or somebody else took it.
 */
enum status attempt_advance(struct request *rq, struct attempt *a, enum flow_event event) MUST_CHECK;

/*
 * What this account still has to enter, as the API's words; and what is known of its profile, as JSON. `by_password`:
 * for whoever came with one; when it was lent, a new "password" is missing.
 */
struct profile {
	struct str missing, known;
};
enum status profile_load(struct request *rq, struct user_id user, bool by_password, struct profile *ret_profile) MUST_CHECK;
