/* me_contact_list.c - one's own addresses and numbers: all of them, or one. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/me/me_contacts.h"
#include "session/state.h"

static void
view(struct json *j, const char *key, const struct contacts *c, const struct contact_row *row)
{
	if (row->is_phone)
		view_phone(j, key, row);
	else
		view_email(j, key, row, c->account.primary_email);
}

static enum status
list(struct request *rq, bool is_phone)
{
	struct contacts c = contacts_seen(rq);
	struct json *j = reply(rq);

	json_array_begin(j, "data");
	for (size_t i = 0; i < c.n; i++)
		if (c.rows[i].user.v == c.account.id.v && c.rows[i].is_phone == is_phone)
			view(j, NULL, &c, &c.rows[i]);
	json_array_end(j);
	return OK;
}

static enum status
one(struct request *rq, bool is_phone)
{
	struct contacts c = contacts_seen(rq);
	const struct contact_row *row;

	TRY(contacts_named(rq, &c, is_phone, &row));
	view(reply(rq), "data", &c, row);
	return OK;
}

static enum status
me_emails(struct request *rq)
{
	return list(rq, false);
}

const struct route route_me_emails = {
	.method = HTTP_GET, .path = "/me/email-addresses", .name = "me_emails",
	.summary = "The user's e-mail addresses.",
	.auth = AUTH_SIGNIN, .tx = TX_READ, .lane = LANE_WORKER,
	.run = me_emails,
};

static enum status
me_email(struct request *rq)
{
	return one(rq, false);
}

const struct route route_me_email = {
	.method = HTTP_GET, .path = "/me/email-addresses/{id}", .name = "me_email",
	.summary = "One of the user's e-mail addresses.",
	.auth = AUTH_SIGNIN, .rule = RULE_OWN, .tx = TX_READ, .lane = LANE_WORKER,
	.fails = { E_NOT_FOUND },
	.run = me_email,
};

static enum status
me_phones(struct request *rq)
{
	return list(rq, true);
}

const struct route route_me_phones = {
	.method = HTTP_GET, .path = "/me/phone-numbers", .name = "me_phones",
	.summary = "The user's phone numbers.",
	.auth = AUTH_SIGNIN, .tx = TX_READ, .lane = LANE_WORKER,
	.run = me_phones,
};

static enum status
me_phone(struct request *rq)
{
	return one(rq, true);
}

const struct route route_me_phone = {
	.method = HTTP_GET, .path = "/me/phone-numbers/{id}", .name = "me_phone",
	.summary = "One of the user's phone numbers.",
	.auth = AUTH_SIGNIN, .rule = RULE_OWN, .tx = TX_READ, .lane = LANE_WORKER,
	.fails = { E_NOT_FOUND },
	.run = me_phone,
};
