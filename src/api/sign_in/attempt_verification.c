/* attempt_verification.c - POST /auth/attempt-verification: a code, for the step that an attempt is at. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/factor/second_factor.h"
#include "api/sign_in/contact.h"
#include "api/sign_up/sign_up_attempt.h"
#include "base/str.h"

struct proof {
	struct attempt         sign_in;
	struct sign_up_attempt sign_up;
};

static bool
is_sign_up(const struct request *rq)
{
	return str_eq(query_text(rq, "identifier_type"), S("signup"));
}

static struct str
code_of(const struct request *rq)
{
	struct str code = body_text(rq, "verification_code");

	return str_trim(code.n > 0 ? code : query_text(rq, "verification_code"));
}

/* At this step a code can be guessed; what the second factor takes is not only what was sent. */
static enum status
check_step(struct request *rq, enum flow flow, enum flow_state state, int64_t subject)
{
	const struct verification *v = verification_of(flow, state);
	struct code_live live;
	enum status st;

	if (!v || v->sent == EVENT_LINK_SENT)
		return refuse(rq, E_BAD_SIGN_IN_ATTEMPT, NULL);
	if (state == STATE_SECOND_FACTOR)
		return OK;
	st = code_live(rq, v->purpose, subject, &live);
	return st == E_NOT_FOUND ? refuse(rq, E_VERIFICATION_CODE_EXPIRED, NULL) : st;
}

static enum status
find(struct task *t, void *arg)
{
	struct request *rq = arg;
	struct proof *p = rq->proof;
	struct str id = query_text(rq, "attempt_identifier");

	(void)t;
	if (is_sign_up(rq)) {
		TRY(sign_up_attempt_find(rq, id, false, &p->sign_up));
		request_tries(rq, (struct user_id){ 0 }, flow_word(p->sign_up.state).p);
		return check_step(rq, FLOW_SIGN_UP, p->sign_up.state, p->sign_up.row.id.v);
	}
	TRY(attempt_find(rq, id, false, &p->sign_in));
	request_tries(rq, p->sign_in.row.user, flow_word(p->sign_in.state).p);
	return check_step(rq, FLOW_SIGN_IN, p->sign_in.state, p->sign_in.row.id.v);
}

static enum status
attempt_prove(struct request *rq)
{
	struct proof *p = arena_one(rq->task.arena, struct proof);
	struct str type = query_text(rq, "identifier_type");

	TRY_MEM(&rq->task, p);
	rq->proof = p;
	request_tries(rq, (struct user_id){ 0 }, "code");
	if (code_of(rq).n == 0)
		return refuse(rq, E_MISSING_VERIFICATION_CODE, NULL);
	if (!str_eq(type, S("signin")) && !str_eq(type, S("signup")))
		return refuse(rq, E_BAD_REQUEST_BODY, "The field identifier_type must be signin or signup.");
	TRY(request_read(rq, find, rq));
	return is_sign_up(rq) ? sign_up_attempt_reserve_guess(rq, &p->sign_up) : attempt_reserve_guess(rq, &p->sign_in);
}

/* The answer does not say which factor the code is of: the message's, then the app's, then a backup code. */
static enum status
use_second_factor(struct request *rq, const struct attempt *a)
{
	enum status st = code_use(rq, CODE_SECOND_FACTOR, a->row.id.v, code_of(rq));

	return st == E_INVALID_CODE ? second_factor_use(rq, a->row.user, code_of(rq)) : st;
}

/* The holder of the address or number has shown it. An attempt of nobody's has no right code. */
static enum status
use_sent_code(struct request *rq, const struct attempt *a)
{
	const struct verification *v = verification_of(FLOW_SIGN_IN, a->state);
	enum status st;

	TRY(code_use(rq, v->purpose, a->row.id.v, code_of(rq)));
	if (a->row.user.v == 0)
		return E_INVALID_CODE;
	st = contact_prove(rq, v->by_phone, a->row.contact, a->row.user, a->state == STATE_VERIFY_EMAIL);
	return st == E_NOT_FOUND ? refuse(rq, E_BAD_SIGN_IN_ATTEMPT, NULL) : st;
}

static enum status
verify_sign_in(struct request *rq, struct attempt *a)
{
	bool second = a->state == STATE_SECOND_FACTOR;
	enum status st = second ? use_second_factor(rq, a) : use_sent_code(rq, a);

	if (st == E_INVALID_CODE)
		return refuse(rq, st, NULL);
	TRY(st);
	TRY(attempt_give_back(rq, a));
	return attempt_advance(rq, a, second ? EVENT_SECOND_FACTOR_RIGHT : EVENT_CODE_RIGHT);
}

static enum status
verify_sign_up(struct request *rq, struct sign_up_attempt *a)
{
	enum status st = code_use(rq, verification_of(FLOW_SIGN_UP, a->state)->purpose, a->row.id.v, code_of(rq));

	if (st == E_INVALID_CODE)
		return refuse(rq, st, NULL);
	TRY(st);
	return sign_up_attempt_advance(rq, a);
}

static enum status
go_on_sign_in(struct request *rq, enum flow_state counted)
{
	struct attempt a;

	TRY(attempt_find(rq, query_text(rq, "attempt_identifier"), true, &a));
	return a.state == counted ? verify_sign_in(rq, &a) : refuse(rq, E_BAD_SIGN_IN_ATTEMPT, NULL);
}

static enum status
go_on_sign_up(struct request *rq, enum flow_state counted)
{
	struct sign_up_attempt a;

	TRY(sign_up_attempt_find(rq, query_text(rq, "attempt_identifier"), true, &a));
	return a.state == counted ? verify_sign_up(rq, &a) : refuse(rq, E_BAD_SIGN_IN_ATTEMPT, NULL);
}

/* Found once more: it may have gone on since the guess was counted, and then this code is not for that step. */
static enum status
attempt_verification(struct request *rq)
{
	const struct proof *p = rq->proof;

	TRY(is_sign_up(rq) ? go_on_sign_up(rq, p->sign_up.state) : go_on_sign_in(rq, p->sign_in.state));
	return reply_session(rq);
}

const struct route route_attempt_verification = {
	.method = HTTP_POST, .path = "/auth/attempt-verification", .name = "auth_attempt_verification",
	.summary = "Prove an attempt's current step by a code; the attempt is the last of its kind in the answer.",
	.auth = AUTH_SESSION, .tx = TX_WRITE, .lane = LANE_WORKER,
	.query = {
		{ .name = "attempt_identifier", .kind = F_TEXT, .required = true, .max = 64, .missing = E_BAD_SIGN_IN_ATTEMPT,
		    .help = "the attempt" },
		REQ_TEXT("identifier_type", 16, "signin or signup"),
		OPT_TEXT("verification_code", 64, "the code, when it is not in the body"),
	},
	.body = { OPT_TEXT("verification_code", 64, "a code that was sent, of an authenticator, or a backup code") },
	.fails = { E_MISSING_VERIFICATION_CODE, E_VERIFICATION_CODE_EXPIRED, E_INVALID_CODE, E_BAD_SIGN_IN_ATTEMPT,
	    E_USER_DISABLED, E_USER_ALREADY_SIGNED_IN, E_LIMIT_REACHED, E_EMAIL_EXISTS, E_USERNAME_EXISTS,
	    E_PHONE_NUMBER_EXISTS, E_RATE_LIMITED },
	.prove = attempt_prove, .run = attempt_verification,
};
