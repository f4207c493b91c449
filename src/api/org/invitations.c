/* invitations.c - the invitations of an organization: list, send, send again, take back. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/app.h"
#include "api/org/invitation_view.h"
#include "api/org/org_deed.h"
#include "auth/identifier.h"
#include "base/str.h"
#include "org/invitation.h"

/*
 * Whoever manages the organization deals with all of them. Whoever manages a workspace deals with those to it, as long
 * as they make nobody more than a plain member of the organization: which ones these are stands in no path, so the rows
 * ask for a member and each handler asks here.
 */
static enum status
powers_over(struct request *rq, struct workspace_id workspace, unsigned *ret_powers)
{
	struct standing s = { 0 };
	enum status st = OK;

	if (workspace.v != 0 && rq->deployment->settings.b2b.workspaces_enabled)
		st = standing_in_workspace(&rq->task, rq->deployment->id, rq->signin->user, workspace, &s);
	if (st != E_NOT_FOUND)
		TRY(st);
	*ret_powers = rq->standing.powers | (s.org.v == rq->standing.org.v ? s.powers : 0);
	return OK;
}

static enum status
check_theirs(struct request *rq, struct workspace_id workspace, struct orgrole_id role, unsigned *ret_powers)
{
	TRY(powers_over(rq, workspace, ret_powers));
	if (!org_invitation_is_theirs(rq->deployment, workspace, role, *ret_powers))
		return refuse(rq, E_FORBIDDEN, NULL);
	return OK;
}

/* Absent, empty and "0" are none; whatever else is no id is an id that nothing has. */
static struct str
id_text(struct str text)
{
	return str_eq(text, S("0")) ? S("") : text;
}

/* ---- the list ---- */

static enum status
invitations_list(struct request *rq)
{
	struct str text = id_text(query_text(rq, "workspace_id"));
	struct workspace_id workspace = { 0 };
	unsigned powers;

	if (text.n > 0 && !workspace_id_parse(text, &workspace))
		workspace.v = -1;
	TRY(check_theirs(rq, workspace, (struct orgrole_id){ 0 }, &powers));
	return reply_invitations(rq, workspace);
}

const struct route route_org_invitations = {
	.method = HTTP_GET, .path = "/organizations/{id}/invitations", .name = "organization_invitations",
	.summary = "The invitations of an organization that wait or have expired; for whoever manages it, or the workspace asked for.",
	.auth = AUTH_SIGNIN, .rule = RULE_ORG_MEMBER, .tx = TX_READ, .lane = LANE_WORKER,
	.query = { OPT_TEXT("workspace_id", 64, "only those to this workspace") },
	.fails = { E_FORBIDDEN },
	.run = invitations_list,
};

/* ---- how often ---- */

/* In the end, so that what was refused costs nobody anything; with the invitation it is counted or undone. */
static enum status
take_rate(struct request *rq, struct str email_key)
{
	struct try tries[] = {
		{ RULE_INVITE_MEMBER, user_id_str(rq->task.arena, rq->signin->user) },
		{ RULE_INVITE_ORGANIZATION, org_id_str(rq->task.arena, rq->standing.org) },
		{ RULE_INVITE_TARGET, email_key },
		{ RULE_INVITE_DEPLOYMENT, S("all") },
	};
	enum status st = request_take(rq, tries, ARRAY_LEN(tries));

	if (st != E_RATE_LIMITED)
		return st;
	rq->retry_after_s = HOUR_US / SECOND_US;
	return refuse(rq, st, "Too many invitations were sent. Please try again later.");
}

static enum status
tell(struct request *rq, enum audit_event event, struct invitation_id id)
{
	return audit(rq, event, rq->signin->user,
	    arena_printf(rq->task.arena, "{\"organization_id\":\"org_%lld\",\"invitation_id\":\"invitation_%lld\"}",
		(long long)rq->standing.org.v, (long long)id.v));
}

/* ---- made ---- */

/* A text that is no id names a role or a workspace that nobody has. */
static void
read_invitation(const struct request *rq, struct org_invitation *ret_inv)
{
	struct org_invitation inv = { .org = rq->standing.org, .inviter = rq->standing.orgmem, .email = body_text(rq, "email") };
	struct str role = id_text(body_text(rq, "role_id")), workspace = id_text(body_text(rq, "workspace_id"));
	struct str workspace_role = id_text(body_text(rq, "workspace_role_id"));

	if (role.n > 0 && !orgrole_id_parse(role, &inv.role))
		inv.role.v = -1;
	if (workspace.n > 0 && !workspace_id_parse(workspace, &inv.workspace))
		inv.workspace.v = -1;
	if (workspace_role.n > 0 && !wsrole_id_parse(workspace_role, &inv.workspace_role))
		inv.workspace_role.v = -1;
	*ret_inv = inv;
}

static enum status
email_key_of(struct request *rq, struct str email, struct str *ret_key)
{
	struct str shown;

	return identifier_email(&rq->task, email, &shown, ret_key);
}

static enum status
invite(struct request *rq)
{
	struct org_invitation inv;
	struct invitation_id id;
	struct str email_key;
	unsigned powers;

	read_invitation(rq, &inv);
	TRY(check_theirs(rq, inv.workspace, inv.role, &powers));
	if (inv.workspace.v == 0 && inv.workspace_role.v != 0)
		return refuse(rq, E_BAD_REQUEST_BODY, "Say which workspace this role is in.");
	if (inv.workspace.v != 0 && !rq->deployment->settings.b2b.workspaces_enabled)
		return refuse(rq, E_FEATURE_DISABLED, "Workspaces are not used here.");
	TRY(org_deed_told(rq, org_invitation_create(&rq->task, rq->app->keys, rq->deployment, &inv, powers, &id)));
	TRY(email_key_of(rq, inv.email, &email_key));
	TRY(take_rate(rq, email_key));
	TRY(tell(rq, AUDIT_ORGANIZATION_INVITATION_CREATED, id));
	return reply_invitation(rq, id);
}

const struct route route_org_invite = {
	.method = HTTP_POST, .path = "/organizations/{id}/invitations", .name = "organization_invite",
	.summary = "Invite somebody by e-mail to an organization, or to a workspace of it; by whoever manages it. Good for ten days, once.",
	.auth = AUTH_SIGNIN, .rule = RULE_ORG_MEMBER, .tx = TX_WRITE, .lane = LANE_WORKER,
	.body = {
		REQ_TEXT("email", 320, "who: only they can accept it"),
		OPT_TEXT("role_id", 64, "their role in the organization; absent: default_org_member_role_id. Not for who manages a workspace alone"),
		OPT_TEXT("workspace_id", 64, "a workspace of the organization that they become a member of, too"),
		OPT_TEXT("workspace_role_id", 64, "their role in it; absent: default_workspace_member_role_id"),
	},
	.fails = { E_FORBIDDEN, E_EMAIL_EXISTS, E_LIMIT_REACHED, E_FEATURE_DISABLED, E_RATE_LIMITED, E_CONFLICT },
	.run = invite,
};

/* ---- sent again, taken back ---- */

/* E_NOT_FOUND, unrefused, is for whoever manages the organization: nobody else learns what is not theirs. */
static enum status
find(struct request *rq, struct invitation_id *ret_id, struct org_invitation_find_row *ret_row, unsigned *ret_powers)
{
	enum status st = E_NOT_FOUND;

	if (invitation_id_parse(rq->ids[1], ret_id))
		st = sql_org_invitation_find(&rq->task, rq->deployment->id, *ret_id, rq->standing.org, ret_row);
	if (st == E_NOT_FOUND && !(rq->standing.powers & POWER_ORG_MANAGE))
		return refuse(rq, E_FORBIDDEN, NULL);
	TRY(st);
	return check_theirs(rq, ret_row->workspace, ret_row->role, ret_powers);
}

static enum status
discard(struct request *rq)
{
	struct org_invitation_find_row row;
	struct invitation_id id;
	unsigned powers;
	int64_t rows = 0;
	enum status st = find(rq, &id, &row, &powers);

	/* Gone is gone, whoever did it. */
	if (st != E_NOT_FOUND) {
		TRY(st);
		TRY(sql_org_invitation_discard(&rq->task, rq->deployment->id, id, rq->standing.org, &rows));
	}
	if (rows == 1)
		TRY(tell(rq, AUDIT_ORGANIZATION_INVITATION_DISCARDED, id));
	return reply_done(rq, "The invitation has been taken back.");
}

const struct route route_org_invitation_discard = {
	.method = HTTP_POST, .path = "/organizations/{id}/invitations/{invitation_id}/discard", .name = "organization_invitation_discard",
	.summary = "Take an invitation back: its link is worth nothing any more. Once more changes nothing.",
	.auth = AUTH_SIGNIN, .rule = RULE_ORG_MEMBER, .tx = TX_WRITE, .lane = LANE_WORKER,
	.fails = { E_FORBIDDEN },
	.run = discard,
};

static enum status
resend(struct request *rq)
{
	struct org_invitation_find_row row;
	struct invitation_id id;
	unsigned powers;
	enum status st = find(rq, &id, &row, &powers);

	if (st == E_NOT_FOUND)
		return refuse(rq, st, NULL);
	TRY(st);
	TRY(org_deed_told(rq, org_invitation_resend(&rq->task, rq->app->keys, rq->deployment, rq->standing.org, id, rq->standing.orgmem, powers)));
	TRY(take_rate(rq, row.email_key));
	TRY(tell(rq, AUDIT_ORGANIZATION_INVITATION_RESENT, id));
	return reply_invitation(rq, id);
}

const struct route route_org_invitation_resend = {
	.method = HTTP_POST, .path = "/organizations/{id}/invitations/{invitation_id}/resend", .name = "organization_invitation_resend",
	.summary = "Send an invitation again, for ten more days and with another link; the one before is worth nothing any more.",
	.auth = AUTH_SIGNIN, .rule = RULE_ORG_MEMBER, .tx = TX_WRITE, .lane = LANE_WORKER,
	.fails = { E_NOT_FOUND, E_FORBIDDEN, E_RATE_LIMITED },
	.run = resend,
};
