/* command_declare.c - deployment apply, deployment export. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/command.h"

#include "admin/declare/apply.h"
#include "admin/declare/export.h"
#include "base/str.h"
#include "session/coherence.h"

/* A dry run is rolled back, as a failure is, and none. */
static enum status
run(struct command *c, struct declare *d)
{
	enum status st = store_write_wait(c->t, c->store, c->db, declare_run, d);

	if (d->is_dry && d->is_whole && st == E_CONFLICT) {
		c->t->why[0] = '\0';
		return OK;
	}
	TRY(st);
	coherence_publish(c->t);
	return OK;
}

/* A server that runs here serves them so from now on. */
static enum status
publish(struct command *c, const struct declare *d)
{
	for (const struct declared_touched *touched = d->touched; touched; touched = touched->next)
		if (c->directory)
			TRY(directory_refresh(c->t, c->directory, c->db, touched->id));
	return OK;
}

static void
write_plan(struct command *c, const struct declare *d)
{
	char id[PLAN_ID_MAX];

	buf_put_str(&c->out, buf_str(&d->plan.lines));
	plan_id(&d->plan, id);
	if (d->plan.n == 0)
		buf_printf(&c->out, "nothing to do\n");
	else
		buf_printf(&c->out, "%s %s: %zu change%s\n", d->is_dry ? "plan" : "applied", id, d->plan.n, d->plan.n == 1 ? "" : "s");
}

/* One JSON object a line. */
static void
write_made(struct command *c, const struct declare *d)
{
	for (const struct declared_made *m = d->made; m; m = m->next) {
		struct json j;

		json_init(&j, &c->out);
		json_object_begin(&j, NULL);
		json_str(&j, "host", m->host);
		json_deployment_id(&j, "id", m->made.id);
		json_str(&j, "publishable_key", m->made.publishable_key);
		json_str(&j, "secret_key", m->made.secret_key);
		json_object_end(&j);
		buf_put_char(&c->out, '\n');
	}
}

static void
write_hooks(struct command *c, const struct declare *d)
{
	for (const struct declared_hook *h = d->hooks; h; h = h->next) {
		struct json j;

		json_init(&j, &c->out);
		json_object_begin(&j, NULL);
		json_str(&j, "host", h->host);
		json_hook_id(&j, "webhook_id", h->id);
		json_str(&j, "url", h->url);
		json_str(&j, "secret", h->secret);
		json_object_end(&j);
		buf_put_char(&c->out, '\n');
	}
}

enum status
command_deployment_apply(struct command *c)
{
	struct declare d = {
		.keys = c->keys, .order = c->input, .prune = command_flag(c, "prune").p != NULL, .plan_id = command_flag(c, "plan"),
		.is_dry = command_flag(c, "check").p || (!command_flag(c, "yes").p && !command_flag(c, "plan").p),
	};

	TRY(run(c, &d));
	write_plan(c, &d);
	if (d.is_dry)
		return OK;
	write_made(c, &d);
	write_hooks(c, &d);
	if (d.touched)
		command_about(c, "%s", deployment_id_str(c->t->arena, d.touched->id).p);
	return publish(c, &d);
}

struct export {
	const struct deployment *d;
	bool                     all;
	struct buf              *out;
};

static enum status
export_read(struct task *t, void *arg)
{
	const struct export *x = arg;

	return declare_export(t, x->d, x->all, x->out);
}

enum status
command_deployment_export(struct command *c)
{
	struct export x = { .all = command_flag(c, "all").p != NULL, .out = &c->out };

	TRY(command_deployment(c, c->args[0], &x.d));
	return db_read(c->t, c->db, export_read, &x);
}
