/* join.h - become a member of an organization, and of its workspaces. No HTTP. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "org/deed.h"

/* Who, where, and as what. */
struct join {
	struct user_id      user;
	struct org_id       org;
	struct orgrole_id   role;		/* 0: the deployment's default for members */
	struct workspace_id workspace;		/* of this organization; 0: none but the one for everybody */
	struct wsrole_id    workspace_role;	/* 0: the deployment's default */
};

/* What came of it. Who was a member already keeps membership and roles as they are. */
struct joined {
	struct orgmem_id orgmem;
	bool             is_new;
	struct wsmem_id  wsmem;			/* in join.workspace; 0: none was asked for */
	bool             workspace_is_new;
	struct wsmem_id  auto_wsmem;		/* in the organization's workspace for everybody; 0: it has none, or that is full */
};

/*
 * Could org_join() do it now? Writes nothing, and holds the account's row and then the organization's until the
 * commit: whoever else joins, leaves or is counted waits, so that an org_join() right after it finds the same. Who
 * holds the organization already (a rule about it, TX_WRITE) may be made to start again by the database; that is
 * repeated like any such clash.
 *
 * E_NOT_FOUND: no such organization, workspace in it or role of theirs in this deployment; the account is gone or
 * disabled. E_LIMIT_REACHED with a sentence for its user in t->why: the organization or the workspace is full
 * (max_allowed_org_members, max_allowed_workspace_members), or the user is in as many as may be (max_orgs_per_user).
 */
enum status org_join_check(const struct org_deed *deed, const struct join *j) MUST_CHECK;

/*
 * Do it: the membership with its role, the workspace's with its, and for who is new in the organization its
 * workspace for everybody with the default role, where there is room. Writes organization.member_added and
 * workspace.member_added, and makes cached answers stale. Fails as org_join_check() does, and then has written nothing.
 */
enum status org_join(const struct org_deed *deed, const struct join *j, struct joined *ret_joined) MUST_CHECK;
