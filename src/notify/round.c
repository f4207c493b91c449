/* round.c - what is due is found, claimed and packed. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "notify/round.h"

#include "base/secret.h"
#include "base/str.h"
#include "notify/letter.h"

enum { KEEP_AT_ONCE = 64, TRIES_MAX = 120 };
#define FIRST_WAIT_US   (2 * SECOND_US)
#define LONGEST_WAIT_US (30 * MINUTE_US)

/* ---- finding ---- */

static enum pick_fate
fate_of(const struct pick *pick, int64_t now)
{
	if (pick->row.kind.n == 0)
		return PICK_DROP;
	if (pick->row.expires_at <= now || pick->row.tries >= TRIES_MAX)
		return PICK_EXPIRED;
	return sender_has_transport(pick->deployment, (enum message_channel)pick->lane->channel) ? PICK_SEND : PICK_KEEP;
}

static int64_t
room_of(const struct picks *p, const struct deployment *d, const struct lane *lane, int64_t now)
{
	int64_t left = (int64_t)(PICKS_MAX - p->n);
	int64_t room = sender_has_transport(d, (enum message_channel)lane->channel) ? lane_room(p->lanes, lane, now) : KEEP_AT_ONCE;

	return room < left ? room : left;
}

static void
unref(void *d)
{
	deployment_unref(d);
}

/* NULL: nobody serves it here, so its messages wait for who does. */
static const struct deployment *
hold_deployment(struct task *t, const struct picks *p, struct deployment_id id)
{
	const struct deployment *d = directory_find_id(p->c->directory, id);

	if (d && !arena_defer(t->arena, unref, (void *)(uintptr_t)d)) {
		deployment_unref(d);
		return NULL;
	}
	return d;
}

static enum status
pick_lane(struct task *t, struct picks *p, struct deployment_id id, int64_t channel)
{
	const struct deployment *d = hold_deployment(t, p, id);
	struct lane *lane = d ? lane_get(p->lanes, id, channel) : NULL;
	struct message_due_row *rows;
	int64_t room;
	size_t n;

	if (!lane)
		return OK;
	room = room_of(p, d, lane, t->now);
	if (room == 0)
		return OK;
	TRY(sql_message_due(t, id, channel, t->now, room, &rows, &n));
	for (size_t i = 0; i < n; i++) {
		struct pick *pick = &p->items[p->n++];

		*pick = (struct pick){ .lane = lane, .deployment = d, .row = rows[i] };
		pick->fate = fate_of(pick, t->now);
		p->more = p->more || pick->fate == PICK_DROP;	/* it took the room of one that is sent */
	}
	p->more = p->more || ((int64_t)n == room && !sender_has_transport(d, (enum message_channel)channel));
	return OK;
}

static enum status
find(struct task *t, void *arg)
{
	struct picks *p = arg;
	struct message_due_lanes_row *rows;
	size_t n;

	p->n = 0;
	p->more = false;
	TRY(sql_message_due_lanes(t, t->now, &rows, &n));
	for (size_t i = 0; i < n && p->n < PICKS_MAX; i++)
		TRY(pick_lane(t, p, rows[i].deployment, rows[i].channel));
	return OK;
}

/* ---- claiming ---- */

static enum status
claim_one(struct task *t, struct pick *pick)
{
	const struct message_due_row *m = &pick->row;
	struct deployment_id d = pick->deployment->id;
	int64_t rows = 0;

	switch (pick->fate) {
	case PICK_SEND:
		TRY(sql_message_claim(t, d, m->id, m->next_at, t->now + CLAIM_US, &rows));
		break;
	case PICK_KEEP:
		TRY(sql_message_shown_here(t, d, m->id, m->next_at, t->now, &rows));
		break;
	case PICK_EXPIRED:
		TRY(sql_message_give_up(t, d, m->id, m->next_at, t->now, S("not delivered in time"), &rows));
		break;
	case PICK_DROP:
		return sql_message_drop(t, d, m->id, &rows);
	}
	pick->ours = rows == 1;
	return OK;
}

static enum status
claim(struct task *t, void *arg)
{
	struct picks *p = arg;

	for (size_t i = 0; i < p->n; i++)
		TRY(claim_one(t, &p->items[i]));
	return OK;
}

enum status
round_claim(struct task *t, struct db *db, struct picks *p)
{
	TRY(db_read(t, db, find, p));
	return p->n > 0 ? store_write_wait(t, p->c->store, db, claim, p) : OK;
}

/* ---- packing ---- */

struct packing {
	const struct picks *picks;
	const struct pick  *pick;
	struct parcel      *parcel;
};

static enum status
address(struct task *t, const struct packing *k, const struct letter *letter)
{
	const struct sender_config *c = k->picks->c;

	if (k->parcel->channel == CHANNEL_MAIL)
		return parcel_address_mail(t, c->keys, k->pick->deployment, c->ca_file, letter, k->parcel);
	return parcel_address_sms(t, c->keys, k->pick->deployment, c->ca_file, letter, k->parcel);
}

static enum status
fill(struct task *t, void *arg)
{
	const struct packing *k = arg;
	const struct deployment *d = k->pick->deployment;
	struct letter templates, letter;
	struct secret content;
	enum status st;

	TRY(letter_templates(t, d->id, k->parcel->kind, &templates));
	TRY(outbox_open(t, k->picks->c->keys, d->id, k->parcel->id, k->pick->row.sealed_content, &content));
	st = letter_compose(t, d, &templates, &content, &letter);
	secret_done(&content);
	return st == OK ? address(t, k, &letter) : st;
}

static void
label(const struct pick *pick, int64_t now, struct parcel *p)
{
	const struct message_due_row *m = &pick->row;

	p->deployment = pick->deployment->id;
	p->id = m->id;
	p->channel = (enum message_channel)pick->lane->channel;
	p->to = arena_dup(p->arena, m->recipient);
	p->created_at = m->created_at;
	p->expires_at = m->expires_at;
	p->claim = now + CLAIM_US;
	p->tries = m->tries + 1;
	p->lane = pick->lane;
}

enum status
round_pack(struct task *t, struct db *db, const struct picks *p, const struct pick *pick, struct parcel **ret_parcel)
{
	struct packing k = { p, pick, parcel_new() };
	enum status st;

	TRY_MEM(t, k.parcel);
	label(pick, t->now, k.parcel);
	*ret_parcel = k.parcel;
	if (!message_kind_find(pick->row.kind, &k.parcel->kind))
		return fail(t, E_BAD_REQUEST_BODY, "this release does not know its kind");
	st = db_read(t, db, fill, &k);
	return st;
}

/* ---- again ---- */

int64_t
round_jitter(int64_t wait_us)
{
	uint32_t random;

	/* Without randomness everybody waits alike: no harm. */
	if (!secret_random(&random, sizeof(random)))
		return wait_us;
	return wait_us * 3 / 4 + wait_us / 2 * (random & 0xFFFF) / 0xFFFF;
}

int64_t
round_next_try(int64_t now, int64_t tries, int64_t created_at, int64_t expires_at)
{
	/* A code that is worth ten minutes is tried every two at least: servers that greylist want five. */
	int64_t longest = (expires_at - created_at) / 5, wait = FIRST_WAIT_US;

	if (longest > LONGEST_WAIT_US)
		longest = LONGEST_WAIT_US;
	for (int64_t i = 1; i < tries && wait < longest; i++)
		wait *= 3;
	wait = round_jitter(wait < longest ? wait : longest);
	return tries >= TRIES_MAX || now + wait >= expires_at ? 0 : now + wait;
}
