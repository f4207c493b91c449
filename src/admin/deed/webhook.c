/* webhook.c - endpoints outside: made, changed, given another secret, tried, caught up, deleted. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/deed/deed.h"

#include "api/hook_event.h"
#include "base/str.h"

/* {"webhook_id": "webhook_12", "change": "created"} */
static enum status
note(struct task *t, const struct deed *by, struct hook_id id, const char *change)
{
	struct str detail = arena_printf(t->arena, "{\"webhook_id\":\"" STR_FMT "\",\"change\":\"%s\"}",
	    STR_ARG(hook_id_str(t->arena, id)), change);

	TRY_MEM(t, detail.p);
	return deed_audit(t, by, AUDIT_WEBHOOK_CHANGED, (struct user_id){ 0 }, (struct session_id){ 0 }, detail);
}

enum status
deed_webhook_create(struct task *t, const struct deed *by, struct hook_row *hook, struct str *ret_secret)
{
	TRY(hook_make(t, by->keys, by->d->id, hook, STR_NONE, ret_secret));
	return note(t, by, hook->id, "created");
}

enum status
deed_webhook_change(struct task *t, const struct deed *by, struct hook_row *hook)
{
	TRY(hook_change(t, by->d->id, hook));
	return note(t, by, hook->id, "updated");
}

enum status
deed_webhook_rotate(struct task *t, const struct deed *by, struct hook_row *hook, int64_t overlap_us, struct str *ret_secret)
{
	TRY(hook_rotate(t, by->keys, by->d->id, hook, STR_NONE, overlap_us, ret_secret));
	return note(t, by, hook->id, "rotated");
}

static enum status
check_enabled(struct task *t, const struct hook_row *hook)
{
	if (hook->state == HOOK_ENABLED)
		return OK;
	return fail(t, E_CONFLICT, "it is disabled, and is sent nothing: enable it first");
}

enum status
deed_webhook_test(struct task *t, const struct deed *by, const struct hook_row *hook, struct hook_event_id *ret_event)
{
	TRY(check_enabled(t, hook));
	return hook_event_put_test(t, by->d->id, hook, ret_event);
}

/* ---- in steps ---- */

struct steps {
	const struct deed  *by;
	struct hook_id      id;
	struct hook_replay *replay;
	int64_t             n;
};

static enum status
delete_step(struct task *t, void *arg)
{
	struct steps *s = arg;

	return hook_delete_step(t, s->by->d->id, s->id, &s->n);
}

static enum status
delete_last(struct task *t, void *arg)
{
	struct steps *s = arg;

	TRY(hook_delete(t, s->by->d->id, s->id, &s->n));
	return s->n == 1 ? note(t, s->by, s->id, "deleted") : OK;
}

enum status
deed_webhook_delete(struct task *t, const struct deed *by, const struct deed_desk *desk, struct hook_id id)
{
	struct steps s = { .by = by, .id = id };

	do
		TRY(deed_write(t, desk, delete_step, &s));
	while (s.n == HOOK_DELETE_STEP);
	return deed_write(t, desk, delete_last, &s);
}

/* The first step looks again: it may have been disabled, or deleted, since it was found. */
static enum status
replay_step(struct task *t, void *arg)
{
	const struct steps *s = arg;
	struct hook_row hook;

	TRY(sql_hook_find(t, s->by->d->id, s->id, &hook));
	TRY(check_enabled(t, &hook));
	TRY(hook_replay_step(t, s->by->d->id, s->id, s->replay));
	return s->replay->after == 0 ? note(t, s->by, s->id, "replayed") : OK;
}

/* In an arena of its own: there may be many steps. */
static enum status
replay_apart(struct task *outer, const struct deed_desk *desk, struct steps *s)
{
	enum { STEP_ARENA = 1024 * 1024 };
	struct task own = { .arena = arena_new(STEP_ARENA), .now = outer->now };
	enum status st;

	TRY_MEM(outer, own.arena);
	st = deed_write(&own, desk, replay_step, s);
	if (st != OK)
		st = fail(outer, st, "%s", own.why);
	arena_free(own.arena);
	return st;
}

enum status
deed_webhook_replay(struct task *t, const struct deed *by, const struct deed_desk *desk, struct hook_id id, struct hook_replay *r,
    int64_t *ret_n)
{
	struct steps s = { .by = by, .id = id, .replay = r };
	int64_t n = 0;

	do {
		TRY(replay_apart(t, desk, &s));
		n += r->n;
		r->after = r->next;
	} while (r->more);
	*ret_n = n;
	return OK;
}

enum status
deed_webhook_replay_one(struct task *t, const struct deed *by, struct hook_id id, struct hook_event_id event)
{
	struct hook_replay r = { .event = event };

	TRY(hook_replay_step(t, by->d->id, id, &r));
	return note(t, by, id, "replayed");
}
