/* step_up.c - somebody who is signed in proves once more that it is they. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/app.h"
#include "api/factor/second_factor.h"
#include "api/me/me.h"
#include "api/sign_in/code.h"
#include "api/sign_in/known_device.h"
#include "auth/password.h"
#include "base/str.h"
#include "notify/outbox.h"
#include "store/store.gen.h"

/* What .prove found out, for .run. */
struct proof {
	bool                  by_password;
	struct account_secret secret;
	struct try            account_try, streak_try;
};

static enum status
read_secret(struct task *t, void *arg)
{
	struct request *rq = arg;
	struct proof *p = rq->proof;

	return sql_account_secret_find(t, rq->deployment->id, rq->signin->user, &p->secret);
}

/* Only the person: whoever acts for somebody cannot prove to be them. */
static enum status
load(struct request *rq, struct proof **ret_proof)
{
	struct proof *p = arena_one(rq->task.arena, struct proof);

	TRY_MEM(&rq->task, p);
	rq->proof = p;
	if (rq->signin->actor.n > 0)
		return refuse(rq, E_FORBIDDEN, "This cannot be done on somebody else's behalf.");
	*ret_proof = p;
	return request_read(rq, read_secret, rq);
}

/* The counter is that of signing in: there is one for all ways to try passwords (AUT-03). */
static enum status
prove_password(struct request *rq, struct proof *p)
{
	struct str password = body_text(rq, "password");
	enum password_verdict verdict = PASSWORD_WRONG;
	struct try tries[3] = {
		{ RULE_SIGN_IN_ACCOUNT, user_id_str(rq->task.arena, rq->signin->user) },
		{ RULE_SIGN_IN_SOURCE, request_source(rq) },
		{ .rule = RULE_SIGN_IN_STREAK },
	};

	if (password.n > PASSWORD_BYTES_MAX)
		return refuse(rq, E_BAD_REQUEST_BODY, "This password is too long.");
	p->by_password = true;
	TRY(known_device_subject(rq, rq->signin->user, &tries[2].subject));
	p->account_try = tries[0];
	p->streak_try = tries[2];
	TRY(request_reserve(rq, tries, ARRAY_LEN(tries)));
	TRY(password_verify(&rq->task, rq->app->hasher, rq->deployment->id, p->secret.password_record, password, &verdict));
	/* What others know as well proves nothing. */
	if (verdict == PASSWORD_WRONG || p->secret.standing != PASSWORD_OWN)
		return refuse(rq, E_INVALID_CREDENTIALS, NULL);
	return OK;
}

static struct str
counted_as(const struct request *rq)
{
	return arena_printf(rq->task.arena, "step-up:%lld", (long long)rq->signin->user.v);
}

static enum status
step_up_prove(struct request *rq)
{
	bool has_password = body_text(rq, "password").n > 0, has_code = body_text(rq, "code").n > 0;
	struct proof *p;

	request_tries(rq, rq->signin->user, has_password ? "password" : "code");
	if (has_password == has_code)
		return refuse(rq, E_BAD_REQUEST_BODY, "Send either the password or a code.");
	TRY(load(rq, &p));
	if (has_password)
		return prove_password(rq, p);
	return second_factor_reserve(rq, rq->signin->user, counted_as(rq));
}

/* The password was right for the record that was read: is it still the record? */
static enum status
confirm_password(struct request *rq, const struct proof *p)
{
	struct account_secret now;
	int64_t tries;

	TRY(sql_account_secret_find(&rq->task, rq->deployment->id, rq->signin->user, &now));
	if (!str_eq(now.password_record, p->secret.password_record) || now.standing != PASSWORD_OWN)
		return refuse(rq, E_INVALID_CREDENTIALS, NULL);
	TRY(request_end_streak(rq, &p->streak_try, &tries));
	return request_give_back(rq, &p->account_try);
}

/* A mailed code is for those who have no password: with one, a mailbox alone must not be enough. */
static enum status
use_code(struct request *rq)
{
	struct str code = str_trim(body_text(rq, "code"));
	enum status st = second_factor_use(rq, rq->signin->user, code);

	if (st == E_INVALID_CODE && !me_account(rq)->has_password)
		st = code_use(rq, CODE_STEP_UP, rq->signin->id.v, code);
	if (st == E_INVALID_CODE)
		return refuse(rq, st, NULL);
	TRY(st);
	return second_factor_give_back(rq, rq->signin->user, counted_as(rq));
}

static enum status
step_up(struct request *rq)
{
	const struct proof *p = rq->proof;
	struct task *t = &rq->task;
	int64_t rows;
	struct json *j;

	TRY(p->by_password ? confirm_password(rq, p) : use_code(rq));
	TRY(sql_signin_prove(t, rq->deployment->id, rq->signin->id, t->now, &rows));
	if (rows == 0)
		return refuse(rq, E_UNAUTHORIZED, NULL);
	TRY(request_renew_token(rq));
	TRY(audit(rq, AUDIT_SIGNIN_PROVED, rq->signin->user, STR_NONE));
	j = reply(rq);
	json_object_begin(j, "data");
	json_time(j, "proved_at", t->now);
	json_object_end(j);
	return OK;
}

const struct route route_step_up = {
	.method = HTTP_POST, .path = "/session/step-up", .name = "session_step_up",
	.summary = "Prove once more who it is, by the password or a code; for ten minutes credentials can be changed.",
	.auth = AUTH_SIGNIN, .tx = TX_WRITE, .lane = LANE_HASH,
	.body = {
		OPT_TEXT("password", 1024, "the account's password"),
		OPT_TEXT("code", 64, "of an authenticator app, a backup code, or the mailed one of an account without a password"),
	},
	.fails = { E_INVALID_CREDENTIALS, E_INVALID_CODE, E_FORBIDDEN, E_OVERLOADED },
	.prove = step_up_prove, .run = step_up,
};

/* The primary address, if it is proven to be theirs. */
static const struct contact_row *
mailbox(const struct request *rq)
{
	const struct session_state *s = &rq->state;

	for (size_t i = 0; i < s->n_contacts; i++)
		if (!s->contacts[i].is_phone && s->contacts[i].id == me_account(rq)->primary_email.v)
			return s->contacts[i].verified_at != 0 ? &s->contacts[i] : NULL;
	return NULL;
}

static enum status
check_mailable(struct request *rq, const struct contact_row **ret_to)
{
	if (me_account(rq)->has_password)
		return refuse(rq, E_BAD_REQUEST_BODY, "Confirm with your password.");
	*ret_to = mailbox(rq);
	return *ret_to ? OK : refuse(rq, E_BAD_REQUEST_BODY, "There is no verified email address to send a code to.");
}

static enum status
step_up_prepare_prove(struct request *rq)
{
	const struct contact_row *to;
	struct proof *p;

	TRY(load(rq, &p));
	TRY(check_mailable(rq, &to));
	return code_reserve_send(rq, to->value);
}

/* The code belongs to this very sign-in: another browser's is of no use here. */
static enum status
step_up_prepare(struct request *rq)
{
	const struct contact_row *to;
	struct message m = { .kind = MESSAGE_SIGN_IN_CODE };
	struct str code, shown;
	struct json *j;

	TRY(check_mailable(rq, &to));
	shown = code_mask_email(rq->task.arena, to->value);
	TRY(code_issue(rq, CODE_STEP_UP, rq->signin->id.v, shown, &code));
	m.to = to->value;
	m.user = rq->signin->user;
	m.vars[0] = (struct message_var){ "code", code };
	TRY(outbox_put(&rq->task, rq->app->keys, rq->deployment->id, &m));
	j = reply(rq);
	json_object_begin(j, "data");
	json_bool(j, "otp_sent", true);
	json_str(j, "masked_email", shown);
	json_object_end(j);
	return OK;
}

const struct route route_step_up_prepare = {
	.method = HTTP_POST, .path = "/session/step-up/prepare", .name = "session_step_up_prepare",
	.summary = "Mail a code to somebody who has no password to prove themselves with.",
	.auth = AUTH_SIGNIN, .tx = TX_WRITE, .lane = LANE_WORKER,
	.fails = { E_FORBIDDEN },
	.prove = step_up_prepare_prove, .run = step_up_prepare,
};
