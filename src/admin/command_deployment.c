/* command_deployment.c - deployment create, list, show, set. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/command.h"

#include "base/str.h"
#include "session/coherence.h"
#include "store/store.gen.h"

struct create {
	struct command        *c;
	struct deployment_spec spec;
	struct deployment_made made;
};

static enum status
create_run(struct task *t, void *arg)
{
	struct create *cr = arg;
	enum status st = deployment_create(t, cr->c->keys, &cr->spec, &cr->made);

	if (st == E_CONFLICT)
		return fail(t, st, "there is a deployment for the host %s already", log_quote(cr->spec.host).text);
	TRY(st);
	TRY(cache_touch(t, cr->made.id, SUBJECT_DEPLOYMENT, cr->made.id.v));
	return command_audit(t, cr->made.id, AUDIT_DEPLOYMENT_CREATED, (struct user_id){ 0 }, (struct session_id){ 0 },
	    S("{}"));
}

static enum status
parse_mode(struct task *t, struct str text, enum deployment_mode *ret_mode)
{
	if (str_eq(text, S("production")))
		*ret_mode = MODE_PRODUCTION;
	else if (str_eq(text, S("staging")))
		*ret_mode = MODE_STAGING;
	else
		return fail(t, E_BAD_REQUEST_BODY, "--mode: %s is neither production nor staging",
		    log_quote(text).text);
	return OK;
}

enum status
command_deployment_create(struct command *c)
{
	struct create cr = { .c = c, .spec = {
		.host = command_flag(c, "host"), .frontend_host = command_flag(c, "frontend-host"),
		.base_url = command_flag(c, "base-url"), .name = command_flag(c, "name"),
	} };
	struct json j;

	TRY(parse_mode(c->t, command_flag(c, "mode"), &cr.spec.mode));
	TRY(command_write(c, create_run, &cr));
	TRY(command_publish(c, cr.made.id));
	command_about(c, "%s", deployment_id_str(c->t->arena, cr.made.id).p);

	json_init(&j, &c->out);
	json_object_begin(&j, NULL);
	json_deployment_id(&j, "id", cr.made.id);
	json_str(&j, "publishable_key", cr.made.publishable_key);
	json_str(&j, "secret_key", cr.made.secret_key);
	json_object_end(&j);
	buf_put_char(&c->out, '\n');
	return OK;
}

struct page {
	int64_t                after;
	struct deployment_row *rows;
	size_t                 n;
};

static enum status
page_read(struct task *t, void *arg)
{
	struct page *p = arg;

	return sql_deployment_page(t, p->after, &p->rows, &p->n);
}

static void
write_row(struct buf *out, const struct deployment_row *row)
{
	struct json j;

	json_init(&j, out);
	json_object_begin(&j, NULL);
	json_deployment_id(&j, "id", row->id);
	json_str(&j, "name", row->name);
	json_str(&j, "mode", row->mode);
	json_str(&j, "host", row->backend_host);
	json_str(&j, "frontend_host", row->frontend_host);
	json_str(&j, "base_url", row->base_url);
	json_bool(&j, "demo", row->is_demo);
	json_time(&j, "created_at", row->created_at);
	json_object_end(&j);
	buf_put_char(out, '\n');
}

enum status
command_deployment_list(struct command *c)
{
	struct page p = { 0 };

	do {
		TRY(db_read(c->t, c->db, page_read, &p));
		for (size_t i = 0; i < p.n; i++)
			write_row(&c->out, &p.rows[i]);
		if (p.n > 0)
			p.after = p.rows[p.n - 1].id.v;
	} while (p.n > 0 && !c->out.failed);
	return OK;
}

struct stored {
	struct deployment_id  id;
	struct deployment_row row;
};

static enum status
stored_read(struct task *t, void *arg)
{
	struct stored *s = arg;

	return sql_deployment_find(t, s->id, &s->row);
}

enum status
command_deployment_show(struct command *c)
{
	const struct deployment *d;
	struct stored s;
	struct json j;

	TRY(command_deployment(c, c->args[0], &d));
	s.id = d->id;
	TRY(db_read(c->t, c->db, stored_read, &s));

	json_init(&j, &c->out);
	json_object_begin(&j, NULL);
	json_deployment_id(&j, "id", d->id);
	json_str(&j, "name", d->name);
	json_str(&j, "mode", d->mode == MODE_PRODUCTION ? S("production") : S("staging"));
	json_str(&j, "host", d->backend_host);
	json_str(&j, "frontend_host", d->frontend_host);
	json_str(&j, "base_url", d->base_url);
	json_str(&j, "publishable_key", d->publishable_key);
	json_bool(&j, "demo", d->is_demo);
	json_time(&j, "created_at", d->created_at);
	json_time(&j, "updated_at", d->updated_at);
	json_raw(&j, "overrides", s.row.settings);
	settings_write_all(&j, "settings", &d->settings);
	json_object_end(&j);
	buf_put_char(&c->out, '\n');
	return OK;
}

struct set {
	struct deployment_id id;
	struct setting_text  changes[COMMAND_ARGS_MAX];
	size_t               n;
	struct str           detail;
};

static enum status
set_run(struct task *t, void *arg)
{
	const struct set *s = arg;

	TRY(deployment_set(t, s->id, s->changes, s->n));
	TRY(cache_touch(t, s->id, SUBJECT_DEPLOYMENT, s->id.v));
	return command_audit(t, s->id, AUDIT_DEPLOYMENT_CHANGED, (struct user_id){ 0 }, (struct session_id){ 0 }, s->detail);
}

/* {"keys": […]}: which settings, not their values. */
static struct str
set_detail(struct arena *a, const struct set *s)
{
	struct buf b;
	struct json j;

	buf_init_arena(&b, a, 64 * 1024);
	json_init(&j, &b);
	json_object_begin(&j, NULL);
	json_array_begin(&j, "keys");
	for (size_t i = 0; i < s->n; i++)
		json_str(&j, NULL, s->changes[i].key);
	json_array_end(&j);
	json_object_end(&j);
	return buf_str(&b);
}

enum status
command_deployment_set(struct command *c)
{
	const struct deployment *d;
	struct set s = { 0 };

	TRY(command_deployment(c, c->args[0], &d));
	s.id = d->id;
	for (size_t i = 1; i < c->n_args; i++) {
		struct setting_text *change = &s.changes[s.n++];

		if (!str_cut(c->args[i], '=', &change->key, &change->value))
			return fail(c->t, E_BAD_REQUEST_BODY, "%s is not KEY=VALUE", log_quote(c->args[i]).text);
	}
	s.detail = set_detail(c->t->arena, &s);
	TRY(command_write(c, set_run, &s));
	command_about(c, "%s", deployment_id_str(c->t->arena, d->id).p);
	return command_publish(c, d->id);
}
