/* organization.h - what becomes of an organization. No HTTP. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/id.h"
#include "base/task.h"
#include "store/store.gen.h"

enum { ORG_NAME_MAX = 100, ORG_DESCRIPTION_MAX = 1000 }; /* code points */

/* What is to change, of an organization or of a workspace; NULL stays as it is. */
struct org_change {
	const struct str *name;        /* as typed */
	const struct str *description; /* may be empty */
	const bool *enforce_mfa;
	const bool *ip_restriction;
	const struct str *ip_allowlist;            /* as ip_list_read() makes it; empty: nobody is on it */
	const struct workspace_id *auto_workspace; /* an organization's only; 0: none */
};

/* Inside a transaction; E_NOT_FOUND. */
enum status organization_find(
    struct task *t, struct deployment_id d, struct org_id org, struct org_row *ret_org) MUST_CHECK;

/*
 * A new one without members, with a slug of its own, made of its name; creator: who answers for it, 0 for nobody. In any
 * write transaction; limits are the caller's. The name is identifier_name()'s. E_CONFLICT: others took every slug.
 */
enum status organization_make(struct task *t, struct deployment_id d, struct str name, struct str description,
    struct user_id creator, struct org_id *ret_org) MUST_CHECK;

/*
 * All below: in a write transaction that holds the organization's row. Routes do by their rule (standing_hold_org);
 * whoever else calls takes hold with this. E_NOT_FOUND.
 */
enum status organization_hold(struct task *t, struct deployment_id d, struct org_id org) MUST_CHECK;

/*
 * Change it and tell the caches; its slug stays. E_BAD_REQUEST_BODY, t->why being a sentence for whoever asked: the name
 * is none, or that workspace is not in it. ret_org: as it is now.
 */
enum status organization_change(struct task *t, struct deployment_id d, struct org_id org,
    const struct org_change *change, struct org_row *ret_org) MUST_CHECK;

/* Another picture; an empty url: none. Tells the caches. E_NOT_FOUND. */
enum status organization_set_image(
    struct task *t, struct deployment_id d, struct org_id org, struct str url) MUST_CHECK;

/*
 * Delete it, with its workspaces, members, roles, invitations and pictures; its slug is nobody's again. It is active on no sign-in afterwards, and
 * nobody's next one starts there. A few statements, whatever its size. E_NOT_FOUND.
 */
enum status organization_delete(struct task *t, struct deployment_id d, struct org_id org) MUST_CHECK;
