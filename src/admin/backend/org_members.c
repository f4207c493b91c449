/* org_members.c - who is in organizations and workspaces, and as what. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/backend/org.h"

#include "base/str.h"
#include "org/join.h"
#include "org/member.h"
#include "org/workspace.h"

const struct shape shape_org_member = { "member", {
	{ "id", MEMBER_ID, .help = "orgmem_… or wsmem_…: the membership" },
	{ "user_id", MEMBER_ID },
	{ "first_name", MEMBER_TEXT },
	{ "last_name", MEMBER_TEXT },
	{ "username", MEMBER_TEXT },
	{ "email", MEMBER_TEXT, .nullable = true, .help = "the primary address" },
	{ "role_ids", MEMBER_LIST },
	{ "created_at", MEMBER_TIME },
} };

/* Of an organization, or of a workspace when there is one. */
struct place {
	struct org_id       org;
	struct workspace_id workspace;
};

static struct str
member_id(struct arena *a, const struct place *p, int64_t id)
{
	return p->workspace.v ? wsmem_id_str(a, (struct wsmem_id){ id }) : orgmem_id_str(a, (struct orgmem_id){ id });
}

static struct str
role_id(struct arena *a, const struct place *p, int64_t id)
{
	return p->workspace.v ? wsrole_id_str(a, (struct wsrole_id){ id }) : orgrole_id_str(a, (struct orgrole_id){ id });
}

struct listed {
	struct member_list_row      *rows;
	size_t                       n;
	struct member_list_role_row *roles;
	size_t                       n_roles;
};

static enum status
load(struct call *c, const struct place *p, int64_t after, int64_t most, struct listed *l)
{
	struct deployment_id d = c->by.d->id;

	if (p->workspace.v)
		TRY(sql_workspace_member_list(c->t, d, p->workspace, after, most, &l->rows, &l->n));
	else
		TRY(sql_org_member_list(c->t, d, p->org, after, most, &l->rows, &l->n));
	if (l->n == 0)
		return OK;
	if (p->workspace.v)
		return sql_workspace_member_list_roles(c->t, d, p->workspace, l->rows[0].id, l->rows[l->n - 1].id, &l->roles, &l->n_roles);
	return sql_org_member_list_roles(c->t, d, p->org, l->rows[0].id, l->rows[l->n - 1].id, &l->roles, &l->n_roles);
}

static void
write_member(struct call *c, struct json *j, const struct place *p, const struct listed *l, const struct member_list_row *row)
{
	struct arena *a = c->t->arena;

	json_object_begin(j, NULL);
	json_str(j, "id", member_id(a, p, row->id));
	json_user_id(j, "user_id", row->user);
	json_str(j, "first_name", row->first_name);
	json_str(j, "last_name", row->last_name);
	json_str(j, "username", row->username);
	json_str_or_null(j, "email", row->email);
	json_array_begin(j, "role_ids");
	for (size_t i = 0; i < l->n_roles; i++)
		if (l->roles[i].member == row->id)
			json_str(j, NULL, role_id(a, p, l->roles[i].role));
	json_array_end(j);
	json_time(j, "created_at", row->created_at);
	json_object_end(j);
}

static enum status
answer_page(struct call *c, const struct place *p)
{
	struct listed l = { 0 };
	struct json *j;
	size_t shown;

	TRY(load(c, p, c->after, c->most, &l));
	shown = call_page(c, l.n);
	j = call_list_begin(c);
	for (size_t i = 0; i < shown; i++)
		write_member(c, j, p, &l, &l.rows[i]);
	call_list_end(c, l.n, shown > 0 ? member_id(c->t->arena, p, l.rows[shown - 1].id) : STR_NONE);
	return OK;
}

/* The one with this id: the first after the number before it. */
static enum status
answer_member(struct call *c, const struct place *p, int64_t id)
{
	struct listed l = { 0 };

	TRY(load(c, p, id - 1, 1, &l));
	if (l.n != 1 || l.rows[0].id != id)
		return E_NOT_FOUND;
	write_member(c, call_answer(c), p, &l, &l.rows[0]);
	return OK;
}

/* ---- organizations ---- */

static enum status
org_members(struct call *c)
{
	struct place p = { .workspace = { 0 } };
	struct org_row org;

	TRY(call_org_id(c, 0, &p.org));
	TRY(organization_find(c->t, c->by.d->id, p.org, &org));
	return answer_page(c, &p);
}

const struct backend_route backend_org_members = {
	.method = HTTP_GET, .path = "/v1/organizations/{id}/members", .name = "org_members",
	.summary = "The members of an organization in order of membership.",
	.tx = CALL_READ, .pages = true, .answers = &shape_org_member,
	.fails = { E_NOT_FOUND },
	.run = org_members,
};

/* An id that cannot be one is nobody's, and nothing's. */
static enum status
read_ids(struct call *c, struct join *j)
{
	if (!user_id_parse(call_text(c, "user_id"), &j->user))
		return E_NOT_FOUND;
	if (call_has(c, "role_id") && !orgrole_id_parse(call_text(c, "role_id"), &j->role))
		return E_NOT_FOUND;
	return OK;
}

static enum status
org_member_post(struct call *c)
{
	const struct org_deed deed = call_org_deed(c);
	struct join j = { .role = { 0 } };
	struct joined joined;

	TRY(call_org_id(c, 0, &j.org));
	TRY(read_ids(c, &j));
	TRY(org_told(c, org_join(&deed, &j, &joined)));
	return answer_member(c, &(struct place){ .org = j.org }, joined.orgmem.v);
}

const struct backend_route backend_org_member_add = {
	.method = HTTP_POST, .path = "/v1/organizations/{id}/members", .name = "org_member_add",
	.summary = "Make a user a member of an organization; who is one already keeps membership and roles.",
	.tx = CALL_WRITE, .answers = &shape_org_member, .http = 201,
	.body = {
		{ .name = "user_id", .kind = VALUE_TEXT, .required = true, .max = 64, .help = "whom" },
		{ .name = "role_id", .kind = VALUE_TEXT, .max = 64, .help = "as what; the deployment's default for members when it is not sent" },
	},
	.fails = { E_NOT_FOUND, E_LIMIT_REACHED },
	.run = org_member_post,
};

/* The member of the path, its organization held. */
static enum status
org_member_of_path(struct call *c, struct org_member *ret_member)
{
	struct org_id org;

	TRY(org_of_path(c, &org));
	return org_member_find(c->t, c->by.d->id, org, c->ids[1], ret_member);
}

static enum status
note_org_member(struct call *c, enum audit_event event, const struct org_member *m, struct orgrole_id role)
{
	return org_note(c, event, &(struct org_event){ .org = m->org, .orgmem = m->id, .user = m->user, .orgrole = role });
}

static enum status
org_member_delete(struct call *c)
{
	struct org_member m;

	TRY(org_member_of_path(c, &m));
	TRY(org_told(c, org_member_remove(c->t, c->by.d->id, &m, POWERS_ALL)));
	return note_org_member(c, AUDIT_ORGANIZATION_MEMBER_REMOVED, &m, (struct orgrole_id){ 0 });
}

const struct backend_route backend_org_member_remove = {
	.method = HTTP_DELETE, .path = "/v1/organizations/{id}/members/{member_id}", .name = "org_member_remove",
	.summary = "Remove a member, by the membership's id or the user's, from an organization and its workspaces; the only admin never.",
	.tx = CALL_WRITE,
	.fails = { E_NOT_FOUND },
	.run = org_member_delete,
};

static enum status
org_role_change(struct call *c, bool grant)
{
	struct orgrole_id role;
	struct org_member m;
	bool changed;

	TRY(call_orgrole_id(c, 2, &role));
	TRY(org_member_of_path(c, &m));
	if (grant)
		TRY(org_told(c, org_member_grant(c->t, c->by.d->id, &m, role, POWERS_ALL, &changed)));
	else
		TRY(org_told(c, org_member_take(c->t, c->by.d->id, &m, role, POWERS_ALL, &changed)));
	if (changed)
		TRY(note_org_member(c, grant ? AUDIT_ORGANIZATION_ROLE_GRANTED : AUDIT_ORGANIZATION_ROLE_TAKEN, &m, role));
	return answer_member(c, &(struct place){ .org = m.org }, m.id.v);
}

static enum status
org_member_role_put(struct call *c)
{
	return org_role_change(c, true);
}

const struct backend_route backend_org_member_role_add = {
	.method = HTTP_PUT, .path = "/v1/organizations/{id}/members/{member_id}/roles/{role_id}", .name = "org_member_role_add",
	.summary = "Give a member a role; once more is the same.",
	.tx = CALL_WRITE, .answers = &shape_org_member,
	.fails = { E_NOT_FOUND },
	.run = org_member_role_put,
};

static enum status
org_member_role_delete(struct call *c)
{
	return org_role_change(c, false);
}

const struct backend_route backend_org_member_role_remove = {
	.method = HTTP_DELETE, .path = "/v1/organizations/{id}/members/{member_id}/roles/{role_id}", .name = "org_member_role_remove",
	.summary = "Take a role from a member; the only admin's never.",
	.tx = CALL_WRITE, .answers = &shape_org_member,
	.fails = { E_NOT_FOUND },
	.run = org_member_role_delete,
};

/* ---- workspaces ---- */

static enum status
workspace_members(struct call *c)
{
	struct workspace_row w;
	struct place p;

	TRY(call_workspace_id(c, 0, &p.workspace));
	TRY(workspace_find(c->t, c->by.d->id, p.workspace, &w));
	p.org = w.org;
	return answer_page(c, &p);
}

const struct backend_route backend_workspace_members = {
	.method = HTTP_GET, .path = "/v1/workspaces/{id}/members", .name = "workspace_members",
	.summary = "The members of a workspace in order of membership.",
	.tx = CALL_READ, .pages = true, .answers = &shape_org_member,
	.fails = { E_NOT_FOUND },
	.run = workspace_members,
};

static enum status
workspace_member_post(struct call *c)
{
	const struct org_deed deed = call_org_deed(c);
	struct join j = { .role = { 0 } };
	struct workspace_row w;
	struct joined joined;

	TRY(call_workspace_id(c, 0, &j.workspace));
	TRY(workspace_find(c->t, c->by.d->id, j.workspace, &w));
	j.org = w.org;
	if (!user_id_parse(call_text(c, "user_id"), &j.user))
		return E_NOT_FOUND;
	if (call_has(c, "role_id") && !wsrole_id_parse(call_text(c, "role_id"), &j.workspace_role))
		return E_NOT_FOUND;
	TRY(org_told(c, org_join(&deed, &j, &joined)));
	return answer_member(c, &(struct place){ w.org, w.id }, joined.wsmem.v);
}

const struct backend_route backend_workspace_member_add = {
	.method = HTTP_POST, .path = "/v1/workspaces/{id}/members", .name = "workspace_member_add",
	.summary = "Make a user a member of a workspace, and of its organization; who is one already keeps membership and roles.",
	.tx = CALL_WRITE, .answers = &shape_org_member, .http = 201,
	.body = {
		{ .name = "user_id", .kind = VALUE_TEXT, .required = true, .max = 64, .help = "whom" },
		{ .name = "role_id", .kind = VALUE_TEXT, .max = 64, .help = "as what in the workspace; the deployment's default when it is not sent" },
	},
	.fails = { E_NOT_FOUND, E_LIMIT_REACHED },
	.run = workspace_member_post,
};

static enum status
workspace_member_of_path(struct call *c, struct workspace_member *ret_member)
{
	struct workspace_row w;

	TRY(workspace_of_path(c, &w));
	return workspace_member_find(c->t, c->by.d->id, w.id, c->ids[1], ret_member);
}

static enum status
note_workspace_member(struct call *c, enum audit_event event, const struct workspace_member *m, struct wsrole_id role)
{
	return org_note(c, event,
	    &(struct org_event){ .org = m->org, .workspace = m->workspace, .wsmem = m->id, .user = m->user, .wsrole = role });
}

static enum status
workspace_member_delete(struct call *c)
{
	struct workspace_member m;

	TRY(workspace_member_of_path(c, &m));
	TRY(org_told(c, workspace_member_remove(c->t, c->by.d->id, &m, POWERS_ALL)));
	return note_workspace_member(c, AUDIT_WORKSPACE_MEMBER_REMOVED, &m, (struct wsrole_id){ 0 });
}

const struct backend_route backend_workspace_member_remove = {
	.method = HTTP_DELETE, .path = "/v1/workspaces/{id}/members/{member_id}", .name = "workspace_member_remove",
	.summary = "Remove a member, by the membership's id or the user's, from a workspace.",
	.tx = CALL_WRITE,
	.fails = { E_NOT_FOUND },
	.run = workspace_member_delete,
};

static enum status
workspace_role_change(struct call *c, bool grant)
{
	struct workspace_member m;
	struct wsrole_id role;
	bool changed;

	TRY(call_wsrole_id(c, 2, &role));
	TRY(workspace_member_of_path(c, &m));
	if (grant)
		TRY(org_told(c, workspace_member_grant(c->t, c->by.d->id, &m, role, POWERS_ALL, &changed)));
	else
		TRY(org_told(c, workspace_member_take(c->t, c->by.d->id, &m, role, POWERS_ALL, &changed)));
	if (changed)
		TRY(note_workspace_member(c, grant ? AUDIT_WORKSPACE_ROLE_GRANTED : AUDIT_WORKSPACE_ROLE_TAKEN, &m, role));
	return answer_member(c, &(struct place){ m.org, m.workspace }, m.id.v);
}

static enum status
workspace_member_role_put(struct call *c)
{
	return workspace_role_change(c, true);
}

const struct backend_route backend_workspace_member_role_add = {
	.method = HTTP_PUT, .path = "/v1/workspaces/{id}/members/{member_id}/roles/{role_id}", .name = "workspace_member_role_add",
	.summary = "Give a member of a workspace a role; once more is the same.",
	.tx = CALL_WRITE, .answers = &shape_org_member,
	.fails = { E_NOT_FOUND },
	.run = workspace_member_role_put,
};

static enum status
workspace_member_role_delete(struct call *c)
{
	return workspace_role_change(c, false);
}

const struct backend_route backend_workspace_member_role_remove = {
	.method = HTTP_DELETE, .path = "/v1/workspaces/{id}/members/{member_id}/roles/{role_id}", .name = "workspace_member_role_remove",
	.summary = "Take a role from a member of a workspace.",
	.tx = CALL_WRITE, .answers = &shape_org_member,
	.fails = { E_NOT_FOUND },
	.run = workspace_member_role_delete,
};
