/* webhook_deliveries.c - what became of each event on its way to an endpoint outside. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/backend/backend.h"

#include "base/str.h"
#include "notify/outbox.h"

static const struct shape shape_delivery = { "webhook_delivery", {
	{ "event_id", MEMBER_ID, .help = "event_…, the same for every endpoint" },
	{ "type", MEMBER_TEXT, .help = "of the event" },
	{ "state", MEMBER_TEXT, .help = "due, sent or given_up" },
	{ "tries", MEMBER_INT },
	{ "next_try_at", MEMBER_TIME, .nullable = true },
	{ "last_error", MEMBER_TEXT, .help = "about the last try; empty when it worked" },
	{ "created_at", MEMBER_TIME },
	{ "done_at", MEMBER_TIME, .nullable = true },
} };

static const char *const states[] = { "due", "sent", "given_up", NULL };

static void
write_delivery(struct json *j, const struct hook_delivery_row *row)
{
	json_object_begin(j, NULL);
	json_hook_event_id(j, "event_id", row->event);
	json_str(j, "type", row->type);
	json_str(j, "state", str_of(message_state_name((enum message_state)row->state)));
	json_int(j, "tries", row->tries);
	json_time(j, "next_try_at", row->state == MESSAGE_DUE ? row->next_at : 0);
	json_str(j, "last_error", row->last_error);
	json_time(j, "created_at", row->created_at);
	json_time(j, "done_at", row->done_at);
	json_object_end(j);
}

/* -1: whatever it is. */
static int
read_state(const struct call *c)
{
	for (int state = MESSAGE_DUE; state <= MESSAGE_GIVEN_UP; state++)
		if (str_eq(call_query(c, "state"), str_of(message_state_name((enum message_state)state))))
			return state;
	return -1;
}

static enum status
webhook_deliveries(struct call *c)
{
	struct hook_delivery_row *rows;
	struct hook_row hook;
	struct hook_id id;
	struct json *j;
	size_t n, shown;

	TRY(call_hook_id(c, 0, &id));
	TRY(sql_hook_find(c->t, c->by.d->id, id, &hook));
	TRY(sql_hook_delivery_page(c->t, c->by.d->id, id, read_state(c), c->after, c->most, &rows, &n));
	shown = call_page(c, n);
	j = call_list_begin(c);
	for (size_t i = 0; i < shown; i++)
		write_delivery(j, &rows[i]);
	call_list_end(c, n, shown > 0 ? hook_event_id_str(c->t->arena, rows[shown - 1].event) : STR_NONE);
	return OK;
}

const struct backend_route backend_webhook_deliveries = {
	.method = HTTP_GET, .path = "/v1/webhooks/{id}/deliveries", .name = "webhook_deliveries",
	.summary = "What an endpoint was told, or is to be told, in order of id: the oldest first, kept a week.",
	.tx = CALL_READ, .pages = true, .answers = &shape_delivery,
	.query = { { .name = "state", .kind = VALUE_WORD, .words = states, .help = "only those" } },
	.fails = { E_NOT_FOUND },
	.run = webhook_deliveries,
};

static enum status
webhook_delivery_replay(struct call *c)
{
	struct hook_event_id event;
	struct hook_row hook;
	struct hook_id id;

	TRY(call_hook_id(c, 0, &id));
	TRY(call_hook_event_id(c, 1, &event));
	TRY(sql_hook_find(c->t, c->by.d->id, id, &hook));
	if (hook.state != HOOK_ENABLED)
		return call_refuse(c, E_CONFLICT, NULL, "The endpoint is not enabled, and is sent nothing. Enable it first.");
	return deed_webhook_replay_one(c->t, &c->by, id, event);
}

const struct backend_route backend_webhook_delivery_replay = {
	.method = HTTP_POST, .path = "/v1/webhooks/{id}/deliveries/{event_id}/replay", .name = "webhook_delivery_replay",
	.summary = "Send one event to an endpoint again, whatever became of it.",
	.tx = CALL_WRITE,
	.fails = { E_NOT_FOUND, E_CONFLICT },
	.run = webhook_delivery_replay,
};
