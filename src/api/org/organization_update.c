/* organization_update.c - change an organization; what is not sent stays. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/me/picture.h"
#include "api/org/change_read.h"
#include "api/org/org_deed.h"
#include "api/org/org_view.h"

/* The pipeline has looked at the rule: who may not change it has no picture made. */
static enum status
organization_update_prove(struct request *rq)
{
	struct picture *p;

	TRY(picture_make_if_sent(rq, "image", &p));
	rq->proof = p;
	return OK;
}

static enum status
change(struct request *rq, const struct org_row *was, const struct change_form *form)
{
	const struct gate before = { was->enforce_mfa, was->ip_restriction, was->ip_allowlist };
	struct gate after;
	struct org_row now;

	TRY(org_outcome(rq, organization_change(&rq->task, rq->deployment->id, was->id, &form->change, &now)));
	after = (struct gate){ now.enforce_mfa, now.ip_restriction, now.ip_allowlist };
	return change_check_networks(rq, rq->deployment->settings.b2b.ip_allowlist_per_org_enabled, &before, &after);
}

static enum status
organization_update(struct request *rq)
{
	struct org_id org = rq->standing.org;
	struct change_form form;
	struct org_row row;
	struct org_view view;

	TRY(change_read(rq, "enforce_mfa", "enforce_mfa_setup", &form));
	TRY(organization_find(&rq->task, rq->deployment->id, org, &row));
	TRY(change(rq, &row, &form));
	if (rq->proof)
		TRY(picture_set_of_org(&rq->task, rq->deployment, org, rq->proof));
	TRY(org_audit(rq, AUDIT_ORGANIZATION_UPDATED, &(struct org_event){ .org = org }));
	TRY(organization_find(&rq->task, rq->deployment->id, org, &row));
	view = org_view_of_row(&row);
	view_org(reply(rq), "data", &view);
	return OK;
}

const struct route route_organization_update = {
	.method = HTTP_POST, .path = "/organizations/{id}/update", .name = "organization_update",
	.summary = "Change an organization; what is not sent stays, and its slug always does.",
	.auth = AUTH_SIGNIN, .rule = RULE_ORG_MANAGE, .tx = TX_WRITE, .lane = LANE_WORKER, .big_body = true,
	.body = {
		OPT_TEXT("name", 400, "at most 100 printable characters"),
		OPT_TEXT("description", ORG_DESCRIPTION_MAX, "what it is about; sent empty: nothing"),
		OPT_FILE("image", "its picture: PNG, JPEG, WebP or GIF of at most 2 MiB"),
		OPT_LIST("whitelisted_ips", 64, "addresses and networks that members may come from, at most 100; a single empty one: none"),
		OPT_TEXT("auto_assigned_workspace_id", 64, "the workspace of it that new members are put into; 0: none"),
		OPT_BOOL("enable_ip_restriction", "only from those networks; yours must be among them"),
		OPT_BOOL("enforce_mfa", "only with a second factor"),
		OPT_BOOL("enforce_mfa_setup", "an older name of enforce_mfa"),
	},
	.fails = { E_IP_NOT_ALLOWED, E_PAYLOAD_TOO_LARGE, E_RATE_LIMITED, E_OVERLOADED },
	.prove = organization_update_prove, .run = organization_update,
};
