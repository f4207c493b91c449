/* waitlist_join.c - POST /waitlist/join: wait until an operator invites. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/app.h"
#include "api/sign_in/code.h"
#include "api/sign_up/restrictions.h"
#include "auth/identifier.h"
#include "base/str.h"
#include "notify/outbox.h"
#include "store/store.gen.h"

enum { NAME_MAX = 50 };

struct joining {
	struct str email, email_key, first_name, last_name;
};

static enum status
read_name(struct request *rq, const char *field, const char *label, bool required, struct str *ret_name)
{
	struct str v = body_text(rq, field);

	*ret_name = S("");
	if (v.n == 0)
		return required ? refuse(rq, E_REQUIRED_FIELD, "Enter your %s.", label) : OK;
	if (identifier_name(&rq->task, v, NAME_MAX, ret_name) == OK)
		return OK;
	return refuse(rq, E_BAD_REQUEST_BODY, "Enter a %s of at most %d printable characters.", label, NAME_MAX);
}

static enum status
read_email(struct request *rq, struct joining *jo)
{
	struct str v = body_text(rq, "email");

	if (v.n == 0)
		return refuse(rq, E_REQUIRED_FIELD, "Enter your email address.");
	if (identifier_email(&rq->task, v, &jo->email, &jo->email_key) == OK)
		return OK;
	return refuse(rq, E_BAD_REQUEST_BODY, "Enter a valid email address.");
}

/* `found`: how a look-up went. */
static enum status
refuse_found(struct request *rq, enum status found, const char *sentence)
{
	if (found == OK)
		return refuse(rq, E_EMAIL_EXISTS, sentence ? "%s" : NULL, sentence);
	return found == E_NOT_FOUND ? OK : found;
}

/* A user's address is told as taken, like one that waits: clients are promised that. Hard-limited before. */
static enum status
check_new(struct task *t, void *arg)
{
	struct request *rq = arg;
	const struct joining *jo = rq->proof;
	struct email_taken_row taken;
	struct waitlist_find_row waiting;

	TRY(refuse_found(rq, sql_email_taken(t, rq->deployment->id, jo->email_key, &taken), NULL));
	return refuse_found(rq, sql_waitlist_find(t, rq->deployment->id, jo->email_key, &waiting),
	    "This email address is on the waitlist already.");
}

static enum status
prove(struct request *rq)
{
	const struct settings *s = &rq->deployment->settings;
	struct joining *jo = arena_one(rq->task.arena, struct joining);

	TRY_MEM(&rq->task, jo);
	rq->proof = jo;
	if (s->restrictions.sign_up_mode != SIGN_UP_WAITLIST)
		return refuse(rq, E_FEATURE_DISABLED, NULL);
	TRY(read_email(rq, jo));
	TRY(read_name(rq, "first_name", "first name", s->auth.first_name.enabled && s->auth.first_name.required, &jo->first_name));
	TRY(read_name(rq, "last_name", "last name", s->auth.last_name.enabled && s->auth.last_name.required, &jo->last_name));
	TRY(restrictions_check_email(rq, jo->email, jo->email_key));
	TRY(request_reserve(rq, &(struct try){ RULE_SIGN_UP_SOURCE, request_source(rq) }, 1));
	TRY(request_read(rq, check_new, rq));
	return code_reserve_send(rq, jo->email_key);
}

static enum status
put_mail(struct request *rq, const struct joining *jo)
{
	struct message m = {
		.kind = MESSAGE_WAITLIST, .to = jo->email,
		.vars = { { "first_name", jo->first_name }, { "app_name", rq->deployment->settings.ui.app_name } },
	};

	return outbox_put(&rq->task, rq->app->keys, rq->deployment->id, &m);
}

static enum status
reply_entry(struct request *rq, const struct joining *jo, struct waitlist_id id)
{
	struct json *j = reply(rq);

	json_object_begin(j, "data");
	json_str(j, "message", S("You are on the waitlist."));
	json_object_begin(j, "entry");
	json_waitlist_id(j, "id", id);
	json_deployment_id(j, "deployment_id", rq->deployment->id);
	json_str(j, "email_address", jo->email);
	json_str(j, "email", jo->email);
	json_str(j, "first_name", jo->first_name);
	json_str(j, "last_name", jo->last_name);
	json_time(j, "created_at", rq->task.now);
	json_time(j, "updated_at", rq->task.now);
	json_object_end(j);
	json_object_end(j);
	return OK;
}

/* Whoever joined or signed up meanwhile was first. */
static enum status
join(struct request *rq)
{
	const struct joining *jo = rq->proof;
	struct task *t = &rq->task;
	struct waitlist_id id = { id_next(t->now) };
	int64_t rows;

	TRY(check_new(t, rq));
	TRY(sql_waitlist_insert(t, rq->deployment->id, id, jo->email, jo->email_key, jo->first_name, jo->last_name, t->now, &rows));
	if (rows == 0)
		return refuse(rq, E_EMAIL_EXISTS, "This email address is on the waitlist already.");
	TRY(put_mail(rq, jo));
	return reply_entry(rq, jo, id);
}

const struct route route_waitlist_join = {
	.method = HTTP_POST, .path = "/waitlist/join", .name = "waitlist_join",
	.summary = "Wait for an invitation to sign up, where that is how people come in.",
	.auth = AUTH_SESSION, .tx = TX_WRITE, .lane = LANE_WORKER,
	.body = {
		OPT_TEXT("email", 320, "an e-mail address"),
		OPT_TEXT("first_name", 200, "at most 50 printable characters"),
		OPT_TEXT("last_name", 200, "at most 50 printable characters"),
	},
	.fails = { E_FEATURE_DISABLED, E_REQUIRED_FIELD, E_EMAIL_EXISTS, E_EMAIL_BLOCKED, E_EMAIL_NOT_ALLOWED,
	    E_DISPOSABLE_EMAIL_BLOCKED, E_BANNED_KEYWORD, E_RATE_LIMITED },
	.prove = prove, .run = join,
};
