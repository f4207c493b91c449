/* activity.h - when sessions were last used, collected in memory and written in batches. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/id.h"
#include "store/db.h"

struct activity;

struct activity *activity_new(void);	/* NULL: out of memory */
struct activity *activity_free(struct activity *a);

/*
 * This session was used now. Remembered when `stored_at` (what the row says) or the
 * last note is a minute old; a full table forgets nothing it has not written, it
 * then takes no more. Any thread; a short lock of one shard.
 */
void activity_note(struct activity *a, struct deployment_id d, struct session_id s, struct signin_id signin,
    int64_t stored_at, int64_t now);

/* The later of `stored_at` and what is remembered. Any thread. */
int64_t activity_last(struct activity *a, struct deployment_id d, struct session_id s, int64_t stored_at);

/*
 * Write all that is remembered, at once, in one transaction per some hundred sessions;
 * kept in memory until the commit. E_OVERLOADED: no memory; E_STORE. At the end of the
 * program, and for tests that do not wait.
 */
enum status activity_flush(struct task *t, struct activity *a, struct store *store, struct db *db) MUST_CHECK;

/* How far a thread has come that writes a little at a time, over and over. All zero to begin with. */
struct activity_walk {
	struct note *notes;	/* of this round */
	size_t       n, done;
	size_t       most;	/* in one step */
	int64_t      end_mono;	/* when the round is to be over */
};

/*
 * In how many steps to write what is due in the second that begins, sixteen at most. A round takes all that
 * is remembered when it begins and is spread over fifteen seconds, so a note is written within half a
 * minute; only where four thousand a second would not do does a round last longer. E_OVERLOADED: no
 * memory, and nothing is forgotten. The thread of w.
 */
enum status activity_plan(struct task *t, struct activity *a, struct activity_walk *w, int64_t now_mono,
    size_t *ret_steps) MUST_CHECK;

/* One step, one transaction. E_STORE, E_OVERLOADED: nothing is forgotten, and w stands still. The thread of w. */
enum status activity_step(struct task *t, struct activity *a, struct activity_walk *w, struct store *store,
    struct db *db) MUST_CHECK;

/* Free what it holds; what was not written stays remembered. */
void activity_walk_end(struct activity_walk *w);
