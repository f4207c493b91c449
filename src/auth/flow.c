/* flow.c - the one table of steps. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/flow.h"

#include "base/buf.h"
#include "base/str.h"

/* What a step is called, what passes it, and which need it answers. */
static const struct step {
	const char     *word;
	enum flow_event passes;
	unsigned        answers;
} steps[STATE__COUNT] = {
	[STATE_VERIFY_EMAIL] = { "verify_email", EVENT_CODE_RIGHT, NEEDS_EMAIL },
	[STATE_VERIFY_EMAIL_OTP] = { "verify_email_otp", EVENT_CODE_RIGHT, NEEDS_EMAIL },
	[STATE_VERIFY_EMAIL_LINK] = { "verify_email_link", EVENT_LINK_RIGHT, NEEDS_EMAIL },
	[STATE_VERIFY_PHONE] = { "verify_phone", EVENT_CODE_RIGHT, NEEDS_PHONE },
	[STATE_VERIFY_PHONE_OTP] = { "verify_phone_otp", EVENT_CODE_RIGHT, NEEDS_PHONE },
	[STATE_SECOND_FACTOR] = { "verify_second_factor", EVENT_SECOND_FACTOR_RIGHT, NEEDS_SECOND_FACTOR },
	[STATE_PROFILE] = { "complete_profile", EVENT_PROFILE_FILLED, NEEDS_PROFILE },
};

struct row {
	enum flow       flow;
	unsigned        from;	/* a set of states */
	enum flow_event event;
	unsigned        has, lacks;	/* sets of facts: the guard */
	enum flow_state next;
};

#define AT(state) (1u << STATE_##state)
#define STAY STATE__COUNT

/* What is left once the first factor is proved. */
#define AFTER_FIRST(flow, from, event, lacks) \
	{ flow, from, event, NEEDS_SECOND_FACTOR, (lacks), STATE_SECOND_FACTOR }, \
	{ flow, from, event, NEEDS_PROFILE, NEEDS_SECOND_FACTOR | (lacks), STATE_PROFILE }, \
	{ flow, from, event, 0, NEEDS_SECOND_FACTOR | NEEDS_PROFILE | (lacks), STATE_DONE }

/* clang-format off */
static const struct row rows[] = {
	/* Signing in: one first factor, */
	{ FLOW_SIGN_IN, AT(START), EVENT_PASSWORD_RIGHT, NEEDS_EMAIL, 0, STATE_VERIFY_EMAIL },
	AFTER_FIRST(FLOW_SIGN_IN, AT(START), EVENT_PASSWORD_RIGHT, NEEDS_EMAIL),
	{ FLOW_SIGN_IN, AT(START), EVENT_MAIL_CODE_CHOSEN, 0, 0, STATE_VERIFY_EMAIL_OTP },
	{ FLOW_SIGN_IN, AT(START), EVENT_LINK_CHOSEN, 0, 0, STATE_VERIFY_EMAIL_LINK },
	{ FLOW_SIGN_IN, AT(START), EVENT_SMS_CODE_CHOSEN, 0, 0, STATE_VERIFY_PHONE_OTP },
	{ FLOW_SIGN_IN, AT(VERIFY_EMAIL) | AT(VERIFY_EMAIL_OTP), EVENT_MAIL_CODE_SENT, 0, 0, STAY },
	{ FLOW_SIGN_IN, AT(VERIFY_EMAIL_LINK), EVENT_LINK_SENT, 0, 0, STAY },
	{ FLOW_SIGN_IN, AT(VERIFY_PHONE_OTP), EVENT_SMS_CODE_SENT, 0, 0, STAY },
	AFTER_FIRST(FLOW_SIGN_IN, AT(VERIFY_EMAIL) | AT(VERIFY_EMAIL_OTP) | AT(VERIFY_PHONE_OTP), EVENT_CODE_RIGHT, 0),
	AFTER_FIRST(FLOW_SIGN_IN, AT(VERIFY_EMAIL_LINK), EVENT_LINK_RIGHT, 0),
	/* then what else the account needs. */
	{ FLOW_SIGN_IN, AT(SECOND_FACTOR), EVENT_SMS_CODE_SENT, 0, 0, STAY },
	{ FLOW_SIGN_IN, AT(SECOND_FACTOR), EVENT_SECOND_FACTOR_RIGHT, NEEDS_PROFILE, 0, STATE_PROFILE },
	{ FLOW_SIGN_IN, AT(SECOND_FACTOR), EVENT_SECOND_FACTOR_RIGHT, 0, NEEDS_PROFILE, STATE_DONE },
	{ FLOW_SIGN_IN, AT(PROFILE), EVENT_PROFILE_FILLED, NEEDS_SECOND_FACTOR, NEEDS_PROFILE, STATE_SECOND_FACTOR },
	{ FLOW_SIGN_IN, AT(PROFILE), EVENT_PROFILE_FILLED, 0, NEEDS_PROFILE | NEEDS_SECOND_FACTOR, STATE_DONE },

	/* Signing up: the address first, then the number. */
	{ FLOW_SIGN_UP, AT(START), EVENT_FORM_ACCEPTED, NEEDS_EMAIL, 0, STATE_VERIFY_EMAIL },
	{ FLOW_SIGN_UP, AT(START), EVENT_FORM_ACCEPTED, NEEDS_PHONE, NEEDS_EMAIL, STATE_VERIFY_PHONE },
	{ FLOW_SIGN_UP, AT(START), EVENT_FORM_ACCEPTED, 0, NEEDS_EMAIL | NEEDS_PHONE, STATE_DONE },
	{ FLOW_SIGN_UP, AT(VERIFY_EMAIL), EVENT_MAIL_CODE_SENT, 0, 0, STAY },
	{ FLOW_SIGN_UP, AT(VERIFY_EMAIL), EVENT_CODE_RIGHT, NEEDS_PHONE, 0, STATE_VERIFY_PHONE },
	{ FLOW_SIGN_UP, AT(VERIFY_EMAIL), EVENT_CODE_RIGHT, 0, NEEDS_PHONE, STATE_DONE },
	{ FLOW_SIGN_UP, AT(VERIFY_PHONE), EVENT_SMS_CODE_SENT, 0, 0, STAY },
	{ FLOW_SIGN_UP, AT(VERIFY_PHONE), EVENT_CODE_RIGHT, 0, 0, STATE_DONE },

	/* A new password: only the mailed code gives the token, and only the token sets it. A newer request in the same browser begins anew. */
	{ FLOW_RESET, AT(START) | AT(RESET_CODE) | AT(RESET_TOKEN), EVENT_RESET_ASKED, 0, 0, STATE_RESET_CODE },
	{ FLOW_RESET, AT(RESET_CODE), EVENT_CODE_RIGHT, 0, 0, STATE_RESET_TOKEN },
	AFTER_FIRST(FLOW_RESET, AT(RESET_TOKEN), EVENT_PASSWORD_SET, 0),
};
/* clang-format on */

static bool
fits(const struct row *r, enum flow flow, enum flow_state state, enum flow_event event, unsigned facts)
{
	return r->flow == flow && (r->from & 1u << state) && r->event == event && (facts & r->has) == r->has &&
	    (facts & r->lacks) == 0;
}

bool
flow_next(enum flow flow, enum flow_state state, enum flow_event event, unsigned facts, enum flow_state *ret_next)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (!fits(&rows[i], flow, state, event, facts))
			continue;
		*ret_next = rows[i].next == STAY ? state : rows[i].next;
		return true;
	}
	return false;
}

struct str
flow_word(enum flow_state state)
{
	return str_of(steps[state].word);
}

bool
flow_first(struct str words, enum flow_state *ret_state)
{
	struct str word, rest;

	(void)str_cut(words, ' ', &word, &rest);
	for (size_t i = 0; i < STATE__COUNT; i++) {
		if (!steps[i].word || !str_eq(word, str_of(steps[i].word)))
			continue;
		*ret_state = (enum flow_state)i;
		return true;
	}
	return false;
}

struct str
flow_steps(struct arena *a, enum flow flow, enum flow_state state, unsigned facts)
{
	enum { WORDS_MAX = 128 };
	struct buf b;

	buf_init_arena(&b, a, WORDS_MAX);
	while (steps[state].word) {
		buf_printf(&b, "%s%s", b.n ? " " : "", steps[state].word);
		facts &= ~steps[state].answers;
		CHECK(flow_next(flow, state, steps[state].passes, facts, &state));
	}
	return b.n ? buf_str(&b) : S("");
}
