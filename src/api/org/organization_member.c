/* organization_member.c - leave an organization, remove a member, give a member a role or take it. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/org/org_deed.h"
#include "org/member.h"

static enum status
audit_member(struct request *rq, enum audit_event event, const struct org_member *m, struct orgrole_id role)
{
	return org_audit(rq, event, &(struct org_event){ .org = m->org, .orgmem = m->id, .user = m->user, .orgrole = role });
}

static enum status
organization_leave(struct request *rq)
{
	const struct org_member me = { rq->standing.org, rq->standing.orgmem, rq->signin->user };

	TRY(org_outcome(rq, org_member_leave(&rq->task, rq->deployment->id, &me)));
	TRY(audit_member(rq, AUDIT_ORGANIZATION_LEFT, &me, (struct orgrole_id){ 0 }));
	return reply_done(rq, "You have left the organization.");
}

const struct route route_organization_leave = {
	.method = HTTP_POST, .path = "/organizations/{id}/leave", .name = "organization_leave",
	.summary = "Leave an organization and its workspaces; refused to its only admin.",
	.auth = AUTH_SIGNIN, .rule = RULE_ORG_MEMBER, .tx = TX_WRITE, .lane = LANE_WORKER,
	.run = organization_leave,
};

static enum status
find(struct request *rq, struct org_member *ret_member)
{
	return org_outcome(rq,
	    org_member_find(&rq->task, rq->deployment->id, rq->standing.org, rq->ids[1], ret_member));
}

static enum status
organization_member_remove(struct request *rq)
{
	struct org_member m;

	TRY(find(rq, &m));
	TRY(org_outcome(rq, org_member_remove(&rq->task, rq->deployment->id, &m, rq->standing.powers)));
	TRY(audit_member(rq, AUDIT_ORGANIZATION_MEMBER_REMOVED, &m, (struct orgrole_id){ 0 }));
	return reply_done(rq, "The member has been removed.");
}

const struct route route_organization_member_remove = {
	.method = HTTP_POST, .path = "/organizations/{id}/members/{memberId}/remove", .name = "organization_member_remove",
	.summary = "Remove a member, by the membership's id or the user's, from an organization and its workspaces; an admin only as an admin, the only one never.",
	.auth = AUTH_SIGNIN, .rule = RULE_ORG_MANAGE, .tx = TX_WRITE, .lane = LANE_WORKER,
	.run = organization_member_remove,
};

/* The role of the path; what is no id at all is no role either. */
static enum status
read_role(struct request *rq, struct orgrole_id *ret_role)
{
	return orgrole_id_parse(rq->ids[2], ret_role) ? OK : refuse(rq, E_FORBIDDEN, NULL);
}

static enum status
organization_member_role_add(struct request *rq)
{
	struct orgrole_id role;
	struct org_member m;
	bool changed;

	TRY(find(rq, &m));
	TRY(read_role(rq, &role));
	TRY(org_outcome(rq, org_member_grant(&rq->task, rq->deployment->id, &m, role, rq->standing.powers, &changed)));
	if (changed)
		TRY(audit_member(rq, AUDIT_ORGANIZATION_ROLE_GRANTED, &m, role));
	return reply_done(rq, "The member has this role.");
}

const struct route route_organization_member_role_add = {
	.method = HTTP_POST, .path = "/organizations/{id}/members/{memberId}/roles/{roleId}/add",
	.name = "organization_member_role_add",
	.summary = "Give a member a role of the deployment's or of this organization; one that makes an admin only as an admin.",
	.auth = AUTH_SIGNIN, .rule = RULE_ORG_MANAGE, .tx = TX_WRITE, .lane = LANE_WORKER,
	.run = organization_member_role_add,
};

static enum status
organization_member_role_remove(struct request *rq)
{
	struct orgrole_id role;
	struct org_member m;
	bool changed;

	TRY(find(rq, &m));
	TRY(read_role(rq, &role));
	TRY(org_outcome(rq, org_member_take(&rq->task, rq->deployment->id, &m, role, rq->standing.powers, &changed)));
	if (changed)
		TRY(audit_member(rq, AUDIT_ORGANIZATION_ROLE_TAKEN, &m, role));
	return reply_done(rq, "The member does not have this role.");
}

const struct route route_organization_member_role_remove = {
	.method = HTTP_POST, .path = "/organizations/{id}/members/{memberId}/roles/{roleId}/remove",
	.name = "organization_member_role_remove",
	.summary = "Take a role from a member; an admin's only as an admin, the only admin's never.",
	.auth = AUTH_SIGNIN, .rule = RULE_ORG_MANAGE, .tx = TX_WRITE, .lane = LANE_WORKER,
	.run = organization_member_role_remove,
};
