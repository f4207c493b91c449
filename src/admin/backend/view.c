/* view.c - what the Backend API shows of people. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/backend/view.h"

const struct shape shape_email = { "email_address", {
	{ "id", MEMBER_ID, .help = "email_…" },
	{ "email", MEMBER_TEXT, .help = "as kept and written to" },
	{ "is_primary", MEMBER_BOOL },
	{ "verified", MEMBER_BOOL, .help = "an address that is not is nobody's" },
	{ "verified_at", MEMBER_TIME, .nullable = true },
} };

const struct shape shape_phone = { "phone_number", {
	{ "id", MEMBER_ID, .help = "phone_…" },
	{ "phone_number", MEMBER_TEXT, .help = "national digits" },
	{ "country_code", MEMBER_TEXT, .help = "a dial code such as +1" },
	{ "is_primary", MEMBER_BOOL },
	{ "verified", MEMBER_BOOL },
	{ "verified_at", MEMBER_TIME, .nullable = true },
} };

const struct shape shape_user = { "user", {
	{ "id", MEMBER_ID, .help = "user_…" },
	{ "first_name", MEMBER_TEXT },
	{ "last_name", MEMBER_TEXT },
	{ "username", MEMBER_TEXT, .help = "empty: none" },
	{ "image_url", MEMBER_TEXT },
	{ "email_addresses", MEMBER_LIST, .of = &shape_email },
	{ "phone_numbers", MEMBER_LIST, .of = &shape_phone },
	{ "has_password", MEMBER_BOOL },
	{ "second_factor_policy", MEMBER_TEXT, .help = "none, optional or enforced" },
	{ "has_authenticator", MEMBER_BOOL },
	{ "has_backup_codes", MEMBER_BOOL },
	{ "passkeys", MEMBER_INT, .help = "how many" },
	{ "public_metadata", MEMBER_OBJECT, .help = "yours; the user's browser sees it" },
	{ "disabled_at", MEMBER_TIME, .nullable = true },
	{ "created_at", MEMBER_TIME },
	{ "updated_at", MEMBER_TIME },
} };

const struct shape shape_user_in_list = { "user_in_list", {
	{ "id", MEMBER_ID, .help = "user_…" },
	{ "first_name", MEMBER_TEXT },
	{ "last_name", MEMBER_TEXT },
	{ "username", MEMBER_TEXT },
	{ "email", MEMBER_TEXT, .nullable = true, .help = "the primary address" },
	{ "disabled_at", MEMBER_TIME, .nullable = true },
	{ "created_at", MEMBER_TIME },
} };

const struct shape shape_ended = { "ended", {
	{ "ended", MEMBER_INT, .help = "how many sign-ins" },
} };

static void
write_email(struct json *j, const char *key, const struct contact_row *row, struct email_id primary)
{
	json_object_begin(j, key);
	json_email_id(j, "id", (struct email_id){ row->id });
	json_str(j, "email", row->value);
	json_bool(j, "is_primary", row->id == primary.v);
	json_bool(j, "verified", row->verified_at != 0);
	json_time(j, "verified_at", row->verified_at);
	json_object_end(j);
}

static void
write_phone(struct json *j, const char *key, const struct contact_row *row, struct phone_id primary)
{
	json_object_begin(j, key);
	json_phone_id(j, "id", (struct phone_id){ row->id });
	json_str(j, "phone_number", row->value);
	json_str(j, "country_code", row->dial_code);
	json_bool(j, "is_primary", row->id == primary.v);
	json_bool(j, "verified", row->verified_at != 0);
	json_time(j, "verified_at", row->verified_at);
	json_object_end(j);
}

static void
write_contacts(struct json *j, const struct account_row *a, const struct contact_row *rows, size_t n)
{
	json_array_begin(j, "email_addresses");
	for (size_t i = 0; i < n; i++)
		if (!rows[i].is_phone)
			write_email(j, NULL, &rows[i], a->primary_email);
	json_array_end(j);
	json_array_begin(j, "phone_numbers");
	for (size_t i = 0; i < n; i++)
		if (rows[i].is_phone)
			write_phone(j, NULL, &rows[i], a->primary_phone);
	json_array_end(j);
}

static void
write_user(struct json *j, const struct account_row *a, const struct contact_row *rows, size_t n)
{
	json_object_begin(j, NULL);
	json_user_id(j, "id", a->id);
	json_str(j, "first_name", a->first_name);
	json_str(j, "last_name", a->last_name);
	json_str(j, "username", a->username);
	json_str(j, "image_url", a->image_url);
	write_contacts(j, a, rows, n);
	json_bool(j, "has_password", a->has_password);
	json_str(j, "second_factor_policy", a->second_factor_policy);
	json_bool(j, "has_authenticator", a->authenticator.v != 0);
	json_bool(j, "has_backup_codes", a->backup_codes_at != 0);
	json_int(j, "passkeys", a->n_passkeys);
	json_raw(j, "public_metadata", a->public_metadata);
	json_time(j, "disabled_at", a->disabled_at);
	json_time(j, "created_at", a->created_at);
	json_time(j, "updated_at", a->updated_at);
	json_object_end(j);
}

enum status
answer_user(struct call *c, struct user_id user)
{
	struct account_row account;
	struct contact_row *rows;
	size_t n;

	TRY(sql_account_find(c->t, c->by.d->id, user, &account));
	TRY(sql_account_contacts(c->t, c->by.d->id, user, &rows, &n));
	write_user(call_answer(c), &account, rows, n);
	return OK;
}

enum status
answer_ended(struct call *c, int64_t n)
{
	struct json *j = call_answer(c);

	json_object_begin(j, NULL);
	json_int(j, "ended", n);
	json_object_end(j);
	return OK;
}
