/* rules.c - who may call a route. Deny by default: a rule that cannot be decided is not met. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/rules.h"

#include <string.h>

#include "base/str.h"

enum place { PLACE_NONE, PLACE_ORG, PLACE_WORKSPACE };

static const struct {
	const char *name;
	enum place place;
	unsigned needs; /* enum power */
} info[RULE__COUNT] = {
	[RULE_NONE] = { .name = "none" },
	[RULE_PUBLIC] = { .name = "public" },
	[RULE_OWN] = { .name = "own" },
	[RULE_ORG_MEMBER] = { "organization_member", PLACE_ORG, 0 },
	[RULE_ORG_MANAGE] = { "organization_manage", PLACE_ORG, POWER_ORG_MANAGE },
	[RULE_ORG_ADMIN] = { "organization_admin", PLACE_ORG, POWER_ORG_ADMIN },
	[RULE_WORKSPACE_MEMBER] = { "workspace_member", PLACE_WORKSPACE, 0 },
	[RULE_WORKSPACE_MANAGE] = { "workspace_manage", PLACE_WORKSPACE, POWER_WORKSPACE_MANAGE },
	[RULE_WORKSPACE_ADMIN] = { "workspace_admin", PLACE_WORKSPACE, POWER_WORKSPACE_ADMIN },
};

static enum place
place_of(const char *path)
{
	if (str_starts(str_of(path), S("/organizations/{")))
		return PLACE_ORG;
	return str_starts(str_of(path), S("/workspaces/{")) ? PLACE_WORKSPACE : PLACE_NONE;
}

const char *
rule_flaw(const struct route *r)
{
	bool names_something = strchr(r->path, '{') != NULL;

	if (r->auth == AUTH_UNSAID)
		return "does not say whose session it needs: .auth";
	if (names_something != (r->rule != RULE_NONE))
		return "has a {...} in its path and no .rule, or the other way round";
	if (info[r->rule].place != place_of(r->path))
		return "has a rule that is not about what its path names";
	if (r->rule >= RULE_OWN && r->auth != AUTH_SIGNIN)
		return "has a rule about its caller, and nobody needs to be signed in";
	return NULL;
}

const char *
rule_name(enum rule rule)
{
	return info[rule].name;
}

static enum status
check_used(struct request *rq, enum place place)
{
	const struct settings *s = &rq->deployment->settings;

	if (!s->b2b.organizations_enabled)
		return refuse(rq, E_FEATURE_DISABLED, "Organizations are not used here.");
	if (place == PLACE_WORKSPACE && !s->b2b.workspaces_enabled)
		return refuse(rq, E_FEATURE_DISABLED, "Workspaces are not used here.");
	return OK;
}

static enum status
stand_in_org(struct request *rq, bool hold)
{
	struct org_id org;

	if (!org_id_parse(rq->ids[0], &org))
		return E_NOT_FOUND;
	return (hold ? standing_hold_org : standing_in_org)(
	    &rq->task, rq->deployment->id, rq->signin->user, org, &rq->standing);
}

static enum status
stand_in_workspace(struct request *rq, bool hold)
{
	struct workspace_id workspace;

	if (!workspace_id_parse(rq->ids[0], &workspace))
		return E_NOT_FOUND;
	return (hold ? standing_hold_workspace : standing_in_workspace)(
	    &rq->task, rq->deployment->id, rq->signin->user, workspace, &rq->standing);
}

/* One answer for all; the log tells whoever is on call which rule it was. */
static enum status
not_met(struct request *rq)
{
	return refuse(rq, fail(&rq->task, E_FORBIDDEN, "rule %s not met", rule_name(rq->route->rule)), NULL);
}

enum status
rule_check(struct request *rq, bool hold)
{
	enum place place = info[rq->route->rule].place;
	unsigned needs = info[rq->route->rule].needs;
	enum status st;

	if (place == PLACE_NONE)
		return OK;
	TRY(check_used(rq, place));
	st = place == PLACE_ORG ? stand_in_org(rq, hold) : stand_in_workspace(rq, hold);
	if (st == E_NOT_FOUND)
		return not_met(rq);
	TRY(st);
	return (rq->standing.powers & needs) == needs ? OK : not_met(rq);
}
