/* invitation.h - invitations to organizations and their workspaces: made, sent, used up. No HTTP. docs/decisions/invitations.md. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "auth/keys.h"
#include "deployment/deployment.h"
#include "org/standing.h"
#include "store/store.gen.h"

#define ORG_INVITATION_TTL_US (10 * DAY_US)
/* So many an organization can have waiting. */
enum { ORG_INVITATIONS_MAX = 500 };

struct org_invitation {
	struct org_id       org;
	struct workspace_id workspace;		/* of this organization; 0: to the organization alone */
	struct orgrole_id   role;		/* 0: the deployment's default for members; who is a member already keeps theirs */
	struct wsrole_id    workspace_role;	/* 0: the deployment's default */
	struct orgmem_id    inviter;		/* who answers for it, and with whose membership it ends; 0: an operator */
	struct str          email;		/* as typed */
};

/*
 * All that write: in a write transaction that holds the organization's row. The token is 256 random bits, goes out by
 * mail and is kept as a MAC. Sentences in t->why are for whoever invites. Audit events are the caller's.
 *
 * `by`: what the inviter may in the organization and in the workspace (POWERS_INVITING has all that counts, for an
 * operator). E_FORBIDDEN: less than they would give away: managing the organization, or the workspace for an
 * invitation to it with the default role in the organization; being an admin for a role that makes admins.
 * E_BAD_REQUEST_BODY: no e-mail address, no such workspace, no such role. E_EMAIL_EXISTS: a member already, by an
 * address that is verified; or invited to the same already. E_LIMIT_REACHED: no seat is free, or ORG_INVITATIONS_MAX.
 */
enum { POWERS_INVITING = POWER_ORG_MANAGE | POWER_ORG_ADMIN | POWER_WORKSPACE_MANAGE | POWER_WORKSPACE_ADMIN };
enum status org_invitation_create(struct task *t, const struct keys *k, const struct deployment *d,
    const struct org_invitation *inv, unsigned by, struct invitation_id *ret_id) MUST_CHECK;

/* With a new token, for ten days from now; the one before is worth nothing. `inviter` answers from now on. E_NOT_FOUND; E_FORBIDDEN. */
enum status org_invitation_resend(struct task *t, const struct keys *k, const struct deployment *d, struct org_id org,
    struct invitation_id id, struct orgmem_id inviter, unsigned by) MUST_CHECK;

/* May whoever has these powers deal with this one: invite like that, send it again, take it back? */
bool org_invitation_is_theirs(const struct deployment *d, struct workspace_id workspace, struct orgrole_id role, unsigned by);

/*
 * In any transaction: what this token is for, expired or not. E_NOT_FOUND: used, taken back, replaced, of another
 * deployment, never there; or the inviter could not invite like that any more, who is disabled or less than they were.
 */
enum status org_invitation_find(struct task *t, const struct keys *k, const struct deployment *d, struct str token,
    struct org_invitation_by_token_row *ret_row) MUST_CHECK;
/* Use it up, once: E_NOT_FOUND for everybody after the first. */
enum status org_invitation_accept(struct task *t, const struct keys *k, const struct deployment *d, struct str token,
    const struct org_invitation_by_token_row *row) MUST_CHECK;
