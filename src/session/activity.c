/* activity.c - when sessions were last used: collected in memory, written in batches. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "session/activity.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "store/store.gen.h"

enum { SHARDS = 64, SLOTS = 2048, BATCH = 256 };
#define NOTE_EVERY_US MINUTE_US

struct note {
	struct deployment_id deployment;
	struct session_id    session;	/* v == 0: a free slot */
	struct signin_id     signin;	/* the active one, or 0 */
	int64_t              at;
	bool                 dirty;	/* not yet written */
};

/* `lock` guards the slots; it is held for a probe, never across SQL. */
struct shard {
	pthread_mutex_t lock;
	struct note     slots[SLOTS];
};

struct activity {
	struct shard shards[SHARDS];
};

struct activity *
activity_new(void)
{
	struct activity *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	for (size_t i = 0; i < SHARDS; i++)
		pthread_mutex_init(&a->shards[i].lock, NULL);
	return a;
}

struct activity *
activity_free(struct activity *a)
{
	if (!a)
		return NULL;
	for (size_t i = 0; i < SHARDS; i++)
		pthread_mutex_destroy(&a->shards[i].lock);
	free(a);
	return NULL;
}

static uint64_t
note_hash(struct deployment_id d, struct session_id s)
{
	uint64_t h = ((uint64_t)s.v ^ (uint64_t)d.v << 17) * UINT64_C(0x9e3779b97f4a7c15);

	return h ^ h >> 32;
}

/* The session's slot, or a free one for it, or NULL when the neighbourhood is taken. Lock held. */
static struct note *
shard_slot(struct shard *sh, uint64_t h, struct deployment_id d, struct session_id s, bool may_take)
{
	for (size_t i = 0; i < 16; i++) {
		struct note *n = &sh->slots[(h / SHARDS + i) % SLOTS];

		if (n->session.v == s.v && n->deployment.v == d.v)
			return n;
		if (may_take && (n->session.v == 0 || !n->dirty))
			return n;
	}
	return NULL;
}

void
activity_note(struct activity *a, struct deployment_id d, struct session_id s, struct signin_id signin,
    int64_t stored_at, int64_t now)
{
	uint64_t h = note_hash(d, s);
	struct shard *sh = &a->shards[h % SHARDS];
	struct note *n;

	if (now - stored_at < NOTE_EVERY_US)
		return;
	pthread_mutex_lock(&sh->lock);
	n = shard_slot(sh, h, d, s, false);
	if (!n)
		n = shard_slot(sh, h, d, s, true);
	if (n && (n->session.v != s.v || n->deployment.v != d.v || now - n->at >= NOTE_EVERY_US))
		*n = (struct note){ d, s, signin, now, true };
	pthread_mutex_unlock(&sh->lock);
}

int64_t
activity_last(struct activity *a, struct deployment_id d, struct session_id s, int64_t stored_at)
{
	uint64_t h = note_hash(d, s);
	struct shard *sh = &a->shards[h % SHARDS];
	const struct note *n;
	int64_t at = stored_at;

	pthread_mutex_lock(&sh->lock);
	n = shard_slot(sh, h, d, s, false);
	if (n && n->at > at)
		at = n->at;
	pthread_mutex_unlock(&sh->lock);
	return at;
}

struct batch {
	struct note notes[BATCH];
	size_t      n;
};

static enum status
batch_write(struct task *t, void *arg)
{
	const struct batch *b = arg;
	int64_t rows;

	for (size_t i = 0; i < b->n; i++) {
		const struct note *n = &b->notes[i];

		TRY(sql_session_touch_active(t, n->deployment, n->session, n->at, &rows));
		if (n->signin.v != 0)
			TRY(sql_signin_touch_active(t, n->deployment, n->signin, n->at, &rows));
	}
	return OK;
}

static void
shard_collect(struct shard *sh, size_t *cursor, struct batch *b)
{
	pthread_mutex_lock(&sh->lock);
	for (; *cursor < SLOTS && b->n < BATCH; ++*cursor)
		if (sh->slots[*cursor].session.v != 0 && sh->slots[*cursor].dirty)
			b->notes[b->n++] = sh->slots[*cursor];
	pthread_mutex_unlock(&sh->lock);
}

/* Written: a slot that was not noted again meanwhile may be reused. */
static void
batch_settle(struct activity *a, const struct batch *b)
{
	for (size_t i = 0; i < b->n; i++) {
		const struct note *was = &b->notes[i];
		uint64_t h = note_hash(was->deployment, was->session);
		struct shard *sh = &a->shards[h % SHARDS];
		struct note *n;

		pthread_mutex_lock(&sh->lock);
		n = shard_slot(sh, h, was->deployment, was->session, false);
		if (n && n->at == was->at)
			n->dirty = false;
		pthread_mutex_unlock(&sh->lock);
	}
}

static enum status
batch_flush(struct task *t, struct activity *a, struct store *store, struct db *db, struct batch *b)
{
	if (b->n == 0)
		return OK;
	TRY(store_write_wait(t, store, db, batch_write, b));
	batch_settle(a, b);
	b->n = 0;
	return OK;
}

enum status
activity_flush(struct task *t, struct activity *a, struct store *store, struct db *db)
{
	struct batch *b = arena_one(t->arena, struct batch);

	TRY_MEM(t, b);
	for (size_t i = 0; i < SHARDS; i++)
		for (size_t cursor = 0; cursor < SLOTS;) {
			shard_collect(&a->shards[i], &cursor, b);
			if (b->n == BATCH)
				TRY(batch_flush(t, a, store, db, b));
		}
	return batch_flush(t, a, store, db, b);
}
