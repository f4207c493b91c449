/* sender_round.c - what is due is sent: a round claims, packs and hands to curl. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "notify/sender_parts.h"

#include "base/clock.h"
#include "base/str.h"
#include "notify/hook_round.h"
#include "notify/round.h"

#define ROUND_EVERY_US   SECOND_US
#define BACKLOG_EVERY_US (5 * SECOND_US)
enum { ROUND_ARENA = 16 * 1024 * 1024, LOG_EVERY = 60 };

static void
begin(struct sender *s, struct parcel *p)
{
	lane_begin(sender_lanes(s, p), p->lane);
	if (curl_multi_add_handle(s->multi, p->easy) == CURLM_OK) {
		p->next = s->under_way;
		s->under_way = p;
		return;
	}
	p->verdict = PARCEL_AGAIN;
	p->unasked = true;
	sender_take_back(s, p);
}

/* Packed, or not: then why is in t->why. */
static void
send_packed(struct task *t, struct sender *s, enum status st, struct parcel *p)
{
	if (!p)
		return;
	if (st == OK) {
		begin(s, p);
		return;
	}
	lane_begin(sender_lanes(s, p), p->lane);
	p->verdict = st == E_BAD_REQUEST_BODY ? PARCEL_NEVER : PARCEL_AGAIN;
	p->unasked = st != E_BAD_REQUEST_BODY;
	parcel_set_why(p, t->why);
	sender_take_back(s, p);
}

static void
send_pick(struct task *t, struct sender *s, const struct picks *picks, const struct pick *pick)
{
	struct parcel *p = NULL;
	enum status st;

	t->why[0] = '\0';
	st = round_pack(t, s->db, picks, pick, &p);
	send_packed(t, s, st, p);
}

static void
do_picks(struct task *t, struct sender *s, const struct picks *picks)
{
	for (size_t i = 0; i < picks->n; i++) {
		const struct pick *pick = &picks->items[i];
		enum message_channel channel = (enum message_channel)pick->lane->channel;

		if (!pick->ours)
			continue;
		if (pick->fate == PICK_SEND)
			send_pick(t, s, picks, pick);
		else
			sender_tell(s, pick->deployment->id, pick->row.id, channel,
			    pick->fate == PICK_KEEP ? RESULT_KEPT : RESULT_GIVEN_UP,
			    pick->fate == PICK_KEEP ? "" : "not delivered in time");
	}
}

static void
send_hook_pick(struct task *t, struct sender *s, const struct hook_picks *picks, const struct hook_pick *pick)
{
	struct parcel *p = NULL;
	enum status st;

	t->why[0] = '\0';
	st = hook_round_pack(t, s->db, picks, pick, &p);
	send_packed(t, s, st, p);
}

static void
do_hook_picks(struct task *t, struct sender *s, const struct hook_picks *picks)
{
	for (size_t i = 0; i < picks->n; i++) {
		const struct hook_pick *pick = &picks->items[i];

		if (!pick->ours)
			continue;
		if (pick->fate == HOOK_FATE_SEND)
			send_hook_pick(t, s, picks, pick);
		else if (pick->fate == HOOK_FATE_GIVE_UP)
			sender_tell_hook(s, pick->deployment, pick->hook->id, pick->row.event, RESULT_GIVEN_UP, pick->why);
	}
}

struct backlogs {
	struct message_backlog_row messages;
	struct hook_backlog_row    hooks;
};

static enum status
backlog_read(struct task *t, void *arg)
{
	struct backlogs *b = arg;

	TRY(sql_message_backlog(t, &b->messages));
	return sql_hook_backlog(t, &b->hooks);
}

static enum status
count_backlog(struct task *t, struct sender *s)
{
	struct backlogs b;

	if (clock_mono() < s->backlog_mono)
		return OK;
	TRY(db_read(t, s->db, backlog_read, &b));
	atomic_store(&s->due, (uint64_t)b.messages.n);
	atomic_store(&s->oldest_at, b.messages.oldest);
	atomic_store(&s->hooks_due, (uint64_t)b.hooks.n);
	atomic_store(&s->hooks_oldest_at, b.hooks.oldest);
	s->backlog_mono = clock_mono() + BACKLOG_EVERY_US;
	return OK;
}

static enum status
round_messages(struct task *t, struct sender *s)
{
	struct picks *picks = arena_one(t->arena, struct picks);

	TRY_MEM(t, picks);
	picks->c = &s->c;
	picks->lanes = &s->lanes;
	TRY(round_claim(t, s->db, picks));
	do_picks(t, s, picks);
	lanes_tidy(&s->lanes);
	if (picks->more)
		s->round_mono = 0;
	return OK;
}

static enum status
round_hooks(struct task *t, struct sender *s)
{
	struct hook_picks *picks = arena_one(t->arena, struct hook_picks);

	TRY_MEM(t, picks);
	picks->c = &s->c;
	picks->lanes = &s->hook_lanes;
	picks->turn = s->hook_turn++;
	TRY(hook_round_claim(t, s->db, picks));
	do_hook_picks(t, s, picks);
	lanes_tidy(&s->hook_lanes);
	if (picks->more)
		s->round_mono = 0;
	return OK;
}

static enum status
round_work(struct task *t, struct sender *s)
{
	if (!s->db)
		s->db = db_connect(t, s->c.store);
	if (!s->db)
		return fail(t, E_STORE, "no connection");
	TRY(sender_settle(t, s));
	TRY(round_messages(t, s));
	TRY(round_hooks(t, s));
	TRY(sender_settle(t, s));
	return count_backlog(t, s);
}

/* A store that stays away would fill the log: the first time, then once a minute or so. */
static void
tell_failure(struct sender *s, const struct task *t)
{
	atomic_fetch_add(&s->failures, 1);
	if (s->failed_in_a_row++ % LOG_EVERY == 0)
		log_event(LOG_ERROR, EV_STORE, "sender why=\"%s\"", t->why);
	s->db = db_close(s->db);
}

void
sender_round(struct sender *s)
{
	struct task t = { .arena = arena_new(ROUND_ARENA), .now = clock_now() };

	s->round_mono = clock_mono() + ROUND_EVERY_US;
	if (t.arena && round_work(&t, s) == OK)
		s->failed_in_a_row = 0;
	else
		tell_failure(s, &t);
	arena_free(t.arena);
}
