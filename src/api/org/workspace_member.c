/* workspace_member.c - leave a workspace, remove a member, give a member a role or take it. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/org/org_deed.h"
#include "org/member.h"

static enum status
audit_member(struct request *rq, enum audit_event event, const struct workspace_member *m, struct wsrole_id role)
{
	return org_audit(rq, event, &(struct org_event){ .org = m->org, .workspace = m->workspace, .wsmem = m->id, .user = m->user, .wsrole = role });
}

static enum status
workspace_leave(struct request *rq)
{
	const struct workspace_member me = { rq->standing.org, rq->standing.workspace, rq->standing.wsmem, rq->signin->user };

	/* An admin of the organization is heard here without being in it. */
	if (me.id.v == 0)
		return refuse(rq, E_FORBIDDEN, NULL);

	TRY(org_outcome(rq, workspace_member_leave(&rq->task, rq->deployment->id, &me)));
	TRY(audit_member(rq, AUDIT_WORKSPACE_LEFT, &me, (struct wsrole_id){ 0 }));
	return reply_done(rq, "You have left the workspace.");
}

const struct route route_workspace_leave = {
	.method = HTTP_POST, .path = "/workspaces/{id}/leave", .name = "workspace_leave",
	.summary = "Leave a workspace; refused to its only admin.",
	.auth = AUTH_SIGNIN, .rule = RULE_WORKSPACE_MEMBER, .tx = TX_WRITE, .lane = LANE_WORKER,
	.run = workspace_leave,
};

static enum status
find(struct request *rq, struct workspace_member *ret_member)
{
	return org_outcome(rq,
	    workspace_member_find(&rq->task, rq->deployment->id, rq->standing.workspace, rq->ids[1], ret_member));
}

static enum status
workspace_remove_member(struct request *rq)
{
	struct workspace_member m;

	TRY(find(rq, &m));
	TRY(org_outcome(rq, workspace_member_remove(&rq->task, rq->deployment->id, &m, rq->standing.powers)));
	TRY(audit_member(rq, AUDIT_WORKSPACE_MEMBER_REMOVED, &m, (struct wsrole_id){ 0 }));
	return reply_done(rq, "The member has been removed.");
}

const struct route route_workspace_member_remove = {
	.method = HTTP_POST, .path = "/workspaces/{id}/members/{memberId}/remove", .name = "workspace_member_remove",
	.summary = "Remove a member, by the membership's id or the user's, from a workspace; an admin only as an admin, the only one never.",
	.auth = AUTH_SIGNIN, .rule = RULE_WORKSPACE_MANAGE, .tx = TX_WRITE, .lane = LANE_WORKER,
	.run = workspace_remove_member,
};

/* The role of the path; what is no id at all is no role either. */
static enum status
read_role(struct request *rq, struct wsrole_id *ret_role)
{
	return wsrole_id_parse(rq->ids[2], ret_role) ? OK : refuse(rq, E_FORBIDDEN, NULL);
}

static enum status
workspace_member_role_add(struct request *rq)
{
	struct wsrole_id role;
	struct workspace_member m;
	bool changed;

	TRY(find(rq, &m));
	TRY(read_role(rq, &role));
	TRY(org_outcome(rq, workspace_member_grant(&rq->task, rq->deployment->id, &m, role, rq->standing.powers, &changed)));
	if (changed)
		TRY(audit_member(rq, AUDIT_WORKSPACE_ROLE_GRANTED, &m, role));
	return reply_done(rq, "The member has this role.");
}

const struct route route_workspace_member_role_add = {
	.method = HTTP_POST, .path = "/workspaces/{id}/members/{membershipId}/roles/{roleId}/add",
	.name = "workspace_member_role_add",
	.summary = "Give a member a role of the deployment's or of this workspace; one that makes an admin only as an admin.",
	.auth = AUTH_SIGNIN, .rule = RULE_WORKSPACE_MANAGE, .tx = TX_WRITE, .lane = LANE_WORKER,
	.run = workspace_member_role_add,
};

static enum status
workspace_member_role_remove(struct request *rq)
{
	struct wsrole_id role;
	struct workspace_member m;
	bool changed;

	TRY(find(rq, &m));
	TRY(read_role(rq, &role));
	TRY(org_outcome(rq, workspace_member_take(&rq->task, rq->deployment->id, &m, role, rq->standing.powers, &changed)));
	if (changed)
		TRY(audit_member(rq, AUDIT_WORKSPACE_ROLE_TAKEN, &m, role));
	return reply_done(rq, "The member does not have this role.");
}

const struct route route_workspace_member_role_remove = {
	.method = HTTP_POST, .path = "/workspaces/{id}/members/{membershipId}/roles/{roleId}/remove",
	.name = "workspace_member_role_remove",
	.summary = "Take a role from a member; an admin's only as an admin, the only admin's never.",
	.auth = AUTH_SIGNIN, .rule = RULE_WORKSPACE_MANAGE, .tx = TX_WRITE, .lane = LANE_WORKER,
	.run = workspace_member_role_remove,
};
