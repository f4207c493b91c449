/* plan.h - what applying a file changes: old and new, one line a change. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/buf.h"
#include "base/json.h"
#include "base/task.h"

enum { PLAN_ID_MAX = 17, PLAN_TEXT_MAX = 512 * 1024 };

struct plan {
	struct task *t;
	struct buf   lines;	/* "api.example.com  settings.jwt_lifetime: 60 → 300" */
	struct str   host;	/* of the deployment that is being compared */
	size_t       n;	/* changes of all deployments */
	size_t       n_here;	/* of this one */
	struct buf   keys;	/* of this one, for the audit: {"keys": […]} */
	struct json  keys_json;
	uint8_t      weighed[32];	/* of what the lines do not show whole */
};

void plan_init(struct plan *p, struct task *t);
void plan_begin(struct plan *p, struct str host);	/* the changes of this deployment follow */
/* A change: `before` and `after` are to be shown as they stand, so made by what is below. */
void plan_change(struct plan *p, struct str key, struct str before, struct str after);
struct str plan_keys(struct plan *p);	/* of this deployment; ends them */

/* What a line shows cut, or not at all, makes another plan all the same when it is another. */
void plan_weigh(struct plan *p, struct str text);

/* What names this plan, and no other one. Empty when it cannot be made. */
void plan_id(const struct plan *p, char ret_id[static PLAN_ID_MAX]);

/*
 * Text from outside as a terminal may have it: JSON, and whatever cannot be seen, or turns the direction of
 * what follows, as \u{…}; cut when it is long. Task's arena.
 */
struct str plan_text(struct task *t, struct str text);
struct str plan_json(struct task *t, struct str json_text);	/* that is JSON already */
