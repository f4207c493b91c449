/* workspace_roles.c - the roles that a workspace can give: list them, make or change one of its own, delete it. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/org/org_deed.h"
#include "api/org/org_view.h"
#include "org/role.h"

static enum status
workspace_roles_list(struct request *rq)
{
	struct wsrole_row *rows;
	struct json *j;
	size_t n;

	TRY(sql_workspace_roles(&rq->task, rq->deployment->id, rq->standing.workspace, &rows, &n));
	j = reply(rq);
	json_array_begin(j, "data");
	for (int rank = 0; rank <= 2; rank++)
		for (size_t i = 0; i < n; i++)
			if (role_rank(rows[i].permissions) == rank)
				view_wsrole(j, NULL, &rows[i]);
	json_array_end(j);
	return OK;
}

const struct route route_workspace_roles = {
	.method = HTTP_GET, .path = "/workspaces/{id}/roles", .name = "workspace_roles",
	.summary = "The roles that members of a workspace can have, those that allow the least first.",
	.auth = AUTH_SIGNIN, .rule = RULE_WORKSPACE_MEMBER, .tx = TX_READ, .lane = LANE_WORKER,
	.run = workspace_roles_list,
};

static enum status
tell(struct request *rq, enum audit_event event, struct wsrole_id role)
{
	return audit(rq, event, rq->signin->user,
	    arena_printf(rq->task.arena,
		"{\"organization_id\":\"org_%lld\",\"workspace_id\":\"workspace_%lld\",\"role_id\":\"wsrole_%lld\"}",
		(long long)rq->standing.org.v, (long long)rq->standing.workspace.v, (long long)role.v));
}

/* The client has no call to change a role: it sends the whole of it again, under the same name. */
static enum status
workspace_role_post(struct request *rq)
{
	const struct settings *s = &rq->deployment->settings;
	const struct standing *at = &rq->standing;
	const struct str *permissions;
	size_t n = body_list(rq, "permissions", &permissions);
	struct role_text text;
	struct wsrole_row role;
	bool is_new;

	TRY_MEM(&rq->task, permissions);
	if (!s->b2b.custom_workspace_role_enabled)
		return refuse(rq, E_FEATURE_DISABLED, "Workspaces have no roles of their own here.");
	TRY(org_deed_told(rq, role_read(&rq->task, &s->b2b.workspace_permissions, body_text(rq, "name"), permissions, n, &text)));
	TRY(org_deed_told(rq, workspace_role_put(&rq->task, rq->deployment->id, at->org, at->workspace, &text, at->powers, &role, &is_new)));
	TRY(tell(rq, is_new ? AUDIT_WORKSPACE_ROLE_CREATED : AUDIT_WORKSPACE_ROLE_UPDATED, role.id));
	view_wsrole(reply(rq), "data", &role);
	return OK;
}

const struct route route_workspace_role_put = {
	.method = HTTP_POST, .path = "/workspaces/{id}/roles", .name = "workspace_role_put",
	.summary = "Make a role of a workspace's own, or change the one of that name. Only an admin does it with one that makes admins.",
	.auth = AUTH_SIGNIN, .rule = RULE_WORKSPACE_MANAGE, .tx = TX_WRITE, .lane = LANE_WORKER,
	.body = {
		REQ_TEXT("name", 200, "2 to 50 printable characters; that of the workspace's own role, in whatever case, changes it"),
		OPT_LIST("permissions", 100, "each one of b2b_settings.workspace_permissions"),
	},
	.fails = { E_FEATURE_DISABLED, E_FORBIDDEN, E_LIMIT_REACHED, E_CONFLICT },
	.run = workspace_role_post,
};

static enum status
workspace_role_delete(struct request *rq)
{
	struct wsrole_id role;
	struct json *j;

	if (!wsrole_id_parse(rq->ids[1], &role))
		return refuse(rq, E_NOT_FOUND, NULL);
	TRY(org_deed_told(rq, workspace_role_remove(&rq->task, rq->deployment->id, rq->standing.workspace, role, rq->standing.powers)));
	TRY(tell(rq, AUDIT_WORKSPACE_ROLE_DELETED, role));
	j = reply(rq);
	json_object_begin(j, "data");
	json_str(j, "message", S("The role has been deleted."));
	json_object_end(j);
	return OK;
}

const struct route route_workspace_role_delete = {
	.method = HTTP_POST, .path = "/workspaces/{id}/roles/{role_id}/delete", .name = "workspace_role_delete",
	.summary = "Delete a role of a workspace's own, and take it from whoever holds it; refused for the last admin's.",
	.auth = AUTH_SIGNIN, .rule = RULE_WORKSPACE_MANAGE, .tx = TX_WRITE, .lane = LANE_WORKER,
	.fails = { E_NOT_FOUND, E_FORBIDDEN },
	.run = workspace_role_delete,
};
