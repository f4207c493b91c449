/* code.h - one-time codes and links: made, guessed at within a budget, and used once. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "api/api.h"

/* What a code is for. As stored: never renumbered. */
enum code_purpose {
	CODE_SIGN_IN,		/* the first factor or the verification of a sign-in attempt; subject: the attempt */
	CODE_SIGN_IN_LINK,	/* the secret of a mailed link; subject: the attempt */
	CODE_SECOND_FACTOR,	/* by text message; subject: the sign-in attempt */
	CODE_SIGN_UP_EMAIL,	/* subject: the sign-up attempt */
	CODE_SIGN_UP_PHONE,
	CODE_RESET,		/* subject: the address it was mailed to, which may go with its account */
	CODE_RESET_TOKEN,	/* what the right reset code is exchanged for; subject: the same */
	CODE_EMAIL,		/* an added address; subject: the address */
	CODE_PHONE,		/* an added number; subject: the number */
	CODE_STEP_UP,		/* somebody proves themselves once more; subject: the sign-in */
	CODE_PURPOSE__COUNT
};

/*
 * TX_WRITE: a fresh code, in the place of an older one for the same purpose and subject. Its text
 * (six digits, or 43 characters for links and tokens) belongs into a message and nowhere else.
 * `recipient` is kept as its user may see it. E_INTERNAL without randomness. Task's arena.
 */
enum status code_issue(struct request *rq, enum code_purpose purpose, int64_t subject, struct str recipient,
    struct str *ret_text) MUST_CHECK;

/*
 * For .prove, before a guess is compared: count it against the code, its owner (`account`: a user's
 * wire id, or what else the code belongs to) and the source. Refuses with E_VERIFICATION_CODE_EXPIRED
 * when no code is live, E_RATE_LIMITED when a budget is used up. A new code brings a new budget of its
 * own, but not of its owner's.
 */
enum status code_reserve_guess(struct request *rq, enum code_purpose purpose, int64_t subject, struct str account) MUST_CHECK;

/*
 * The same at an attempt, which has so many guesses itself, whatever was sent for it: `take` is one conditional write of
 * its table. E_BAD_SIGN_IN_ATTEMPT, refused, when it has none left; the last one takes it off the session's list.
 */
enum status code_reserve_attempt_guess(struct request *rq, struct str account, int64_t attempt,
    enum status (*take)(struct request *rq, int64_t attempt, int64_t *ret_rows)) MUST_CHECK;

/*
 * TX_WRITE: use the code: one conditional write. E_INVALID_CODE, unrefused, when it was not this one,
 * or not any more.
 */
enum status code_use(struct request *rq, enum code_purpose purpose, int64_t subject, struct str text) MUST_CHECK;

/* A live code: when it was made, and for which session. E_NOT_FOUND. In a transaction. */
struct code_live {
	struct code_id    id;
	struct session_id session;
	int64_t           created_at;
};
enum status code_live(struct request *rq, enum code_purpose purpose, int64_t subject, struct code_live *ret_live) MUST_CHECK;

/* What nobody can guess is as good as no code: it makes the same work for an account that does not exist. */
enum status code_issue_void(struct request *rq, enum code_purpose purpose, int64_t subject, struct str recipient) MUST_CHECK;

/*
 * What an address or a number is counted as, so that no other spelling has budgets of its own: an address's key, and
 * the last digits of a number, which are the same with and without its dial code. Otherwise people with an account,
 * whose spelling is known, could be told from people without (ENU-01). Task's arena.
 */
struct str code_counted_as(struct request *rq, struct str recipient);

/*
 * For .prove, before something is sent because a stranger asked: count it for the recipient (an
 * address, or a number as +15551234567, which counts for the numbers beside it too), the source and the
 * deployment. E_RATE_LIMITED, refused.
 */
enum status code_reserve_send(struct request *rq, struct str recipient) MUST_CHECK;
/* TX_WRITE: the same for what follows by itself. E_RATE_LIMITED, unrefused: then it is not sent. */
enum status code_take_send(struct request *rq, struct str recipient) MUST_CHECK;

/* "m•••@example.com"; "•••• 4321". Task's arena. */
struct str code_mask_email(struct arena *a, struct str email);
struct str code_mask_phone(struct arena *a, struct str digits);
