/* command_user_create.c - user create: an account by the operator's word. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/command.h"

#include "auth/identifier.h"
#include "auth/password.h"
#include "base/str.h"
#include "store/store.gen.h"

struct create {
	const struct deployment *d;
	struct user_id           user;
	struct str               first_name, last_name;
	struct str               username, username_key;
	struct str               email, email_key;
	struct str               password_record;
	bool                     must_change;
};

static enum status
read_name(struct command *c, const char *flag, struct str *ret_name)
{
	struct str text = command_flag(c, flag);
	enum status st;

	*ret_name = S("");
	if (text.n == 0)
		return OK;
	st = identifier_name(c->t, text, 255, ret_name);
	if (st == E_BAD_REQUEST_BODY)
		return fail(c->t, st, "--%s: %s is not a name", flag, log_quote(text).text);
	return st;
}

static enum status
read_email(struct command *c, struct create *cr)
{
	struct str text = command_flag(c, "email");
	enum status st;

	if (text.n == 0)
		return OK;
	st = identifier_email(c->t, text, &cr->email, &cr->email_key);
	if (st == E_BAD_REQUEST_BODY)
		return fail(c->t, st, "--email: %s is not an e-mail address", log_quote(text).text);
	return st;
}

static enum status
read_username(struct command *c, struct create *cr)
{
	struct str text = command_flag(c, "username");
	int64_t min = cr->d->settings.auth.username.min_length;
	int64_t max = cr->d->settings.auth.username.max_length;
	enum status st;

	cr->username = S("");
	if (text.n == 0)
		return OK;
	st = identifier_username(c->t, text, min, max, &cr->username, &cr->username_key);
	if (st == E_BAD_REQUEST_BODY)
		return fail(c->t, st, "--username: %s is not %lld to %lld letters, digits, dots, dashes or underscores",
		    log_quote(text).text, (long long)min, (long long)max);
	return st;
}

static enum status
read_password(struct command *c, struct create *cr)
{
	const struct str words[] = { cr->d->settings.ui.app_name, cr->first_name, cr->last_name, cr->username, cr->email };

	TRY(command_password(c, cr->d, words, ARRAY_LEN(words), &cr->password_record));
	cr->must_change = command_flag(c, "must-change").p != NULL;
	if (cr->must_change && cr->password_record.n == 0)
		return fail(c->t, E_BAD_REQUEST_BODY, "--must-change is about a password: there is none on standard input");
	return OK;
}

/* As user set-password does, but nobody is to be told yet. */
static enum status
lend(struct task *t, const struct create *cr)
{
	int64_t rows;

	if (!cr->must_change)
		return OK;
	return sql_account_lend_password(t, cr->d->id, cr->user, cr->password_record, t->now + PASSWORD_LENT_US, t->now, &rows);
}

/* Fresh ids in each run: the statement before may have met one that was taken. */
static enum status
create_run(struct task *t, void *arg)
{
	struct create *cr = arg;
	struct deployment_id d = cr->d->id;
	struct email_id email = { 0 };
	struct str name_key;
	int64_t rows;

	cr->user = (struct user_id){ id_next(t->now) };
	TRY(identifier_name_key(t, cr->first_name, cr->last_name, &name_key));
	TRY(sql_account_insert(t, d, cr->user, cr->first_name, cr->last_name, name_key, cr->username, cr->username_key,
	    cr->password_record, cr->password_record.n ? t->now : 0, S("none"), t->now, &rows));
	if (rows == 0)
		return fail(t, E_USERNAME_EXISTS, "somebody has the username %s", log_quote(cr->username).text);
	if (cr->email.n > 0) {
		email.v = id_next(t->now);
		TRY(sql_email_insert(t, d, email, cr->user, cr->email, cr->email_key, t->now, t->now, &rows));
		if (rows == 0)
			return fail(t, E_EMAIL_EXISTS, "somebody has the address %s", log_quote(cr->email).text);
		TRY(sql_account_set_primary(t, d, cr->user, email, (struct phone_id){ 0 }, t->now, &rows));
	}
	TRY(lend(t, cr));
	return command_audit(t, d, AUDIT_USER_CREATED, cr->user, (struct session_id){ 0 }, S("{}"));
}

enum status
command_user_create(struct command *c)
{
	struct create cr = { 0 };
	struct json j;

	if (command_flag(c, "email").n == 0 && command_flag(c, "username").n == 0)
		return fail(c->t, E_BAD_REQUEST_BODY, "user create needs --email, --username, or both");
	TRY(command_flag_deployment(c, &cr.d));
	TRY(read_name(c, "first-name", &cr.first_name));
	TRY(read_name(c, "last-name", &cr.last_name));
	TRY(read_email(c, &cr));
	TRY(read_username(c, &cr));
	TRY(read_password(c, &cr));
	TRY(command_write(c, create_run, &cr));
	command_about(c, "%s,%s", deployment_id_str(c->t->arena, cr.d->id).p, user_id_str(c->t->arena, cr.user).p);

	json_init(&j, &c->out);
	json_object_begin(&j, NULL);
	json_user_id(&j, "id", cr.user);
	json_str(&j, "username", cr.username);
	json_str_or_null(&j, "email", cr.email);
	json_object_end(&j);
	buf_put_char(&c->out, '\n');
	return OK;
}
