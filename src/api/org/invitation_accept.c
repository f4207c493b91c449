/* invitation_accept.c - accept an invitation to an organization. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/app.h"
#include "api/org/org_deed.h"
#include "api/org/switch_scope.h"
#include "api/org/visitor.h"
#include "api/sign_in/contact.h"
#include "base/str.h"
#include "org/invitation.h"
#include "org/join.h"

/*
 * The page that a mailed link opens reads the fields of `data`, and shows a general error for whatever is no 200: so
 * every outcome is one.
 */
struct outcome {
	const char *error_code;
	const char *message;
	bool        requires_signin;
};

static const struct outcome
	not_found = { "INVITATION_NOT_FOUND", "This invitation is not valid any more.", false },
	expired = { "INVITATION_EXPIRED", "This invitation has expired. Ask for a new one.", false },
	requires_signin = { "INVITATION_REQUIRES_SIGNIN", "Sign in with the email address that was invited.", true },
	requires_signup = { "INVITATION_REQUIRES_SIGNUP", "Create an account with the email address that was invited.", true },
	unverified = { "INVITATION_EMAIL_MISMATCH", "Verify the email address that was invited, then open the invitation again.", true },
	mismatch = { "INVITATION_EMAIL_MISMATCH", "This invitation was sent to another email address than yours.", true };

static enum status
say(struct request *rq, const struct outcome *o, struct str invited_email)
{
	struct json *j = reply(rq);

	json_object_begin(j, "data");
	if (o->requires_signin)
		json_bool(j, "requires_signin", true);
	if (invited_email.p)
		json_str(j, "invited_email", invited_email);
	json_str(j, "error_code", str_of(o->error_code));
	json_str(j, "message", str_of(o->message));
	json_object_end(j);
	return OK;
}

/* Clients take an answer with an organization in it for an acceptance. */
static enum status
say_already(struct request *rq)
{
	struct json *j = reply(rq);

	json_object_begin(j, "data");
	json_bool(j, "already_member", true);
	json_str(j, "message", S("You are a member already."));
	json_object_end(j);
	return OK;
}

static enum status
say_accepted(struct request *rq, const struct org_invitation_by_token_row *inv)
{
	struct json *j = reply(rq);

	json_object_begin(j, "data");
	json_object_begin(j, "organization");
	json_org_id(j, "id", inv->org);
	json_str(j, "name", inv->org_name);
	json_object_end(j);
	if (inv->workspace.v != 0) {
		json_object_begin(j, "workspace");
		json_workspace_id(j, "id", inv->workspace);
		json_str(j, "name", inv->workspace_name);
		json_object_end(j);
	}
	json_signin_id(j, "signin_id", rq->signin->id);
	json_str(j, "message", S("You have joined the organization."));
	json_object_end(j);
	return OK;
}

/* ---- who accepts ---- */

/* The account that has shown the address to be its own (TEN-08, V-54), and not another with its key; 0 when there is none. */
static enum status
find_invited(struct request *rq, const struct org_invitation_by_token_row *inv, struct user_id *ret_user)
{
	struct contact_owner owner;
	enum status st = sql_contact_by_email(&rq->task, rq->deployment->id, inv->email_key, &owner);

	*ret_user = st == OK && owner.verified_at != 0 && str_eq(owner.value, inv->email) ? owner.user : (struct user_id){ 0 };
	return st == E_NOT_FOUND ? OK : st;
}

/* Of the session's sign-ins the one that is theirs, active or not; from here on it is the request's. */
static void
act_as(struct request *rq, struct user_id user)
{
	for (size_t i = 0; i < rq->state.n_signins; i++)
		if (user.v != 0 && rq->state.signins[i].user.v == user.v)
			rq->signin = &rq->state.signins[i];
}

static bool
holds_unverified(const struct request *rq, struct str email)
{
	for (size_t i = 0; i < rq->state.n_contacts; i++)
		if (!rq->state.contacts[i].is_phone && str_eq(rq->state.contacts[i].value, email))
			return true;
	return false;
}

static enum status
say_who_is_missing(struct request *rq, const struct org_invitation_by_token_row *inv)
{
	struct contact_owner owner;
	enum status st;

	if (rq->state.n_signins > 0)
		return say(rq, holds_unverified(rq, inv->email) ? &unverified : &mismatch, inv->email);
	st = contact_find_email(&rq->task, rq->deployment->id, inv->email_key, &owner);
	if (st == E_NOT_FOUND)
		return say(rq, &requires_signup, inv->email);
	TRY(st);
	return say(rq, &requires_signin, inv->email);
}

/* ---- may they, here and now ---- */

static enum eligibility
eligibility_of(const struct request *rq, const struct org_invitation_by_token_row *inv)
{
	struct gate org = { inv->org_enforce_mfa, inv->org_ip_restriction, inv->org_ip_allowlist };
	struct gate workspace = { inv->enforce_2fa, inv->ip_restriction, inv->ip_allowlist };
	struct visitor visitor = visitor_of(rq);

	if (inv->workspace.v == 0)
		return eligibility_org(&rq->deployment->settings, &org, &visitor);
	return eligibility_workspace(&rq->deployment->settings, &org, &workspace, &visitor);
}

static enum status
say_ineligible(struct request *rq, enum eligibility e, bool of_workspace, struct str email)
{
	enum status st = e & LACKS_IP ? E_IP_NOT_ALLOWED : E_MFA_REQUIRED;
	struct outcome o = { status_info[st].code, eligibility_text(e & LACKS_IP ? LACKS_IP : LACKS_MFA, of_workspace).p, false };

	return say(rq, &o, email);
}

static enum status
say_full(struct request *rq, struct str email)
{
	struct str why = arena_dup(rq->task.arena, str_of(rq->task.why));
	struct outcome o = { status_info[E_LIMIT_REACHED].code, why.p, false };

	TRY_MEM(&rq->task, why.p);
	return say(rq, &o, email);
}

/* ---- the deed ---- */

static enum status
enter(struct request *rq, const struct joined *joined)
{
	if (joined->wsmem.v != 0)
		return switch_scope(rq, SCOPE_ENTER_WORKSPACE, (struct scope){ joined->orgmem, joined->wsmem, joined->orgmem });
	return switch_scope(rq, SCOPE_ENTER_ORG, (struct scope){ .orgmem = joined->orgmem });
}

static enum status
tell(struct request *rq, const struct org_invitation_by_token_row *inv, const struct joined *joined)
{
	return audit(rq, AUDIT_ORGANIZATION_INVITATION_ACCEPTED, rq->signin->user,
	    arena_printf(rq->task.arena,
		"{\"organization_id\":\"org_%lld\",\"invitation_id\":\"invitation_%lld\",\"membership_id\":\"orgmem_%lld\",\"user_id\":\"user_%lld\"}",
		(long long)inv->org.v, (long long)inv->id.v, (long long)joined->orgmem.v, (long long)rq->signin->user.v));
}

/*
 * Whether they may is looked at first, with the rows held, and only then is the invitation used up: an outcome that is
 * no membership leaves it as it was. Of many at once, one finds it still there.
 */
static enum status
join(struct request *rq, struct str token, const struct org_invitation_by_token_row *inv)
{
	const struct org_deed deed = org_deed_of(rq);
	const struct join j = { rq->signin->user, inv->org, inv->role, inv->workspace, inv->workspace_role };
	enum eligibility e = eligibility_of(rq, inv);
	struct joined joined;
	enum status st;

	if (e != ELIGIBLE)
		return say_ineligible(rq, e, inv->workspace.v != 0, inv->email);
	st = org_join_check(&deed, &j);
	if (st == E_LIMIT_REACHED)
		return say_full(rq, inv->email);
	if (st == OK)
		st = org_invitation_accept(&rq->task, rq->app->keys, rq->deployment, token, inv);
	if (st == E_NOT_FOUND)
		return say(rq, &not_found, STR_NONE);
	TRY(st);
	TRY(org_join(&deed, &j, &joined));
	TRY(tell(rq, inv, &joined));
	if (!joined.is_new && !joined.workspace_is_new)
		return say_already(rq);
	TRY(enter(rq, &joined));
	return say_accepted(rq, inv);
}

static enum status
check_enabled(struct request *rq, const struct org_invitation_by_token_row *inv)
{
	if (inv->workspace.v != 0 && !rq->deployment->settings.b2b.workspaces_enabled)
		return refuse(rq, E_FEATURE_DISABLED, "Workspaces are not used here.");
	return OK;
}

static enum status
invitation_accept(struct request *rq)
{
	struct str token = body_text(rq, "token");
	struct org_invitation_by_token_row inv;
	struct user_id invited;
	enum status st;

	rq->signin = NULL;
	if (!rq->deployment->settings.b2b.organizations_enabled)
		return refuse(rq, E_FEATURE_DISABLED, "Organizations are not used here.");
	st = org_invitation_find(&rq->task, rq->app->keys, rq->deployment, token, &inv);
	if (st == E_NOT_FOUND)
		return say(rq, &not_found, STR_NONE);
	TRY(st);
	if (inv.expires_at <= rq->task.now)
		return say(rq, &expired, inv.email);
	TRY(check_enabled(rq, &inv));
	TRY(session_state_load(&rq->task, rq->deployment->id, &rq->session, (struct signin_attempt_id){ 0 },
	    (struct signup_attempt_id){ 0 }, &rq->state));
	TRY(find_invited(rq, &inv, &invited));
	act_as(rq, invited);
	return rq->signin ? join(rq, token, &inv) : say_who_is_missing(rq, &inv);
}

const struct route route_invitation_accept = {
	.method = HTTP_POST, .path = "/organizations/invitations/accept", .name = "organization_invitation_accept",
	.summary = "Accept an invitation: become a member, and act there. Always 200: data has what happened, or error_code.",
	.auth = AUTH_SESSION, .tx = TX_WRITE, .lane = LANE_WORKER,
	.body = { REQ_TEXT("token", 256, "the token of the mailed link") },
	.fails = { E_FEATURE_DISABLED, E_FORBIDDEN, E_UNAUTHORIZED },
	.run = invitation_accept,
};
