/* role.h - the roles that organizations and workspaces have of their own. No HTTP. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "deployment/settings.h"
#include "org/standing.h"
#include "store/store.gen.h"

/* So many of its own an organization, and a workspace, can have. */
enum { ROLES_MAX = 100, ROLE_NAME_MIN = 2, ROLE_NAME_MAX = 50 };

/* What a role is to be. Permissions in the catalogue's order, each once, separated by spaces. */
struct role_text {
	struct str name, key, permissions;
};

/*
 * E_BAD_REQUEST_BODY with a sentence for whoever wrote it in t->why: no name of 2 to 50 printable characters, a
 * permission that is not in the catalogue. Empty permissions are none. Task's arena. Any thread.
 */
enum status role_read(struct task *t, const struct str_list *catalogue, struct str name, const struct str *permissions,
    size_t n, struct role_text *ret_text) MUST_CHECK;

/* How much a role can: 0, 1 who manages, 2 who administers. Lists begin with the least: clients preselect the first. Any thread. */
int role_rank(struct str permissions);

/*
 * All below: in a write transaction that holds the organization's row. `by` are the powers of whoever does it. Refused
 * with E_FORBIDDEN and a sentence in t->why: a role that an admin alone may make, change or delete; one of the
 * deployment's; nobody would be an admin any more. Caches are told; audit events are the caller's.
 */

/* Make one. E_CONFLICT: there is one of that name, in whatever case; E_LIMIT_REACHED: ROLES_MAX. Both with a sentence in t->why. */
enum status org_role_create(struct task *t, struct deployment_id d, struct org_id org, const struct role_text *text,
    unsigned by, struct orgrole_row *ret_role) MUST_CHECK;

/* Make one, or change the workspace's own of that name, which its members keep. *ret_is_new tells which. Fails as above. */
enum status workspace_role_put(struct task *t, struct deployment_id d, struct org_id org, struct workspace_id workspace,
    const struct role_text *text, unsigned by, struct wsrole_row *ret_role, bool *ret_is_new) MUST_CHECK;

/* Delete one, and take it from whoever holds it. E_NOT_FOUND: neither the deployment's nor this one's. */
enum status org_role_remove(
    struct task *t, struct deployment_id d, struct org_id org, struct orgrole_id id, unsigned by) MUST_CHECK;
enum status workspace_role_remove(
    struct task *t, struct deployment_id d, struct workspace_id workspace, struct wsrole_id id, unsigned by) MUST_CHECK;
