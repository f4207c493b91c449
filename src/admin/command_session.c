/* command_session.c - session list, revoke. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/command.h"

#include "base/str.h"
#include "store/store.gen.h"

struct list {
	struct deployment_id      deployment;
	struct user_id            user;	/* 0: everybody's */
	int64_t                   after, most;
	struct admin_signins_row *rows;
	size_t                    n;
};

static enum status
list_read(struct task *t, void *arg)
{
	struct list *l = arg;

	if (l->user.v != 0)
		return sql_admin_user_signins(t, l->deployment, l->user, l->after, t->now, l->most, &l->rows, &l->n);
	return sql_admin_signins(t, l->deployment, l->after, t->now, l->most, &l->rows, &l->n);
}

static void
write_row(struct buf *out, const struct admin_signins_row *row)
{
	struct json j;

	json_init(&j, out);
	json_object_begin(&j, NULL);
	json_signin_id(&j, "id", row->id);
	json_session_id(&j, "session_id", row->session);
	json_user_id(&j, "user_id", row->user);
	json_str(&j, "method", row->method);
	json_str(&j, "ip_address", row->ip_address);
	json_str(&j, "browser", row->browser);
	json_str(&j, "device", row->device);
	json_time(&j, "created_at", row->created_at);
	json_time(&j, "last_active_at", row->last_active_at);
	json_time(&j, "expires_at", row->expires_at);
	json_object_end(&j);
	buf_put_char(out, '\n');
}

static enum status
list_page(struct command *c, struct list *l)
{
	struct str after = command_flag(c, "after");
	struct signin_id id = { 0 };

	if (after.p && !signin_id_parse(after, &id))
		return fail(c->t, E_BAD_REQUEST_BODY, "--after: %s is not a signin_... id", log_quote(after).text);
	l->after = id.v;
	return command_int(c, "limit", 1, 1000, 100, &l->most);
}

enum status
command_session_list(struct command *c)
{
	const struct deployment *d;
	struct list l = { 0 };

	TRY(list_page(c, &l));
	TRY(command_flag_deployment(c, &d));
	l.deployment = d->id;
	if (command_flag(c, "user").p)
		TRY(command_user(c, d, command_flag(c, "user"), &l.user));
	TRY(db_read(c->t, c->db, list_read, &l));
	for (size_t i = 0; i < l.n; i++)
		write_row(&c->out, &l.rows[i]);
	return OK;
}

/* What one write transaction of a revocation ends. */
struct revoke {
	struct deed       by;
	struct session_id session;
	struct signin_id  signin;
	struct user_id    user;
	int64_t           n;
};

static enum status
revoke_signin(struct task *t, void *arg)
{
	struct revoke *r = arg;
	enum status st = deed_signin_revoke(t, &r->by, r->signin);

	r->n = 1;
	return st == E_NOT_FOUND ? fail(t, st, "there is no sign-in %s", signin_id_str(t->arena, r->signin).p) : st;
}

static enum status
revoke_session(struct task *t, void *arg)
{
	struct revoke *r = arg;
	enum status st = deed_session_revoke(t, &r->by, r->session);

	r->n = 1;
	return st == E_NOT_FOUND ? fail(t, st, "there is no session %s", session_id_str(t->arena, r->session).p) : st;
}

static enum status
revoke_user(struct task *t, void *arg)
{
	struct revoke *r = arg;

	return deed_user_sessions_revoke(t, &r->by, r->user, &r->n);
}

static enum status
revoke_by_id(struct command *c, struct revoke *r)
{
	if (session_id_parse(c->args[0], &r->session))
		return command_write(c, revoke_session, r);
	if (signin_id_parse(c->args[0], &r->signin))
		return command_write(c, revoke_signin, r);
	return fail(c->t, E_BAD_REQUEST_BODY, "%s is neither a session_... nor a signin_... id",
	    log_quote(c->args[0]).text);
}

static enum status
revoke_what(struct command *c, const struct deployment *d, struct revoke *r)
{
	const struct deed_desk desk = command_desk(c);

	if (c->n_args == 1)
		return revoke_by_id(c, r);
	if (command_flag(c, "all").p)
		return deed_sessions_revoke_all(c->t, &r->by, &desk, &r->n);
	TRY(command_user(c, d, command_flag(c, "user"), &r->user));
	return command_write(c, revoke_user, r);
}

enum status
command_session_revoke(struct command *c)
{
	const struct deployment *d;
	struct revoke r = { 0 };
	size_t told = c->n_args + (command_flag(c, "user").p != NULL) + (command_flag(c, "all").p != NULL);

	if (told != 1)
		return fail(c->t, E_BAD_REQUEST_BODY, "session revoke takes an ID, or --user USER, or --all");
	TRY(command_flag_deployment(c, &d));
	r.by = command_deed(c, d);
	TRY(revoke_what(c, d, &r));
	command_about(c, "%s", deployment_id_str(c->t->arena, d->id).p);
	buf_printf(&c->err, "Revoked %lld.\n", (long long)r.n);
	return OK;
}
