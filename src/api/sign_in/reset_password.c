/* reset_password.c - POST /auth/reset-password: a new password, by the token that a mailed code was exchanged for. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/app.h"
#include "api/sign_in/attempt.h"
#include "api/sign_in/contact.h"
#include "api/sign_in/new_password.h"
#include "api/sign_in/reset.h"
#include "auth/password.h"
#include "base/str.h"

struct proof {
	struct reset reset;
	struct str   secret, record;
};

/* The address's number, a dot, and the secret. */
static bool
read_token(const struct request *rq, struct proof *p)
{
	struct str number;

	return str_cut(body_text(rq, "token"), '.', &number, &p->secret) && str_int(number, 1, INT64_MAX, &p->reset.subject);
}

static enum status
find_reset(struct request *rq, int64_t subject, struct reset *ret_reset)
{
	enum status st = reset_find_subject(rq, subject, ret_reset);

	st = st == OK ? reset_live(rq, ret_reset, CODE_RESET_TOKEN) : st;
	return st == E_NOT_FOUND ? refuse(rq, E_INVALID_CODE, "This is not valid any more. Ask for a new code.") : st;
}

static enum status
find(struct task *t, void *arg)
{
	struct request *rq = arg;
	struct proof *p = rq->proof;

	(void)t;
	TRY(find_reset(rq, p->reset.subject, &p->reset));
	rq->tried = p->reset.owner.user;
	return OK;
}

static enum status
reset_prove(struct request *rq)
{
	struct proof *p = arena_one(rq->task.arena, struct proof);
	struct try source = { RULE_CODE_SOURCE, request_source(rq) };
	struct str password = body_text(rq, "password");

	TRY_MEM(&rq->task, p);
	rq->proof = p;
	request_tries(rq, (struct user_id){ 0 }, "reset_token");
	if (!read_token(rq, p))
		return refuse(rq, E_INVALID_CODE, "This is not valid any more. Ask for a new code.");
	TRY(request_reserve(rq, &source, 1));
	TRY(request_read(rq, find, rq));
	TRY(new_password_check(rq, password, &p->reset.owner.value, 1));
	return password_hash(&rq->task, rq->app->hasher, rq->deployment->id, password, &p->record);
}

static enum status
set_password(struct request *rq, const struct reset *r, struct str record)
{
	struct task *t = &rq->task;
	int64_t rows;

	TRY(sql_account_lock(t, rq->deployment->id, r->owner.user, &rows));
	if (rows == 0)
		return refuse(rq, E_USER_DISABLED, NULL);
	TRY(contact_prove(rq, false, r->subject, r->owner.user, false));
	return new_password_put(rq, r->owner.user, record, AUDIT_PASSWORD_RESET);
}

static enum status
reset_password(struct request *rq)
{
	const struct proof *p = rq->proof;
	struct reset r;
	enum status st;

	TRY(find_reset(rq, p->reset.subject, &r));
	st = code_use(rq, CODE_RESET_TOKEN, r.subject, p->secret);
	if (st == E_INVALID_CODE)
		return refuse(rq, st, "This is not valid any more. Ask for a new code.");
	TRY(st);
	TRY(set_password(rq, &r, p->record));
	TRY(attempt_begin(rq, &(struct attempt_start){
	    .flow = FLOW_RESET, .from = STATE_RESET_TOKEN, .event = EVENT_PASSWORD_SET, .user = r.owner.user,
	    .contact = r.subject, .shown = r.owner.value, .method = "plain_email",
	}));
	return reply_session(rq);
}

const struct route route_reset_password = {
	.method = HTTP_POST, .path = "/auth/reset-password", .name = "auth_reset_password",
	.summary = "Set a new password; ends the account's other sign-ins, and signs in where no second factor is asked for.",
	.auth = AUTH_SESSION, .tx = TX_WRITE, .lane = LANE_HASH,
	.body = {
		{ .name = "token", .kind = F_TEXT, .required = true, .max = 128, .missing = E_INVALID_CODE, .help = "of forgot-password" },
		REQ_TEXT("password", 1024, "by the deployment's policy"),
	},
	.fails = { E_INVALID_CODE, E_WEAK_PASSWORD, E_USER_DISABLED, E_LIMIT_REACHED, E_RATE_LIMITED, E_OVERLOADED },
	.prove = reset_prove, .run = reset_password,
};
