/* attempt.c - sign-in attempts: begun, guessed at, and taken on step by step by auth/flow's table. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/sign_in/attempt.h"

#include "api/factor/second_factor.h"
#include "api/sign_in/complete.h"
#include "api/sign_in/contact.h"
#include "api/sign_in/known_device.h"
#include "base/str.h"
#include "session/coherence.h"

#define ATTEMPT_TTL_US (10 * MINUTE_US)

/* clang-format off */
static const struct verification verifications[] = {
	{ FLOW_SIGN_IN, STATE_VERIFY_EMAIL, "email_otp", EVENT_MAIL_CODE_SENT, CODE_SIGN_IN, MESSAGE_VERIFY_EMAIL, false },
	{ FLOW_SIGN_IN, STATE_VERIFY_EMAIL_OTP, "email_otp", EVENT_MAIL_CODE_SENT, CODE_SIGN_IN, MESSAGE_SIGN_IN_CODE, false },
	{ FLOW_SIGN_IN, STATE_VERIFY_EMAIL_LINK, "magic_link", EVENT_LINK_SENT, CODE_SIGN_IN_LINK, MESSAGE_SIGN_IN_LINK, false },
	{ FLOW_SIGN_IN, STATE_VERIFY_PHONE_OTP, "phone_otp", EVENT_SMS_CODE_SENT, CODE_SIGN_IN, MESSAGE_SMS_CODE, true },
	{ FLOW_SIGN_IN, STATE_SECOND_FACTOR, "phone_otp", EVENT_SMS_CODE_SENT, CODE_SECOND_FACTOR, MESSAGE_SMS_CODE, true },
	{ FLOW_SIGN_UP, STATE_VERIFY_EMAIL, "email_otp", EVENT_MAIL_CODE_SENT, CODE_SIGN_UP_EMAIL, MESSAGE_VERIFY_EMAIL, false },
	{ FLOW_SIGN_UP, STATE_VERIFY_PHONE, "phone_otp", EVENT_SMS_CODE_SENT, CODE_SIGN_UP_PHONE, MESSAGE_SMS_CODE, true },
};
/* clang-format on */

const struct verification *
verification_of(enum flow flow, enum flow_state state)
{
	for (size_t i = 0; i < ARRAY_LEN(verifications); i++)
		if (verifications[i].flow == flow && verifications[i].state == state)
			return &verifications[i];
	return NULL;
}

static bool
is_phone_method(struct str method)
{
	return str_eq(method, S("phone_otp"));
}

bool
attempt_is_by_phone(const struct attempt *a)
{
	return is_phone_method(a->row.method);
}

bool
attempt_is_by_password(const struct attempt *a)
{
	return str_starts(a->row.method, S("plain_"));
}

/* A name nobody has. */
static struct str
counted_name(struct request *rq, const struct attempt *a)
{
	return arena_printf(rq->task.arena, "name:" STR_FMT, STR_ARG(code_counted_as(rq, a->row.email)));
}

/* ---- finding ---- */

/*
 * What was proved before the password changed was proved by whoever knew the old one; and a code or link sent before may
 * be in the hands of whoever it was changed for.
 */
static enum status
check_not_older(struct request *rq, const struct attempt *a, int64_t since)
{
	struct account_password_changed_row row;
	enum status st = sql_account_password_changed(&rq->task, rq->deployment->id, a->row.user, &row);

	/* Nobody's, which nothing proves. */
	if (st == E_NOT_FOUND)
		return OK;
	TRY(st);
	return row.at > since ? E_NOT_FOUND : OK;
}

enum status
attempt_hold(struct request *rq, const struct attempt *a)
{
	enum status st;
	int64_t rows;

	if (!a->row.first_done)
		return OK;
	TRY(sql_account_lock(&rq->task, rq->deployment->id, a->row.user, &rows));
	if (rows == 0)
		return refuse(rq, E_USER_DISABLED, NULL);
	st = check_not_older(rq, a, a->row.proved_at);
	return st == E_NOT_FOUND ? refuse(rq, E_BAD_SIGN_IN_ATTEMPT, NULL) : st;
}

static enum status
find(struct request *rq, struct str id_text, bool counted, struct attempt *ret_attempt)
{
	struct signin_attempt_id id;
	struct attempt a;

	if (!signin_attempt_id_parse(id_text, &id))
		return E_NOT_FOUND;
	TRY(sql_signin_attempt_find(&rq->task, rq->deployment->id, id, rq->task.now,
	    counted ? ATTEMPT_GUESSES : ATTEMPT_GUESSES - 1, &a.row));
	if (!flow_first(a.row.steps, &a.state))
		return fail(&rq->task, E_INTERNAL, "an attempt that is at no step");
	TRY(check_not_older(rq, &a, a.row.first_done ? a.row.proved_at : a.row.created_at));
	*ret_attempt = a;
	return OK;
}

enum status
attempt_find_anywhere(struct request *rq, struct str id, struct attempt *ret_attempt)
{
	enum status st = find(rq, id, false, ret_attempt);

	return st == E_NOT_FOUND ? refuse(rq, E_BAD_SIGN_IN_ATTEMPT, NULL) : st;
}

enum status
attempt_find(struct request *rq, struct str id, bool counted, struct attempt *ret_attempt)
{
	struct attempt a;
	enum status st = find(rq, id, counted, &a);

	if (st == E_NOT_FOUND || (st == OK && (!rq->session.stored || a.row.session.v != rq->session.id.v)))
		return refuse(rq, E_BAD_SIGN_IN_ATTEMPT, NULL);
	TRY(st);
	*ret_attempt = a;
	return OK;
}

/* ---- guessing ---- */

static enum status
take_guess(struct request *rq, int64_t attempt, int64_t *ret_rows)
{
	return sql_signin_attempt_guess(&rq->task, rq->deployment->id, (struct signin_attempt_id){ attempt }, rq->session.id,
	    rq->task.now, ATTEMPT_GUESSES, ret_rows);
}

enum status
attempt_reserve_guess(struct request *rq, const struct attempt *a)
{
	struct str account;

	TRY(known_device_subject(rq, a->row.user, &account));
	if (a->row.user.v == 0)
		account = counted_name(rq, a);
	return code_reserve_attempt_guess(rq, account, a->row.id.v, take_guess);
}

enum status
attempt_give_back(struct request *rq, const struct attempt *a)
{
	struct try tried = { .rule = RULE_CODE_ACCOUNT };

	TRY(known_device_subject_now(rq, a->row.user, &tried.subject));
	return request_give_back(rq, &tried);
}

/* ---- what is left to prove ---- */

struct needs {
	unsigned       facts;
	struct str     second_methods;
	struct profile profile;
};

static enum status
need_email(struct request *rq, const struct attempt *a, struct needs *n)
{
	struct contact_owner c;
	enum status st;

	/* Codes and links prove their address themselves. */
	if (is_phone_method(a->row.method) || a->row.contact == 0 || !rq->deployment->settings.auth.verification_policy.email)
		return OK;
	st = sql_contact_by_email_id(&rq->task, rq->deployment->id, a->row.contact, &c);
	if (st == E_NOT_FOUND)
		return OK;
	TRY(st);
	n->facts |= c.verified_at == 0 ? NEEDS_EMAIL : 0u;
	return OK;
}

/* A number that was the first factor is not the second one too: one phone is one proof. */
static enum status
need_second_factor(struct request *rq, const struct attempt *a, struct needs *n)
{
	struct second_factors f;
	struct account_row account;

	TRY(sql_account_find(&rq->task, rq->deployment->id, a->row.user, &account));
	TRY(second_factors_load(&rq->task, rq->deployment, a->row.user, &f));
	f.phone_otp = f.phone_otp && !is_phone_method(a->row.method);
	if (rq->deployment->settings.auth.second_factor_policy != SECOND_ENFORCED &&
	    !str_eq(account.second_factor_policy, S("enforced")))
		return OK;
	if (a->row.second_done || !second_factors_any(&f))
		return OK;
	n->facts |= NEEDS_SECOND_FACTOR;
	n->second_methods = second_factors_words(rq->task.arena, &f);
	return OK;
}

static enum status
needs_load(struct request *rq, const struct attempt *a, struct needs *ret_needs)
{
	struct needs n = { 0, S(""), { S(""), S("{}") } };

	TRY(need_email(rq, a, &n));
	TRY(need_second_factor(rq, a, &n));
	TRY(profile_load(rq, a->row.user, attempt_is_by_password(a), &n.profile));
	n.facts |= n.profile.missing.n > 0 ? NEEDS_PROFILE : 0u;
	*ret_needs = n;
	return OK;
}

/* ---- going on ---- */

/* What the row shows of it once its first factor is proved. */
static void
tell_needs(struct attempt *a, const struct needs *n)
{
	a->row.second_required = a->row.second_required || n->facts & NEEDS_SECOND_FACTOR;
	a->row.first_done = true;
}

static struct str
missing_at(enum flow_state state, const struct needs *n)
{
	return state == STATE_PROFILE ? n->profile.missing : S("");
}

static struct str
known_at(enum flow_state state, const struct needs *n)
{
	return state == STATE_PROFILE ? n->profile.known : S("{}");
}

static enum status
insert(struct request *rq, struct attempt *a, bool first_done, const struct needs *n)
{
	struct task *t = &rq->task;
	int64_t rows;

	TRY(request_store_session(rq));
	rq->told_signin_attempt = a->row.id;
	TRY(sql_signin_attempt_insert(t, rq->deployment->id, a->row.id, rq->session.id, a->row.user, a->row.contact, a->row.email,
	    a->row.method, flow_steps(t->arena, FLOW_SIGN_IN, a->state, n->facts), first_done, a->row.second_required,
	    a->state == STATE_DONE, missing_at(a->state, n), n->second_methods, known_at(a->state, n), first_done ? t->now : 0,
	    t->now, t->now + ATTEMPT_TTL_US));
	/* Each is told in every answer of the session until it expires. */
	TRY(sql_signin_attempts_crowd_delete(t, rq->deployment->id, rq->session.id, ATTEMPTS_MAX, &rows));
	return cache_touch(t, rq->deployment->id, SUBJECT_SESSION, rq->session.id.v);
}

/* These methods have proved nothing when their attempt begins: what is told must not depend on an account. */
static enum status
begin_blind(struct request *rq, struct attempt *a, const struct attempt_start *s)
{
	struct needs none = { 0, S(""), { S(""), S("{}") } };

	if (!flow_next(s->flow, s->from, s->event, 0, &a->state))
		return fail(&rq->task, E_BUG, "no attempt begins so");
	return insert(rq, a, false, &none);
}

static bool
is_choice(enum flow_event e)
{
	return e == EVENT_MAIL_CODE_CHOSEN || e == EVENT_LINK_CHOSEN || e == EVENT_SMS_CODE_CHOSEN;
}

static enum status
complete(struct request *rq, const struct attempt *a, bool again)
{
	const char *method = arena_dup(rq->task.arena, a->row.method).p;

	TRY_MEM(&rq->task, method);
	return again ? sign_in_complete_again(rq, a->row.user, method) : sign_in_complete(rq, a->row.user, method);
}

enum status
attempt_begin(struct request *rq, const struct attempt_start *s)
{
	struct attempt a = {
		.row = { .id = { id_next(rq->task.now) }, .user = s->user, .contact = s->contact, .email = s->shown,
		    .method = str_of(s->method) },
	};
	struct needs n;

	if (is_choice(s->event))
		return begin_blind(rq, &a, s);
	TRY(needs_load(rq, &a, &n));
	if (!flow_next(s->flow, s->from, s->event, n.facts, &a.state))
		return fail(&rq->task, E_BUG, "no attempt begins so");
	tell_needs(&a, &n);
	if (a.state == STATE_DONE)
		TRY(complete(rq, &a, s->flow == FLOW_RESET));
	return insert(rq, &a, true, &n);
}

static enum status
update(struct request *rq, const struct attempt *a, struct session_id session, const struct needs *n)
{
	struct deployment_id d = rq->deployment->id;
	struct task *t = &rq->task;
	int64_t rows;

	TRY(sql_signin_attempt_advance(t, d, a->row.id, a->row.steps, session,
	    flow_steps(t->arena, FLOW_SIGN_IN, a->state, n->facts), a->row.second_required, a->row.second_done,
	    a->state == STATE_DONE, missing_at(a->state, n), n->second_methods, known_at(a->state, n), t->now,
	    &rows));
	if (rows != 1)
		return refuse(rq, E_BAD_SIGN_IN_ATTEMPT, NULL);
	rq->told_signin_attempt = a->row.id;
	TRY(cache_touch(t, d, SUBJECT_SESSION, a->row.session.v));
	return cache_touch(t, d, SUBJECT_SESSION, session.v);
}

enum status
attempt_advance(struct request *rq, struct attempt *a, enum flow_event event)
{
	struct needs n;

	/* A profile may have been filled with a new password: then it was held before that. */
	if (event != EVENT_PROFILE_FILLED)
		TRY(attempt_hold(rq, a));
	a->row.second_done = a->row.second_done || event == EVENT_SECOND_FACTOR_RIGHT;
	TRY(needs_load(rq, a, &n));
	if (!flow_next(FLOW_SIGN_IN, a->state, event, n.facts, &a->state))
		return refuse(rq, E_BAD_SIGN_IN_ATTEMPT, NULL);
	tell_needs(a, &n);
	TRY(request_store_session(rq));
	/* Done, it stays where it was begun, and that page sees it; not done, it goes on where the link was opened. */
	TRY(update(rq, a, a->state == STATE_DONE ? a->row.session : rq->session.id, &n));
	return a->state == STATE_DONE ? complete(rq, a, event == EVENT_LINK_RIGHT || str_eq(a->row.method, S("magic_link"))) : OK;
}
