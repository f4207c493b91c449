/* command_user_create.c - user create: an account by the operator's word. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/command.h"

#include "auth/identifier.h"
#include "auth/password.h"
#include "base/str.h"

struct create {
	struct deed         by;
	struct account_spec spec;
	struct user_id      user;
	bool                must_change;
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
read_email(struct command *c, struct account_spec *spec)
{
	struct str text = command_flag(c, "email");
	enum status st;

	if (text.n == 0)
		return OK;
	st = identifier_email(c->t, text, &spec->email, &spec->email_key);
	if (st == E_BAD_REQUEST_BODY)
		return fail(c->t, st, "--email: %s is not an e-mail address", log_quote(text).text);
	return st;
}

static enum status
read_username(struct command *c, const struct settings *s, struct account_spec *spec)
{
	struct str text = command_flag(c, "username");
	int64_t min = s->auth.username.min_length;
	int64_t max = s->auth.username.max_length;
	enum status st;

	spec->username = S("");
	if (text.n == 0)
		return OK;
	st = identifier_username(c->t, text, min, max, &spec->username, &spec->username_key);
	if (st == E_BAD_REQUEST_BODY)
		return fail(c->t, st, "--username: %s is not %lld to %lld letters, digits, dots, dashes or underscores",
		    log_quote(text).text, (long long)min, (long long)max);
	return st;
}

static enum status
read_password(struct command *c, struct create *cr)
{
	const struct str words[] = { cr->spec.first_name, cr->spec.last_name, cr->spec.username, cr->spec.email };

	TRY(command_password(c, cr->by.d, words, ARRAY_LEN(words), &cr->spec.password_record));
	cr->must_change = command_flag(c, "must-change").p != NULL;
	if (cr->must_change && cr->spec.password_record.n == 0)
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
	return sql_account_lend_password(
	    t, cr->by.d->id, cr->user, cr->spec.password_record, t->now + PASSWORD_LENT_US, t->now, &rows);
}

static enum status
fail_taken(struct task *t, enum status st, const struct account_spec *spec)
{
	if (st == E_USERNAME_EXISTS)
		return fail(t, st, "somebody has the username %s", log_quote(spec->username).text);
	if (st == E_EMAIL_EXISTS)
		return fail(t, st, "somebody has the address %s", log_quote(spec->email).text);
	return st;
}

/* Fresh ids in each run: the statement before may have met one that was taken. */
static enum status
create_run(struct task *t, void *arg)
{
	struct create *cr = arg;

	TRY(fail_taken(t, deed_user_create(t, &cr->by, &cr->spec, S(""), &cr->user), &cr->spec));
	return lend(t, cr);
}

enum status
command_user_create(struct command *c)
{
	struct create cr = { .spec = { .second_factor_policy = S("none"), .email_verified = true } };
	const struct deployment *d;
	struct json j;

	if (command_flag(c, "email").n == 0 && command_flag(c, "username").n == 0)
		return fail(c->t, E_BAD_REQUEST_BODY, "user create needs --email, --username, or both");
	TRY(command_flag_deployment(c, &d));
	cr.by = command_deed(c, d);
	TRY(read_name(c, "first-name", &cr.spec.first_name));
	TRY(read_name(c, "last-name", &cr.spec.last_name));
	TRY(read_email(c, &cr.spec));
	TRY(read_username(c, &d->settings, &cr.spec));
	TRY(read_password(c, &cr));
	TRY(command_write(c, create_run, &cr));
	command_about(c, "%s,%s", deployment_id_str(c->t->arena, d->id).p, user_id_str(c->t->arena, cr.user).p);

	json_init(&j, &c->out);
	json_object_begin(&j, NULL);
	json_user_id(&j, "id", cr.user);
	json_str(&j, "username", cr.spec.username);
	json_str_or_null(&j, "email", cr.spec.email);
	json_object_end(&j);
	buf_put_char(&c->out, '\n');
	return OK;
}
