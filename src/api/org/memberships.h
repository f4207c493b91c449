/* memberships.h - what the active sign-in's user belongs to, read in a few statements, and one of them as JSON. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "api/api.h"
#include "api/org/org_view.h"

/* Rows in the task's arena, in order of membership; roles are in the order of their memberships. */
struct memberships {
	struct orgmem_row *orgs;
	size_t n_orgs;
	struct orgrole_row *orgroles;
	size_t n_orgroles;
	struct wsmem_row *workspaces;
	size_t n_workspaces;
	struct wsrole_row *wsroles;
	size_t n_wsroles;
};

/*
 * Inside a transaction, AUTH_SIGNIN. Organizations: all, or only that one; 0 is all. The workspace:
 * that one, with its organization. Another user's, an unknown and a foreign id: nothing.
 */
enum status memberships_load_orgs(
    struct request *rq, struct org_id only, struct memberships *ret_m) MUST_CHECK;
enum status memberships_load_workspace(struct request *rq, struct org_id org, struct workspace_id only,
    struct memberships *ret_m) MUST_CHECK;

/* The only one, as an object: what a creation answers. E_BUG when there is not exactly one. */
enum status memberships_write_org(
    struct request *rq, struct json *j, const char *key, const struct memberships *m) MUST_CHECK;
enum status memberships_write_workspace(
    struct request *rq, struct json *j, const char *key, const struct memberships *m) MUST_CHECK;

/* What memberships have in common, as JSON in the task's arena. */
struct str memberships_user_json(struct request *rq);
struct str memberships_org_json(struct request *rq, const struct orgmem_row *row);

/*
 * The i-th organization's membership as this caller has it, but for what all share: user_json. *at is
 * where its roles are: 0 before the first, and carried from each to the next.
 */
struct orgmem_view memberships_org_at(
    struct request *rq, const struct memberships *m, size_t i, size_t *at);
