/* key_care.h - signing keys that are due: begun, retired, renewed by schedule. For src/admin only. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "api/app.h"
#include "base/task.h"

/*
 * Do what is due for the deployments this process serves, one transaction each, and have it served. Which are due
 * is known from memory: nothing is read where nothing is due. Another node that was faster is no failure.
 * Any thread with a connection; not inside a transaction. *ret_n: how many keys changed their state.
 */
enum status key_care_run(struct task *t, struct app *app, struct db *db, uint64_t *ret_n) MUST_CHECK;
