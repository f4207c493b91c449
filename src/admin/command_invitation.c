/* command_invitation.c - invitation create, list, revoke; waitlist list, invite, remove. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/command.h"

#include <string.h>

#include "api/sign_up/invitation.h"
#include "auth/identifier.h"
#include "base/secret.h"
#include "base/str.h"
#include "notify/outbox.h"
#include "store/store.gen.h"

enum { TOKEN_BYTES = 32, NAME_MAX = 50, EXPIRES_DAYS = 10, EXPIRES_DAYS_MAX = 365 };

struct inviting {
	struct command          *c;
	const struct deployment *d;
	struct invitation_id     id;
	struct str               email, email_key, first_name, last_name, link;
	uint8_t                  hash[32];
	int64_t                  expires_at;
	bool                     from_waitlist;
	int64_t                  rows;
};

/* ---- inviting ---- */

static enum status
read_address(struct inviting *in, struct str text)
{
	struct task *t = in->c->t;

	if (identifier_email(t, text, &in->email, &in->email_key) == OK)
		return OK;
	t->why[0] = '\0';
	return fail(t, E_BAD_REQUEST_BODY, "%s is not an e-mail address", log_quote(text).text);
}

static enum status
read_name(struct command *c, const char *flag, struct str *ret_name)
{
	struct str text = command_flag(c, flag);

	*ret_name = S("");
	if (text.n == 0 || identifier_name(c->t, text, NAME_MAX, ret_name) == OK)
		return OK;
	c->t->why[0] = '\0';
	return fail(c->t, E_BAD_REQUEST_BODY, "--%s: %s is not a name", flag, log_quote(text).text);
}

/* "10d": days. */
static enum status
read_expiry(struct inviting *in)
{
	struct str text = command_flag(in->c, "expires");
	int64_t days = EXPIRES_DAYS;

	if (text.n > 0 && (!str_ends(text, S("d")) || !str_int((struct str){ text.p, text.n - 1 }, 1, EXPIRES_DAYS_MAX, &days)))
		return fail(in->c->t, E_BAD_REQUEST_BODY, "--expires must be 1d to %dd", EXPIRES_DAYS_MAX);
	in->expires_at = in->c->t->now + days * DAY_US;
	return OK;
}

static enum status
make_token(struct inviting *in)
{
	struct str page = in->d->settings.ui.sign_up_page_url, token;
	struct task *t = in->c->t;
	uint8_t bytes[TOKEN_BYTES];

	if (!secret_random(bytes, sizeof(bytes)))
		return fail(t, E_INTERNAL, "invitation: no randomness");
	token = str_b64url(t->arena, bytes, sizeof(bytes));
	secret_wipe(bytes, sizeof(bytes));
	TRY_MEM(t, token.p);
	in->link = arena_printf(t->arena, STR_FMT "%sinvite_token=" STR_FMT, STR_ARG(page), memchr(page.p, '?', page.n) ? "&" : "?",
	    STR_ARG(token));
	return invitation_hash(t, in->c->keys, in->d->id, token, in->hash);
}

static enum status
put_mail(struct task *t, const struct inviting *in)
{
	struct message m = {
		.kind = MESSAGE_INVITATION, .to = in->email,
		.vars = { { "link", in->link }, { "first_name", in->first_name }, { "app_name", in->d->settings.ui.app_name } },
	};

	return outbox_put(t, in->c->keys, in->d->id, &m);
}

static enum status
check_free(struct task *t, const struct inviting *in)
{
	struct email_taken_row taken;
	enum status st = sql_email_taken(t, in->d->id, in->email_key, &taken);

	if (st == OK)
		return fail(t, E_EMAIL_EXISTS, "somebody has the address %s already", log_quote(in->email).text);
	return st == E_NOT_FOUND ? OK : st;
}

/* What went to the same address before is worth nothing from now on. */
static enum status
invite_run(struct task *t, void *arg)
{
	struct inviting *in = arg;
	struct deployment_id d = in->d->id;
	int64_t rows;

	in->id = (struct invitation_id){ id_next(t->now) };
	TRY(check_free(t, in));
	TRY(sql_invitation_revoke_of_email(t, d, in->email_key, &rows));
	TRY(sql_invitation_insert(t, d, in->id, (struct str){ (const char *)in->hash, sizeof(in->hash) }, in->email, in->email_key,
	    in->first_name, in->last_name, t->now, in->expires_at, &rows));
	if (rows == 0)
		return fail(t, E_CONFLICT, "invitation: the id is taken");
	if (in->from_waitlist)
		TRY(sql_waitlist_set_invited(t, d, in->email_key, t->now, &rows));
	TRY(command_audit(t, d, AUDIT_INVITATION_CREATED, (struct user_id){ 0 }, (struct session_id){ 0 }, S("{}")));
	return put_mail(t, in);
}

static void
write_invitation(struct buf *out, struct invitation_id id, struct str email, struct str first_name, struct str last_name,
    int64_t created_at, int64_t expires_at, int64_t used_at)
{
	struct json j;

	json_init(&j, out);
	json_object_begin(&j, NULL);
	json_invitation_id(&j, "id", id);
	json_str(&j, "email", email);
	json_str(&j, "first_name", first_name);
	json_str(&j, "last_name", last_name);
	json_time(&j, "created_at", created_at);
	json_time(&j, "expires_at", expires_at);
	json_time(&j, "used_at", used_at);
	json_object_end(&j);
	buf_put_char(out, '\n');
}

static enum status
invite(struct inviting *in)
{
	struct command *c = in->c;

	TRY(read_expiry(in));
	TRY(make_token(in));
	TRY(command_write(c, invite_run, in));
	command_about(c, "%s,%s", deployment_id_str(c->t->arena, in->d->id).p, invitation_id_str(c->t->arena, in->id).p);
	write_invitation(&c->out, in->id, in->email, in->first_name, in->last_name, c->t->now, in->expires_at, 0);
	return OK;
}

enum status
command_invitation_create(struct command *c)
{
	struct inviting in = { .c = c };

	TRY(command_flag_deployment(c, &in.d));
	TRY(read_address(&in, c->args[0]));
	TRY(read_name(c, "first-name", &in.first_name));
	TRY(read_name(c, "last-name", &in.last_name));
	return invite(&in);
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
	for (size_t i = 0; i < l.n; i++) {
		const struct invitation_list_row *r = &l.invitations[i];

		write_invitation(&c->out, r->id, r->email, r->first_name, r->last_name, r->created_at, r->expires_at, r->used_at);
	}
	return OK;
}

static enum status
revoke_run(struct task *t, void *arg)
{
	struct inviting *in = arg;

	TRY(sql_invitation_revoke(t, in->d->id, in->id, &in->rows));
	if (in->rows == 0)
		return fail(t, E_NOT_FOUND, "there is no such invitation that is not used yet");
	return command_audit(t, in->d->id, AUDIT_INVITATION_REVOKED, (struct user_id){ 0 }, (struct session_id){ 0 }, S("{}"));
}

enum status
command_invitation_revoke(struct command *c)
{
	struct inviting in = { .c = c };

	if (!invitation_id_parse(c->args[0], &in.id))
		return fail(c->t, E_BAD_REQUEST_BODY, "%s is not an invitation_... id", log_quote(c->args[0]).text);
	TRY(command_flag_deployment(c, &in.d));
	TRY(command_write(c, revoke_run, &in));
	command_about(c, "%s,%s", deployment_id_str(c->t->arena, in.d->id).p, invitation_id_str(c->t->arena, in.id).p);
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
	struct inviting *in = arg;
	struct waitlist_find_row row;

	TRY(sql_waitlist_find(t, in->d->id, in->email_key, &row));
	in->first_name = row.first_name;
	in->last_name = row.last_name;
	return OK;
}

enum status
command_waitlist_invite(struct command *c)
{
	struct inviting in = { .c = c, .from_waitlist = true };
	enum status st;

	TRY(command_flag_deployment(c, &in.d));
	TRY(read_address(&in, c->args[0]));
	st = db_read(c->t, c->db, entry_read, &in);
	if (st == E_NOT_FOUND)
		return fail(c->t, st, "%s is not on the waitlist", log_quote(in.email).text);
	TRY(st);
	return invite(&in);
}

static enum status
remove_run(struct task *t, void *arg)
{
	struct inviting *in = arg;

	TRY(sql_waitlist_delete(t, in->d->id, in->email_key, &in->rows));
	if (in->rows == 0)
		return fail(t, E_NOT_FOUND, "%s is not on the waitlist", log_quote(in->email).text);
	return OK;
}

enum status
command_waitlist_remove(struct command *c)
{
	struct inviting in = { .c = c };

	TRY(command_flag_deployment(c, &in.d));
	TRY(read_address(&in, c->args[0]));
	TRY(command_write(c, remove_run, &in));
	command_about(c, "%s", deployment_id_str(c->t->arena, in.d->id).p);
	return OK;
}
