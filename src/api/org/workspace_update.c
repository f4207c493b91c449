/* workspace_update.c - change a workspace; what is not sent stays. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/me/picture.h"
#include "api/org/change_read.h"
#include "api/org/org_deed.h"
#include "api/org/org_view.h"
#include "org/workspace.h"

/* The pipeline has looked at the rule: who may not change it has no picture made. */
static enum status
workspace_update_prove(struct request *rq)
{
	struct picture *p;

	TRY(picture_make_if_sent(rq, "image", &p));
	rq->proof = p;
	return OK;
}

static enum status
change(struct request *rq, const struct workspace_row *was, const struct change_form *form)
{
	const struct gate before = { was->enforce_2fa, was->ip_restriction, was->ip_allowlist };
	struct gate after;
	struct workspace_row now;

	TRY(org_outcome(rq, workspace_change(&rq->task, rq->deployment->id, was->id, &form->change, &now)));
	after = (struct gate){ now.enforce_2fa, now.ip_restriction, now.ip_allowlist };
	return change_check_networks(rq, rq->deployment->settings.b2b.ip_allowlist_per_workspace_enabled, &before, &after);
}

static enum status
reply_workspace(struct request *rq)
{
	struct workspace_row row;
	struct workspace_view view;
	struct json *j;

	TRY(workspace_find(&rq->task, rq->deployment->id, rq->standing.workspace, &row));
	view = workspace_view_of_row(&row);
	j = reply(rq);
	json_object_begin(j, "data");
	view_workspace(j, "workspace", &view);
	json_object_end(j);
	return OK;
}

static enum status
workspace_update(struct request *rq)
{
	struct workspace_id workspace = rq->standing.workspace;
	struct change_form form;
	struct workspace_row row;

	TRY(change_read(rq, "enforce_2fa", NULL, &form));
	TRY(workspace_find(&rq->task, rq->deployment->id, workspace, &row));
	TRY(change(rq, &row, &form));
	if (rq->proof)
		TRY(picture_set_of_workspace(&rq->task, rq->deployment, workspace, rq->proof));
	TRY(org_audit(rq, AUDIT_WORKSPACE_UPDATED, &(struct org_event){ .org = rq->standing.org, .workspace = workspace }));
	return reply_workspace(rq);
}

const struct route route_workspace_update = {
	.method = HTTP_POST, .path = "/workspaces/{id}/update", .name = "workspace_update",
	.summary = "Change a workspace; what is not sent stays, and its slug always does.",
	.auth = AUTH_SIGNIN, .rule = RULE_WORKSPACE_MANAGE, .tx = TX_WRITE, .lane = LANE_WORKER, .big_body = true,
	.body = {
		OPT_TEXT("name", 400, "at most 100 printable characters"),
		OPT_TEXT("description", ORG_DESCRIPTION_MAX, "what it is about; sent empty: nothing"),
		OPT_FILE("image", "its picture: PNG, JPEG, WebP or GIF of at most 2 MiB"),
		OPT_LIST("whitelisted_ips", 64, "addresses and networks that members may come from, at most 100; a single empty one: none"),
		OPT_BOOL("enable_ip_restriction", "only from those networks; yours must be among them"),
		OPT_BOOL("enforce_2fa", "only with a second factor"),
	},
	.fails = { E_IP_NOT_ALLOWED, E_PAYLOAD_TOO_LARGE, E_RATE_LIMITED, E_OVERLOADED },
	.prove = workspace_update_prove, .run = workspace_update,
};
