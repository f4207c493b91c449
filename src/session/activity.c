/* activity.c - when sessions were last used: collected in memory, written in batches. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "session/activity.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "store/store.gen.h"

enum {
	SHARDS = 64,
	SLOTS = 2048,
	STEP_MIN = 64,	/* notes: about half a millisecond of the writer */
	STEP_MAX = 256,
	STEPS = 16,	/* in a second: each is a commit, which a slow disk feels */
};
#define NOTE_EVERY_US MINUTE_US
#define ROUND_US      (15 * SECOND_US)	/* one to wait for it, one to be written in */

struct note {
	struct deployment_id deployment;
	struct session_id    session;	/* v == 0: a free slot */
	struct signin_id     signin;	/* the active one, or 0 */
	int64_t              at;
	bool                 dirty;	/* not yet written */
};

/* `lock` guards the rest; it is held for a probe, never across SQL. */
struct shard {
	pthread_mutex_t lock;
	size_t          n_dirty;
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
	if (n && (n->session.v != s.v || n->deployment.v != d.v || now - n->at >= NOTE_EVERY_US)) {
		sh->n_dirty += !n->dirty;
		*n = (struct note){ d, s, signin, now, true };
	}
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
	const struct note *notes;
	size_t             n;
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
		if (n && n->dirty && n->at == was->at) {
			n->dirty = false;
			sh->n_dirty--;
		}
		pthread_mutex_unlock(&sh->lock);
	}
}

static size_t
count_dirty(struct activity *a)
{
	size_t n = 0;

	for (size_t i = 0; i < SHARDS; i++) {
		pthread_mutex_lock(&a->shards[i].lock);
		n += a->shards[i].n_dirty;
		pthread_mutex_unlock(&a->shards[i].lock);
	}
	return n;
}

static void
shard_collect(struct shard *sh, struct activity_walk *w, size_t room)
{
	pthread_mutex_lock(&sh->lock);
	for (size_t i = 0, left = sh->n_dirty; i < SLOTS && left > 0 && w->n < room; i++)
		if (sh->slots[i].dirty) {
			w->notes[w->n++] = sh->slots[i];
			left--;
		}
	pthread_mutex_unlock(&sh->lock);
}

static int
note_order(const void *a, const void *b)
{
	const struct note *x = a, *y = b;

	if (x->deployment.v != y->deployment.v)
		return x->deployment.v < y->deployment.v ? -1 : 1;
	return (x->session.v > y->session.v) - (x->session.v < y->session.v);
}

/* What is remembered by now, in the order of the rows: neighbours share a page, and a page is what a commit writes. */
static enum status
walk_collect(struct task *t, struct activity *a, struct activity_walk *w)
{
	size_t room = count_dirty(a);

	activity_walk_end(w);
	if (room == 0)
		return OK;
	w->notes = malloc(room * sizeof(*w->notes));
	TRY_MEM(t, w->notes);
	for (size_t i = 0; i < SHARDS; i++)
		shard_collect(&a->shards[i], w, room);
	qsort(w->notes, w->n, sizeof(*w->notes), note_order);
	return OK;
}

void
activity_walk_end(struct activity_walk *w)
{
	free(w->notes);
	w->notes = NULL;
	w->n = w->done = 0;
}

enum status
activity_plan(struct task *t, struct activity *a, struct activity_walk *w, int64_t now_mono, size_t *ret_steps)
{
	int64_t seconds;
	size_t due;

	if (w->done == w->n && now_mono >= w->end_mono) {
		TRY(walk_collect(t, a, w));
		w->end_mono = now_mono + ROUND_US;
	}
	seconds = (w->end_mono - now_mono) / SECOND_US;
	due = w->n - w->done;
	if (seconds > 1)
		due = (due + (size_t)seconds - 1) / (size_t)seconds;
	w->most = (due + STEPS - 1) / STEPS;
	w->most = w->most < STEP_MIN ? STEP_MIN : w->most > STEP_MAX ? STEP_MAX : w->most;
	due = (due + w->most - 1) / w->most;
	*ret_steps = due < STEPS ? due : STEPS;
	return OK;
}

enum status
activity_step(struct task *t, struct activity *a, struct activity_walk *w, struct store *store, struct db *db)
{
	size_t left = w->n - w->done;
	struct batch b = { w->notes + w->done, left < w->most ? left : w->most };

	TRY(store_write_wait(t, store, db, batch_write, &b));
	batch_settle(a, &b);
	w->done += b.n;
	return OK;
}

enum status
activity_flush(struct task *t, struct activity *a, struct store *store, struct db *db)
{
	struct activity_walk w = { .most = STEP_MAX };
	enum status st = walk_collect(t, a, &w);

	while (st == OK && w.done < w.n)
		st = activity_step(t, a, &w, store, db);
	activity_walk_end(&w);
	return st;
}
