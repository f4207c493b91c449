/* background.h - what happens without a request: the sweep, the last-active times, signing keys, the store's pulse. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "api/app.h"
#include "base/task.h"

struct background;

/* Start its thread, with a connection of its own. NULL, with a sentence in t->why. */
struct background *background_new(struct task *t, struct app *app);
/* End the thread, and write the last-active times that are still in memory. NULL is fine; returns NULL. */
struct background *background_free(struct background *b);

/* Has the store answered a trivial read within the last seconds? Any thread, at once. */
bool background_store_is_up(const struct background *b);

/* All that is expired now, and all last-active times: for tests that do not wait. Any thread with a connection. */
enum status background_sweep(struct task *t, struct background *b, struct db *db) MUST_CHECK;

struct background_stats {
	uint64_t swept;		/* rows deleted */
	uint64_t chained;	/* audit events */
	uint64_t keys_moved;	/* signing keys that changed their state */
	uint64_t failures;	/* ticks that could not do their work */
};
void background_stats(const struct background *b, struct background_stats *ret_stats);	/* any thread */
