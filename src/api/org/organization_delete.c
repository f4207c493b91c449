/* organization_delete.c - delete an organization and all that is in it. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/org/org_deed.h"
#include "org/organization.h"

static enum status
organization_delete_run(struct request *rq)
{
	struct org_id org = rq->standing.org;

	if (!rq->deployment->settings.b2b.allow_org_deletion)
		return refuse(rq, E_FORBIDDEN, "Organizations are only deleted by the operator here.");
	TRY(org_outcome(rq, organization_delete(&rq->task, rq->deployment->id, org)));
	TRY(org_audit(rq, AUDIT_ORGANIZATION_DELETED, &(struct org_event){ .org = org }));
	return reply_done(rq, "The organization has been deleted.");
}

const struct route route_organization_delete = {
	.method = HTTP_POST, .path = "/organizations/{id}/delete", .name = "organization_delete",
	.summary = "Delete an organization with its workspaces, members and roles; nobody acts in it any more.",
	.auth = AUTH_SIGNIN, .rule = RULE_ORG_ADMIN, .tx = TX_WRITE, .lane = LANE_WORKER,
	.run = organization_delete_run,
};
