/* password.c - passwords that operators choose. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/backend/password.h"
#include "admin/backend/view.h"

#include "base/str.h"

enum { WORDS_MAX = 6 };

static enum status
refuse_password(struct call *c, enum status st)
{
	if (st == E_WEAK_PASSWORD || st == E_BAD_REQUEST_BODY)
		c->param = "password";
	return st;
}

enum status
password_read(struct call *c, const struct str *words, size_t n_words, struct str *ret_record)
{
	struct str password = call_text(c, "password");

	*ret_record = S("");
	if (password.n == 0)
		return OK;
	if (!call_bool(c, "skip_checks", false))
		TRY(refuse_password(c, deed_password_check(c->t, c->by.d, password, words, n_words)));
	return refuse_password(c, password_hash(c->t, c->app->hasher, c->by.d->id, password, ret_record));
}

/* Whose it will be: nobody's password is made of their own name. */
struct owner {
	const struct call *c;
	struct user_id     user;
	struct account_row account;
	struct contact_row *contacts;
	size_t             n_contacts;
};

static enum status
owner_read(struct task *t, void *arg)
{
	struct owner *o = arg;

	TRY(sql_account_find(t, o->c->by.d->id, o->user, &o->account));
	return sql_account_contacts(t, o->c->by.d->id, o->user, &o->contacts, &o->n_contacts);
}

static enum status
user_password_set_prove(struct call *c)
{
	struct str *record = arena_one(c->t->arena, struct str);
	struct str words[WORDS_MAX];
	struct owner o = { .c = c };
	size_t n = 3;

	TRY_MEM(c->t, record);
	TRY(call_user_id(c, 0, &o.user));
	TRY(db_read(c->t, c->db, owner_read, &o));
	words[0] = o.account.first_name;
	words[1] = o.account.last_name;
	words[2] = o.account.username;
	for (size_t i = 0; i < o.n_contacts && n < WORDS_MAX; i++)
		if (!o.contacts[i].is_phone)
			words[n++] = o.contacts[i].value;
	c->proof = record;
	return password_read(c, words, n, record);
}

static enum status
user_password_set(struct call *c)
{
	const struct str *record = c->proof;
	struct user_id user;
	int64_t ended;

	TRY(call_user_id(c, 0, &user));
	if (call_bool(c, "must_change", false))
		TRY(deed_password_lend(c->t, &c->by, user, *record, &ended));
	else
		TRY(deed_password_set(c->t, &c->by, user, *record, call_bool(c, "sign_out", true)));
	return answer_user(c, user);
}

const struct backend_route backend_user_password_set = {
	.method = HTTP_PUT, .path = "/v1/users/{id}/password", .name = "user_password_set",
	.summary = "Set an account's password; its sign-ins end, and its addresses are told.",
	.tx = CALL_WRITE, .answers = &shape_user,
	.body = {
		{ .name = "password", .kind = VALUE_TEXT, .required = true, .max = 1024, .help = "by the deployment's policy" },
		{ .name = "skip_checks", .kind = VALUE_BOOL, .help = "true: take one that the policy refuses" },
		{ .name = "sign_out", .kind = VALUE_BOOL, .help = "false: the account's sign-ins stay" },
		{ .name = "must_change", .kind = VALUE_BOOL,
		    .help = "true: good for one sign-in within a day, in which another is chosen; all sign-ins end" },
	},
	.fails = { E_NOT_FOUND, E_WEAK_PASSWORD },
	.prove = user_password_set_prove, .run = user_password_set,
};

static enum status
user_password_remove(struct call *c)
{
	struct user_id user;

	TRY(call_user_id(c, 0, &user));
	TRY(deed_password_set(c->t, &c->by, user, S(""), true));
	return answer_user(c, user);
}

const struct backend_route backend_user_password_remove = {
	.method = HTTP_DELETE, .path = "/v1/users/{id}/password", .name = "user_password_remove",
	.summary = "Take an account's password away; its sign-ins end, and its addresses are told.",
	.tx = CALL_WRITE, .answers = &shape_user,
	.fails = { E_NOT_FOUND },
	.run = user_password_remove,
};
