/* sign_up_attempt.c - sign-ups that wait for an address or a number to be proved. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/sign_up/sign_up_attempt.h"

#include "api/app.h"
#include "api/factor/second_factor.h"
#include "api/org/org_deed.h"
#include "api/sign_in/complete.h"
#include "api/sign_in/contact.h"
#include "api/sign_up/invitation.h"
#include "auth/identifier.h"
#include "base/str.h"
#include "org/domain.h"
#include "session/coherence.h"

#define ATTEMPT_TTL_US (30 * MINUTE_US)

/* Bounds were the form's matter, and may have changed since. */
enum { NAME_MAX = 320 };

enum status
sign_up_attempt_find(struct request *rq, struct str id_text, bool counted, struct sign_up_attempt *ret_attempt)
{
	struct signup_attempt_id id;
	struct sign_up_attempt a;
	enum status st = E_NOT_FOUND;

	if (rq->session.stored && signup_attempt_id_parse(id_text, &id))
		st = sql_signup_attempt_find(&rq->task, rq->deployment->id, id, rq->session.id, rq->task.now,
		    counted ? ATTEMPT_GUESSES : ATTEMPT_GUESSES - 1, &a.row);
	if (st == E_NOT_FOUND)
		return refuse(rq, E_BAD_SIGN_IN_ATTEMPT, NULL);
	TRY(st);
	if (!flow_first(a.row.steps, &a.state))
		return fail(&rq->task, E_INTERNAL, "an attempt that is at no step");
	*ret_attempt = a;
	return OK;
}

struct str
sign_up_attempt_recipient(struct request *rq, const struct sign_up_attempt *a)
{
	if (a->state != STATE_VERIFY_PHONE)
		return a->row.email;
	return contact_recipient(rq->task.arena, a->row.dial_code, a->row.phone_number);
}

static enum status
take_guess(struct request *rq, int64_t attempt, int64_t *ret_rows)
{
	return sql_signup_attempt_guess(&rq->task, rq->deployment->id, (struct signup_attempt_id){ attempt }, rq->session.id,
	    rq->task.now, ATTEMPT_GUESSES, ret_rows);
}

enum status
sign_up_attempt_reserve_guess(struct request *rq, const struct sign_up_attempt *a)
{
	struct str recipient = sign_up_attempt_recipient(rq, a);
	struct str account = arena_printf(rq->task.arena, "sign-up:" STR_FMT, STR_ARG(code_counted_as(rq, recipient)));

	return code_reserve_attempt_guess(rq, account, a->row.id.v, take_guess);
}

enum status
sign_up_attempt_send(struct request *rq, const struct sign_up_attempt *a)
{
	const struct verification *v = verification_of(FLOW_SIGN_UP, a->state);
	struct message m = { .to = sign_up_attempt_recipient(rq, a), .vars = { { "code", S("") } } };

	if (!v)
		return fail(&rq->task, E_BUG, "nothing is sent for this step");
	m.kind = v->kind;
	TRY(code_issue(rq, v->purpose, a->row.id.v, m.to, &m.vars[0].value));
	return outbox_put(&rq->task, rq->app->keys, rq->deployment->id, &m);
}

unsigned
sign_up_needs(const struct request *rq, const struct account_spec *spec)
{
	const struct settings *s = &rq->deployment->settings;
	unsigned needs = 0;

	if (s->auth.verification_policy.email && spec->email_key.n > 0 && !spec->email_verified)
		needs |= NEEDS_EMAIL;
	if (s->auth.verification_policy.phone_number && spec->phone_key.n > 0 && !spec->phone_verified)
		needs |= NEEDS_PHONE;
	return needs;
}

/* The account, and signed in with it. What was proved is taken from whoever only typed it. */
static enum status
complete(struct request *rq, const struct account_spec *spec, struct user_id *ret_user)
{
	struct org_deed deed = org_deed_of(rq);
	enum status st;

	if (spec->email_verified)
		TRY(contact_release(rq, false, spec->email_key, 0));
	if (spec->phone_verified)
		TRY(contact_release(rq, true, spec->phone_key, 0));
	st = account_create(&rq->task, rq->deployment->id, spec, ret_user);
	if (st == E_USERNAME_EXISTS || st == E_EMAIL_EXISTS || st == E_PHONE_NUMBER_EXISTS)
		return refuse(rq, st, NULL);
	TRY(st);
	TRY(invitation_use(rq, spec->invitation));
	TRY(audit(rq, AUDIT_USER_CREATED, *ret_user, STR_NONE));
	if (spec->email_verified)
		TRY(domain_join(&deed, *ret_user, spec->email));
	return sign_in_complete(rq, *ret_user, spec->email_key.n > 0 ? "plain_email" : "plain_username");
}

static enum status
insert(struct request *rq, const struct account_spec *spec, struct user_id user, struct str required, struct str steps)
{
	struct task *t = &rq->task;
	struct signup_attempt_id id = { id_next(t->now) };
	int64_t rows;

	TRY(request_store_session(rq));
	rq->told_signup_attempt = id;
	TRY(sql_signup_attempt_insert(t, rq->deployment->id, id, rq->session.id, user, spec->first_name, spec->last_name,
	    spec->email, spec->username, spec->phone, spec->dial_code, user.v ? S("") : spec->password_record, required, steps,
	    user.v != 0, spec->email_verified ? t->now : 0, spec->invitation,
	    t->now, t->now + ATTEMPT_TTL_US));
	TRY(sql_signup_attempts_crowd_delete(t, rq->deployment->id, rq->session.id, ATTEMPTS_MAX, &rows));
	return cache_touch(t, rq->deployment->id, SUBJECT_SESSION, rq->session.id.v);
}

enum status
sign_up_begin(struct request *rq, const struct account_spec *spec, struct str required_fields)
{
	unsigned needs = sign_up_needs(rq, spec);
	struct user_id user = { 0 };
	enum flow_state state;

	if (!flow_next(FLOW_SIGN_UP, STATE_START, EVENT_FORM_ACCEPTED, needs, &state))
		return fail(&rq->task, E_BUG, "no sign-up begins so");
	if (state == STATE_DONE)
		TRY(complete(rq, spec, &user));
	return insert(rq, spec, user, required_fields, flow_steps(rq->task.arena, FLOW_SIGN_UP, state, needs));
}

/* The form as it was accepted, with what has been proved since. */
static enum status
spec_of(struct request *rq, const struct sign_up_attempt *a, struct account_spec *ret_spec)
{
	const struct signup_attempt_full *r = &a->row;
	struct account_spec spec = {
		.first_name = r->first_name, .last_name = r->last_name, .phone = r->phone_number, .dial_code = r->dial_code,
		.password_record = r->password_record, .email_verified = r->email_verified_at != 0,
		.phone_verified = r->phone_verified_at != 0, .invitation = r->invitation,
		.second_factor_policy = second_factor_policy_word(rq->deployment->settings.auth.second_factor_policy),
	};

	if (r->email.n > 0)
		TRY(identifier_email(&rq->task, r->email, &spec.email, &spec.email_key));
	if (r->username.n > 0)
		TRY(identifier_username(&rq->task, r->username, 1, NAME_MAX, &spec.username, &spec.username_key));
	if (r->phone_number.n > 0)
		spec.phone_key = contact_recipient(rq->task.arena, r->dial_code, r->phone_number);
	*ret_spec = spec;
	return OK;
}

static enum status
finish(struct request *rq, const struct sign_up_attempt *a)
{
	struct account_spec spec;
	struct user_id user;
	int64_t rows;

	TRY(spec_of(rq, a, &spec));
	TRY(complete(rq, &spec, &user));
	TRY(sql_signup_attempt_complete(&rq->task, rq->deployment->id, a->row.id, a->row.steps, user, rq->task.now, &rows));
	return rows == 1 ? OK : refuse(rq, E_BAD_SIGN_IN_ATTEMPT, NULL);
}

/* The form does not ask for the second code by itself. If too many were sent, its resend button remains. */
static enum status
send_next(struct request *rq, const struct sign_up_attempt *a)
{
	enum status st = code_take_send(rq, sign_up_attempt_recipient(rq, a));

	if (st == E_RATE_LIMITED)
		return OK;
	TRY(st);
	return sign_up_attempt_send(rq, a);
}

static enum status
go_on(struct request *rq, struct sign_up_attempt *a)
{
	struct task *t = &rq->task;
	int64_t rows;

	TRY(sql_signup_attempt_advance(t, rq->deployment->id, a->row.id, a->row.steps,
	    flow_steps(t->arena, FLOW_SIGN_UP, a->state, 0), a->row.email_verified_at, a->row.phone_verified_at, t->now, &rows));
	if (rows != 1)
		return refuse(rq, E_BAD_SIGN_IN_ATTEMPT, NULL);
	TRY(cache_touch(t, rq->deployment->id, SUBJECT_SESSION, rq->session.id.v));
	return send_next(rq, a);
}

enum status
sign_up_attempt_advance(struct request *rq, struct sign_up_attempt *a)
{
	struct str first, rest;

	(void)str_cut(a->row.steps, ' ', &first, &rest);
	if (a->state == STATE_VERIFY_EMAIL)
		a->row.email_verified_at = rq->task.now;
	else
		a->row.phone_verified_at = rq->task.now;
	if (!flow_next(FLOW_SIGN_UP, a->state, EVENT_CODE_RIGHT, rest.n > 0 ? NEEDS_PHONE : 0, &a->state))
		return refuse(rq, E_BAD_SIGN_IN_ATTEMPT, NULL);
	rq->told_signup_attempt = a->row.id;
	return a->state == STATE_DONE ? finish(rq, a) : go_on(rq, a);
}
