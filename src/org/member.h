/* member.h - members of organizations and workspaces: their roles, and how they go. No HTTP. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/id.h"
#include "base/task.h"
#include "org/standing.h"

struct org_member {
	struct org_id org;
	struct orgmem_id id;
	struct user_id user;
};
struct workspace_member {
	struct org_id org;
	struct workspace_id workspace;
	struct wsmem_id id;
	struct user_id user;
};

/* By the membership's id or by its user's, as text. E_NOT_FOUND: no member of that one, or no id at all. Any transaction. */
enum status org_member_find(struct task *t, struct deployment_id d, struct org_id org, struct str id,
    struct org_member *ret_member) MUST_CHECK;
enum status workspace_member_find(struct task *t, struct deployment_id d, struct workspace_id workspace, struct str id,
    struct workspace_member *ret_member) MUST_CHECK;

/*
 * All below: in a write transaction that holds the organization's row (organization.h), so that two who go at once do
 * not both count the other. `by` are the powers of whoever does it; POWERS_ALL for an operator. Refused with E_FORBIDDEN,
 * t->why being a sentence for them: what an admin alone may do, or nobody would be an admin any more. E_NOT_FOUND: gone
 * meanwhile, or a role that is neither the deployment's nor this one's. Caches are told; audit events are the caller's.
 */
enum { POWERS_ALL = POWER_ORG_MANAGE | POWER_ORG_ADMIN | POWER_WORKSPACE_MANAGE | POWER_WORKSPACE_ADMIN };

/* The membership goes, an organization's with all of that user's in its workspaces; sign-ins do not act there any more. */
enum status org_member_remove(
    struct task *t, struct deployment_id d, const struct org_member *m, unsigned by) MUST_CHECK;
enum status workspace_member_remove(
    struct task *t, struct deployment_id d, const struct workspace_member *m, unsigned by) MUST_CHECK;

/* By themselves. */
enum status org_member_leave(struct task *t, struct deployment_id d, const struct org_member *m) MUST_CHECK;
enum status workspace_member_leave(struct task *t, struct deployment_id d, const struct workspace_member *m) MUST_CHECK;

/* *ret_changed false: they had it already, or did not have it. */
enum status org_member_grant(struct task *t, struct deployment_id d, const struct org_member *m,
    struct orgrole_id role, unsigned by, bool *ret_changed) MUST_CHECK;
enum status org_member_take(struct task *t, struct deployment_id d, const struct org_member *m,
    struct orgrole_id role, unsigned by, bool *ret_changed) MUST_CHECK;
enum status workspace_member_grant(struct task *t, struct deployment_id d, const struct workspace_member *m,
    struct wsrole_id role, unsigned by, bool *ret_changed) MUST_CHECK;
enum status workspace_member_take(struct task *t, struct deployment_id d, const struct workspace_member *m,
    struct wsrole_id role, unsigned by, bool *ret_changed) MUST_CHECK;
