/* workspace_delete.c - delete a workspace and all that is in it. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/org/org_deed.h"
#include "org/workspace.h"

static enum status
workspace_delete_run(struct request *rq)
{
	struct workspace_id workspace = rq->standing.workspace;

	if (!rq->deployment->settings.b2b.allow_workspace_deletion)
		return refuse(rq, E_FORBIDDEN, "Workspaces are only deleted by the operator here.");
	TRY(org_outcome(rq, workspace_delete(&rq->task, rq->deployment->id, workspace)));
	TRY(org_audit(rq, AUDIT_WORKSPACE_DELETED, &(struct org_event){ .org = rq->standing.org, .workspace = workspace }));
	return reply_done(rq, "The workspace has been deleted.");
}

const struct route route_workspace_delete = {
	.method = HTTP_POST, .path = "/workspaces/{id}/delete", .name = "workspace_delete",
	.summary = "Delete a workspace with its members and roles; refused for the one that new members of its organization are put into.",
	.auth = AUTH_SIGNIN, .rule = RULE_WORKSPACE_ADMIN, .tx = TX_WRITE, .lane = LANE_WORKER,
	.run = workspace_delete_run,
};
