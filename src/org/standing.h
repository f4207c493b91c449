/* standing.h - what somebody is in an organization or a workspace, and what that allows. No HTTP. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/id.h"
#include "base/task.h"

/* What the built-in permissions allow; bits. Other permissions are the product's own business. */
enum power {
	POWER_ORG_MANAGE = 1,       /* organization:manage, or admin */
	POWER_ORG_ADMIN = 2,        /* organization:admin */
	POWER_WORKSPACE_MANAGE = 4, /* workspace:manage, or admin */
	POWER_WORKSPACE_ADMIN = 8,  /* workspace:admin, or an admin of the organization */
};

/* Somebody's memberships in an organization and, when it is about one, a workspace of it; 0 is none. */
struct standing {
	struct org_id org;
	struct orgmem_id orgmem;
	struct workspace_id workspace;
	struct wsmem_id wsmem; /* may be none for an admin of the organization */
	unsigned powers;
};

/* The powers that the words of a role's permissions give. Any thread. */
unsigned powers_of(struct str permissions);

/*
 * Inside a transaction. E_NOT_FOUND: not a member, or there is no such organization or workspace in this
 * deployment. Who is in a workspace's organization and neither in the workspace nor an admin is not found either.
 */
enum status standing_in_org(
    struct task *t, struct deployment_id d, struct user_id user, struct org_id org, struct standing *ret_s) MUST_CHECK;
enum status standing_in_workspace(struct task *t, struct deployment_id d, struct user_id user,
    struct workspace_id workspace, struct standing *ret_s) MUST_CHECK;

/*
 * The same in a write transaction, with the organization's row held until the commit: whoever else changes
 * something in this organization waits, and what was read of it stays true. A stranger's call holds nothing.
 */
enum status standing_hold_org(
    struct task *t, struct deployment_id d, struct user_id user, struct org_id org, struct standing *ret_s) MUST_CHECK;
enum status standing_hold_workspace(struct task *t, struct deployment_id d, struct user_id user,
    struct workspace_id workspace, struct standing *ret_s) MUST_CHECK;
