/* webhooks.c - endpoints outside that are told what happens here. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/backend/backend.h"

#include "base/str.h"

enum { TYPES_MAX = 100, SECONDS_A_DAY = DAY_US / SECOND_US };

#define WEBHOOK_MEMBERS \
	{ "id", MEMBER_ID, .help = "webhook_…" }, \
	{ "url", MEMBER_TEXT }, \
	{ "types", MEMBER_LIST, .help = "of events, or groups such as user.*; * for all" }, \
	{ "state", MEMBER_TEXT, .help = "enabled; disabled, by whoever manages it; failed or gone, by how it answered" }, \
	{ "why", MEMBER_TEXT, .help = "why it is not enabled; empty while it is" }, \
	{ "failing_since", MEMBER_TIME, .nullable = true, .help = "it has taken nothing since" }, \
	{ "earlier_secret_until", MEMBER_TIME, .nullable = true, .help = "until then the secret before signs as well" }, \
	{ "created_at", MEMBER_TIME }, \
	{ "updated_at", MEMBER_TIME }
static const struct shape shape_webhook = { "webhook", { WEBHOOK_MEMBERS } };
static const struct shape shape_webhook_made = { "webhook_with_secret", {
	WEBHOOK_MEMBERS,
	{ "secret", MEMBER_TEXT, .help = "whsec_…, what it is signed with; shown this once" },
} };
static const struct shape shape_webhooks = { "webhooks", { { "data", MEMBER_LIST, .of = &shape_webhook } } };
static const struct shape shape_tested = { "webhook_tested", { { "event_id", MEMBER_ID, .help = "event_…; its delivery tells what became of it" } } };

/* secret: .p NULL when it is not for showing. */
static void
write_webhook(const struct call *c, struct json *j, const struct hook_row *hook, struct str secret)
{
	json_object_begin(j, NULL);
	json_hook_id(j, "id", hook->id);
	json_str(j, "url", hook->url);
	hook_types_write(j, hook->types);
	json_str(j, "state", str_of(hook_state_name((enum hook_state)hook->state)));
	json_str(j, "why", hook->why);
	json_time(j, "failing_since", hook->failing_since);
	json_time(j, "earlier_secret_until", hook->before_until > c->t->now ? hook->before_until : 0);
	json_time(j, "created_at", hook->created_at);
	json_time(j, "updated_at", hook->updated_at);
	if (secret.p)
		json_str(j, "secret", secret);
	json_object_end(j);
}

static enum status
find(const struct call *c, struct hook_row *ret_hook)
{
	struct hook_id id;

	TRY(call_hook_id(c, 0, &id));
	return sql_hook_find(c->t, c->by.d->id, id, ret_hook);
}

/* ---- many ---- */

static enum status
webhook_list(struct call *c)
{
	struct hook_row *rows;
	struct json *j;
	size_t n;

	TRY(sql_hooks(c->t, c->by.d->id, &rows, &n));
	j = call_list_begin(c);
	for (size_t i = 0; i < n; i++)
		write_webhook(c, j, &rows[i], STR_NONE);
	json_array_end(j);
	json_object_end(j);
	return OK;
}

const struct backend_route backend_webhook_list = {
	.method = HTTP_GET, .path = "/v1/webhooks", .name = "webhook_list",
	.summary = "The endpoints outside that are told what happens here.",
	.tx = CALL_READ, .answers = &shape_webhooks,
	.run = webhook_list,
};

/* Those that are not sent stay as they are in the row. */
static enum status
read_facts(struct call *c, struct hook_row *hook)
{
	const struct str *words;
	size_t n;
	enum status st = OK;

	if (call_has(c, "url")) {
		hook->url = call_text(c, "url");
		st = hook_url_check(c->t, HOOK_OF_KEY, hook->url);
		c->param = st == E_BAD_REQUEST_BODY ? "url" : NULL;
		TRY(st);
	}
	if (!call_has(c, "types"))
		return OK;
	n = call_list(c, "types", &words);
	st = hook_types_read(c->t, words, n, &hook->types);
	c->param = st == E_BAD_REQUEST_BODY ? "types" : NULL;
	return st;
}

static enum status
webhook_create(struct call *c)
{
	struct hook_row hook = { .types = S("") };
	struct str secret;

	TRY(read_facts(c, &hook));
	TRY(deed_webhook_create(c->t, &c->by, &hook, &secret));
	write_webhook(c, call_answer(c), &hook, secret);
	return OK;
}

#define TYPES { .name = "types", .kind = VALUE_LIST, .max = TYPES_MAX, .help = "names of events, or groups such as user.*; none, or *: all" }

const struct backend_route backend_webhook_create = {
	.method = HTTP_POST, .path = "/v1/webhooks", .name = "webhook_create",
	.summary = "Tell an endpoint outside what happens from now on; what it is signed with is shown this once.",
	.tx = CALL_WRITE, .answers = &shape_webhook_made, .http = 201,
	.body = {
		{ .name = "url", .kind = VALUE_TEXT, .required = true, .max = HOOK_URL_MAX, .help = "https://, to an address on the internet" },
		TYPES,
	},
	.fails = { E_LIMIT_REACHED },
	.run = webhook_create,
};

/* ---- one ---- */

static enum status
webhook_get(struct call *c)
{
	struct hook_row hook;

	TRY(find(c, &hook));
	write_webhook(c, call_answer(c), &hook, STR_NONE);
	return OK;
}

const struct backend_route backend_webhook_get = {
	.method = HTTP_GET, .path = "/v1/webhooks/{id}", .name = "webhook_get",
	.summary = "One endpoint.",
	.tx = CALL_READ, .answers = &shape_webhook,
	.fails = { E_NOT_FOUND },
	.run = webhook_get,
};

static enum status
webhook_update(struct call *c)
{
	struct hook_row hook;

	TRY(find(c, &hook));
	TRY(read_facts(c, &hook));
	if (call_has(c, "enabled"))
		hook_set_enabled(&hook, call_bool(c, "enabled", true));
	TRY(deed_webhook_change(c->t, &c->by, &hook));
	write_webhook(c, call_answer(c), &hook, STR_NONE);
	return OK;
}

const struct backend_route backend_webhook_update = {
	.method = HTTP_PATCH, .path = "/v1/webhooks/{id}", .name = "webhook_update",
	.summary = "Change an endpoint: what is not sent stays. Enabled, it begins anew; replay what it missed.",
	.tx = CALL_WRITE, .answers = &shape_webhook,
	.body = {
		{ .name = "url", .kind = VALUE_TEXT, .min = 1, .max = HOOK_URL_MAX, .help = "https://, to an address on the internet" },
		TYPES,
		{ .name = "enabled", .kind = VALUE_BOOL, .help = "false: it is sent nothing" },
	},
	.fails = { E_NOT_FOUND },
	.run = webhook_update,
};

static enum status
webhook_rotate(struct call *c)
{
	struct hook_row hook;
	struct str secret;

	TRY(find(c, &hook));
	TRY(deed_webhook_rotate(c->t, &c->by, &hook, call_int(c, "overlap", HOOK_OVERLAP_US / SECOND_US) * SECOND_US, &secret));
	write_webhook(c, call_answer(c), &hook, secret);
	return OK;
}

const struct backend_route backend_webhook_rotate = {
	.method = HTTP_POST, .path = "/v1/webhooks/{id}/rotate-secret", .name = "webhook_rotate",
	.summary = "Give an endpoint another secret, shown this once; the one before signs as well for a while.",
	.tx = CALL_WRITE, .answers = &shape_webhook_made,
	.body = { { .name = "overlap", .kind = VALUE_INT, .min = 0, .max = HOOK_OVERLAP_MAX_US / SECOND_US, .help = "for how many seconds; a day when it is not sent" } },
	.fails = { E_NOT_FOUND },
	.run = webhook_rotate,
};

/* What the deeds refuse by a state of the endpoint, with its sentence. */
static enum status
told(struct call *c, enum status st)
{
	if (st != E_CONFLICT)
		return st;
	c->t->why[0] = '\0';
	return call_refuse(c, st, NULL, "The endpoint is not enabled, and is sent nothing. Enable it first.");
}

static enum status
webhook_test(struct call *c)
{
	struct hook_event_id event;
	struct hook_row hook;
	struct json *j;

	TRY(find(c, &hook));
	TRY(told(c, deed_webhook_test(c->t, &c->by, &hook, &event)));
	j = call_answer(c);
	json_object_begin(j, NULL);
	json_hook_event_id(j, "event_id", event);
	json_object_end(j);
	return OK;
}

const struct backend_route backend_webhook_test = {
	.method = HTTP_POST, .path = "/v1/webhooks/{id}/test", .name = "webhook_test",
	.summary = "Send an endpoint an event that says nothing, whatever types it asks for.",
	.tx = CALL_WRITE, .answers = &shape_tested,
	.fails = { E_NOT_FOUND, E_CONFLICT },
	.run = webhook_test,
};

/* ---- in steps: there may be very many deliveries ---- */

struct look {
	const struct call *c;
	struct hook_row    hook;
};

static enum status
look_read(struct task *t, void *arg)
{
	struct look *l = arg;

	(void)t;
	return find(l->c, &l->hook);
}

static enum status
webhook_delete(struct call *c)
{
	const struct deed_desk desk = call_desk(c);
	struct look l = { .c = c };

	TRY(db_read(c->t, c->db, look_read, &l));
	return deed_webhook_delete(c->t, &c->by, &desk, l.hook.id);
}

const struct backend_route backend_webhook_delete = {
	.method = HTTP_DELETE, .path = "/v1/webhooks/{id}", .name = "webhook_delete",
	.summary = "Tell an endpoint nothing any more; what was on its way goes nowhere.",
	.tx = CALL_STEPS,
	.fails = { E_NOT_FOUND },
	.run = webhook_delete,
};

static const struct shape shape_replayed = { "replayed", { { "replayed", MEMBER_INT, .help = "how many deliveries are due again" } } };

static enum status
answer_replayed(struct call *c, int64_t n)
{
	struct json *j = call_answer(c);

	json_object_begin(j, NULL);
	json_int(j, "replayed", n);
	json_object_end(j);
	return OK;
}

static enum status
webhook_replay(struct call *c)
{
	const struct deed_desk desk = call_desk(c);
	struct hook_replay r = { .since = c->t->now - call_int(c, "max_age", SECONDS_A_DAY) * SECOND_US,
		.delivered_too = call_bool(c, "delivered_too", false) };
	struct look l = { .c = c };
	int64_t n;

	TRY(db_read(c->t, c->db, look_read, &l));
	TRY(told(c, deed_webhook_replay(c->t, &c->by, &desk, l.hook.id, &r, &n)));
	return answer_replayed(c, n);
}

const struct backend_route backend_webhook_replay = {
	.method = HTTP_POST, .path = "/v1/webhooks/{id}/replay", .name = "webhook_replay",
	.summary = "Send an endpoint again what it missed; what happened is kept a week.",
	.tx = CALL_STEPS, .answers = &shape_replayed,
	.body = {
		{ .name = "max_age", .kind = VALUE_INT, .required = true, .min = 1, .max = 7 * SECONDS_A_DAY, .help = "what happened in the last so many seconds" },
		{ .name = "delivered_too", .kind = VALUE_BOOL, .help = "also what it has taken" },
	},
	.fails = { E_NOT_FOUND, E_CONFLICT },
	.run = webhook_replay,
};
