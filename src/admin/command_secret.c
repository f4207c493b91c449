/* command_secret.c - deployment secret set, list, delete. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/command.h"

#include "base/str.h"
#include "notify/secrets.h"
#include "store/store.gen.h"

enum { SECRET_MAX_BYTES = 512 };

struct change {
	struct command        *c;
	struct deployment_id   deployment;
	enum deployment_secret which;
	int64_t                n;
};

/* {"secret": "smtp_password"}: which, never what. */
static enum status
audit(struct task *t, const struct change *ch)
{
	struct str detail = arena_printf(t->arena, "{\"secret\":\"%s\"}", deployment_secret_name(ch->which));

	return command_audit(t, ch->deployment, AUDIT_DEPLOYMENT_CHANGED, (struct user_id){ 0 }, (struct session_id){ 0 }, detail);
}

static enum status
set_run(struct task *t, void *arg)
{
	const struct change *ch = arg;

	TRY(deployment_secret_put(t, ch->c->keys, ch->deployment, ch->which, ch->c->input));
	return audit(t, ch);
}

static enum status
delete_run(struct task *t, void *arg)
{
	struct change *ch = arg;

	TRY(sql_deployment_secret_delete(t, ch->deployment, str_of(deployment_secret_name(ch->which)), &ch->n));
	return ch->n > 0 ? audit(t, ch) : OK;
}

static enum status
read_args(struct command *c, struct change *ch)
{
	const struct deployment *d;

	ch->c = c;
	/* Not quoted: somebody may have typed the secret itself. */
	if (!deployment_secret_find(c->args[1], &ch->which))
		return fail(c->t, E_BAD_REQUEST_BODY, "a deployment's secrets are smtp_password and sms_secret");
	TRY(command_deployment(c, c->args[0], &d));
	ch->deployment = d->id;
	command_about(c, "%s", deployment_id_str(c->t->arena, d->id).p);
	return OK;
}

enum status
command_secret_set(struct command *c)
{
	struct change ch = { 0 };

	TRY(read_args(c, &ch));
	if (c->input.n == 0 || c->input.n > SECRET_MAX_BYTES)
		return fail(c->t, E_BAD_REQUEST_BODY, "a secret is text of 1 to %d bytes on standard input", SECRET_MAX_BYTES);
	return command_write(c, set_run, &ch);
}

enum status
command_secret_delete(struct command *c)
{
	struct change ch = { 0 };

	TRY(read_args(c, &ch));
	TRY(command_write(c, delete_run, &ch));
	if (ch.n == 0)
		return fail(c->t, E_NOT_FOUND, "%s is not set", deployment_secret_name(ch.which));
	return OK;
}

struct list {
	struct deployment_id           deployment;
	struct deployment_secrets_row *rows;
	size_t                         n;
};

static enum status
list_read(struct task *t, void *arg)
{
	struct list *l = arg;

	return sql_deployment_secrets(t, l->deployment, &l->rows, &l->n);
}

enum status
command_secret_list(struct command *c)
{
	const struct deployment *d;
	struct list l = { 0 };

	TRY(command_deployment(c, c->args[0], &d));
	l.deployment = d->id;
	TRY(db_read(c->t, c->db, list_read, &l));
	for (size_t i = 0; i < l.n; i++) {
		struct json j;

		json_init(&j, &c->out);
		json_object_begin(&j, NULL);
		json_str(&j, "name", l.rows[i].name);
		json_time(&j, "updated_at", l.rows[i].updated_at);
		json_object_end(&j);
		buf_put_char(&c->out, '\n');
	}
	return OK;
}
