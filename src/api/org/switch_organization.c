/* switch_organization.c - act in one of the user's organizations, or in none. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/org/switch_scope.h"
#include "api/org/visitor.h"
#include "store/store.gen.h"

/* Not a member, unknown, of another deployment, no id at all: one answer, which tells nobody which ids exist.
 */
static enum status
enter_organization(struct request *rq, struct str text)
{
	struct org_gate_row row;
	struct org_id org;
	enum status st = E_NOT_FOUND;
	struct gate gate;
	struct visitor visitor = visitor_of(rq);

	if (!rq->deployment->settings.b2b.organizations_enabled)
		return refuse(rq, E_FEATURE_DISABLED, "Organizations are not used here.");
	if (org_id_parse(text, &org))
		st = sql_org_gate(&rq->task, rq->deployment->id, rq->signin->user, org, &row);
	if (st == E_NOT_FOUND)
		return refuse(rq, E_FORBIDDEN, NULL);
	TRY(st);
	gate = (struct gate){ row.enforce_mfa, row.ip_restriction, row.ip_allowlist };
	TRY(visitor_check(rq, eligibility_org(&rq->deployment->settings, &gate, &visitor), false));
	return switch_scope(rq, SCOPE_ENTER_ORG, (struct scope){ .orgmem = row.orgmem });
}

static enum status
switch_organization(struct request *rq)
{
	struct str text = query_text(rq, "organization_id");

	if (switch_is_personal(text))
		TRY(switch_scope(rq, SCOPE_PERSONAL, (struct scope){ 0 }));
	else
		TRY(enter_organization(rq, text));
	return reply_session(rq);
}

const struct route route_switch_organization = {
	.method = HTTP_POST,
	.path = "/session/switch-organization",
	.name = "session_switch_organization",
	.summary = "Act in one of the user's organizations, or in none.",
	.auth = AUTH_SIGNIN,
	.tx = TX_WRITE,
	.lane = LANE_WORKER,
	.query = { OPT_TEXT("organization_id", 0, "the organization; absent or 0: none") },
	.fails = { E_FORBIDDEN, E_IP_NOT_ALLOWED, E_MFA_REQUIRED, E_FEATURE_DISABLED },
	.run = switch_organization,
};
