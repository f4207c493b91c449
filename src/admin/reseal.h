/* reseal.h - every sealed value there is, sealed anew by the current master key; and what tokens were made of by an old one, forgotten. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "auth/keys.h"
#include "store/db.h"

enum { RESEAL_STEP = 100, RESEAL_KEY_MAX = 256 };

/*
 * How far a pass is. Zero: not begun. It is not kept anywhere: after a restart a new pass begins, and runs quickly
 * over what the one before it has done.
 */
struct reseal {
	int64_t              began_at;	/* 0: not begun */
	bool                 ended;
	struct deployment_id deployment;
	size_t               table;
	int64_t              id;	/* of the last row seen, if the table counts by ids */
	char                 key[RESEAL_KEY_MAX];	/* otherwise */
	size_t               key_n;
	uint64_t             resealed, closed;	/* rows; closed: no key opens them, and none ever did here */
};

/*
 * Go on until the pass has ended or the time is over, in steps of RESEAL_STEP rows: each is one transaction, and writes
 * a row only if it still holds what was read. The first of an ended one begins again. E_STORE, E_OVERLOADED, E_INTERNAL with
 * t->why; the next call goes on from there. Any thread with a connection of its own.
 */
enum status reseal_run(struct task *t, struct reseal *r, struct store *s, struct db *db, const struct keys *k,
    int64_t until_mono) MUST_CHECK;
