/* membership_row.h - a row of somebody's workspaces as JSON, by the thousand. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "api/org/org_view.h"
#include "base/rope.h"
#include "base/stencil.h"

/*
 * Writes what view_wsmem_head() and view_wsmem_tail() would, by what they wrote once: for each
 * way in which memberships can differ by more than values there is a stencil. One user's. Zeroed before
 * use; it stays where it is from then on.
 */
enum { MEMBERSHIP_WAYS = 4 * ELIGIBILITY__COUNT };
/* Numbers and times as text; some are those of the row before. */
struct membership_texts {
	struct membership_text {
		int64_t of;
		struct str text; /* STR_NONE: nothing yet */
		char bytes[32];
	} id, workspace, org, orgmem, members, times[4];
};
struct membership_writer {
	struct membership_texts texts;
	struct {
		struct stencil head, tail;
	} ways[MEMBERSHIP_WAYS];
};

/*
 * Into the rope, not yet part of its text: the head, and behind it the tail. `follows`: a comma stands
 * before it. E_OVERLOADED: no memory; then the rope has failed, or the task's arena.
 */
enum status membership_write(struct task *t, struct membership_writer *w, struct rope *rope, const struct wsmem_view *v,
    bool follows, struct str *ret_head, struct str *ret_tail) MUST_CHECK;
