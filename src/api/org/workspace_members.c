/* workspace_members.c - who is in a workspace, a page at a time. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/org/members.h"
#include "api/org/org_view.h"
#include "org/workspace.h"

static size_t
roles_of(const struct member *m, struct wsrole_row *out)
{
	size_t n = 0;

	for (size_t i = 0; i < m->n_rows; i++) {
		const struct member_row *r = &m->rows[i];

		if (r->wsrole.v != 0)
			out[n++] = (struct wsrole_row){ r->wsmem, r->wsrole, r->role_workspace, r->role_org, r->role_name, r->permissions,
				r->role_created_at, r->role_updated_at };
	}
	return n;
}

static enum status
write_member(struct request *rq, struct json *j, const struct member *m, const struct workspace_view *workspace,
    struct str org_json)
{
	const struct member_row *row = &m->rows[0];
	struct wsrole_row *roles = arena_array(rq->task.arena, m->n_rows, sizeof(*roles));
	bool manages = (rq->standing.powers & POWER_WORKSPACE_MANAGE) != 0;
	struct wsmem_view v = {
		.id = row->wsmem,
		.orgmem = row->orgmem,
		.workspace = workspace,
		.user = row->user,
		.metadata = row->metadata,
		.org_json = org_json,
		.roles = roles,
		.created_at = row->created_at,
		.updated_at = row->updated_at,
	};

	TRY_MEM(&rq->task, roles);
	v.user_json = members_user(rq, row, manages);
	v.n_roles = roles_of(m, roles);
	view_wsmem(j, NULL, &v);
	return OK;
}

static enum status
workspace_members(struct request *rq)
{
	struct member_pager pager;
	struct member_page page;
	struct workspace_view workspace;
	struct workspace_row row;
	struct str org_json;
	struct json *j;

	TRY(members_read(rq, &pager));
	TRY(members_outcome(rq, member_page_workspace(&rq->task, rq->deployment->id, rq->standing.workspace, &pager.query, &page)));
	TRY(workspace_find(&rq->task, rq->deployment->id, rq->standing.workspace, &row));
	workspace = workspace_view_of_row(&row);
	TRY(members_org(rq, &org_json));
	j = reply(rq);
	json_object_begin(j, "data");
	json_array_begin(j, "data");
	for (size_t i = 0; i < page.n; i++)
		TRY(write_member(rq, j, &page.members[i], &workspace, org_json));
	json_array_end(j);
	members_write_meta(j, &pager, &page);
	json_object_end(j);
	return OK;
}

const struct route route_workspace_members = {
	.method = HTTP_GET, .path = "/workspaces/{id}/members", .name = "workspace_members",
	.summary = "The members of a workspace, oldest membership first, or those a search finds.",
	.auth = AUTH_SIGNIN, .rule = RULE_WORKSPACE_MEMBER, .tx = TX_READ, .lane = LANE_WORKER,
	.query = {
		OPT_TEXT("page", 0, "from 1 on"),
		OPT_TEXT("limit", 0, "members a page: 10, at most 100"),
		OPT_TEXT("search", MEMBER_SEARCH_MAX, "part of a name, a username or a primary e-mail address, in any case"),
	},
	.run = workspace_members,
};
