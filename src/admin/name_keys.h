/* name_keys.h - accounts from before names were searched get the key that names are searched by. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "api/app.h"

/* On the background thread, in small transactions until then. Nothing to do costs one look. */
enum status name_keys_run(struct task *t, struct app *app, struct db *db, int64_t until_mono) MUST_CHECK;
