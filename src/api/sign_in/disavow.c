/*
 * disavow.c - "this was not me": links in mails about an account's security.
 *
 * Mail scanners follow links, so following one shows a page and nothing else (OTP-07); its button posts the secret. The
 * routes have no session and need none: whoever has the secret was sent it.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/sign_in/disavow.h"

#include "api/app.h"
#include "api/notice.h"
#include "api/page.h"
#include "api/sign_in/known_device.h"
#include "base/secret.h"
#include "base/str.h"
#include "session/coherence.h"
#include "store/store.gen.h"

enum { SECRET_BYTES = 32, SECRET_CHARS = 43 };

static enum status
hash(struct request *rq, struct str secret, struct keys_each *each, uint8_t ret_hash[32])
{
	struct str parts[] = { S("disavowal"), secret };

	return keys_mac_each(&rq->task, rq->app->keys, KEY_CODE, rq->deployment->id, parts, ARRAY_LEN(parts), each, ret_hash);
}

enum status
disavowal_link(struct request *rq, struct user_id user, struct str *ret_link)
{
	struct task *t = &rq->task;
	uint8_t bytes[SECRET_BYTES], h[32];
	struct keys_each by_current = { 0 };
	struct str secret;

	if (!secret_random(bytes, sizeof(bytes)))
		return fail(t, E_INTERNAL, "disavowal: no randomness");
	secret = str_b64url(t->arena, bytes, sizeof(bytes));
	secret_wipe(bytes, sizeof(bytes));
	TRY(hash(rq, secret, &by_current, h));
	TRY(sql_disavowal_insert(t, rq->deployment->id, (struct str){ (const char *)h, sizeof(h) }, user, t->now,
	    t->now + DISAVOWAL_TTL_US));
	*ret_link = arena_printf(t->arena, STR_FMT "/auth/not-me?token=" STR_FMT, STR_ARG(rq->deployment->base_url), STR_ARG(secret));
	TRY_MEM(t, ret_link->p);
	return OK;
}

/* What was added since the mail is not theirs either, and must not be what they come back in with, or somebody else does. */
static enum status
remove_since(struct request *rq, struct user_id user, int64_t since)
{
	struct deployment_id d = rq->deployment->id;
	struct task *t = &rq->task;
	int64_t rows;

	TRY(sql_disavowed_passkeys_delete(t, d, user, since, &rows));
	TRY(sql_disavowed_authenticators_delete(t, d, user, since, &rows));
	TRY(sql_disavowed_backup_codes_delete(t, d, user, since, &rows));
	TRY(sql_disavowed_emails_delete(t, d, user, since, &rows));
	TRY(sql_disavowed_phones_delete(t, d, user, since, &rows));
	/* Links that were mailed since may be in their mailbox. */
	TRY(sql_disavowals_since_delete(t, d, user, since, &rows));
	return sql_account_disavow(t, d, user, t->now, &rows);
}

static enum status
disavow(struct request *rq, struct user_id user, int64_t since)
{
	struct deployment_id d = rq->deployment->id;
	struct task *t = &rq->task;

	TRY(session_end_user(t, d, user, NULL));
	TRY(known_device_forget(rq, user));
	TRY(remove_since(rq, user, since));
	TRY(cache_touch(t, d, SUBJECT_USER, user.v));
	TRY(audit(rq, AUDIT_USER_DISAVOWED, user, STR_NONE));
	return notice_put_last(rq, user, "You told us that it was not you. Everybody was signed out of your account, what was added to it since "
	    "was removed, and its password does not work any more. Set a new one with Forgot password.");
}

/* By whichever master key made it. E_NOT_FOUND: there is none. */
static enum status
take(struct request *rq, struct str secret, struct disavowal_take_row *ret_taken)
{
	struct keys_each each = { 0 };
	uint8_t h[32];
	enum status st;

	do {
		TRY(hash(rq, secret, &each, h));
		st = sql_disavowal_take(
		    &rq->task, rq->deployment->id, (struct str){ (const char *)h, sizeof(h) }, rq->task.now, ret_taken);
	} while (st == E_NOT_FOUND);
	return st;
}

static enum status
use(struct request *rq)
{
	struct disavowal_take_row taken;
	enum status st;
	int64_t rows;

	request_tries(rq, (struct user_id){ 0 }, "mailed_link");
	st = take(rq, body_text(rq, "token"), &taken);
	if (st == E_NOT_FOUND)
		return refuse(rq, E_INVALID_CODE, "This link is not valid any more. Set a new password with Forgot password, or ask for help.");
	TRY(st);
	rq->tried = taken.user;
	/* Before what belongs to it, as every other deed does. Disabled: it is signed out all the same. */
	TRY(sql_account_lock(&rq->task, rq->deployment->id, taken.user, &rows));
	return disavow(rq, taken.user, taken.created_at);
}

static enum status
not_me(struct request *rq)
{
	TRY(use(rq));
	return reply_page(rq, "Your account is yours again",
	    "Everybody has been signed out. Open the app and choose Forgot password to set a new password.", NULL);
}

const struct route route_not_me = {
	.method = HTTP_POST, .path = "/auth/not-me", .name = "auth_not_me",
	.summary = "Take back what happened to an account, with the secret of a mail about it: signs out everywhere, and asks for a new password.",
	.auth = AUTH_NONE, .tx = TX_WRITE, .lane = LANE_WORKER, .rate = RULE_LOOKUP, .page = true,
	.body = { REQ_TEXT("token", 64, "the mail's secret") },
	.fails = { E_INVALID_CODE },
	.run = not_me,
};

/* Looks nothing up: it is shown to scanners too. */
static enum status
not_me_page(struct request *rq)
{
	struct page_form form = { "token", query_text(rq, "token"), "This was not me: sign everybody out" };

	return reply_page(rq, "Was this not you?",
	    "The button signs everybody out of your account, removes what was added to it since that mail, and makes its password "
	    "worthless, so that you set a new one. If it was you, close this page: nothing has happened.", &form);
}

const struct route route_not_me_page = {
	.method = HTTP_GET, .path = "/auth/not-me", .name = "auth_not_me_page",
	.summary = "The page that a mail about an account's security links to; it only has a button.",
	.auth = AUTH_NONE, .tx = TX_NONE, .lane = LANE_LOOP, .rate = RULE_LOOKUP, .page = true,
	.query = { REQ_TEXT("token", 64, "the mail's secret") },
	.run = not_me_page,
};
