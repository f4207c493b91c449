/* users.c - accounts: listed, made, read, changed, deleted. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/backend/password.h"
#include "admin/backend/view.h"

#include "auth/identifier.h"
#include "base/str.h"

enum { METADATA_MAX = 8192 };

static const char *const yes_only[] = { "true", NULL };
static const char *const factor_policies[] = { "none", "optional", "enforced", NULL };

#define NAMES \
	{ .name = "first_name", .kind = VALUE_TEXT, .max = 200, .nullable = true, .help = "1 to 50 printable characters" }, \
	{ .name = "last_name", .kind = VALUE_TEXT, .max = 200, .nullable = true, .help = "1 to 50 printable characters" }, \
	{ .name = "username", .kind = VALUE_TEXT, .max = 320, .nullable = true, .help = "unique; by the deployment's bounds" }, \
	{ .name = "second_factor_policy", .kind = VALUE_WORD, .words = factor_policies, .help = "whether signing in asks for a second factor" }, \
	{ .name = "public_metadata", .kind = VALUE_OBJECT, .max = METADATA_MAX, .help = "whatever you keep about the user; their browser sees it" }

/* ---- list ---- */

static enum status
owner_of(struct call *c, struct user_id *ret_user)
{
	struct str email = call_query(c, "email"), username = call_query(c, "username"), shown, key;
	struct email_taken_row by_email;
	struct username_taken_row by_username;

	if (email.n > 0) {
		TRY(identifier_email(c->t, email, &shown, &key));
		TRY(sql_email_taken(c->t, c->by.d->id, key, &by_email));
		*ret_user = by_email.user;
		return OK;
	}
	TRY(identifier_username(c->t, username, 1, 255, &shown, &key));
	TRY(sql_username_taken(c->t, c->by.d->id, key, &by_username));
	*ret_user = by_username.user;
	return OK;
}

/* Whoever has it, as a list of one or none. */
static enum status
list_owner(struct call *c, struct account_list_row **ret_rows, size_t *ret_n)
{
	struct user_id user;
	enum status st = owner_of(c, &user);

	*ret_rows = NULL;
	*ret_n = 0;
	/* What cannot be an address or a username is nobody's. */
	if (st == E_NOT_FOUND || st == E_BAD_REQUEST_BODY)
		return OK;
	TRY(st);
	return sql_account_list_one(c->t, c->by.d->id, user, c->after, ret_rows, ret_n);
}

static enum status
check_filters(struct call *c)
{
	int n = (call_query(c, "email").n > 0) + (call_query(c, "username").n > 0) + (call_query(c, "disabled").n > 0);

	return n <= 1 ? OK : call_refuse(c, E_BAD_REQUEST_BODY, NULL, "Send one of email, username and disabled.");
}

static enum status
list_rows(struct call *c, struct account_list_row **ret_rows, size_t *ret_n)
{
	if (call_query(c, "email").n > 0 || call_query(c, "username").n > 0)
		return list_owner(c, ret_rows, ret_n);
	if (call_query(c, "disabled").n > 0)
		return sql_account_list_disabled(c->t, c->by.d->id, c->after, c->most, ret_rows, ret_n);
	return sql_account_list(c->t, c->by.d->id, c->after, c->most, ret_rows, ret_n);
}

static void
write_row(struct json *j, const struct account_list_row *row)
{
	json_object_begin(j, NULL);
	json_user_id(j, "id", row->id);
	json_str(j, "first_name", row->first_name);
	json_str(j, "last_name", row->last_name);
	json_str(j, "username", row->username);
	json_str_or_null(j, "email", row->email);
	json_time(j, "disabled_at", row->disabled_at);
	json_time(j, "created_at", row->created_at);
	json_object_end(j);
}

static enum status
user_list(struct call *c)
{
	struct account_list_row *rows;
	struct json *j;
	size_t n, shown;

	TRY(check_filters(c));
	TRY(list_rows(c, &rows, &n));
	shown = call_page(c, n);
	j = call_list_begin(c);
	for (size_t i = 0; i < shown; i++)
		write_row(j, &rows[i]);
	call_list_end(c, n, shown > 0 ? user_id_str(c->t->arena, rows[shown - 1].id) : STR_NONE);
	return OK;
}

const struct backend_route backend_user_list = {
	.method = HTTP_GET, .path = "/v1/users", .name = "user_list",
	.summary = "Accounts in order of id. One filter at a time: an address, a username, or those that are disabled.",
	.tx = CALL_READ, .pages = true, .answers = &shape_user_in_list,
	.query = {
		{ .name = "email", .kind = VALUE_TEXT, .max = 320, .help = "whose address this is" },
		{ .name = "username", .kind = VALUE_TEXT, .max = 320, .help = "whose username this is" },
		{ .name = "disabled", .kind = VALUE_WORD, .words = yes_only, .help = "only those" },
	},
	.run = user_list,
};

/* ---- make ---- */

struct creation {
	struct account_spec spec;
	struct str          metadata;
};

static enum status
read_creation(struct call *c, struct creation *cr)
{
	struct account_spec *s = &cr->spec;

	*cr = (struct creation){ .spec = { .email_verified = true, .phone_verified = true, .second_factor_policy = S("none") } };
	TRY(call_name(c, "first_name", S(""), &s->first_name));
	TRY(call_name(c, "last_name", S(""), &s->last_name));
	TRY(call_username(c, "username", &s->username, &s->username_key));
	TRY(call_email(c, "email", &s->email, &s->email_key));
	TRY(call_phone(c, &s->phone, &s->dial_code));
	if (s->phone.n > 0)
		s->phone_key = arena_printf(c->t->arena, STR_FMT STR_FMT, STR_ARG(s->dial_code), STR_ARG(s->phone));
	if (call_has(c, "second_factor_policy"))
		s->second_factor_policy = call_text(c, "second_factor_policy");
	cr->metadata = call_object(c, "public_metadata");
	return OK;
}

/* An account that nobody could ever sign in to is a mistake. */
static enum status
check_named(struct call *c, const struct account_spec *s)
{
	if (s->email.n + s->username.n + s->phone.n > 0)
		return OK;
	return call_refuse(c, E_BAD_REQUEST_BODY, NULL, "Send an email, a username or a phone_number: nobody could sign in otherwise.");
}

static enum status
user_create_prove(struct call *c)
{
	struct creation *cr = arena_one(c->t->arena, struct creation);
	struct account_spec *s;

	TRY_MEM(c->t, cr);
	s = &cr->spec;
	TRY(read_creation(c, cr));
	TRY(check_named(c, s));
	c->proof = cr;
	return password_read(c, (const struct str[]){ s->first_name, s->last_name, s->username, s->email }, 4, &s->password_record);
}

static enum status
refuse_taken(struct call *c, enum status st)
{
	if (st == E_USERNAME_EXISTS)
		return call_refuse(c, st, "username", NULL);
	if (st == E_EMAIL_EXISTS)
		return call_refuse(c, st, "email", NULL);
	return st == E_PHONE_NUMBER_EXISTS ? call_refuse(c, st, "phone_number", NULL) : st;
}

static enum status
user_create(struct call *c)
{
	const struct creation *cr = c->proof;
	struct user_id user;

	TRY(refuse_taken(c, deed_user_create(c->t, &c->by, &cr->spec, cr->metadata, &user)));
	return answer_user(c, user);
}

const struct backend_route backend_user_create = {
	.method = HTTP_POST, .path = "/v1/users", .name = "user_create",
	.summary = "Make an account. You vouch for the address and the number: they count as verified.",
	.tx = CALL_WRITE, .answers = &shape_user, .http = 201,
	.body = {
		NAMES,
		{ .name = "email", .kind = VALUE_TEXT, .max = 320, .help = "an e-mail address" },
		{ .name = "phone_number", .kind = VALUE_TEXT, .max = 32, .help = "digits" },
		{ .name = "country_code", .kind = VALUE_TEXT, .max = 8, .help = "with a number: a dial code such as +1" },
		{ .name = "password", .kind = VALUE_TEXT, .max = 1024, .help = "by the deployment's policy" },
		{ .name = "skip_checks", .kind = VALUE_BOOL, .help = "true: take a password that the policy refuses" },
	},
	.fails = { E_USERNAME_EXISTS, E_EMAIL_EXISTS, E_PHONE_NUMBER_EXISTS, E_WEAK_PASSWORD },
	.prove = user_create_prove, .run = user_create,
};

/* ---- one ---- */

static enum status
user_get(struct call *c)
{
	struct user_id user;

	TRY(call_user_id(c, 0, &user));
	return answer_user(c, user);
}

const struct backend_route backend_user_get = {
	.method = HTTP_GET, .path = "/v1/users/{id}", .name = "user_get",
	.summary = "One account.",
	.tx = CALL_READ, .answers = &shape_user,
	.fails = { E_NOT_FOUND },
	.run = user_get,
};

static enum status
read_change(struct call *c, const struct account_row *was, struct user_change *ch)
{
	TRY(call_name(c, "first_name", was->first_name, &ch->first_name));
	TRY(call_name(c, "last_name", was->last_name, &ch->last_name));
	ch->username = was->username;
	if (call_has(c, "username"))
		TRY(call_username(c, "username", &ch->username, &ch->username_key));
	ch->second_factor_policy = call_has(c, "second_factor_policy") ? call_text(c, "second_factor_policy") : was->second_factor_policy;
	ch->metadata = call_has(c, "public_metadata") ? call_object(c, "public_metadata") : was->public_metadata;
	return OK;
}

static enum status
user_update(struct call *c)
{
	struct user_change ch = { 0 };
	struct account_row was;
	struct user_id user;

	TRY(call_user_id(c, 0, &user));
	TRY(deed_user_lock(c->t, &c->by, user, &was));
	TRY(read_change(c, &was, &ch));
	TRY(refuse_taken(c, deed_user_change(c->t, &c->by, &was, &ch)));
	return answer_user(c, user);
}

const struct backend_route backend_user_update = {
	.method = HTTP_PATCH, .path = "/v1/users/{id}", .name = "user_update",
	.summary = "Change an account: what is not sent stays, null takes it away; public_metadata is replaced as a whole.",
	.tx = CALL_WRITE, .answers = &shape_user,
	.body = { NAMES },
	.fails = { E_NOT_FOUND, E_USERNAME_EXISTS },
	.run = user_update,
};

static enum status
user_delete(struct call *c)
{
	struct user_id user;
	int64_t ended;

	TRY(call_user_id(c, 0, &user));
	return deed_user_delete(c->t, &c->by, user, &ended);
}

const struct backend_route backend_user_delete = {
	.method = HTTP_DELETE, .path = "/v1/users/{id}", .name = "user_delete",
	.summary = "Delete an account with everything that is only its own, for good.",
	.tx = CALL_WRITE,
	.fails = { E_NOT_FOUND },
	.run = user_delete,
};

/* ---- states ---- */

static enum status
user_disable(struct call *c)
{
	struct user_id user;
	int64_t ended;

	TRY(call_user_id(c, 0, &user));
	TRY(deed_user_disable(c->t, &c->by, user, &ended));
	return answer_user(c, user);
}

const struct backend_route backend_user_disable = {
	.method = HTTP_POST, .path = "/v1/users/{id}/disable", .name = "user_disable",
	.summary = "Sign somebody out everywhere and let nobody in by that account; once more is the same.",
	.tx = CALL_WRITE, .answers = &shape_user,
	.fails = { E_NOT_FOUND },
	.run = user_disable,
};

static enum status
user_enable(struct call *c)
{
	struct user_id user;

	TRY(call_user_id(c, 0, &user));
	TRY(deed_user_enable(c->t, &c->by, user));
	return answer_user(c, user);
}

const struct backend_route backend_user_enable = {
	.method = HTTP_POST, .path = "/v1/users/{id}/enable", .name = "user_enable",
	.summary = "Let a disabled account sign in again; what had ended stays ended.",
	.tx = CALL_WRITE, .answers = &shape_user,
	.fails = { E_NOT_FOUND },
	.run = user_enable,
};

static enum status
user_reset_factors(struct call *c)
{
	struct user_id user;
	int64_t ended;

	TRY(call_user_id(c, 0, &user));
	TRY(deed_user_reset_factors(c->t, &c->by, user, &ended));
	return answer_user(c, user);
}

const struct backend_route backend_user_reset_factors = {
	.method = HTTP_POST, .path = "/v1/users/{id}/reset-factors", .name = "user_reset_factors",
	.summary = "Remove a lost authenticator app and its backup codes, sign out everywhere, and tell the account's addresses.",
	.tx = CALL_WRITE, .answers = &shape_user,
	.fails = { E_NOT_FOUND },
	.run = user_reset_factors,
};
