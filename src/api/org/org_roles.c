/* org_roles.c - the roles that an organization can give: list them, make one of its own, delete it. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/org/org_deed.h"
#include "api/org/org_view.h"
#include "org/role.h"

/* Of equals, the oldest first: the deployment's own before what was made here. */
static enum status
org_roles_list(struct request *rq)
{
	struct orgrole_row *rows;
	struct json *j;
	size_t n;

	TRY(sql_org_roles(&rq->task, rq->deployment->id, rq->standing.org, &rows, &n));
	j = reply(rq);
	json_array_begin(j, "data");
	for (int rank = 0; rank <= 2; rank++)
		for (size_t i = 0; i < n; i++)
			if (role_rank(rows[i].permissions) == rank)
				view_orgrole(j, NULL, &rows[i]);
	json_array_end(j);
	return OK;
}

const struct route route_org_roles = {
	.method = HTTP_GET, .path = "/organizations/{id}/roles", .name = "organization_roles",
	.summary = "The roles that members of an organization can have, those that allow the least first.",
	.auth = AUTH_SIGNIN, .rule = RULE_ORG_MEMBER, .tx = TX_READ, .lane = LANE_WORKER,
	.run = org_roles_list,
};

static enum status
tell(struct request *rq, enum audit_event event, struct orgrole_id role)
{
	return audit(rq, event, rq->signin->user,
	    arena_printf(rq->task.arena, "{\"organization_id\":\"org_%lld\",\"role_id\":\"orgrole_%lld\"}",
		(long long)rq->standing.org.v, (long long)role.v));
}

static enum status
org_role_post(struct request *rq)
{
	const struct settings *s = &rq->deployment->settings;
	const struct str *permissions;
	size_t n = body_list(rq, "permissions", &permissions);
	struct role_text text;
	struct orgrole_row role;

	TRY_MEM(&rq->task, permissions);
	if (!s->b2b.custom_org_role_enabled)
		return refuse(rq, E_FEATURE_DISABLED, "Organizations have no roles of their own here.");
	TRY(org_deed_told(rq, role_read(&rq->task, &s->b2b.organization_permissions, body_text(rq, "name"), permissions, n, &text)));
	TRY(org_deed_told(rq, org_role_create(&rq->task, rq->deployment->id, rq->standing.org, &text, rq->standing.powers, &role)));
	TRY(tell(rq, AUDIT_ORGANIZATION_ROLE_CREATED, role.id));
	view_orgrole(reply(rq), "data", &role);
	return OK;
}

const struct route route_org_role_create = {
	.method = HTTP_POST, .path = "/organizations/{id}/roles", .name = "organization_role_create",
	.summary = "Make a role of an organization's own. Only an admin makes one that makes admins.",
	.auth = AUTH_SIGNIN, .rule = RULE_ORG_MANAGE, .tx = TX_WRITE, .lane = LANE_WORKER,
	.body = {
		REQ_TEXT("name", 200, "2 to 50 printable characters, in no case another role's"),
		OPT_LIST("permissions", 100, "each one of b2b_settings.organization_permissions"),
	},
	.fails = { E_FEATURE_DISABLED, E_FORBIDDEN, E_LIMIT_REACHED, E_CONFLICT },
	.run = org_role_post,
};

static enum status
org_role_delete(struct request *rq)
{
	struct orgrole_id role;

	if (!orgrole_id_parse(rq->ids[1], &role))
		return refuse(rq, E_NOT_FOUND, NULL);
	TRY(org_deed_told(rq, org_role_remove(&rq->task, rq->deployment->id, rq->standing.org, role, rq->standing.powers)));
	TRY(tell(rq, AUDIT_ORGANIZATION_ROLE_DELETED, role));
	return reply_done(rq, "The role has been deleted.");
}

const struct route route_org_role_remove = {
	.method = HTTP_POST, .path = "/organizations/{id}/roles/{role_id}/remove", .name = "organization_role_remove",
	.summary = "Delete a role of an organization's own, and take it from whoever holds it; refused for the last admin's.",
	.auth = AUTH_SIGNIN, .rule = RULE_ORG_MANAGE, .tx = TX_WRITE, .lane = LANE_WORKER,
	.fails = { E_NOT_FOUND, E_FORBIDDEN },
	.run = org_role_delete,
};
