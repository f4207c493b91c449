/* me_contact_delete.c - take an address or a number off one's account. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/me/me_contacts.h"

static bool
is_primary(const struct contacts *c, const struct contact_row *row)
{
	return row->id == (row->is_phone ? c->account.primary_phone.v : c->account.primary_email.v);
}

/* What nobody could sign in with before does not lock anybody out by going. */
static enum status
check_remains(struct request *rq, const struct contacts *c, const struct contact_row *row)
{
	const struct settings *s = &rq->deployment->settings;

	if (is_primary(c, row))
		return refuse(rq, E_BAD_REQUEST_BODY, "This is your primary one. Make another one primary first.");
	if (contacts_can_sign_in(s, c, c->account.has_password, NULL) && !contacts_can_sign_in(s, c, c->account.has_password, row))
		return refuse(rq, E_NO_ALTERNATIVE_AUTH_METHOD, NULL);
	return OK;
}

static enum status
contact_delete(struct request *rq, bool is_phone)
{
	const struct contact_row *row;
	struct contacts c;

	TRY(contacts_lock(rq, &c));
	TRY(contacts_named(rq, &c, is_phone, &row));
	TRY(check_remains(rq, &c, row));
	TRY(contact_remove(&rq->task, rq->deployment->id, row));
	TRY(contact_changed(rq, row->user, row, CONTACT_REMOVED));
	return reply_text(rq, is_phone ? "The phone number has been removed." : "The email address has been removed.");
}

static enum status
me_email_delete(struct request *rq)
{
	return contact_delete(rq, false);
}

const struct route route_me_email_delete = {
	.method = HTTP_POST, .path = "/me/email-addresses/{id}/delete", .name = "me_email_delete",
	.summary = "Remove an e-mail address that is not the primary one, nor the last to sign in with.",
	.auth = AUTH_SIGNIN, .rule = RULE_OWN, .tx = TX_WRITE, .lane = LANE_WORKER, .credential = true,
	.fails = { E_NOT_FOUND, E_BAD_REQUEST_BODY, E_NO_ALTERNATIVE_AUTH_METHOD },
	.run = me_email_delete,
};

static enum status
me_phone_delete(struct request *rq)
{
	return contact_delete(rq, true);
}

const struct route route_me_phone_delete = {
	.method = HTTP_POST, .path = "/me/phone-numbers/{id}/delete", .name = "me_phone_delete",
	.summary = "Remove a phone number that is not the primary one, nor the last to sign in with.",
	.auth = AUTH_SIGNIN, .rule = RULE_OWN, .tx = TX_WRITE, .lane = LANE_WORKER, .credential = true,
	.fails = { E_NOT_FOUND, E_BAD_REQUEST_BODY, E_NO_ALTERNATIVE_AUTH_METHOD },
	.run = me_phone_delete,
};
