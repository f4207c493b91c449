/* hook_round.c - what is due to endpoints outside is found, claimed, packed and settled. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "notify/hook_round.h"

#include "base/str.h"
#include "notify/round.h"

/* Of one endpoint in one round: most may only be told to wait. */
enum { LOOK_AT_ONCE = 64 };
/* Of these, all that one event can go through has passed, and one try more. */
#define GIVE_OUT_AFTER_US (5 * DAY_US)

/* https://www.standardwebhooks.com, "Deliverability and Reliability": about three days. */
static const int64_t waits[] = {
	5 * SECOND_US, 5 * MINUTE_US, 30 * MINUTE_US, 2 * HOUR_US, 5 * HOUR_US, 10 * HOUR_US, 14 * HOUR_US, 20 * HOUR_US, 24 * HOUR_US,
};
enum { HOOK_TRIES_MAX = ARRAY_LEN(waits) + 1 };

int64_t
hook_next_try(int64_t now, int64_t tries)
{
	if (tries < 1 || tries >= HOOK_TRIES_MAX)
		return 0;
	return now + round_jitter(waits[tries - 1]);
}

/* ---- finding ---- */

static void
judge(struct hook_pick *pick, int *room)
{
	pick->fate = HOOK_FATE_GIVE_UP;
	pick->why = "the endpoint is disabled";
	if (pick->hook->state != HOOK_ENABLED)
		return;
	pick->why = "it was under way too often when a server ended";
	if (pick->row.tries >= HOOK_TRIES_MAX)
		return;
	pick->fate = pick->row.ahead_at ? HOOK_FATE_WAIT : HOOK_FATE_SEND;
	if (pick->fate == HOOK_FATE_SEND)
		--*room;
}

static enum status
pick_due(struct task *t, struct hook_picks *p, const struct hook_pick *base)
{
	int room = lane_room(p->lanes, base->lane, t->now);
	struct hook_due_row *rows;
	size_t n, before = p->n;

	if (room == 0)
		return OK;
	TRY(sql_hook_due(t, base->deployment, base->hook->id, t->now, LOOK_AT_ONCE, &rows, &n));
	for (size_t i = 0; i < n && p->n < HOOK_PICKS_MAX; i++) {
		struct hook_pick pick = *base;

		pick.row = rows[i];
		judge(&pick, &room);
		/* It stays due, and has its turn when there is room again. */
		if (room >= 0)
			p->items[p->n++] = pick;
		else
			room = 0;
	}
	/* What is told to wait or given up makes room for a look at the next ones. */
	p->more = p->more || (n == LOOK_AT_ONCE && p->n - before > (size_t)lane_room(p->lanes, base->lane, t->now));
	return OK;
}

static enum status
pick_lane(struct task *t, struct hook_picks *p, struct deployment_id d, struct hook_id id)
{
	struct hook_row *hook = arena_one(t->arena, struct hook_row);
	struct hook_pick base = { .deployment = d, .hook = hook };
	enum status st;

	TRY_MEM(t, hook);
	st = sql_hook_find(t, d, id, hook);
	if (st == E_NOT_FOUND)
		return OK;
	TRY(st);
	base.lane = lane_get(p->lanes, d, id.v);
	return base.lane ? pick_due(t, p, &base) : OK;
}

/* Nobody serves it here, so its events wait for who does. */
static bool
is_served_here(const struct hook_picks *p, struct deployment_id id)
{
	const struct deployment *d = directory_find_id(p->c->directory, id);

	if (d)
		deployment_unref(d);
	return d != NULL;
}

static enum status
find(struct task *t, void *arg)
{
	struct hook_picks *p = arg;
	struct hook_any_due_row any;
	struct hook_lanes_row *rows;
	enum status st;
	size_t n;

	p->n = 0;
	p->more = false;
	st = sql_hook_any_due(t, t->now, &any);
	if (st == E_NOT_FOUND)
		return OK;
	TRY(st);
	TRY(sql_hook_lanes(t, t->now, &rows, &n));
	for (size_t i = 0; i < n && p->n < HOOK_PICKS_MAX; i++) {
		const struct hook_lanes_row *row = &rows[(i + p->turn) % n];

		if (is_served_here(p, row->deployment))
			TRY(pick_lane(t, p, row->deployment, row->hook));
	}
	return OK;
}

/* ---- claiming ---- */

/* The one ahead is done within this time, and then calls this one up; or it has failed and is due when it says. */
static int64_t
wait_until(const struct hook_pick *pick, int64_t now)
{
	return pick->row.ahead_at > now ? pick->row.ahead_at : now + CLAIM_US;
}

static enum status
give_up(struct task *t, const struct hook_pick *pick, int64_t *ret_rows)
{
	int64_t called;

	TRY(sql_hook_delivery_done(t, pick->deployment, pick->hook->id, pick->row.event, MESSAGE_GIVEN_UP, pick->row.next_at,
	    t->now, str_of(pick->why), ret_rows));
	if (*ret_rows == 0)
		return OK;
	return sql_hook_delivery_call_next(t, pick->deployment, pick->hook->id, pick->row.subject, t->now, &called);
}

static enum status
claim_one(struct task *t, struct hook_pick *pick)
{
	const struct hook_due_row *row = &pick->row;
	struct deployment_id d = pick->deployment;
	struct hook_id hook = pick->hook->id;
	int64_t rows = 0;

	switch (pick->fate) {
	case HOOK_FATE_SEND:
		TRY(sql_hook_delivery_claim(t, d, hook, row->event, row->next_at, t->now + CLAIM_US, &rows));
		break;
	case HOOK_FATE_WAIT:
		TRY(sql_hook_delivery_wait(t, d, hook, row->event, row->next_at, wait_until(pick, t->now), &rows));
		break;
	case HOOK_FATE_GIVE_UP:
		TRY(give_up(t, pick, &rows));
		break;
	}
	pick->ours = rows == 1;
	return OK;
}

static enum status
claim(struct task *t, void *arg)
{
	struct hook_picks *p = arg;

	for (size_t i = 0; i < p->n; i++)
		TRY(claim_one(t, &p->items[i]));
	return OK;
}

enum status
hook_round_claim(struct task *t, struct db *db, struct hook_picks *p)
{
	TRY(db_read(t, db, find, p));
	return p->n > 0 ? store_write_wait(t, p->c->store, db, claim, p) : OK;
}

/* ---- packing ---- */

struct packing {
	const struct hook_picks *picks;
	const struct hook_pick  *pick;
	struct parcel           *parcel;
};

static enum status
fill(struct task *t, void *arg)
{
	const struct packing *k = arg;
	const struct hook_pick *pick = k->pick;
	const struct sender_config *c = k->picks->c;
	struct secret now, before;
	struct hook_event_body_row event;
	enum status st = sql_hook_event_body(t, pick->deployment, pick->row.event, &event);

	if (st == OK)
		st = hook_secrets_load(t, c->keys, pick->deployment, pick->hook->id, &now, &before);
	if (st == E_NOT_FOUND)
		return fail(t, E_BAD_REQUEST_BODY, "the event or its endpoint was deleted");
	TRY(st);
	buf_put_str(&k->parcel->body, event.body);
	st = parcel_address_hook(t, pick->hook->url, c->ca_file, &now, &before, k->parcel);
	secret_done(&now);
	secret_done(&before);
	return st;
}

static void
label(const struct hook_pick *pick, int64_t now, struct parcel *p)
{
	p->deployment = pick->deployment;
	p->channel = CHANNEL_WEBHOOK;
	p->hook = pick->hook->id;
	p->event = pick->row.event;
	p->subject = pick->row.subject;
	p->was_failing = pick->hook->failing_since != 0;
	p->created_at = pick->row.created_at;
	p->claim = now + CLAIM_US;
	p->tries = pick->row.tries + 1;
	p->lane = pick->lane;
}

enum status
hook_round_pack(struct task *t, struct db *db, const struct hook_picks *p, const struct hook_pick *pick, struct parcel **ret_parcel)
{
	struct packing k = { p, pick, parcel_new() };

	TRY_MEM(t, k.parcel);
	label(pick, t->now, k.parcel);
	*ret_parcel = k.parcel;
	return db_read(t, db, fill, &k);
}

/* ---- settling ---- */

static enum status
give_out(struct task *t, const struct sender_config *c, struct parcel *p)
{
	bool gone = p->reply == 410;
	int64_t before = gone ? t->now : t->now - GIVE_OUT_AFTER_US, rows;
	const char *why = gone ? "it said 410 Gone" : "it has taken nothing for five days";

	TRY(sql_hook_give_out(t, p->deployment, p->hook, gone ? HOOK_GONE : HOOK_FAILED, str_of(why), before, t->now, &rows));
	p->gave_out = rows == 1 ? why : NULL;
	return rows == 1 && c->hook_given_out ? c->hook_given_out(t, p->deployment, p->hook, why) : OK;
}

static enum status
settle_failed(struct task *t, const struct sender_config *c, struct parcel *p, int64_t *ret_rows)
{
	int64_t rows;

	p->again_at = p->verdict == PARCEL_AGAIN ? hook_next_try(t->now, p->tries) : 0;
	/* It was us who ended it. */
	if (p->stopped)
		p->again_at = t->now;
	if (p->again_at)
		TRY(sql_hook_delivery_retry(t, p->deployment, p->hook, p->event, p->claim, p->again_at, str_of(p->why), ret_rows));
	else
		TRY(sql_hook_delivery_done(t, p->deployment, p->hook, p->event, MESSAGE_GIVEN_UP, p->claim, t->now, str_of(p->why),
		    ret_rows));
	/* Nor is it the endpoint's fault that a secret cannot be opened or a database not be read. */
	if (p->stopped || p->unasked)
		return OK;
	TRY(sql_hook_set_failing(t, p->deployment, p->hook, t->now, &rows));
	return give_out(t, c, p);
}

static enum status
settle_sent(struct task *t, const struct parcel *p, int64_t *ret_rows)
{
	int64_t rows;

	TRY(sql_hook_delivery_done(t, p->deployment, p->hook, p->event, MESSAGE_SENT, p->claim, t->now, S(""), ret_rows));
	return p->was_failing ? sql_hook_set_well(t, p->deployment, p->hook, &rows) : OK;
}

enum status
hook_round_settle(struct task *t, const struct sender_config *c, struct parcel *p)
{
	int64_t rows, called;

	p->again_at = 0;
	p->gave_out = NULL;
	if (p->verdict == PARCEL_SENT)
		TRY(settle_sent(t, p, &rows));
	else
		TRY(settle_failed(t, c, p, &rows));
	if (rows == 0 || p->again_at)
		return OK;
	return sql_hook_delivery_call_next(t, p->deployment, p->hook, p->subject, t->now, &called);
}
