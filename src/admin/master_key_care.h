/* master_key_care.h - a rotation of the master key, brought to its end in the background. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "admin/reseal.h"
#include "api/app.h"

/* Zero: not begun. */
struct master_key_work {
	struct reseal reseal;
	int64_t       since, seen_at;	/* the rotation it is about: when it was, and when this process saw it first */
};

/*
 * While rows may be left that a retired key sealed: seal them anew until `until_mono`, and say so in the database when a
 * pass that began late enough has found all. Then leave the current key alone in a file of our own. `w` is the caller's,
 * zero at first. One thread at a time. E_STORE, E_OVERLOADED, E_INTERNAL with t->why; the next call goes on.
 */
enum status master_key_care(struct task *t, struct app *app, struct db *db, struct master_key_work *w, int64_t until_mono) MUST_CHECK;
