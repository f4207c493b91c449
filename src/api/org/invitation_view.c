/* invitation_view.c - the API's invitation objects: read in a few statements, written as JSON. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/org/invitation_view.h"

#include "api/org/memberships.h"
#include "api/org/org_view.h"

enum { ORG_JSON_MAX = 1 << 20, USER_JSON_MAX = 1 << 16 };

/* All that the invitations of one organization refer to. */
struct invitations {
	struct org_invitation_row *rows;
	size_t                     n;
	struct account_row        *inviters;
	size_t                     n_inviters;
	struct contact_row        *contacts;
	size_t                     n_contacts;
	struct orgrole_row        *roles;
	size_t                     n_roles;
	struct str                 org_json;
};

/* ---- reading ---- */

static enum status
org_piece(struct request *rq, struct str *ret_json)
{
	struct memberships m;
	struct org_view org;
	struct json j;
	struct buf b;

	TRY(memberships_load_orgs(rq, rq->standing.org, &m));
	if (m.n_orgs != 1)
		return fail(&rq->task, E_BUG, "a member with %zu memberships", m.n_orgs);
	org = org_view_of(&m.orgs[0]);
	buf_init_arena(&b, rq->task.arena, ORG_JSON_MAX);
	json_init(&j, &b);
	view_org(&j, NULL, &org);
	*ret_json = buf_str(&b);
	return OK;
}

static enum status
load(struct request *rq, struct invitation_id only, struct workspace_id only_workspace, struct invitations *ret_i)
{
	struct deployment_id d = rq->deployment->id;
	struct org_id org = rq->standing.org;
	struct task *t = &rq->task;
	struct invitations i = { 0 };

	TRY(sql_org_invitations(t, d, org, only, only_workspace, &i.rows, &i.n));
	TRY(sql_org_inviters(t, d, org, &i.inviters, &i.n_inviters));
	TRY(sql_org_inviter_contacts(t, d, org, &i.contacts, &i.n_contacts));
	TRY(sql_org_inviter_roles(t, d, org, &i.roles, &i.n_roles));
	TRY(org_piece(rq, &i.org_json));
	*ret_i = i;
	return OK;
}

/* ---- writing ---- */

static void
write_role(struct json *j, const struct org_invitation_row *r)
{
	struct orgrole_row role = { .id = r->role, .org = r->role_org, .name = r->role_name, .permissions = r->role_permissions,
		.created_at = r->role_created_at, .updated_at = r->role_updated_at };

	if (role.id.v == 0)
		json_put_null(j, "initial_organization_role");
	else
		view_orgrole(j, "initial_organization_role", &role);
}

static void
write_workspace_role(struct json *j, const struct org_invitation_row *r)
{
	struct wsrole_row role = { .id = r->ws_role, .workspace = r->ws_role_workspace, .org = r->ws_role_org, .name = r->ws_role_name,
		.permissions = r->ws_role_permissions, .created_at = r->ws_role_created_at, .updated_at = r->ws_role_updated_at };

	if (role.id.v == 0)
		json_put_null(j, "initial_workspace_role");
	else
		view_wsrole(j, "initial_workspace_role", &role);
}

static void
write_workspace(struct json *j, const struct request *rq, const struct org_invitation_row *r)
{
	struct workspace_view w = {
		.id = r->workspace, .org = rq->standing.org, .name = r->ws_name, .slug = r->ws_slug, .image_url = r->ws_image_url,
		.description = r->ws_description, .metadata = r->ws_metadata, .member_count = r->member_count,
		.gate = { r->enforce_2fa, r->ip_restriction, r->ip_allowlist },
		.created_at = r->ws_created_at, .updated_at = r->ws_updated_at,
	};

	if (w.id.v == 0)
		json_put_null(j, "workspace");
	else
		view_workspace(j, "workspace", &w);
}

static struct str
user_piece(struct request *rq, const struct invitations *i, struct user_id user)
{
	struct json j;
	struct buf b;

	buf_init_arena(&b, rq->task.arena, USER_JSON_MAX);
	json_init(&j, &b);
	for (size_t n = 0; n < i->n_inviters; n++)
		if (i->inviters[n].id.v == user.v)
			view_public_user(&j, NULL, &i->inviters[n], i->contacts, i->n_contacts);
	return buf_str(&b);
}

/* What may keep the inviter out just now is nobody else's business: eligibility is told to members about themselves. */
static void
write_inviter(struct request *rq, struct json *j, const struct invitations *i, const struct org_invitation_row *r)
{
	struct orgmem_view m = { .id = r->inviter, .org = rq->standing.org, .user = r->inviter_user, .metadata = r->inviter_metadata,
		.org_json = i->org_json, .created_at = r->inviter_created_at, .updated_at = r->inviter_updated_at };
	size_t at = 0;

	if (m.id.v == 0) {
		json_put_null(j, "inviter");
		return;
	}
	while (at < i->n_roles && i->roles[at].orgmem.v < m.id.v)
		at++;
	m.roles = i->roles + at;
	while (at + m.n_roles < i->n_roles && i->roles[at + m.n_roles].orgmem.v == m.id.v)
		m.n_roles++;
	m.user_json = user_piece(rq, i, r->inviter_user);
	view_orgmem(j, "inviter", &m);
}

static void
write_one(struct request *rq, struct json *j, const char *key, const struct invitations *i, const struct org_invitation_row *r)
{
	json_object_begin(j, key);
	json_invitation_id(j, "id", r->id);
	json_org_id(j, "organization_id", rq->standing.org);
	json_str(j, "email", r->email);
	write_role(j, r);
	write_inviter(rq, j, i, r);
	write_workspace(j, rq, r);
	write_workspace_role(j, r);
	json_bool(j, "expired", r->expires_at <= rq->task.now);
	/* One moment under two names: clients of different ages read one or the other. */
	json_time(j, "expiry", r->expires_at);
	json_time(j, "expires_at", r->expires_at);
	json_time(j, "created_at", r->created_at);
	json_time(j, "updated_at", r->updated_at);
	json_object_end(j);
}

static enum status
check_memory(struct request *rq)
{
	return arena_failed(rq->task.arena) ? fail(&rq->task, E_OVERLOADED, "out of memory for this task") : OK;
}

enum status
reply_invitations(struct request *rq, struct workspace_id only_workspace)
{
	struct invitations i;
	struct json *j;

	TRY(load(rq, (struct invitation_id){ 0 }, only_workspace, &i));
	j = reply(rq);
	json_array_begin(j, "data");
	for (size_t n = 0; n < i.n; n++)
		write_one(rq, j, NULL, &i, &i.rows[n]);
	json_array_end(j);
	return check_memory(rq);
}

enum status
reply_invitation(struct request *rq, struct invitation_id only)
{
	struct invitations i;

	TRY(load(rq, only, (struct workspace_id){ 0 }, &i));
	if (i.n != 1)
		return E_NOT_FOUND;
	write_one(rq, reply(rq), "data", &i, &i.rows[0]);
	return check_memory(rq);
}
