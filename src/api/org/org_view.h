/* org_view.h - the API's organization, workspace, role and membership objects as JSON. No database. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "api/scope.h"
#include "base/json.h"
#include "store/store.gen.h"

/* An organization or a workspace, whichever row it came in. */
struct org_view {
	struct org_id id;
	struct str name, slug, image_url, description;
	struct str metadata; /* JSON */
	int64_t member_count;
	struct gate gate;
	struct workspace_id auto_workspace;
	int64_t created_at, updated_at;
};
struct workspace_view {
	struct workspace_id id;
	struct org_id org;
	struct str name, slug, image_url, description;
	struct str metadata;
	int64_t member_count;
	struct gate gate;
	int64_t created_at, updated_at;
};

/*
 * A membership. What many of them share is written once and comes here as JSON text:
 * a user in a hundred organizations is one PublicUser, their hundred workspaces in an
 * organization are in one Organization. Roles come as rows, or as the JSON of each.
 */
struct orgmem_view {
	struct orgmem_id id;
	struct org_id org;
	struct user_id user;
	struct str metadata;
	struct str org_json, user_json;
	const struct orgrole_row *roles;
	size_t n_roles;
	enum eligibility eligibility;
	int64_t created_at, updated_at;
};
struct wsmem_view {
	struct wsmem_id id;
	struct orgmem_id orgmem;
	struct user_id user;
	const struct workspace_view *workspace;
	struct str metadata;
	struct str org_json, user_json;
	const struct wsrole_row *roles;
	const struct str *roles_json; /* NULL: as rows */
	size_t n_roles;
	enum eligibility eligibility;
	int64_t created_at, updated_at;
};

struct org_view org_view_of(const struct orgmem_row *m);
struct org_view org_view_of_row(const struct org_row *o);
struct workspace_view workspace_view_of_row(const struct workspace_row *w);
struct workspace_view workspace_view_of(const struct wsmem_row *m);

void view_org(struct json *j, const char *key, const struct org_view *o);
void view_workspace(struct json *j, const char *key, const struct workspace_view *w);
void view_orgrole(struct json *j, const char *key, const struct orgrole_row *r);
void view_wsrole(struct json *j, const char *key, const struct wsrole_row *r);
void view_orgmem(struct json *j, const char *key, const struct orgmem_view *m);
void view_wsmem(struct json *j, const char *key, const struct wsmem_view *m);
/* The same in three parts, that what is the same in many may be written once: its organization, roles and user. */
void view_wsmem_head(struct json *j, const char *key, const struct wsmem_view *m);
void view_wsmem_shared(struct json *j, const struct wsmem_view *m);
void view_wsmem_tail(struct json *j, const struct wsmem_view *m);
