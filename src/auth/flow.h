/* flow.h - signing in, signing up and resetting a password: which step may follow which. No SQL, no HTTP. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/arena.h"
#include "base/base.h"

/* A reset becomes a sign-in once its password is set: what is left then are a sign-in's steps. */
enum flow { FLOW_SIGN_IN, FLOW_SIGN_UP, FLOW_RESET, FLOW__COUNT };

enum flow_state {
	STATE_START,		/* nothing is proved, nothing is stored */
	STATE_VERIFY_EMAIL,	/* an address that was never proved, behind a right password or form */
	STATE_VERIFY_EMAIL_OTP,	/* the first factor is a mailed code */
	STATE_VERIFY_EMAIL_LINK,	/* the first factor is a mailed link */
	STATE_VERIFY_PHONE,
	STATE_VERIFY_PHONE_OTP,	/* the first factor is a code by text message */
	STATE_SECOND_FACTOR,
	STATE_PROFILE,
	STATE_RESET_CODE,	/* a code has been mailed */
	STATE_RESET_TOKEN,	/* and was exchanged for a token */
	STATE_DONE,		/* signed in */
	STATE__COUNT
};

enum flow_event {
	EVENT_PASSWORD_RIGHT,
	EVENT_FORM_ACCEPTED,
	EVENT_MAIL_CODE_CHOSEN,	/* a way to sign in was chosen: an attempt begins */
	EVENT_LINK_CHOSEN,
	EVENT_SMS_CODE_CHOSEN,
	EVENT_RESET_ASKED,
	EVENT_MAIL_CODE_SENT,
	EVENT_LINK_SENT,
	EVENT_SMS_CODE_SENT,
	EVENT_CODE_RIGHT,	/* of this very step */
	EVENT_LINK_RIGHT,
	EVENT_SECOND_FACTOR_RIGHT,
	EVENT_PROFILE_FILLED,
	EVENT_PASSWORD_SET,	/* with the token that a reset code was exchanged for */
	EVENT__COUNT
};

/* What guards look at. */
enum flow_fact {
	NEEDS_EMAIL = 1,	/* the address has to be proved first */
	NEEDS_PHONE = 2,
	NEEDS_SECOND_FACTOR = 4,
	NEEDS_PROFILE = 8,
	FACTS_ALL = 15,
};

/*
 * The state that `event` leads to, given the facts (a set of enum flow_fact). false: the event is
 * none of this state's, and *ret_next is untouched. The table behind it is all there is.
 */
bool flow_next(enum flow flow, enum flow_state state, enum flow_event event, unsigned facts, enum flow_state *ret_next)
    MUST_CHECK;

/* The API's word for a step ("verify_email"); empty for what is no step of an attempt. */
struct str flow_word(enum flow_state state);
/* The step that `steps`, words separated by spaces, begins with. false: none of ours. */
bool flow_first(struct str steps, enum flow_state *ret_state) MUST_CHECK;

/* The steps from `state` on until it is done, as words; empty when done. */
struct str flow_steps(struct arena *a, enum flow flow, enum flow_state state, unsigned facts);
