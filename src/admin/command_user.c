/* command_user.c - user list, show, disable, enable, delete, reset-factors. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/command.h"

#include "auth/identifier.h"
#include "base/str.h"
#include "store/store.gen.h"

struct lookup {
	struct deployment_id deployment;
	struct str           name, key;
	bool                 is_email;
	struct user_id       user;
};

static enum status
lookup_read(struct task *t, void *arg)
{
	struct lookup *l = arg;
	struct email_taken_row by_email;
	struct username_taken_row by_username;
	struct account_secret by_id;

	if (l->user.v != 0)
		return sql_account_secret_find(t, l->deployment, l->user, &by_id);
	if (l->is_email) {
		TRY(sql_email_taken(t, l->deployment, l->key, &by_email));
		l->user = by_email.user;
		return OK;
	}
	TRY(sql_username_taken(t, l->deployment, l->key, &by_username));
	l->user = by_username.user;
	return OK;
}

/* The key that the name is kept under. */
static enum status
lookup_key(struct task *t, struct lookup *l)
{
	struct str shown, at;

	if (user_id_parse(l->name, &l->user))
		return OK;
	l->is_email = str_cut(l->name, '@', &shown, &at);
	if (l->is_email)
		return identifier_email(t, l->name, &shown, &l->key);
	return identifier_username(t, l->name, 1, 255, &shown, &l->key);
}

enum status
command_user(struct command *c, const struct deployment *d, struct str name, struct user_id *ret_user)
{
	struct lookup l = { .deployment = d->id, .name = name };
	enum status st = lookup_key(c->t, &l);

	if (st == OK)
		st = db_read(c->t, c->db, lookup_read, &l);
	if (st == E_NOT_FOUND || st == E_BAD_REQUEST_BODY)
		return fail(c->t, E_NOT_FOUND, "there is no user %s on " STR_FMT, log_quote(name).text,
		    STR_ARG(d->backend_host));
	TRY(st);
	*ret_user = l.user;
	return OK;
}

struct list {
	struct deployment_id      deployment;
	int64_t                   after, most;
	struct account_list_row  *rows;
	size_t                    n;
};

static enum status
list_read(struct task *t, void *arg)
{
	struct list *l = arg;

	return sql_account_list(t, l->deployment, l->after, l->most, &l->rows, &l->n);
}

static void
write_row(struct buf *out, const struct account_list_row *row)
{
	struct json j;

	json_init(&j, out);
	json_object_begin(&j, NULL);
	json_user_id(&j, "id", row->id);
	json_str(&j, "first_name", row->first_name);
	json_str(&j, "last_name", row->last_name);
	json_str(&j, "username", row->username);
	json_str_or_null(&j, "email", row->email);
	json_time(&j, "disabled_at", row->disabled_at);
	json_time(&j, "created_at", row->created_at);
	json_object_end(&j);
	buf_put_char(out, '\n');
}

enum status
command_user_list(struct command *c)
{
	const struct deployment *d;
	struct str after = command_flag(c, "after");
	struct user_id id = { 0 };
	struct list l = { 0 };

	if (after.p && !user_id_parse(after, &id))
		return fail(c->t, E_BAD_REQUEST_BODY, "--after: %s is not a user_... id", log_quote(after).text);
	TRY(command_int(c, "limit", 1, 1000, 100, &l.most));
	TRY(command_flag_deployment(c, &d));
	l.deployment = d->id;
	l.after = id.v;
	TRY(db_read(c->t, c->db, list_read, &l));
	for (size_t i = 0; i < l.n; i++)
		write_row(&c->out, &l.rows[i]);
	return OK;
}

/* One account that a command is about. */
struct one {
	struct deed          by;
	struct user_id       user;
	struct account_row   row;
	struct contact_row  *contacts;
	size_t               n_contacts;
	struct signin_row   *signins;
	size_t               n_signins;
	int64_t              ended;
};

static enum status
one_find(struct command *c, struct one *one)
{
	const struct deployment *d;

	TRY(command_flag_deployment(c, &d));
	*one = (struct one){ .by = command_deed(c, d) };
	TRY(command_user(c, d, c->args[0], &one->user));
	command_about(c, "%s,%s", deployment_id_str(c->t->arena, d->id).p, user_id_str(c->t->arena, one->user).p);
	return OK;
}

static enum status
one_read(struct task *t, void *arg)
{
	struct one *one = arg;

	struct deployment_id d = one->by.d->id;

	TRY(sql_account_find(t, d, one->user, &one->row));
	TRY(sql_account_contacts(t, d, one->user, &one->contacts, &one->n_contacts));
	return sql_user_signins(t, d, one->user, t->now, &one->signins, &one->n_signins);
}

static void
write_contacts(struct json *j, const char *key, const struct one *one, bool phones)
{
	json_array_begin(j, key);
	for (size_t i = 0; i < one->n_contacts; i++) {
		const struct contact_row *contact = &one->contacts[i];

		if (contact->is_phone != phones)
			continue;
		json_object_begin(j, NULL);
		json_str(j, "value", contact->value);
		if (phones)
			json_str(j, "dial_code", contact->dial_code);
		json_time(j, "verified_at", contact->verified_at);
		json_object_end(j);
	}
	json_array_end(j);
}

static struct str
primary_email(const struct one *one)
{
	for (size_t i = 0; i < one->n_contacts; i++)
		if (!one->contacts[i].is_phone && one->contacts[i].id == one->row.primary_email.v)
			return one->contacts[i].value;
	return STR_NONE;
}

enum status
command_user_show(struct command *c)
{
	struct one one;
	struct json j;

	TRY(one_find(c, &one));
	TRY(db_read(c->t, c->db, one_read, &one));
	json_init(&j, &c->out);
	json_object_begin(&j, NULL);
	json_user_id(&j, "id", one.row.id);
	json_str(&j, "first_name", one.row.first_name);
	json_str(&j, "last_name", one.row.last_name);
	json_str(&j, "username", one.row.username);
	json_str_or_null(&j, "email", primary_email(&one));
	write_contacts(&j, "emails", &one, false);
	write_contacts(&j, "phone_numbers", &one, true);
	json_bool(&j, "has_password", one.row.has_password);
	json_str(&j, "second_factor_policy", one.row.second_factor_policy);
	json_int(&j, "signins", (int64_t)one.n_signins);
	json_time(&j, "disabled_at", one.row.disabled_at);
	json_time(&j, "created_at", one.row.created_at);
	json_time(&j, "updated_at", one.row.updated_at);
	json_object_end(&j);
	buf_put_char(&c->out, '\n');
	return OK;
}

static enum status
disable_run(struct task *t, void *arg)
{
	struct one *one = arg;

	return deed_user_disable(t, &one->by, one->user, &one->ended);
}

enum status
command_user_disable(struct command *c)
{
	struct one one;

	TRY(one_find(c, &one));
	TRY(command_write(c, disable_run, &one));
	buf_printf(&c->err, "Disabled; %lld sign-ins ended.\n", (long long)one.ended);
	return OK;
}

static enum status
enable_run(struct task *t, void *arg)
{
	struct one *one = arg;

	return deed_user_enable(t, &one->by, one->user);
}

enum status
command_user_enable(struct command *c)
{
	struct one one;

	TRY(one_find(c, &one));
	TRY(command_write(c, enable_run, &one));
	buf_printf(&c->err, "Enabled. Sign-ins that had ended stay ended.\n");
	return OK;
}

static enum status
delete_run(struct task *t, void *arg)
{
	struct one *one = arg;

	return deed_user_delete(t, &one->by, one->user, &one->ended);
}

enum status
command_user_delete(struct command *c)
{
	struct one one;

	TRY(one_find(c, &one));
	TRY(command_write(c, delete_run, &one));
	buf_printf(&c->err, "Deleted; %lld sign-ins ended.\n", (long long)one.ended);
	return OK;
}

static enum status
reset_run(struct task *t, void *arg)
{
	struct one *one = arg;

	return deed_user_reset_factors(t, &one->by, one->user, &one->ended);
}

enum status
command_user_reset_factors(struct command *c)
{
	struct one one;

	TRY(one_find(c, &one));
	TRY(command_write(c, reset_run, &one));
	buf_printf(&c->err, "Removed; %lld sign-ins ended.\n", (long long)one.ended);
	return OK;
}
