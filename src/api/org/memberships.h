/* memberships.h - what the active sign-in's user belongs to: read in a few statements, written as JSON. */
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
 * Inside a transaction, AUTH_SIGNIN. Two and three statements, however many there
 * are; 0 for `only…` is all. Another user's, an unknown and a foreign id: nothing.
 */
enum status memberships_load_orgs(
    struct request *rq, struct org_id only, struct memberships *ret_m) MUST_CHECK;
enum status memberships_load_workspaces(struct request *rq, struct org_id only_org, struct workspace_id only,
    struct memberships *ret_m) MUST_CHECK;

/* The whole list as an array, with this caller's eligibility. E_OVERLOADED: the arena failed. */
enum status memberships_write_orgs(
    struct request *rq, struct json *j, const char *key, const struct memberships *m) MUST_CHECK;
enum status memberships_write_workspaces(
    struct request *rq, struct json *j, const char *key, const struct memberships *m) MUST_CHECK;

/* The only one, as an object: what a creation answers. E_BUG when there is not exactly one. */
enum status memberships_write_org(
    struct request *rq, struct json *j, const char *key, const struct memberships *m) MUST_CHECK;
enum status memberships_write_workspace(
    struct request *rq, struct json *j, const char *key, const struct memberships *m) MUST_CHECK;
