/* me_contact_primary.c - which of one's verified addresses and numbers is the primary one. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/me/me_contacts.h"

static enum status
make_primary(struct request *rq, bool is_phone)
{
	const struct contact_row *row;
	struct contacts c;
	int64_t rows;

	TRY(contacts_lock(rq, &c));
	TRY(contacts_named(rq, &c, is_phone, &row));
	if (row->verified_at == 0)
		return refuse(rq, E_BAD_REQUEST_BODY, "Verify it first.");
	if (is_phone)
		c.account.primary_phone.v = row->id;
	else
		c.account.primary_email.v = row->id;
	TRY(sql_account_set_primary(&rq->task, rq->deployment->id, row->user, c.account.primary_email, c.account.primary_phone,
	    rq->task.now, &rows));
	TRY(contact_changed(rq, row->user, row, CONTACT_PRIMARY));
	return reply_text(rq, is_phone ? "This is your primary phone number now." : "This is your primary email address now.");
}

static enum status
me_email_primary(struct request *rq)
{
	return make_primary(rq, false);
}

const struct route route_me_email_primary = {
	.method = HTTP_POST, .path = "/me/email-addresses/{id}/make-primary", .name = "me_email_primary",
	.summary = "Make a verified e-mail address the primary one.",
	.auth = AUTH_SIGNIN, .rule = RULE_OWN, .tx = TX_WRITE, .lane = LANE_WORKER, .credential = true,
	.fails = { E_NOT_FOUND, E_BAD_REQUEST_BODY },
	.run = me_email_primary,
};

static enum status
me_phone_primary(struct request *rq)
{
	return make_primary(rq, true);
}

const struct route route_me_phone_primary = {
	.method = HTTP_POST, .path = "/me/phone-numbers/{id}/make-primary", .name = "me_phone_primary",
	.summary = "Make a verified phone number the primary one.",
	.auth = AUTH_SIGNIN, .rule = RULE_OWN, .tx = TX_WRITE, .lane = LANE_WORKER, .credential = true,
	.fails = { E_NOT_FOUND, E_BAD_REQUEST_BODY },
	.run = me_phone_primary,
};
