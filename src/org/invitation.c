/* invitation.c - invitations to organizations and their workspaces: made, sent, used up. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "org/invitation.h"

#include <string.h>

#include "auth/identifier.h"
#include "base/secret.h"
#include "base/str.h"
#include "notify/outbox.h"
#include "org/harmless.h"
#include "org/shared.h"

enum { TOKEN_BYTES = 32, HASH_BYTES = 32 };

/* ---- tokens ---- */

static enum status
token_mac(struct task *t, const struct keys *k, struct deployment_id d, struct str token, struct keys_each *each,
    uint8_t ret_hash[HASH_BYTES])
{
	struct str parts[] = { S("org_invitation"), token };

	return keys_mac_each(t, k, KEY_CODE, d, parts, ARRAY_LEN(parts), each, ret_hash);
}

static struct str
hash_str(const uint8_t hash[HASH_BYTES])
{
	return (struct str){ (const char *)hash, HASH_BYTES };
}

static enum status
draw_token(struct task *t, const struct keys *k, struct deployment_id d, struct str *ret_token, uint8_t ret_hash[HASH_BYTES])
{
	struct keys_each by_current = { 0 };
	uint8_t bytes[TOKEN_BYTES];

	if (!secret_random(bytes, sizeof(bytes)))
		return fail(t, E_INTERNAL, "invitation: no randomness");
	*ret_token = str_b64url(t->arena, bytes, sizeof(bytes));
	secret_wipe(bytes, sizeof(bytes));
	TRY_MEM(t, ret_token->p);
	return token_mac(t, k, d, *ret_token, &by_current, ret_hash);
}

/* ---- the letter ---- */

static struct str
link_of(struct task *t, const struct deployment *d, struct str token)
{
	struct str page = d->settings.invitation_page_url;

	return arena_printf(t->arena, STR_FMT "%stoken=" STR_FMT, STR_ARG(page), memchr(page.p, '?', page.n) ? "&" : "?", STR_ARG(token));
}

/* It goes to strangers, under the operator's name: what members have typed must not become links or orders in it. */
static enum status
put_letter(struct task *t, const struct keys *k, const struct deployment *d, struct org_id org, struct orgmem_id inviter,
    struct str email, struct str token)
{
	struct org_invitation_inviter_row row;
	struct message m = { .kind = MESSAGE_ORG_INVITATION, .to = email };
	struct str full;

	TRY(sql_org_invitation_inviter(t, d->id, org, inviter, &row));
	full = arena_printf(t->arena, STR_FMT "%s" STR_FMT, STR_ARG(row.first_name),
	    row.first_name.n > 0 && row.last_name.n > 0 ? " " : "", STR_ARG(row.last_name));
	m.vars[0] = (struct message_var){ "link", link_of(t, d, token) };
	m.vars[1] = (struct message_var){ "organization", harmless_name(t->arena, row.org_name) };
	m.vars[2] = (struct message_var){ "inviter", harmless_name(t->arena, full) };
	m.vars[3] = (struct message_var){ "days", arena_printf(t->arena, "%d", (int)(ORG_INVITATION_TTL_US / DAY_US)) };
	return outbox_put(t, k, d->id, &m);
}

/* ---- who may ---- */

bool
org_invitation_is_theirs(const struct deployment *d, struct workspace_id workspace, struct orgrole_id role, unsigned by)
{
	if (by & POWER_ORG_MANAGE)
		return true;
	return workspace.v != 0 && (by & POWER_WORKSPACE_MANAGE) && (role.v == 0 || role.v == d->orgrole_member.v);
}

/* What is given away, and by whom it may be. */
struct gift {
	struct workspace_id workspace;
	struct orgrole_id   role;
	struct str          role_permissions, workspace_role_permissions;
	struct wsrole_id    workspace_role;
};

static bool
may_give(const struct deployment *d, const struct gift *g, unsigned by)
{
	if (!org_invitation_is_theirs(d, g->workspace, g->role, by))
		return false;
	if ((powers_of(g->role_permissions) & POWER_ORG_ADMIN) && !(by & POWER_ORG_ADMIN))
		return false;
	return !(powers_of(g->workspace_role_permissions) & POWER_WORKSPACE_ADMIN) || (by & POWER_WORKSPACE_ADMIN);
}

static enum status
check_gift(struct task *t, const struct deployment *d, const struct gift *g, unsigned by)
{
	if (may_give(d, g, by))
		return OK;
	return fail(t, E_FORBIDDEN, "You cannot invite somebody to more than you may do yourself.");
}

/* ---- inviting ---- */

struct invitee {
	struct str email, key;
};

static enum status
read_email(struct task *t, struct str text, struct invitee *ret_who)
{
	enum status st = identifier_email(t, text, &ret_who->email, &ret_who->key);

	return st == E_BAD_REQUEST_BODY ? refusal(t, st, "Enter a valid email address.") : st;
}

/* Defaults are written down: what the inviter saw is what the invitation says. */
static enum status
read_gift(struct task *t, const struct deployment *d, const struct org_invitation *inv, struct gift *ret_gift)
{
	struct gift g = { .workspace = inv->workspace, .role = inv->role.v ? inv->role : d->orgrole_member };
	struct join_workspace_row workspace;
	struct orgrole_usable_row role;
	struct wsrole_usable_row wsrole = { 0 };
	enum status st = sql_orgrole_usable(t, d->id, inv->org, g.role, &role);

	if (st == OK && inv->workspace.v != 0)
		st = sql_join_workspace(t, d->id, inv->org, inv->workspace, (struct user_id){ 0 }, &workspace);
	if (inv->workspace.v != 0)
		g.workspace_role = inv->workspace_role.v ? inv->workspace_role : d->wsrole_member;
	if (st == OK && inv->workspace.v != 0)
		st = sql_wsrole_usable(t, d->id, inv->workspace, g.workspace_role, &wsrole);
	if (st == E_NOT_FOUND)
		return fail(t, E_BAD_REQUEST_BODY, "There is no such role or workspace in this organization.");
	TRY(st);
	g.role_permissions = role.permissions;
	g.workspace_role_permissions = wsrole.permissions;
	*ret_gift = g;
	return OK;
}

static enum status
find_invitee(struct task *t, const struct deployment *d, const struct org_invitation *inv, struct str key,
    struct org_invitee_row *ret_row)
{
	enum status st = sql_org_invitee(t, d->id, key, inv->org, inv->workspace, ret_row);

	if (st == E_NOT_FOUND)
		*ret_row = (struct org_invitee_row){ 0 };
	return st == E_NOT_FOUND ? OK : st;
}

static enum status
check_org_seat(struct task *t, const struct deployment *d, const struct org_invitation *inv)
{
	struct org_members_count_row have;
	int64_t most = d->settings.b2b.max_allowed_org_members;

	if (most <= 0)
		return OK;
	TRY(sql_org_members_count(t, d->id, inv->org, &have));
	return have.n < most ? OK : fail(t, E_LIMIT_REACHED, "This organization has as many members as it can have.");
}

static enum status
check_workspace_seat(struct task *t, const struct deployment *d, const struct org_invitation *inv)
{
	struct workspace_members_count_row have;
	int64_t most = d->settings.b2b.max_allowed_workspace_members;

	if (most <= 0 || inv->workspace.v == 0)
		return OK;
	TRY(sql_workspace_members_count(t, d->id, inv->workspace, &have));
	return have.n < most ? OK : fail(t, E_LIMIT_REACHED, "This workspace has as many members as it can have.");
}

/* Who has joined by then is counted again when it is accepted. */
static enum status
check_seats(struct task *t, const struct deployment *d, const struct org_invitation *inv, const struct invitee *who)
{
	struct org_invitee_row row;

	TRY(find_invitee(t, d, inv, who->key, &row));
	if (row.wsmem.v != 0)
		return fail(t, E_EMAIL_EXISTS, "This person is a member of the workspace already.");
	if (row.orgmem.v != 0 && inv->workspace.v == 0)
		return fail(t, E_EMAIL_EXISTS, "This person is a member of the organization already.");
	if (row.orgmem.v == 0)
		TRY(check_org_seat(t, d, inv));
	return check_workspace_seat(t, d, inv);
}

/* One invitation to the same place at a time; an expired one gives way. */
static enum status
check_not_invited(struct task *t, const struct deployment *d, const struct org_invitation *inv, struct str key)
{
	struct org_invitation_of_email_row *rows;
	struct org_invitation_count_row have;
	int64_t gone;
	size_t n;

	TRY(sql_org_invitation_of_email(t, d->id, inv->org, key, &rows, &n));
	for (size_t i = 0; i < n; i++) {
		if (rows[i].workspace.v != inv->workspace.v)
			continue;
		if (rows[i].expires_at > t->now)
			return fail(t, E_EMAIL_EXISTS, "This person is invited already. Send the invitation again, or take it back first.");
		TRY(sql_org_invitation_discard(t, d->id, rows[i].id, inv->org, &gone));
	}
	TRY(sql_org_invitation_count(t, d->id, inv->org, &have));
	return have.n < ORG_INVITATIONS_MAX ? OK : fail(t, E_LIMIT_REACHED, "Too many invitations of this organization are waiting.");
}

static enum status
insert(struct task *t, const struct keys *k, const struct deployment *d, const struct org_invitation *inv,
    const struct invitee *who, const struct gift *g, struct invitation_id *ret_id)
{
	struct invitation_id id = { id_next(t->now) };
	uint8_t hash[HASH_BYTES];
	struct str token;
	int64_t rows;

	TRY(draw_token(t, k, d->id, &token, hash));
	TRY(sql_org_invitation_insert(t, d->id, id, inv->org, inv->workspace, g->role, g->workspace_role, inv->inviter, who->email, who->key,
	    hash_str(hash), t->now, t->now + ORG_INVITATION_TTL_US, &rows));
	if (rows == 0)
		return fail(t, E_CONFLICT, "This changed meanwhile. Please try again.");
	*ret_id = id;
	return put_letter(t, k, d, inv->org, inv->inviter, who->email, token);
}

enum status
org_invitation_create(struct task *t, const struct keys *k, const struct deployment *d, const struct org_invitation *inv,
    unsigned by, struct invitation_id *ret_id)
{
	struct invitee who;
	struct gift g;

	TRY(read_email(t, inv->email, &who));
	TRY(read_gift(t, d, inv, &g));
	TRY(check_gift(t, d, &g, by));
	TRY(check_seats(t, d, inv, &who));
	TRY(check_not_invited(t, d, inv, who.key));
	return insert(t, k, d, inv, &who, &g, ret_id);
}

enum status
org_invitation_resend(struct task *t, const struct keys *k, const struct deployment *d, struct org_id org,
    struct invitation_id id, struct orgmem_id inviter, unsigned by)
{
	struct org_invitation_find_row row;
	uint8_t hash[HASH_BYTES];
	struct str token;
	int64_t rows;

	TRY(sql_org_invitation_find(t, d->id, id, org, &row));
	TRY(check_gift(t, d, &(struct gift){ row.workspace, row.role, row.role_permissions, row.workspace_role_permissions, row.workspace_role }, by));
	TRY(draw_token(t, k, d->id, &token, hash));
	TRY(sql_org_invitation_renew(t, d->id, id, org, inviter, hash_str(hash), t->now, t->now + ORG_INVITATION_TTL_US, &rows));
	if (rows == 0)
		return E_NOT_FOUND;
	return put_letter(t, k, d, org, inviter, row.email, token);
}

/* ---- accepting ---- */

static enum status
inviter_powers(struct task *t, const struct deployment *d, const struct org_invitation_by_token_row *row, unsigned *ret_powers)
{
	struct standing in_org, in_workspace = { 0 };
	enum status st = OK;

	TRY(standing_in_org(t, d->id, row->inviter_user, row->org, &in_org));
	if (row->workspace.v != 0)
		st = standing_in_workspace(t, d->id, row->inviter_user, row->workspace, &in_workspace);
	if (st != E_NOT_FOUND)
		TRY(st);
	*ret_powers = in_org.powers | in_workspace.powers;
	return OK;
}

/* An invitation is its inviter's word: worth what they could give now. */
static enum status
check_inviter(struct task *t, const struct deployment *d, const struct org_invitation_by_token_row *row)
{
	const struct gift g = { row->workspace, row->role, row->role_permissions, row->workspace_role_permissions, row->workspace_role };
	unsigned powers;

	if (row->inviter.v == 0)
		return OK;
	if (row->inviter_disabled_at != 0)
		return E_NOT_FOUND;
	TRY(inviter_powers(t, d, row, &powers));
	return may_give(d, &g, powers) ? OK : E_NOT_FOUND;
}

enum status
org_invitation_find(struct task *t, const struct keys *k, const struct deployment *d, struct str token,
    struct org_invitation_by_token_row *ret_row)
{
	struct org_invitation_by_token_row row;
	struct keys_each each = { 0 };
	uint8_t hash[HASH_BYTES];
	enum status st;

	if (token.n == 0)
		return E_NOT_FOUND;
	do {
		TRY(token_mac(t, k, d->id, token, &each, hash));
		st = sql_org_invitation_by_token(t, d->id, hash_str(hash), &row);
	} while (st == E_NOT_FOUND);
	TRY(st);
	TRY(check_inviter(t, d, &row));
	*ret_row = row;
	return OK;
}

enum status
org_invitation_accept(struct task *t, const struct keys *k, const struct deployment *d, struct str token,
    const struct org_invitation_by_token_row *row)
{
	struct org_invitation_by_token_row now;
	struct keys_each each = { 0 };
	uint8_t hash[HASH_BYTES];
	int64_t rows;

	/* Found before the rows were held, its inviter may have been less since. */
	TRY(org_invitation_find(t, k, d, token, &now));
	do {
		TRY(token_mac(t, k, d->id, token, &each, hash));
		TRY(sql_org_invitation_accept(t, d->id, row->id, hash_str(hash), t->now, &rows));
	} while (rows == 0);
	return OK;
}
