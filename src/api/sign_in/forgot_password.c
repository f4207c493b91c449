/* forgot_password.c - POST /auth/forgot-password: mail a code, or exchange it for the token that sets a password. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/app.h"
#include "api/sign_in/known_device.h"
#include "api/sign_in/reset.h"
#include "base/str.h"
#include "notify/outbox.h"

static bool
has_code(const struct request *rq)
{
	return body_text(rq, "otp").n > 0;
}

static struct str
code_of(const struct request *rq)
{
	return str_trim(body_text(rq, "otp"));
}

static enum status
find(struct task *t, void *arg)
{
	struct request *rq = arg;
	struct reset *r = rq->proof;
	enum status st;

	(void)t;
	TRY(reset_find(rq, r));
	rq->tried = r->owner.user;
	if (!has_code(rq))
		return OK;
	st = reset_live(rq, r, CODE_RESET);
	return st == E_NOT_FOUND ? refuse(rq, E_VERIFICATION_CODE_EXPIRED, NULL) : st;
}

/* In a browser the account knows, what strangers try elsewhere uses up nothing (AUT-06). */
static enum status
reserve_guess(struct request *rq, const struct reset *r)
{
	struct str account;

	TRY(known_device_subject(rq, r->owner.user, &account));
	if (r->owner.user.v == 0)
		account = arena_printf(rq->task.arena, "name:" STR_FMT, STR_ARG(r->key));
	return code_reserve_guess(rq, CODE_RESET, r->code, account);
}

static enum status
forgot_prove(struct request *rq)
{
	struct reset *r = arena_one(rq->task.arena, struct reset);

	TRY_MEM(&rq->task, r);
	rq->proof = r;
	if (!rq->deployment->settings.auth.password.enabled)
		return refuse(rq, E_FEATURE_DISABLED, "Passwords are not used here.");
	TRY(reset_read(rq, body_text(rq, "email"), r));
	request_tries(rq, (struct user_id){ 0 }, "reset_code");
	TRY(request_read(rq, find, rq));
	if (!has_code(rq))
		return code_reserve_send(rq, r->email);
	return reserve_guess(rq, r);
}

/* Whoever has no account is answered alike, after the same work. */
static enum status
send_code(struct request *rq, const struct reset *r)
{
	struct message m = { .kind = MESSAGE_RESET_CODE, .to = r->owner.value, .user = r->owner.user, .vars = { { "code", S("------") } } };

	TRY(request_store_session(rq));
	if (r->owner.user.v != 0) {
		TRY(code_issue(rq, CODE_RESET, r->code, r->email, &m.vars[0].value));
	} else {
		m.for_nobody = true;
		m.to = r->email;
		TRY(code_issue_void(rq, CODE_RESET, r->code, r->email));
	}
	return outbox_put(&rq->task, rq->app->keys, rq->deployment->id, &m);
}

/* The token names the address that its code was mailed to; its secret is good for that one alone. */
static enum status
exchange(struct request *rq, const struct reset *r, struct str *ret_token)
{
	struct try tried = { .rule = RULE_CODE_ACCOUNT };
	struct str secret;

	TRY(code_use(rq, CODE_RESET, r->code, code_of(rq)));
	if (r->owner.user.v == 0)
		return E_INVALID_CODE;
	TRY(code_issue(rq, CODE_RESET_TOKEN, r->subject, r->email, &secret));
	*ret_token = arena_printf(rq->task.arena, "%lld." STR_FMT, (long long)r->subject, STR_ARG(secret));
	TRY(known_device_subject_now(rq, r->owner.user, &tried.subject));
	return request_give_back(rq, &tried);
}

static enum status
forgot_password(struct request *rq)
{
	struct reset r = *(const struct reset *)rq->proof;
	struct str token = S("");
	struct json *j;
	enum status st;

	TRY(reset_find(rq, &r));
	if (has_code(rq)) {
		st = reset_live(rq, &r, CODE_RESET);
		if (st == E_NOT_FOUND)
			return refuse(rq, E_VERIFICATION_CODE_EXPIRED, NULL);
		TRY(st);
		st = exchange(rq, &r, &token);
		if (st == E_INVALID_CODE)
			return refuse(rq, st, NULL);
		TRY(st);
	} else {
		TRY(send_code(rq, &r));
	}
	j = reply(rq);
	json_object_begin(j, "data");
	if (token.n > 0)
		json_str(j, "token", token);
	json_object_end(j);
	return OK;
}

const struct route route_forgot_password = {
	.method = HTTP_POST, .path = "/auth/forgot-password", .name = "auth_forgot_password",
	.summary = "Have a code mailed; with that code, get the token that sets a new password.",
	.auth = AUTH_SESSION, .tx = TX_WRITE, .lane = LANE_WORKER,
	.body = {
		REQ_TEXT("email", 320, "an e-mail address"),
		OPT_TEXT("otp", 64, "the code that was mailed"),
		OPT_TEXT("challenge_token", 256, "not asked for"),
	},
	.fails = { E_INVALID_CODE, E_VERIFICATION_CODE_EXPIRED, E_FEATURE_DISABLED, E_RATE_LIMITED },
	.prove = forgot_prove, .run = forgot_password,
};
