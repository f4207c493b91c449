/* contacts.c - an account's addresses and numbers. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/backend/view.h"

#include "base/str.h"

/* What the path names: a user, and mostly one of what they have. */
static enum status
read_named(const struct call *c, bool is_phone, struct user_id *ret_user, int64_t *ret_id)
{
	struct email_id email = { 0 };
	struct phone_id phone = { 0 };

	TRY(call_user_id(c, 0, ret_user));
	if (is_phone)
		TRY(call_phone_id(c, 1, &phone));
	else
		TRY(call_email_id(c, 1, &email));
	*ret_id = is_phone ? phone.v : email.v;
	return OK;
}

static enum status
refuse_taken(struct call *c, enum status st, bool is_phone)
{
	if (st == E_EMAIL_EXISTS || st == E_PHONE_NUMBER_EXISTS)
		return call_refuse(c, st, is_phone ? "phone_number" : "email", NULL);
	if (st == E_LIMIT_REACHED)
		return call_refuse(c, st, NULL, "An account has %d of them at most.", DEED_CONTACTS_MAX);
	return st;
}

static enum status
add(struct call *c, struct contact_row *new)
{
	struct user_id user;

	TRY(call_user_id(c, 0, &user));
	new->verified_at = call_bool(c, "verified", false) ? c->t->now : 0;
	TRY(refuse_taken(c, deed_contact_add(c->t, &c->by, user, new, call_bool(c, "primary", false)), new->is_phone));
	return answer_user(c, user);
}

static enum status
check_primary(struct call *c)
{
	if (call_bool(c, "primary", false) && !call_bool(c, "verified", false))
		return call_refuse(c, E_BAD_REQUEST_BODY, "primary", "Only a verified one can be the primary one.");
	return OK;
}

#define VOUCH \
	{ .name = "verified", .kind = VALUE_BOOL, .help = "true: you vouch that it is theirs; false: it counts for nothing until they verify it" }, \
	{ .name = "primary", .kind = VALUE_BOOL, .help = "true, with verified: it becomes the primary one" }

static enum status
user_email_add(struct call *c)
{
	struct contact_row new = { .strategy = S("otp") };
	struct str key;

	TRY(check_primary(c));
	TRY(call_email(c, "email", &new.value, &key));
	return add(c, &new);
}

const struct backend_route backend_user_email_add = {
	.method = HTTP_POST, .path = "/v1/users/{id}/email-addresses", .name = "user_email_add",
	.summary = "Add an e-mail address to an account.",
	.tx = CALL_WRITE, .answers = &shape_user, .http = 201,
	.body = { { .name = "email", .kind = VALUE_TEXT, .required = true, .max = 320, .help = "an e-mail address" }, VOUCH },
	.fails = { E_NOT_FOUND, E_EMAIL_EXISTS, E_LIMIT_REACHED },
	.run = user_email_add,
};

static enum status
user_phone_add(struct call *c)
{
	struct contact_row new = { .is_phone = true };

	TRY(check_primary(c));
	TRY(call_phone(c, &new.value, &new.dial_code));
	return add(c, &new);
}

const struct backend_route backend_user_phone_add = {
	.method = HTTP_POST, .path = "/v1/users/{id}/phone-numbers", .name = "user_phone_add",
	.summary = "Add a phone number to an account.",
	.tx = CALL_WRITE, .answers = &shape_user, .http = 201,
	.body = {
		{ .name = "phone_number", .kind = VALUE_TEXT, .required = true, .max = 32, .help = "digits" },
		{ .name = "country_code", .kind = VALUE_TEXT, .required = true, .max = 8, .help = "a dial code such as +1" },
		VOUCH,
	},
	.fails = { E_NOT_FOUND, E_PHONE_NUMBER_EXISTS, E_LIMIT_REACHED },
	.run = user_phone_add,
};

/* ---- what there is ---- */

static enum status
delete(struct call *c, bool is_phone)
{
	struct user_id user;
	int64_t id;

	TRY(read_named(c, is_phone, &user, &id));
	TRY(deed_contact_remove(c->t, &c->by, user, is_phone, id));
	return answer_user(c, user);
}

static enum status
verify(struct call *c, bool is_phone)
{
	struct user_id user;
	int64_t id;

	TRY(read_named(c, is_phone, &user, &id));
	TRY(refuse_taken(c, deed_contact_verify(c->t, &c->by, user, is_phone, id), is_phone));
	return answer_user(c, user);
}

static enum status
make_primary(struct call *c, bool is_phone)
{
	struct user_id user;
	int64_t id;

	TRY(read_named(c, is_phone, &user, &id));
	TRY(deed_contact_make_primary(c->t, &c->by, user, is_phone, id));
	return answer_user(c, user);
}

static enum status
user_email_delete(struct call *c)
{
	return delete(c, false);
}

const struct backend_route backend_user_email_delete = {
	.method = HTTP_DELETE, .path = "/v1/users/{id}/email-addresses/{contact_id}", .name = "user_email_delete",
	.summary = "Take an e-mail address off an account; the primary one only when it is the last.",
	.tx = CALL_WRITE, .answers = &shape_user,
	.fails = { E_NOT_FOUND },
	.run = user_email_delete,
};

static enum status
user_email_verify(struct call *c)
{
	return verify(c, false);
}

const struct backend_route backend_user_email_verify = {
	.method = HTTP_POST, .path = "/v1/users/{id}/email-addresses/{contact_id}/verify", .name = "user_email_verify",
	.summary = "Vouch that an e-mail address is the user's; an account that holds it unverified loses it.",
	.tx = CALL_WRITE, .answers = &shape_user,
	.fails = { E_NOT_FOUND, E_EMAIL_EXISTS },
	.run = user_email_verify,
};

static enum status
user_email_primary(struct call *c)
{
	return make_primary(c, false);
}

const struct backend_route backend_user_email_primary = {
	.method = HTTP_POST, .path = "/v1/users/{id}/email-addresses/{contact_id}/make-primary", .name = "user_email_primary",
	.summary = "Make a verified e-mail address the primary one.",
	.tx = CALL_WRITE, .answers = &shape_user,
	.fails = { E_NOT_FOUND },
	.run = user_email_primary,
};

static enum status
user_phone_delete(struct call *c)
{
	return delete(c, true);
}

const struct backend_route backend_user_phone_delete = {
	.method = HTTP_DELETE, .path = "/v1/users/{id}/phone-numbers/{contact_id}", .name = "user_phone_delete",
	.summary = "Take a phone number off an account; the primary one only when it is the last.",
	.tx = CALL_WRITE, .answers = &shape_user,
	.fails = { E_NOT_FOUND },
	.run = user_phone_delete,
};

static enum status
user_phone_verify(struct call *c)
{
	return verify(c, true);
}

const struct backend_route backend_user_phone_verify = {
	.method = HTTP_POST, .path = "/v1/users/{id}/phone-numbers/{contact_id}/verify", .name = "user_phone_verify",
	.summary = "Vouch that a phone number is the user's; an account that holds it unverified loses it.",
	.tx = CALL_WRITE, .answers = &shape_user,
	.fails = { E_NOT_FOUND, E_PHONE_NUMBER_EXISTS },
	.run = user_phone_verify,
};

static enum status
user_phone_primary(struct call *c)
{
	return make_primary(c, true);
}

const struct backend_route backend_user_phone_primary = {
	.method = HTTP_POST, .path = "/v1/users/{id}/phone-numbers/{contact_id}/make-primary", .name = "user_phone_primary",
	.summary = "Make a verified phone number the primary one.",
	.tx = CALL_WRITE, .answers = &shape_user,
	.fails = { E_NOT_FOUND },
	.run = user_phone_primary,
};
