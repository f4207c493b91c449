/* sweep.h - rows whose time is over, deleted in small steps. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "api/app.h"
#include "base/task.h"

/* No statement of the sweep deletes more in one transaction: the one writer must stay free. */
enum { SWEEP_STEP = 100 };

/*
 * Delete what is expired at t->now, until nothing is left or clock_mono() passes
 * `until_mono`. *ret_n: how many rows, not counting what goes with them. E_STORE.
 * One thread at a time; not inside a transaction.
 */
enum status sweep_run(struct task *t, struct app *app, struct db *db, int64_t until_mono, uint64_t *ret_n) MUST_CHECK;
