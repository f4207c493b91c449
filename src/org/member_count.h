/* member_count.h - memberships begin and end here: their rows, and how many there are. No HTTP. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "org/member.h"

/*
 * organization.member_count and workspace.member_count are the numbers of rows in orgmem and wsmem. Nothing else
 * makes or ends such a row but the demo, which may find its own there already and counts them itself, and the end of the
 * whole organization or workspace. All below: in a write transaction that holds the organization's row, so that no
 * membership begins between the count and the end.
 */

/* E_CONFLICT: that user is a member already. Roles, caches and audit events are the caller's. */
enum status org_member_add(struct task *t, struct deployment_id d, const struct org_member *m) MUST_CHECK;
enum status workspace_member_add(struct task *t, struct deployment_id d, const struct workspace_member *m,
    struct orgmem_id orgmem) MUST_CHECK;

/* An organization's with all of that user's in its workspaces. E_NOT_FOUND: gone meanwhile. */
enum status org_member_drop(struct task *t, struct deployment_id d, const struct org_member *m) MUST_CHECK;
enum status workspace_member_drop(struct task *t, struct deployment_id d, const struct workspace_member *m) MUST_CHECK;

/*
 * Before an account's row goes, which is held: first all organizations of that user are held, in an order that is
 * everybody's; then nobody counts the user any more.
 */
enum status org_hold_all_of(struct task *t, struct deployment_id d, struct user_id user) MUST_CHECK;
enum status org_uncount(struct task *t, struct deployment_id d, struct user_id user) MUST_CHECK;
