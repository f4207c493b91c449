/* command_webhook_deliveries.c - webhook deliveries, replay. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/command_webhook.h"

#include <time.h>

#include "base/str.h"
#include "notify/outbox.h"

#define SINCE_MAX_US (365 * DAY_US)

/* ---- deliveries ---- */

struct list {
	const struct webhook_command *w;
	int64_t                       state, before, most;
	struct hook_delivery_row     *rows;
	size_t                        n;
};

static enum status
list_read(struct task *t, void *arg)
{
	struct list *l = arg;

	return sql_hook_deliveries(t, l->w->by.d->id, l->w->hook.id, l->state, l->before, l->most, &l->rows, &l->n);
}

static enum status
read_state(struct command *c, int64_t *ret_state)
{
	struct str name = command_flag(c, "state");

	*ret_state = -1;
	if (!name.p)
		return OK;
	for (int state = MESSAGE_DUE; state <= MESSAGE_GIVEN_UP; state++)
		if (str_eq(name, str_of(message_state_name((enum message_state)state))))
			*ret_state = state;
	return *ret_state >= 0 ? OK : fail(c->t, E_BAD_REQUEST_BODY, "--state is due, sent or given_up");
}

static enum status
read_page(struct command *c, struct list *l)
{
	struct str before = command_flag(c, "before");
	struct hook_event_id id = { INT64_MAX };

	if (before.p && !hook_event_id_parse(before, &id))
		return fail(c->t, E_BAD_REQUEST_BODY, "--before: %s is not an event_... id", log_quote(before).text);
	l->before = id.v;
	TRY(read_state(c, &l->state));
	return command_int(c, "limit", 1, 1000, 100, &l->most);
}

static void
print_delivery(struct command *c, const struct hook_delivery_row *row)
{
	struct json j;

	json_init(&j, &c->out);
	json_object_begin(&j, NULL);
	json_hook_event_id(&j, "event_id", row->event);
	json_str(&j, "type", row->type);
	json_str(&j, "state", str_of(message_state_name((enum message_state)row->state)));
	json_int(&j, "tries", row->tries);
	json_time(&j, "next_try_at", row->state == MESSAGE_DUE ? row->next_at : 0);
	json_str(&j, "last_error", row->last_error);
	json_time(&j, "created_at", row->created_at);
	json_time(&j, "done_at", row->done_at);
	json_object_end(&j);
	buf_put_char(&c->out, '\n');
}

enum status
command_webhook_deliveries(struct command *c)
{
	struct webhook_command w;
	struct list l = { .w = &w };

	TRY(read_page(c, &l));
	TRY(webhook_command_read(c, &w));
	TRY(db_read(c->t, c->db, list_read, &l));
	for (size_t i = 0; i < l.n; i++)
		print_delivery(c, &l.rows[i]);
	return OK;
}

/* ---- replay ---- */

/* "2026-01-31T12:00:00Z", or so long ago: "2h". */
static enum status
read_since(struct command *c, int64_t *ret_since)
{
	struct str text = command_flag(c, "since");
	struct tm tm = { 0 };
	const char *end;
	int64_t ago;

	if (text.n > 0 && text.p[text.n - 1] == 'Z') {
		end = strptime(arena_dup(c->t->arena, text).p, "%Y-%m-%dT%H:%M:%SZ", &tm);
		if (!end || *end != '\0')
			return fail(c->t, E_BAD_REQUEST_BODY, "--since: %s is no time such as 2026-01-31T12:00:00Z", log_quote(text).text);
		*ret_since = (int64_t)timegm(&tm) * SECOND_US;
		return OK;
	}
	TRY(webhook_command_duration(c, "since", SINCE_MAX_US, 0, &ago));
	*ret_since = c->t->now - ago;
	return OK;
}

static enum status
read_what(struct command *c, struct hook_replay *r)
{
	struct str event = command_flag(c, "event"), since = command_flag(c, "since");

	if (!event.p == !since.p)
		return fail(c->t, E_BAD_REQUEST_BODY, "say --event event_..., or --since 3d");
	r->delivered_too = command_flag(c, "all").p;
	if (event.p && !hook_event_id_parse(event, &r->event))
		return fail(c->t, E_BAD_REQUEST_BODY, "--event: %s is not an event_... id", log_quote(event).text);
	return event.p ? OK : read_since(c, &r->since);
}

enum status
command_webhook_replay(struct command *c)
{
	const struct deed_desk desk = command_desk(c);
	struct hook_replay r = { .event = { 0 } };
	struct webhook_command w;
	struct json j;
	int64_t n;

	TRY(read_what(c, &r));
	TRY(webhook_command_read(c, &w));
	TRY(webhook_command_check_enabled(&w));
	TRY(deed_webhook_replay(c->t, &w.by, &desk, w.hook.id, &r, &n));
	json_init(&j, &c->out);
	json_object_begin(&j, NULL);
	json_int(&j, "replayed", n);
	json_object_end(&j);
	buf_put_char(&c->out, '\n');
	return OK;
}
