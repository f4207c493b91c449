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
 * Write what is remembered, in one transaction per some hundred sessions; kept in
 * memory until the commit. Background thread, and once at the end of the program.
 */
enum status activity_flush(struct task *t, struct activity *a, struct store *store, struct db *db) MUST_CHECK;
