/* command_outbox.c - outbox list, show. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/command.h"

#include "base/str.h"
#include "notify/outbox.h"
#include "store/store.gen.h"

/* What list and show say alike. */
struct shown {
	struct message_id id;
	int64_t           channel;
	struct str        kind, recipient;
	struct user_id    user;
	int64_t           state, tries, next_at;
	struct str        last_error;
	int64_t           created_at, expires_at, sent_at;
};
#define SHOWN_OF(row) \
	{ (row)->id, (row)->channel, (row)->kind, (row)->recipient, (row)->user, (row)->state, (row)->tries, \
	    (row)->next_at, (row)->last_error, (row)->created_at, (row)->expires_at, (row)->sent_at }

static void
write_shown(struct json *j, const struct shown *m)
{
	json_message_id(j, "id", m->id);
	json_str(j, "channel", str_of(message_channel_name((enum message_channel)m->channel)));
	json_str(j, "kind", m->kind);
	json_str(j, "to", m->recipient);
	json_user_id(j, "user_id", m->user);
	json_str(j, "state", str_of(message_state_name((enum message_state)m->state)));
	json_int(j, "tries", m->tries);
	json_time(j, "next_try_at", m->state == MESSAGE_DUE ? m->next_at : 0);
	json_str(j, "last_error", m->last_error);
	json_time(j, "created_at", m->created_at);
	json_time(j, "expires_at", m->expires_at);
	json_time(j, "sent_at", m->sent_at);
}

struct list {
	struct deployment_id deployment;
	int64_t              before, most;
	struct message_row  *rows;
	size_t               n;
};

static enum status
list_read(struct task *t, void *arg)
{
	struct list *l = arg;

	return sql_message_list(t, l->deployment, l->before, l->most, &l->rows, &l->n);
}

static enum status
list_page(struct command *c, struct list *l)
{
	struct str before = command_flag(c, "before");
	struct message_id id = { INT64_MAX };

	if (before.p && !message_id_parse(before, &id))
		return fail(c->t, E_BAD_REQUEST_BODY, "--before: %s is not a message_... id", log_quote(before).text);
	l->before = id.v;
	return command_int(c, "limit", 1, 1000, 100, &l->most);
}

enum status
command_outbox_list(struct command *c)
{
	const struct deployment *d;
	struct list l = { 0 };
	struct json j;

	TRY(list_page(c, &l));
	TRY(command_flag_deployment(c, &d));
	l.deployment = d->id;
	TRY(db_read(c->t, c->db, list_read, &l));

	json_init(&j, &c->out);
	json_object_begin(&j, NULL);
	json_array_begin(&j, "messages");
	for (size_t i = 0; i < l.n; i++) {
		struct shown m = SHOWN_OF(&l.rows[i]);

		json_object_begin(&j, NULL);
		write_shown(&j, &m);
		json_object_end(&j);
	}
	json_array_end(&j);
	json_object_end(&j);
	buf_put_char(&c->out, '\n');
	return OK;
}

struct find {
	struct deployment_id    deployment;
	struct message_id       id;
	struct message_find_row row;
};

static enum status
find_read(struct task *t, void *arg)
{
	struct find *f = arg;

	return sql_message_find(t, f->deployment, f->id, &f->row);
}

static enum status
find(struct command *c, struct find *f)
{
	enum status st;

	if (!message_id_parse(c->args[0], &f->id))
		return fail(c->t, E_BAD_REQUEST_BODY, "%s is not a message_... id", log_quote(c->args[0]).text);
	st = db_read(c->t, c->db, find_read, f);
	if (st == E_NOT_FOUND)
		return fail(c->t, st, "there is no message %s", message_id_str(c->t->arena, f->id).p);
	return st;
}

/* null: delivered, or worth nothing any more, and forgotten. */
static enum status
write_content(struct command *c, struct json *j, const struct find *f)
{
	struct secret content;

	if (f->row.sealed_content.n == 0) {
		json_put_null(j, "vars");
		return OK;
	}
	TRY(outbox_open(c->t, c->keys, f->deployment, f->id, f->row.sealed_content, &content));
	json_raw(j, "vars", (struct str){ (const char *)content.p, content.n });
	secret_done(&content);
	return OK;
}

enum status
command_outbox_show(struct command *c)
{
	const struct deployment *d;
	struct find f = { 0 };
	struct json j;

	TRY(command_flag_deployment(c, &d));
	f.deployment = d->id;
	TRY(find(c, &f));
	command_about(c, "%s", message_id_str(c->t->arena, f.id).p);

	json_init(&j, &c->out);
	json_object_begin(&j, NULL);
	write_shown(&j, &(struct shown)SHOWN_OF(&f.row));
	TRY(write_content(c, &j, &f));
	json_object_end(&j);
	buf_put_char(&c->out, '\n');
	return OK;
}
