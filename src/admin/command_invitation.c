/* command_invitation.c - invitation create, list, revoke; waitlist list, invite, remove. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/command.h"

#include "auth/identifier.h"
#include "base/str.h"

struct inviting {
	struct command        *c;
	struct deed            by;
	struct invitation_deed in;
	int64_t                rows;
};

/* ---- inviting ---- */

static enum status
inviting_begin(struct inviting *i)
{
	const struct deployment *d;

	TRY(command_flag_deployment(i->c, &d));
	i->by = command_deed(i->c, d);
	return OK;
}

static enum status
read_address(struct inviting *i, struct str text)
{
	struct task *t = i->c->t;

	if (identifier_email(t, text, &i->in.email, &i->in.email_key) == OK)
		return OK;
	t->why[0] = '\0';
	return fail(t, E_BAD_REQUEST_BODY, "%s is not an e-mail address", log_quote(text).text);
}

static enum status
read_name(struct command *c, const char *flag, struct str *ret_name)
{
	struct str text = command_flag(c, flag);

	*ret_name = S("");
	if (text.n == 0 || identifier_name(c->t, text, DEED_INVITATION_NAME_MAX, ret_name) == OK)
		return OK;
	c->t->why[0] = '\0';
	return fail(c->t, E_BAD_REQUEST_BODY, "--%s: %s is not a name", flag, log_quote(text).text);
}

/* "10d": days. */
static enum status
read_expiry(struct inviting *i)
{
	struct str text = command_flag(i->c, "expires");
	int64_t days = DEED_INVITATION_DAYS;

	if (text.n > 0 &&
	    (!str_ends(text, S("d")) || !str_int((struct str){ text.p, text.n - 1 }, 1, DEED_INVITATION_DAYS_MAX, &days)))
		return fail(i->c->t, E_BAD_REQUEST_BODY, "--expires must be 1d to %dd", DEED_INVITATION_DAYS_MAX);
	i->in.expires_at = i->c->t->now + days * DAY_US;
	return OK;
}

static enum status
invite_run(struct task *t, void *arg)
{
	struct inviting *i = arg;

	return deed_invitation_create(t, &i->by, &i->in);
}

static void
write_invitation(struct buf *out, const struct invitation_list_row *r)
{
	struct json j;

	json_init(&j, out);
	json_object_begin(&j, NULL);
	json_invitation_id(&j, "id", r->id);
	json_str(&j, "email", r->email);
	json_str(&j, "first_name", r->first_name);
	json_str(&j, "last_name", r->last_name);
	json_time(&j, "created_at", r->created_at);
	json_time(&j, "expires_at", r->expires_at);
	json_time(&j, "used_at", r->used_at);
	json_object_end(&j);
	buf_put_char(out, '\n');
}

static void
about(struct inviting *i)
{
	struct arena *a = i->c->t->arena;

	command_about(i->c, "%s,%s", deployment_id_str(a, i->by.d->id).p, invitation_id_str(a, i->in.id).p);
}

static enum status
invite(struct inviting *i)
{
	struct invitation_list_row row;

	TRY(read_expiry(i));
	TRY(command_write(i->c, invite_run, i));
	about(i);
	row = (struct invitation_list_row){
		.id = i->in.id, .email = i->in.email, .first_name = i->in.first_name, .last_name = i->in.last_name,
		.created_at = i->c->t->now, .expires_at = i->in.expires_at,
	};
	write_invitation(&i->c->out, &row);
	return OK;
}

enum status
command_invitation_create(struct command *c)
{
	struct inviting i = { .c = c };

	TRY(inviting_begin(&i));
	TRY(read_address(&i, c->args[0]));
	TRY(read_name(c, "first-name", &i.in.first_name));
	TRY(read_name(c, "last-name", &i.in.last_name));
	return invite(&i);
}

struct list {
	struct deployment_id        deployment;
	int64_t                     after, most;
	struct invitation_list_row *invitations;
	struct waitlist_list_row   *entries;
	size_t                      n;
};

static enum status
list_invitations(struct task *t, void *arg)
{
	struct list *l = arg;

	return sql_invitation_list(t, l->deployment, l->after, l->most, &l->invitations, &l->n);
}

/* The page that --after and --limit ask for; `after` is an id without its prefix's meaning. */
static enum status
read_page(struct command *c, struct list *l)
{
	const struct deployment *d;
	struct str after = command_flag(c, "after"), prefix, number;

	if (after.p) {
		(void)str_cut(after, '_', &prefix, &number);
		if (!str_int(number, 1, INT64_MAX, &l->after))
			return fail(c->t, E_BAD_REQUEST_BODY, "--after: %s is not an id of this list", log_quote(after).text);
	}
	TRY(command_int(c, "limit", 1, 1000, 100, &l->most));
	TRY(command_flag_deployment(c, &d));
	l->deployment = d->id;
	return OK;
}

enum status
command_invitation_list(struct command *c)
{
	struct list l = { 0 };

	TRY(read_page(c, &l));
	TRY(db_read(c->t, c->db, list_invitations, &l));
	for (size_t i = 0; i < l.n; i++)
		write_invitation(&c->out, &l.invitations[i]);
	return OK;
}

static enum status
revoke_run(struct task *t, void *arg)
{
	struct inviting *i = arg;
	enum status st = deed_invitation_revoke(t, &i->by, i->in.id);

	return st == E_NOT_FOUND ? fail(t, st, "there is no such invitation that is not used yet") : st;
}

enum status
command_invitation_revoke(struct command *c)
{
	struct inviting i = { .c = c };

	if (!invitation_id_parse(c->args[0], &i.in.id))
		return fail(c->t, E_BAD_REQUEST_BODY, "%s is not an invitation_... id", log_quote(c->args[0]).text);
	TRY(inviting_begin(&i));
	TRY(command_write(c, revoke_run, &i));
	about(&i);
	return OK;
}

/* ---- the waitlist ---- */

static enum status
list_entries(struct task *t, void *arg)
{
	struct list *l = arg;

	return sql_waitlist_list(t, l->deployment, l->after, l->most, &l->entries, &l->n);
}

enum status
command_waitlist_list(struct command *c)
{
	struct list l = { 0 };

	TRY(read_page(c, &l));
	TRY(db_read(c->t, c->db, list_entries, &l));
	for (size_t i = 0; i < l.n; i++) {
		const struct waitlist_list_row *r = &l.entries[i];
		struct json j;

		json_init(&j, &c->out);
		json_object_begin(&j, NULL);
		json_waitlist_id(&j, "id", r->id);
		json_str(&j, "email", r->email);
		json_str(&j, "first_name", r->first_name);
		json_str(&j, "last_name", r->last_name);
		json_time(&j, "invited_at", r->invited_at);
		json_time(&j, "created_at", r->created_at);
		json_object_end(&j);
		buf_put_char(&c->out, '\n');
	}
	return OK;
}

static enum status
entry_read(struct task *t, void *arg)
{
	struct inviting *i = arg;
	struct waitlist_find_row row;

	TRY(sql_waitlist_find(t, i->by.d->id, i->in.email_key, &row));
	i->in.first_name = row.first_name;
	i->in.last_name = row.last_name;
	return OK;
}

enum status
command_waitlist_invite(struct command *c)
{
	struct inviting i = { .c = c, .in = { .from_waitlist = true } };
	enum status st;

	TRY(inviting_begin(&i));
	TRY(read_address(&i, c->args[0]));
	st = db_read(c->t, c->db, entry_read, &i);
	if (st == E_NOT_FOUND)
		return fail(c->t, st, "%s is not on the waitlist", log_quote(i.in.email).text);
	TRY(st);
	return invite(&i);
}

static enum status
remove_run(struct task *t, void *arg)
{
	struct inviting *i = arg;

	TRY(sql_waitlist_delete(t, i->by.d->id, i->in.email_key, &i->rows));
	if (i->rows == 0)
		return fail(t, E_NOT_FOUND, "%s is not on the waitlist", log_quote(i->in.email).text);
	return OK;
}

enum status
command_waitlist_remove(struct command *c)
{
	struct inviting i = { .c = c };

	TRY(inviting_begin(&i));
	TRY(read_address(&i, c->args[0]));
	TRY(command_write(c, remove_run, &i));
	command_about(c, "%s", deployment_id_str(c->t->arena, i.by.d->id).p);
	return OK;
}
