/* switch_workspace.c - act in one of the user's workspaces, or in none. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/org/switch_scope.h"
#include "api/org/visitor.h"
#include "store/store.gen.h"

static enum eligibility
eligibility_of(const struct request *rq, const struct workspace_gate_row *row)
{
	struct gate org = { row->org_enforce_mfa, row->org_ip_restriction, row->org_ip_allowlist };
	struct gate workspace = { row->enforce_2fa, row->ip_restriction, row->ip_allowlist };
	struct visitor visitor = visitor_of(rq);

	return eligibility_workspace(&rq->deployment->settings, &org, &workspace, &visitor);
}

/* One answer for everything the user is not in, as for organizations. */
static enum status
enter_workspace(struct request *rq, struct str text)
{
	const struct settings *s = &rq->deployment->settings;
	struct workspace_gate_row row;
	struct workspace_id workspace;
	enum status st = E_NOT_FOUND;

	if (!s->b2b.organizations_enabled || !s->b2b.workspaces_enabled)
		return refuse(rq, E_FEATURE_DISABLED, "Workspaces are not used here.");
	if (workspace_id_parse(text, &workspace))
		st = sql_workspace_gate(&rq->task, rq->deployment->id, rq->signin->user, workspace, &row);
	if (st == E_NOT_FOUND)
		return refuse(rq, E_FORBIDDEN, NULL);
	TRY(st);
	TRY(visitor_check(rq, eligibility_of(rq, &row), true));
	return switch_scope(rq, SCOPE_ENTER_WORKSPACE, (struct scope){ row.orgmem, row.wsmem, row.orgmem });
}

static enum status
switch_workspace(struct request *rq)
{
	struct str text = query_text(rq, "workspace_id");

	/* Without an id the organization goes too: the client means "personal" by it. */
	if (switch_is_personal(text))
		TRY(switch_scope(rq, SCOPE_PERSONAL, (struct scope){ 0 }));
	else
		TRY(enter_workspace(rq, text));
	return reply_session(rq);
}

const struct route route_switch_workspace = {
	.method = HTTP_POST,
	.path = "/session/switch-workspace",
	.name = "session_switch_workspace",
	.summary = "Act in one of the user's workspaces and its organization, or in none of both.",
	.auth = AUTH_SIGNIN,
	.tx = TX_WRITE,
	.lane = LANE_WORKER,
	.query = { OPT_TEXT("workspace_id", 0, "the workspace; absent or 0: none, and no organization") },
	.fails = { E_FORBIDDEN, E_IP_NOT_ALLOWED, E_MFA_REQUIRED, E_FEATURE_DISABLED },
	.run = switch_workspace,
};
