/* command_key.c - key rotate, list: the keys that sign tokens. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/command.h"

#include "base/str.h"
#include "deployment/signing_key.h"
#include "session/coherence.h"

struct rotate {
	struct command      *c;
	struct deployment_id deployment;
	bool                 at_once;
	struct str           kid;
	int64_t              begins_at;
};

static enum status
rotate_run(struct task *t, void *arg)
{
	struct rotate *r = arg;
	struct settings settings;

	TRY(deployment_settings(t, r->deployment, &settings));
	TRY(signing_key_rotate(t, r->c->keys, r->deployment, &settings, r->at_once, &r->kid));
	r->begins_at = r->at_once ? t->now : t->now + settings.jwt_key_overlap_s * SECOND_US;
	TRY(cache_touch(t, r->deployment, SUBJECT_DEPLOYMENT, r->deployment.v));
	return command_audit(t, r->deployment, r->at_once ? AUDIT_SIGNING_KEY_REPLACED : AUDIT_SIGNING_KEY_MADE,
	    (struct user_id){ 0 }, (struct session_id){ 0 },
	    arena_printf(t->arena, "{\"kid\":\"" STR_FMT "\"}", STR_ARG(r->kid)));
}

enum status
command_key_rotate(struct command *c)
{
	const struct deployment *d;
	struct rotate r = { .c = c, .at_once = command_flag(c, "now").p != NULL };
	struct json j;

	TRY(command_flag_deployment(c, &d));
	r.deployment = d->id;
	TRY(command_write(c, rotate_run, &r));
	TRY(command_publish(c, d->id));
	command_about(c, "%s", deployment_id_str(c->t->arena, d->id).p);

	json_init(&j, &c->out);
	json_object_begin(&j, NULL);
	json_str(&j, "kid", r.kid);
	json_str(&j, "state", r.at_once ? S("current") : S("next"));
	json_time(&j, "signs_from", r.begins_at);
	json_object_end(&j);
	buf_put_char(&c->out, '\n');
	return OK;
}

struct list {
	struct deployment_id    deployment;
	struct signing_key_row *rows;
	size_t                  n;
};

static enum status
list_read(struct task *t, void *arg)
{
	struct list *l = arg;

	return sql_signing_keys(t, l->deployment, &l->rows, &l->n);
}

static void
write_row(struct buf *out, const struct signing_key_row *row, const struct settings *s)
{
	enum signing_key_state state = signing_key_state(row);
	struct json j;

	json_init(&j, out);
	json_object_begin(&j, NULL);
	json_str(&j, "kid", row->kid);
	json_str(&j, "state", str_of(signing_key_state_name(state)));
	json_time(&j, "created_at", row->created_at);
	json_time(&j, "signs_from", state == SIGNING_KEY_NEXT ? signing_key_until(row, s)
	    : row->current_at != 0 ? row->current_at : row->created_at);
	json_time(&j, "replaced_at", row->replaced_at);
	json_time(&j, "published_until", state == SIGNING_KEY_RETIRED ? signing_key_until(row, s) : 0);
	json_object_end(&j);
	buf_put_char(out, '\n');
}

enum status
command_key_list(struct command *c)
{
	const struct deployment *d;
	struct list l = { 0 };

	TRY(command_flag_deployment(c, &d));
	l.deployment = d->id;
	TRY(db_read(c->t, c->db, list_read, &l));
	for (size_t i = 0; i < l.n; i++)
		write_row(&c->out, &l.rows[i], &d->settings);
	return OK;
}
