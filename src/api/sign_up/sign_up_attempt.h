/* sign_up_attempt.h - sign-ups that wait for an address or a number to be proved. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "api/sign_in/attempt.h"
#include "api/sign_up/account_create.h"

struct sign_up_attempt {
	struct signup_attempt_full row;
	enum flow_state            state;
};

/* The caller's own; `counted` as for attempt_find(). E_BAD_SIGN_IN_ATTEMPT, refused. In a transaction. */
enum status sign_up_attempt_find(struct request *rq, struct str id, bool counted, struct sign_up_attempt *ret_attempt) MUST_CHECK;
/* For .prove, before anything is compared: count a guess at the attempt, at what it would prove, and the source. */
enum status sign_up_attempt_reserve_guess(struct request *rq, const struct sign_up_attempt *a) MUST_CHECK;

/* Where this step's code goes: the address; "+15551234567". Task's arena. */
struct str sign_up_attempt_recipient(struct request *rq, const struct sign_up_attempt *a);

/* TX_WRITE: issue this step's code and put its message into the outbox. */
enum status sign_up_attempt_send(struct request *rq, const struct sign_up_attempt *a) MUST_CHECK;

/* What has to be verified before this form is an account: a set of enum flow_fact. */
unsigned sign_up_needs(const struct request *rq, const struct account_spec *spec);

/* TX_WRITE: the form is accepted: an attempt, or an account that is signed in. It is told in the answer. */
enum status sign_up_begin(struct request *rq, const struct account_spec *spec, struct str required_fields) MUST_CHECK;
/* TX_WRITE: this step's code was right: the next step, or an account that is signed in. */
enum status sign_up_attempt_advance(struct request *rq, struct sign_up_attempt *a) MUST_CHECK;
