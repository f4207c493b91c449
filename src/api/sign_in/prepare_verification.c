/* prepare_verification.c - POST /auth/prepare-verification: send the code or the link that this step asks for. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/app.h"
#include "api/factor/second_factor.h"
#include "api/sign_in/contact.h"
#include "api/sign_in/link.h"
#include "api/sign_up/sign_up_attempt.h"
#include "base/str.h"
#include "session/coherence.h"

enum { LAST_DIGITS = 4 };

/* What goes where. Read before anything is counted, and once more in the transaction that sends it. */
struct sending {
	const struct verification *v;
	struct attempt             sign_in;
	struct sign_up_attempt     sign_up;
	struct str                 to;		/* the address; "+15551234567" */
	struct str                 shown;	/* as the caller knows it: this is what is masked */
	struct user_id             user;	/* 0: of a sign-in, then nobody's, and nothing is sent */
};

static bool
is_sign_up(const struct request *rq)
{
	return str_eq(query_text(rq, "identifier_type"), S("signup"));
}

/* The step must be one for which something is sent, and in the way that was asked for. */
static enum status
choose(struct request *rq, enum flow flow, enum flow_state state, struct sending *s)
{
	enum flow_state next;

	s->v = verification_of(flow, state);
	if (!s->v || !str_eq(query_text(rq, "strategy"), str_of(s->v->strategy)) ||
	    !flow_next(flow, state, s->v->sent, 0, &next))
		return refuse(rq, E_BAD_SIGN_IN_ATTEMPT, NULL);
	return OK;
}

/* Nobody's attempt has a recipient as well: the same things are counted and answered. */
static enum status
aim_at_nobody(struct request *rq, struct sending *s)
{
	s->shown = s->sign_in.row.email;
	s->to = s->v->by_phone && !str_starts(s->shown, S("+")) ? arena_printf(rq->task.arena, "+" STR_FMT, STR_ARG(s->shown))
								 : s->shown;
	return OK;
}

static enum status
aim_at_contact(struct request *rq, struct sending *s)
{
	const struct signin_attempt_full *row = &s->sign_in.row;
	struct contact_owner c;
	enum status st;

	/* A password has shown already whose the address is meant to be; a code alone must not lead to another's account. */
	if (s->sign_in.state == STATE_VERIFY_EMAIL)
		st = sql_contact_by_email_id(&rq->task, rq->deployment->id, row->contact, &c);
	else
		st = contact_find(&rq->task, rq->deployment->id, s->v->by_phone, row->contact, &c);
	if (st == E_NOT_FOUND || (st == OK && c.user.v != row->user.v))
		return aim_at_nobody(rq, s);
	TRY(st);
	s->user = row->user;
	s->to = contact_recipient(rq->task.arena, c.dial_code, c.value);
	s->shown = row->first_done ? c.value : row->email;
	return OK;
}

/* One of the user's verified numbers, whose last digits the caller knows. */
static enum status
aim_at_second_factor(struct request *rq, struct sending *s)
{
	struct str last = query_text(rq, "last_digits");
	struct second_factors f;
	struct contact_row *c;
	size_t n;

	s->user = s->sign_in.row.user;
	TRY(second_factors_load(&rq->task, rq->deployment, s->user, &f));
	TRY(sql_account_contacts(&rq->task, rq->deployment->id, s->user, &c, &n));
	for (size_t i = 0; i < n && f.phone_otp && !attempt_is_by_phone(&s->sign_in); i++) {
		if (!c[i].is_phone || c[i].verified_at == 0 || last.n != LAST_DIGITS || !str_ends(c[i].value, last))
			continue;
		s->shown = c[i].value;
		s->to = arena_printf(rq->task.arena, STR_FMT STR_FMT, STR_ARG(c[i].dial_code), STR_ARG(c[i].value));
		return OK;
	}
	return refuse(rq, E_BAD_SIGN_IN_ATTEMPT, "Enter the last four digits of your phone number.");
}

static enum status
aim_sign_in(struct request *rq, struct sending *s)
{
	if (s->sign_in.state == STATE_SECOND_FACTOR)
		return aim_at_second_factor(rq, s);
	return s->sign_in.row.user.v ? aim_at_contact(rq, s) : aim_at_nobody(rq, s);
}

static enum status
find_attempt(struct request *rq, struct sending *s, bool counted)
{
	struct str id = query_text(rq, "attempt_identifier");

	if (is_sign_up(rq)) {
		TRY(sign_up_attempt_find(rq, id, counted, &s->sign_up));
		return choose(rq, FLOW_SIGN_UP, s->sign_up.state, s);
	}
	TRY(attempt_find(rq, id, counted, &s->sign_in));
	return choose(rq, FLOW_SIGN_IN, s->sign_in.state, s);
}

static enum status
find_first(struct task *t, void *arg)
{
	struct request *rq = arg;

	(void)t;
	return find_attempt(rq, rq->proof, false);
}

static enum status
aim(struct task *t, void *arg)
{
	struct request *rq = arg;
	struct sending *s = rq->proof;

	(void)t;
	if (!is_sign_up(rq))
		return aim_sign_in(rq, s);
	s->to = sign_up_attempt_recipient(rq, &s->sign_up);
	s->shown = s->v->by_phone ? s->sign_up.row.phone_number : s->to;
	return OK;
}

static enum status
check_query(struct request *rq)
{
	struct str type = query_text(rq, "identifier_type");

	if (!str_eq(type, S("signin")) && !str_eq(type, S("signup")))
		return refuse(rq, E_BAD_REQUEST_BODY, "The field identifier_type must be signin or signup.");
	return link_check_redirect(rq);
}

static enum status
give_back_guess(struct request *rq, const struct sending *s)
{
	struct deployment_id d = rq->deployment->id;
	int64_t rows;

	if (s->v->state != STATE_SECOND_FACTOR)
		return OK;
	TRY(attempt_give_back(rq, &s->sign_in));
	TRY(sql_signin_attempt_guess_back(&rq->task, d, s->sign_in.row.id, &rows));
	return cache_touch(&rq->task, d, SUBJECT_SESSION, rq->session.id.v);
}

static enum status
give_back(struct task *t, void *arg)
{
	struct request *rq = arg;

	(void)t;
	return give_back_guess(rq, rq->proof);
}

/* The digits were right: that nothing may be sent just now is no guess. */
static enum status
reserve_send(struct request *rq, const struct sending *s)
{
	enum status st = code_reserve_send(rq, s->to);

	if (st == E_RATE_LIMITED)
		TRY(request_write(rq, give_back, rq));
	return st;
}

/* The last digits of somebody's number are guessed at like a code. */
static enum status
prepare_prove(struct request *rq)
{
	struct sending *s = arena_one(rq->task.arena, struct sending);

	TRY_MEM(&rq->task, s);
	rq->proof = s;
	TRY(check_query(rq));
	TRY(request_read(rq, find_first, rq));
	if (s->v->state == STATE_SECOND_FACTOR)
		TRY(attempt_reserve_guess(rq, &s->sign_in));
	TRY(request_read(rq, aim, rq));
	return reserve_send(rq, s);
}

/* The same work for nobody, as far as it can be timed: drawn, hashed, stored and sealed, but not sent. */
static enum status
send_nothing(struct request *rq, const struct sending *s)
{
	struct message m = { .kind = s->v->kind, .to = s->to, .for_nobody = true, .vars = { { "code", S("------") } } };

	TRY(code_issue_void(rq, s->v->purpose, s->sign_in.row.id.v, s->to));
	return outbox_put(&rq->task, rq->app->keys, rq->deployment->id, &m);
}

static enum status
send_sign_in(struct request *rq, const struct sending *s)
{
	bool is_link = s->v->sent == EVENT_LINK_SENT;
	struct message m = { .kind = s->v->kind, .to = s->to, .user = s->user, .vars = { { is_link ? "link" : "code", S("") } } };
	struct str secret;

	if (s->user.v == 0)
		return send_nothing(rq, s);
	TRY(code_issue(rq, s->v->purpose, s->sign_in.row.id.v, s->to, &secret));
	m.vars[0].value = is_link ? link_text(rq, s->sign_in.row.id, secret) : secret;
	return outbox_put(&rq->task, rq->app->keys, rq->deployment->id, &m);
}

static enum status
reply_sent(struct request *rq, const struct sending *s)
{
	struct arena *a = rq->task.arena;
	struct json *j = reply(rq);

	json_object_begin(j, "data");
	json_bool(j, "otp_sent", true);
	json_str(j, "verification_method", str_of(s->v->strategy));
	if (s->v->by_phone)
		json_str(j, "masked_phone", code_mask_phone(a, s->shown));
	else
		json_str(j, "masked_email", code_mask_email(a, s->shown));
	json_object_end(j);
	return OK;
}

static enum status
prepare_verification(struct request *rq)
{
	struct sending *s = rq->proof;
	struct str counted = s->to;

	TRY(find_attempt(rq, s, true));
	TRY(aim(&rq->task, rq));
	if (!str_eq(s->to, counted))
		return refuse(rq, E_BAD_SIGN_IN_ATTEMPT, NULL);
	TRY(is_sign_up(rq) ? sign_up_attempt_send(rq, &s->sign_up) : send_sign_in(rq, s));
	TRY(give_back_guess(rq, s));
	return reply_sent(rq, s);
}

const struct route route_prepare_verification = {
	.method = HTTP_POST, .path = "/auth/prepare-verification", .name = "auth_prepare_verification",
	.summary = "Send the code or link of an attempt's current step; it takes the place of an earlier one.",
	.auth = AUTH_SESSION, .tx = TX_WRITE, .lane = LANE_WORKER,
	.query = {
		{ .name = "attempt_identifier", .kind = F_TEXT, .required = true, .max = 64, .missing = E_BAD_SIGN_IN_ATTEMPT,
		    .help = "the attempt" },
		REQ_TEXT("identifier_type", 16, "signin or signup"),
		{ .name = "strategy", .kind = F_TEXT, .required = true, .max = 32, .missing = E_VERIFICATION_STRATEGY_REQUIRED,
		    .help = "email_otp, phone_otp or magic_link" },
		OPT_TEXT("last_digits", 4, "of the number, when it is the second factor"),
		OPT_TEXT("redirect_uri", 2000, "where the page of a link leads in the end"),
	},
	.body = { OPT_TEXT("challenge_token", 256, "not asked for") },
	.fails = { E_BAD_SIGN_IN_ATTEMPT, E_RATE_LIMITED },
	.prove = prepare_prove, .run = prepare_verification,
};
