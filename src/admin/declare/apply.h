/* apply.h - the order that a file of declared deployments became, applied as one. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "admin/declare/section.h"
#include "store/db.h"

/* A deployment that the file had and the database had not. */
struct declared_made {
	struct declared_made  *next;
	struct str             host;
	struct deployment_made made;
};

/* One that was changed, or made: its caches are told. */
struct declared_touched {
	struct declared_touched *next;
	struct deployment_id     id;
};

struct declare {
	const struct keys *keys;
	struct str         order;	/* what declare_read() made */
	bool               prune;
	bool               is_dry;	/* find out what would change, and change nothing */
	struct str         plan_id;	/* .p NULL: any; else only if that is still the plan */

	struct plan              plan;	/* out: what changes */
	struct declared_made    *made;	/* out, with keys that are shown once */
	struct declared_hook    *hooks;	/* out, with secrets that are shown once */
	struct declared_touched *touched;	/* out */
	bool                     is_whole;	/* for the dry run, which ends as a failure does: all was compared */
};

/*
 * store_write's `run`, with a struct declare: all deployments of the file, or none. A dry run does the whole
 * deed and has it rolled back, so that it finds what the deed would: it returns E_CONFLICT with .is_whole.
 * E_BAD_REQUEST_BODY, E_CONFLICT: a sentence that begins with the host.
 */
enum status declare_run(struct task *t, void *declare) MUST_CHECK;
