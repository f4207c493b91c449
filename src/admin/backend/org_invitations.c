/* org_invitations.c - who is invited to an organization or a workspace of it, by the product itself. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/backend/org.h"

#include "base/str.h"
#include "org/invitation.h"

static const struct shape shape_org_invitation = { "organization_invitation", {
	{ "id", MEMBER_ID, .help = "invitation_…" },
	{ "email", MEMBER_TEXT },
	{ "role_id", MEMBER_ID, .nullable = true, .help = "null: the deployment's default for members" },
	{ "workspace_id", MEMBER_ID, .nullable = true, .help = "null: to the organization alone" },
	{ "workspace_role_id", MEMBER_ID, .nullable = true },
	{ "invited_by", MEMBER_ID, .nullable = true, .help = "a user; null: an operator or the product" },
	{ "created_at", MEMBER_TIME },
	{ "expires_at", MEMBER_TIME },
} };

static void
write_row(struct json *j, const struct org_invitation_page_row *r)
{
	json_object_begin(j, NULL);
	json_invitation_id(j, "id", r->id);
	json_str(j, "email", r->email);
	json_orgrole_id(j, "role_id", r->role);
	json_workspace_id(j, "workspace_id", r->workspace);
	json_wsrole_id(j, "workspace_role_id", r->workspace_role);
	json_user_id(j, "invited_by", r->inviter);
	json_time(j, "created_at", r->created_at);
	json_time(j, "expires_at", r->expires_at);
	json_object_end(j);
}

static enum status
org_invitations(struct call *c)
{
	struct org_invitation_page_row *rows;
	struct org_row org;
	struct org_id id;
	struct json *j;
	size_t n, shown;

	TRY(call_org_id(c, 0, &id));
	TRY(organization_find(c->t, c->by.d->id, id, &org));
	TRY(sql_org_invitation_page(c->t, c->by.d->id, id, c->after, c->most, &rows, &n));
	shown = call_page(c, n);
	j = call_list_begin(c);
	for (size_t i = 0; i < shown; i++)
		write_row(j, &rows[i]);
	call_list_end(c, n, shown > 0 ? invitation_id_str(c->t->arena, rows[shown - 1].id) : STR_NONE);
	return OK;
}

const struct backend_route backend_org_invitations = {
	.method = HTTP_GET, .path = "/v1/organizations/{id}/invitations", .name = "org_invitations",
	.summary = "Invitations to an organization and its workspaces, in order of id.",
	.tx = CALL_READ, .pages = true, .answers = &shape_org_invitation,
	.fails = { E_NOT_FOUND },
	.run = org_invitations,
};

/* The one with this id: the first after the number before it. */
static enum status
answer_invitation(struct call *c, struct org_id org, struct invitation_id id)
{
	struct org_invitation_page_row *rows;
	size_t n;

	TRY(sql_org_invitation_page(c->t, c->by.d->id, org, id.v - 1, 1, &rows, &n));
	if (n != 1 || rows[0].id.v != id.v)
		return E_NOT_FOUND;
	write_row(call_answer(c), &rows[0]);
	return OK;
}

static enum status
refuse_id(struct call *c, const char *name)
{
	return call_refuse(c, E_BAD_REQUEST_BODY, name, "There is no such %s in this organization.", name);
}

static enum status
read_invitation(struct call *c, struct org_invitation *inv)
{
	inv->email = call_text(c, "email");
	if (call_has(c, "role_id") && !orgrole_id_parse(call_text(c, "role_id"), &inv->role))
		return refuse_id(c, "role_id");
	if (call_has(c, "workspace_id") && !workspace_id_parse(call_text(c, "workspace_id"), &inv->workspace))
		return refuse_id(c, "workspace_id");
	if (call_has(c, "workspace_role_id") && !wsrole_id_parse(call_text(c, "workspace_role_id"), &inv->workspace_role))
		return refuse_id(c, "workspace_role_id");
	return OK;
}

static enum status
tell(struct call *c, enum audit_event event, struct org_id org, struct invitation_id id)
{
	return deed_audit(c->t, &c->by, event, (struct user_id){ 0 }, (struct session_id){ 0 },
	    arena_printf(c->t->arena, "{\"organization_id\":\"org_%lld\",\"invitation_id\":\"invitation_%lld\"}", (long long)org.v,
		(long long)id.v));
}

static enum status
org_invite(struct call *c)
{
	struct org_invitation inv = { .inviter = { 0 } };
	struct invitation_id id;

	TRY(org_of_path(c, &inv.org));
	TRY(read_invitation(c, &inv));
	TRY(org_told(c, org_invitation_create(c->t, c->by.keys, c->by.d, &inv, POWERS_INVITING, &id)));
	TRY(tell(c, AUDIT_ORGANIZATION_INVITATION_CREATED, inv.org, id));
	return answer_invitation(c, inv.org, id);
}

const struct backend_route backend_org_invite = {
	.method = HTTP_POST, .path = "/v1/organizations/{id}/invitations", .name = "org_invite",
	.summary = "Mail somebody an invitation to an organization, or to a workspace of it; good for ten days, once.",
	.tx = CALL_WRITE, .answers = &shape_org_invitation, .http = 201,
	.body = {
		{ .name = "email", .kind = VALUE_TEXT, .required = true, .max = 320, .help = "who: only they can accept it" },
		{ .name = "role_id", .kind = VALUE_TEXT, .max = 64, .help = "their role in the organization" },
		{ .name = "workspace_id", .kind = VALUE_TEXT, .max = 64, .help = "a workspace of it that they become a member of, too" },
		{ .name = "workspace_role_id", .kind = VALUE_TEXT, .max = 64, .help = "their role in that" },
	},
	.fails = { E_NOT_FOUND, E_EMAIL_EXISTS, E_LIMIT_REACHED },
	.run = org_invite,
};

static enum status
org_invitation_again(struct call *c)
{
	struct invitation_id id;
	struct org_id org;

	TRY(call_invitation_id(c, 1, &id));
	TRY(org_of_path(c, &org));
	TRY(org_told(c, org_invitation_resend(c->t, c->by.keys, c->by.d, org, id, (struct orgmem_id){ 0 }, POWERS_INVITING)));
	TRY(tell(c, AUDIT_ORGANIZATION_INVITATION_RESENT, org, id));
	return answer_invitation(c, org, id);
}

const struct backend_route backend_org_invitation_resend = {
	.method = HTTP_POST, .path = "/v1/organizations/{id}/invitations/{invitation_id}/resend", .name = "org_invitation_resend",
	.summary = "Mail an invitation again, for ten more days, with another link and in the product's name; the link before is worth nothing any more.",
	.tx = CALL_WRITE, .answers = &shape_org_invitation,
	.fails = { E_NOT_FOUND },
	.run = org_invitation_again,
};

static enum status
org_invitation_drop(struct call *c)
{
	struct invitation_id id;
	struct org_id org;
	int64_t rows;

	TRY(call_invitation_id(c, 1, &id));
	TRY(org_of_path(c, &org));
	TRY(sql_org_invitation_discard(c->t, c->by.d->id, id, org, &rows));
	if (rows == 0)
		return E_NOT_FOUND;
	return tell(c, AUDIT_ORGANIZATION_INVITATION_DISCARDED, org, id);
}

const struct backend_route backend_org_invitation_remove = {
	.method = HTTP_DELETE, .path = "/v1/organizations/{id}/invitations/{invitation_id}", .name = "org_invitation_remove",
	.summary = "Take an invitation back: its link is worth nothing any more.",
	.tx = CALL_WRITE,
	.fails = { E_NOT_FOUND },
	.run = org_invitation_drop,
};
