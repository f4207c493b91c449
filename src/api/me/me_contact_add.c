/* me_contact_add.c - add an address or a number to one's account: it counts for nothing until it is verified. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/me/me_contacts.h"
#include "api/sign_up/restrictions.h"
#include "auth/identifier.h"
#include "base/str.h"
#include "session/state.h"

static enum status
read_email(struct request *rq, struct contact_row *new)
{
	struct str key;


	if (!rq->deployment->settings.auth.email_address.enabled)
		return refuse(rq, E_FEATURE_DISABLED, "Email addresses are not used here.");
	if (identifier_email(&rq->task, body_text(rq, "email"), &new->value, &key) != OK)
		return refuse(rq, E_BAD_REQUEST_BODY, "Enter a valid email address.");
	return restrictions_check_email(rq, new->value, key);
}

static enum status
read_phone(struct request *rq, struct contact_row *new)
{
	if (!rq->deployment->settings.auth.phone_number.enabled)
		return refuse(rq, E_FEATURE_DISABLED, "Phone numbers are not used here.");
	if (identifier_phone(&rq->task, body_text(rq, "phone_number"), body_text(rq, "country_code"), &new->value,
	    &new->dial_code) != OK)
		return refuse(rq, E_BAD_REQUEST_BODY, "Enter a valid phone number with its country code.");
	return restrictions_check_phone(rq, new->dial_code, new->value);
}

/* The same one twice is told like anybody else's. */
static enum status
check_own(struct request *rq, const struct contacts *c, const struct contact_row *new)
{
	struct str key = contact_key(&rq->task, new);
	size_t n = 0;

	for (size_t i = 0; i < c->n; i++) {
		if (c->rows[i].is_phone != new->is_phone)
			continue;
		if (str_eq(contact_key(&rq->task, &c->rows[i]), key))
			return refuse(rq, new->is_phone ? E_PHONE_NUMBER_EXISTS : E_EMAIL_EXISTS, NULL);
		n++;
	}
	if (n >= CONTACTS_MAX)
		return refuse(rq, E_LIMIT_REACHED, "You can have %d of them at most. Remove one first.", CONTACTS_MAX);
	return OK;
}

/* Only a verified one is somebody's. */
static enum status
check_taken(struct request *rq, const struct contact_row *new)
{
	bool verified;

	TRY(contact_is_verified(&rq->task, rq->deployment->id, new->is_phone, contact_key(&rq->task, new), &verified));
	return verified ? refuse(rq, new->is_phone ? E_PHONE_NUMBER_EXISTS : E_EMAIL_EXISTS, NULL) : OK;
}

static enum status
add(struct request *rq, struct contact_row *new)
{
	struct contacts c;

	TRY(contacts_lock(rq, &c));
	new->user = c.account.id;
	new->id = id_next(rq->task.now);
	TRY(check_own(rq, &c, new));
	TRY(check_taken(rq, new));
	TRY(contact_insert(&rq->task, rq->deployment->id, new, contact_id_str(rq->task.arena, new)));
	return contact_changed(rq, new->user, new, CONTACT_ADDED);
}

static enum status
me_email_add(struct request *rq)
{
	struct contact_row new = { .strategy = S("otp") };

	TRY(read_email(rq, &new));
	TRY(add(rq, &new));
	view_email(reply(rq), "data", &new, (struct email_id){ 0 });
	return OK;
}

const struct route route_me_email_add = {
	.method = HTTP_POST, .path = "/me/email-addresses", .name = "me_email_add",
	.summary = "Add an e-mail address, to be verified by the code that prepare-verification sends there.",
	.auth = AUTH_SIGNIN, .tx = TX_WRITE, .lane = LANE_WORKER, .rate = RULE_LOOKUP, .credential = true,
	.body = { REQ_TEXT("email", 320, "an e-mail address") },
	.fails = { E_EMAIL_EXISTS, E_EMAIL_NOT_ALLOWED, E_EMAIL_BLOCKED, E_DISPOSABLE_EMAIL_BLOCKED, E_BANNED_KEYWORD, E_LIMIT_REACHED,
	    E_FEATURE_DISABLED },
	.run = me_email_add,
};

static enum status
me_phone_add(struct request *rq)
{
	struct contact_row new = { .is_phone = true };

	TRY(read_phone(rq, &new));
	TRY(add(rq, &new));
	view_phone(reply(rq), "data", &new);
	return OK;
}

const struct route route_me_phone_add = {
	.method = HTTP_POST, .path = "/me/phone-numbers", .name = "me_phone_add",
	.summary = "Add a phone number, to be verified by the code that prepare-verification sends there.",
	.auth = AUTH_SIGNIN, .tx = TX_WRITE, .lane = LANE_WORKER, .rate = RULE_LOOKUP, .credential = true,
	.body = {
		REQ_TEXT("phone_number", 32, "digits"),
		REQ_TEXT("country_code", 8, "a dial code such as +1"),
	},
	.fails = { E_PHONE_NUMBER_EXISTS, E_COUNTRY_RESTRICTED, E_VOIP_NUMBER_BLOCKED, E_LIMIT_REACHED, E_FEATURE_DISABLED },
	.run = me_phone_add,
};
