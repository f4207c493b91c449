/* command_jwt_template.c - jwt-template set, list, show, delete. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/command.h"

#include "base/str.h"
#include "deployment/jwt_template.h"
#include "deployment/signing_key.h"
#include "session/coherence.h"

struct change {
	struct command          *c;
	struct deployment_id     deployment;
	const struct settings   *settings;
	struct str               name;
	struct jwt_template_spec spec;
};

/* {"name": "hasura", "algorithm": "RS256"}: the algorithm only with a key of its own. A name needs no escaping. */
static enum status
audit(struct task *t, const struct change *ch, enum audit_event event, const char *algorithm)
{
	struct str detail = algorithm
	    ? arena_printf(t->arena, "{\"name\":\"" STR_FMT "\",\"algorithm\":\"%s\"}", STR_ARG(ch->name), algorithm)
	    : arena_printf(t->arena, "{\"name\":\"" STR_FMT "\"}", STR_ARG(ch->name));

	TRY(cache_touch(t, ch->deployment, SUBJECT_DEPLOYMENT, ch->deployment.v));
	return command_audit(t, ch->deployment, event, (struct user_id){ 0 }, (struct session_id){ 0 }, detail);
}

static enum status
set_run(struct task *t, void *arg)
{
	const struct change *ch = arg;

	TRY(jwt_template_put(t, ch->c->keys, ch->deployment, &ch->spec));
	TRY(signing_keys_outlast(t, ch->deployment, ch->settings));
	return audit(t, ch, AUDIT_JWT_TEMPLATE_SET, ch->spec.has_key ? jwt_alg_name(ch->spec.alg) : NULL);
}

static enum status
delete_run(struct task *t, void *arg)
{
	const struct change *ch = arg;

	TRY(jwt_template_delete(t, ch->deployment, ch->name));
	return audit(t, ch, AUDIT_JWT_TEMPLATE_DELETED, NULL);
}

static enum status
read_args(struct command *c, struct change *ch)
{
	const struct deployment *d;

	TRY(command_flag_deployment(c, &d));
	ch->c = c;
	ch->deployment = d->id;
	ch->settings = &d->settings;
	ch->name = c->args[0];
	command_about(c, "%s", deployment_id_str(c->t->arena, d->id).p);
	return OK;
}

enum status
command_jwt_template_set(struct command *c)
{
	struct change ch = { 0 };
	enum status st;

	TRY(read_args(c, &ch));
	TRY(jwt_template_spec_read(c->t, ch.name, c->input, &ch.spec));
	st = command_write(c, set_run, &ch);
	jwt_template_spec_done(&ch.spec);
	TRY(st);
	return command_publish(c, ch.deployment);
}

enum status
command_jwt_template_delete(struct command *c)
{
	struct change ch = { 0 };

	TRY(read_args(c, &ch));
	TRY(command_write(c, delete_run, &ch));
	return command_publish(c, ch.deployment);
}

struct look {
	struct deployment_id     deployment;
	struct str               name;
	struct jwt_template_row *rows;
	size_t                   n;
};

static enum status
list_read(struct task *t, void *arg)
{
	struct look *l = arg;

	return sql_jwt_templates(t, l->deployment, &l->rows, &l->n);
}

static enum status
show_read(struct task *t, void *arg)
{
	struct look *l = arg;
	enum status st;

	l->rows = arena_one(t->arena, struct jwt_template_row);
	TRY_MEM(t, l->rows);
	st = sql_jwt_template_find(t, l->deployment, l->name, l->rows);
	if (st == E_NOT_FOUND)
		return fail(t, E_TEMPLATE_NOT_FOUND, "there is no token template %s", log_quote(l->name).text);
	l->n = 1;
	return st;
}

static enum status
look(struct command *c, struct look *l, enum status (*read)(struct task *t, void *arg))
{
	const struct deployment *d;

	TRY(command_flag_deployment(c, &d));
	l->deployment = d->id;
	TRY(db_read(c->t, c->db, read, l));
	for (size_t i = 0; i < l->n; i++) {
		struct json j;

		json_init(&j, &c->out);
		jwt_template_write(&j, NULL, &l->rows[i]);
		buf_put_char(&c->out, '\n');
	}
	return OK;
}

enum status
command_jwt_template_list(struct command *c)
{
	struct look l = { 0 };

	return look(c, &l, list_read);
}

enum status
command_jwt_template_show(struct command *c)
{
	struct look l = { .name = c->args[0] };

	return look(c, &l, show_read);
}
