/* org_roles.c - the roles that organizations and workspaces can give. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/backend/org.h"

#include "base/str.h"
#include "org/member.h"
#include "org/role.h"
#include "org/workspace.h"
#include "session/state.h"

static const struct shape shape_role = { "role", {
	{ "id", MEMBER_ID, .help = "orgrole_… or wsrole_…" },
	{ "name", MEMBER_TEXT },
	{ "permissions", MEMBER_LIST },
	{ "own", MEMBER_BOOL, .help = "false: every one of the deployment has it" },
	{ "created_at", MEMBER_TIME },
} };
static const struct shape shape_roles = { "roles", { { "data", MEMBER_LIST, .of = &shape_role } } };

static void
write_role(struct json *j, struct str id, struct str name, struct str permissions, bool own, int64_t created_at)
{
	json_object_begin(j, NULL);
	json_str(j, "id", id);
	json_str(j, "name", name);
	view_words(j, "permissions", permissions);
	json_bool(j, "own", own);
	json_time(j, "created_at", created_at);
	json_object_end(j);
}

static void
write_orgrole(struct call *c, struct json *j, const struct orgrole_row *r)
{
	write_role(j, orgrole_id_str(c->t->arena, r->id), r->name, r->permissions, r->org.v != 0, r->created_at);
}

static void
write_wsrole(struct call *c, struct json *j, const struct wsrole_row *r)
{
	write_role(j, wsrole_id_str(c->t->arena, r->id), r->name, r->permissions, r->workspace.v != 0, r->created_at);
}

static enum status
org_roles(struct call *c)
{
	struct orgrole_row *rows;
	struct org_row org;
	struct org_id id;
	struct json *j;
	size_t n;

	TRY(call_org_id(c, 0, &id));
	TRY(organization_find(c->t, c->by.d->id, id, &org));
	TRY(sql_org_roles(c->t, c->by.d->id, id, &rows, &n));
	j = call_list_begin(c);
	for (size_t i = 0; i < n; i++)
		write_orgrole(c, j, &rows[i]);
	json_array_end(j);
	json_object_end(j);
	return OK;
}

const struct backend_route backend_org_roles = {
	.method = HTTP_GET, .path = "/v1/organizations/{id}/roles", .name = "org_roles",
	.summary = "The roles that an organization can give: the deployment's, and its own.",
	.tx = CALL_READ, .answers = &shape_roles,
	.fails = { E_NOT_FOUND },
	.run = org_roles,
};

#define ROLE_FIELDS \
	{ .name = "name", .kind = VALUE_TEXT, .required = true, .max = 200, .help = "2 to 50 printable characters" }, \
	{ .name = "permissions", .kind = VALUE_LIST, .max = 100, .help = "of the deployment's catalogue" }

static enum status
read_role(struct call *c, const struct str_list *catalogue, struct role_text *ret_text)
{
	const struct str *permissions;
	size_t n = call_list(c, "permissions", &permissions);

	TRY_MEM(c->t, permissions);
	return org_told(c, role_read(c->t, catalogue, call_text(c, "name"), permissions, n, ret_text));
}

static enum status
role_told(struct call *c, enum status st)
{
	if (st == E_CONFLICT)
		return call_refuse(c, st, "name", "There is a role of this name.");
	return org_told(c, st);
}

static enum status
org_role_post(struct call *c)
{
	struct orgrole_row role;
	struct role_text text;
	struct org_id org;

	TRY(org_of_path(c, &org));
	TRY(read_role(c, &c->by.d->settings.b2b.organization_permissions, &text));
	TRY(role_told(c, org_role_create(c->t, c->by.d->id, org, &text, POWERS_ALL, &role)));
	TRY(org_note(c, AUDIT_ORGANIZATION_ROLE_CREATED, &(struct org_event){ .org = org, .orgrole = role.id }));
	write_orgrole(c, call_answer(c), &role);
	return OK;
}

const struct backend_route backend_org_role_create = {
	.method = HTTP_POST, .path = "/v1/organizations/{id}/roles", .name = "org_role_create",
	.summary = "Make a role of an organization's own.",
	.tx = CALL_WRITE, .answers = &shape_role, .http = 201,
	.body = { ROLE_FIELDS },
	.fails = { E_NOT_FOUND, E_CONFLICT, E_LIMIT_REACHED },
	.run = org_role_post,
};

static enum status
org_role_drop(struct call *c)
{
	struct orgrole_id role;
	struct org_id org;

	TRY(call_orgrole_id(c, 1, &role));
	TRY(org_of_path(c, &org));
	TRY(role_told(c, org_role_remove(c->t, c->by.d->id, org, role, POWERS_ALL)));
	return org_note(c, AUDIT_ORGANIZATION_ROLE_DELETED, &(struct org_event){ .org = org, .orgrole = role });
}

const struct backend_route backend_org_role_remove = {
	.method = HTTP_DELETE, .path = "/v1/organizations/{id}/roles/{role_id}", .name = "org_role_remove",
	.summary = "Delete a role of an organization's own, and take it from whoever holds it; refused for the last admin's, and for the deployment's.",
	.tx = CALL_WRITE,
	.fails = { E_NOT_FOUND },
	.run = org_role_drop,
};

/* ---- workspaces ---- */

static enum status
workspace_roles(struct call *c)
{
	struct workspace_id id;
	struct workspace_row w;
	struct wsrole_row *rows;
	struct json *j;
	size_t n;

	TRY(call_workspace_id(c, 0, &id));
	TRY(workspace_find(c->t, c->by.d->id, id, &w));
	TRY(sql_workspace_roles(c->t, c->by.d->id, id, &rows, &n));
	j = call_list_begin(c);
	for (size_t i = 0; i < n; i++)
		write_wsrole(c, j, &rows[i]);
	json_array_end(j);
	json_object_end(j);
	return OK;
}

const struct backend_route backend_workspace_roles = {
	.method = HTTP_GET, .path = "/v1/workspaces/{id}/roles", .name = "workspace_roles",
	.summary = "The roles that a workspace can give: the deployment's, and its own.",
	.tx = CALL_READ, .answers = &shape_roles,
	.fails = { E_NOT_FOUND },
	.run = workspace_roles,
};

static enum status
workspace_role_post(struct call *c)
{
	struct workspace_row w;
	struct wsrole_row role;
	struct role_text text;
	bool is_new;

	TRY(workspace_of_path(c, &w));
	TRY(read_role(c, &c->by.d->settings.b2b.workspace_permissions, &text));
	TRY(role_told(c, workspace_role_put(c->t, c->by.d->id, w.org, w.id, &text, POWERS_ALL, &role, &is_new)));
	TRY(org_note(c, is_new ? AUDIT_WORKSPACE_ROLE_CREATED : AUDIT_WORKSPACE_ROLE_UPDATED,
	    &(struct org_event){ .org = w.org, .workspace = w.id, .wsrole = role.id }));
	write_wsrole(c, call_answer(c), &role);
	return OK;
}

const struct backend_route backend_workspace_role_put = {
	.method = HTTP_POST, .path = "/v1/workspaces/{id}/roles", .name = "workspace_role_put",
	.summary = "Make a role of a workspace's own, or change the one of that name, which its members keep.",
	.tx = CALL_WRITE, .answers = &shape_role, .http = 201,
	.body = { ROLE_FIELDS },
	.fails = { E_NOT_FOUND, E_CONFLICT, E_LIMIT_REACHED },
	.run = workspace_role_post,
};

static enum status
workspace_role_drop(struct call *c)
{
	struct workspace_row w;
	struct wsrole_id role;

	TRY(call_wsrole_id(c, 1, &role));
	TRY(workspace_of_path(c, &w));
	TRY(role_told(c, workspace_role_remove(c->t, c->by.d->id, w.id, role, POWERS_ALL)));
	return org_note(c, AUDIT_WORKSPACE_ROLE_DELETED, &(struct org_event){ .org = w.org, .workspace = w.id, .wsrole = role });
}

const struct backend_route backend_workspace_role_remove = {
	.method = HTTP_DELETE, .path = "/v1/workspaces/{id}/roles/{role_id}", .name = "workspace_role_remove",
	.summary = "Delete a role of a workspace's own, and take it from whoever holds it.",
	.tx = CALL_WRITE,
	.fails = { E_NOT_FOUND },
	.run = workspace_role_drop,
};
