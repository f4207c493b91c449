/* roles.h - the roles that a deployment gives to all its organizations, or to all their workspaces. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "admin/declare/section.h"
#include "store/store.gen.h"

enum role_kind { ROLE_OF_ORG, ROLE_OF_WORKSPACE, ROLE_KIND__COUNT };

/* In order of id. Task's arena. */
enum status roles_load(struct task *t, struct deployment_id d, enum role_kind kind, struct deployment_role_row **ret_rows,
    size_t *ret_n) MUST_CHECK;
/* The one that people would take for this name; NULL: there is none, or no memory. */
const struct deployment_role_row *roles_find(struct task *t, const struct deployment_role_row *rows, size_t n,
    struct str name);

/* Which roles somebody begins with: the ids of the deployment's row. */
struct default_role {
	const char    *name;	/* "organization_creator" */
	enum role_kind kind;
	size_t         offset;	/* of the id, in struct deployment_row */
};
enum { DEFAULT_ROLES = 4 };
extern const struct default_role default_roles[DEFAULT_ROLES];
int64_t *default_role_id(const struct default_role *dr, struct deployment_row *row);
