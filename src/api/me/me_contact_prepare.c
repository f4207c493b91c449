/* me_contact_prepare.c - send a code to an address or a number that has been added. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/app.h"
#include "api/me/me.h"
#include "api/me/me_contacts.h"
#include "base/str.h"
#include "notify/outbox.h"

static enum status
check_unverified(struct request *rq, const struct contact_row *row)
{
	return row->verified_at == 0 ? OK : refuse(rq, E_BAD_REQUEST_BODY, "This has been verified already.");
}

static enum status
prepare_prove(struct request *rq, bool is_phone)
{
	struct contacts c = contacts_seen(rq);
	const struct contact_row *row;

	TRY(contacts_named(rq, &c, is_phone, &row));
	TRY(check_unverified(rq, row));
	return code_reserve_send(rq, contact_recipient(rq->task.arena, row->dial_code, row->value));
}

/* Whoever gets this must be able to tell whose account it is about: it may be a stranger's (RCV-06, V-04). */
static struct str
asker(const struct contacts *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (!c->rows[i].is_phone && c->rows[i].id == c->account.primary_email.v)
			return c->rows[i].value;
	return c->account.username;
}

static enum status
send_code(struct request *rq, const struct contacts *c, const struct contact_row *row)
{
	struct arena *a = rq->task.arena;
	struct str shown = row->is_phone ? code_mask_phone(a, row->value) : code_mask_email(a, row->value);
	struct message m = {
		.kind = row->is_phone ? MESSAGE_SMS_CODE : MESSAGE_VERIFY_EMAIL,
		.to = contact_recipient(a, row->dial_code, row->value), .user = row->user,
		.vars = { { "code", STR_NONE }, { "account", asker(c) } },
	};

	TRY(code_issue(rq, contact_code_purpose(row->is_phone), row->id, shown, &m.vars[0].value));
	return outbox_put(&rq->task, rq->app->keys, rq->deployment->id, &m);
}

static enum status
prepare(struct request *rq, bool is_phone)
{
	const struct contact_row *row;
	struct contacts c;

	TRY(contacts_lock(rq, &c));
	TRY(contacts_named(rq, &c, is_phone, &row));
	TRY(check_unverified(rq, row));
	TRY(send_code(rq, &c, row));
	return reply_text(rq, "A code is on its way.");
}

static enum status
me_email_prepare_prove(struct request *rq)
{
	return prepare_prove(rq, false);
}

static enum status
me_email_prepare(struct request *rq)
{
	return prepare(rq, false);
}

const struct route route_me_email_prepare = {
	.method = HTTP_POST, .path = "/me/email-addresses/{id}/prepare-verification", .name = "me_email_prepare",
	.summary = "Mail a six-digit code there; it is good for 5 minutes, in this session.",
	.auth = AUTH_SIGNIN, .rule = RULE_OWN, .tx = TX_WRITE, .lane = LANE_WORKER,
	.fails = { E_NOT_FOUND, E_BAD_REQUEST_BODY },
	.prove = me_email_prepare_prove, .run = me_email_prepare,
};

static enum status
me_phone_prepare_prove(struct request *rq)
{
	return prepare_prove(rq, true);
}

static enum status
me_phone_prepare(struct request *rq)
{
	return prepare(rq, true);
}

const struct route route_me_phone_prepare = {
	.method = HTTP_POST, .path = "/me/phone-numbers/{id}/prepare-verification", .name = "me_phone_prepare",
	.summary = "Text a six-digit code there; it is good for 5 minutes, in this session.",
	.auth = AUTH_SIGNIN, .rule = RULE_OWN, .tx = TX_WRITE, .lane = LANE_WORKER,
	.fails = { E_NOT_FOUND, E_BAD_REQUEST_BODY },
	.prove = me_phone_prepare_prove, .run = me_phone_prepare,
};
