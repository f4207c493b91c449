/* memberships.c - what a user belongs to. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/backend/backend.h"

#include "base/str.h"

static const struct shape shape_org_membership = { "organization_membership", {
	{ "id", MEMBER_ID, .help = "orgmem_…" },
	{ "organization_id", MEMBER_ID },
	{ "organization_name", MEMBER_TEXT },
	{ "role_ids", MEMBER_LIST },
	{ "created_at", MEMBER_TIME },
} };
static const struct shape shape_org_memberships = { "organization_memberships", { { "data", MEMBER_LIST, .of = &shape_org_membership } } };

static const struct shape shape_workspace_membership = { "workspace_membership", {
	{ "id", MEMBER_ID, .help = "wsmem_…" },
	{ "organization_id", MEMBER_ID },
	{ "workspace_id", MEMBER_ID },
	{ "workspace_name", MEMBER_TEXT },
	{ "role_ids", MEMBER_LIST },
	{ "created_at", MEMBER_TIME },
} };
static const struct shape shape_workspace_memberships = { "workspace_memberships",
	{ { "data", MEMBER_LIST, .of = &shape_workspace_membership } } };

static enum status
user_of_path(struct call *c, struct user_id *ret_user)
{
	struct account_row account;

	TRY(call_user_id(c, 0, ret_user));
	return sql_account_find(c->t, c->by.d->id, *ret_user, &account);
}

/* Both lists are in order of membership, so *at never goes back. */
static void
write_orgmem(struct json *j, const struct orgmem_row *m, const struct orgrole_row *roles, size_t n, size_t *at)
{
	json_object_begin(j, NULL);
	json_orgmem_id(j, "id", m->id);
	json_org_id(j, "organization_id", m->org);
	json_str(j, "organization_name", m->org_name);
	json_array_begin(j, "role_ids");
	while (*at < n && roles[*at].orgmem.v < m->id.v)
		++*at;
	while (*at < n && roles[*at].orgmem.v == m->id.v)
		json_orgrole_id(j, NULL, roles[(*at)++].id);
	json_array_end(j);
	json_time(j, "created_at", m->created_at);
	json_object_end(j);
}

static enum status
user_org_memberships(struct call *c)
{
	const struct org_id all = { 0 };
	struct orgrole_row *roles;
	struct orgmem_row *rows;
	struct user_id user;
	size_t n, n_roles, at = 0;
	struct json *j;

	TRY(user_of_path(c, &user));
	TRY(sql_user_orgmems(c->t, c->by.d->id, user, all, &rows, &n));
	TRY(sql_user_orgroles(c->t, c->by.d->id, user, all, &roles, &n_roles));
	j = call_list_begin(c);
	for (size_t i = 0; i < n; i++)
		write_orgmem(j, &rows[i], roles, n_roles, &at);
	json_array_end(j);
	json_object_end(j);
	return OK;
}

const struct backend_route backend_user_org_memberships = {
	.method = HTTP_GET, .path = "/v1/users/{id}/organization-memberships", .name = "user_org_memberships",
	.summary = "The organizations a user is in, and as what.",
	.tx = CALL_READ, .answers = &shape_org_memberships,
	.fails = { E_NOT_FOUND },
	.run = user_org_memberships,
};

/* A membership comes in as many rows as it has roles. */
struct wsmem_list {
	struct json *j;
	struct wsmem_id id; /* whose roles are being written; 0: none yet */
	int64_t created_at;
};

static void
end_wsmem(struct wsmem_list *l)
{
	if (l->id.v == 0)
		return;
	json_array_end(l->j);
	json_time(l->j, "created_at", l->created_at);
	json_object_end(l->j);
}

static void
begin_wsmem(struct wsmem_list *l, const struct user_workspace_names_row *row)
{
	json_object_begin(l->j, NULL);
	json_wsmem_id(l->j, "id", row->id);
	json_org_id(l->j, "organization_id", row->org);
	json_workspace_id(l->j, "workspace_id", row->workspace);
	json_str(l->j, "workspace_name", row->name);
	json_array_begin(l->j, "role_ids");
	l->id = row->id;
	l->created_at = row->created_at;
}

static enum status
take_wsmem(struct task *t, const struct user_workspace_names_row *row, void *arg)
{
	struct wsmem_list *l = arg;

	(void)t;
	if (row->id.v != l->id.v) {
		end_wsmem(l);
		begin_wsmem(l, row);
	}
	if (row->role.v != 0)
		json_wsrole_id(l->j, NULL, row->role);
	return OK;
}

static enum status
user_workspace_memberships(struct call *c)
{
	struct wsmem_list l = { 0 };
	struct user_id user;

	TRY(user_of_path(c, &user));
	l.j = call_list_begin(c);
	TRY(sql_user_workspace_names(c->t, c->by.d->id, user, take_wsmem, &l));
	end_wsmem(&l);
	json_array_end(l.j);
	json_object_end(l.j);
	return OK;
}

const struct backend_route backend_user_workspace_memberships = {
	.method = HTTP_GET, .path = "/v1/users/{id}/workspace-memberships", .name = "user_workspace_memberships",
	.summary = "The workspaces a user is in, and as what.",
	.tx = CALL_READ, .answers = &shape_workspace_memberships,
	.fails = { E_NOT_FOUND },
	.run = user_workspace_memberships,
};
