/* me_memberships.c - the organizations and workspaces a user is in, also those they cannot enter just now. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/org/membership_list.h"

#include "base/str.h"

/* Clients ask again every half minute, so what is switched off is an empty list and no refusal. */
static enum status
reply_nothing(struct request *rq)
{
	struct json *j = reply(rq);

	json_array_begin(j, "data");
	json_array_end(j);
	return OK;
}

static enum status
me_organization_memberships(struct request *rq)
{
	if (!rq->deployment->settings.b2b.organizations_enabled)
		return reply_nothing(rq);
	return membership_list_orgs(rq);
}

const struct route route_me_organization_memberships = {
	.method = HTTP_GET,
	.path = "/me/organization-memberships",
	.name = "me_organization_memberships",
	.summary = "The user's organizations, with the membership and its roles in each.",
	.auth = AUTH_SIGNIN,
	.tx = TX_READ,
	.lane = LANE_WORKER,
	.run = me_organization_memberships,
};

/* The id only narrows the user's own list: whatever is not theirs, or no id at all, matches nothing. */
static enum status
me_workspace_memberships(struct request *rq)
{
	const struct settings *s = &rq->deployment->settings;
	struct str text = query_text(rq, "org_id");
	struct org_id only = { 0 };

	if (!s->b2b.organizations_enabled || !s->b2b.workspaces_enabled)
		return reply_nothing(rq);
	if (text.n > 0 && !org_id_parse(text, &only))
		return reply_nothing(rq);
	return membership_list_workspaces(rq, only);
}

const struct route route_me_workspace_memberships = {
	.method = HTTP_GET,
	.path = "/me/workspace-memberships",
	.name = "me_workspace_memberships",
	.summary = "The user's workspaces, with the membership and its roles in each.",
	.auth = AUTH_SIGNIN,
	.tx = TX_READ,
	.lane = LANE_WORKER,
	.query = { OPT_TEXT("org_id", 0, "only those of this organization") },
	.run = me_workspace_memberships,
};
