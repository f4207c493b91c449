/* hook_type.h - what endpoints outside can be told of. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/base.h"

/*
 * Told in order: an event waits for earlier ones about the same thing. What that is, is also the object
 * that goes along.
 */
enum hook_about { HOOK_ABOUT_ENDPOINT, HOOK_ABOUT_USER, HOOK_ABOUT_ORGANIZATION, HOOK_ABOUT_WORKSPACE };

/*
 * One row a type. Names are never renamed: receivers match on them. Which audit event becomes which type
 * is written in the rows of api/audit.h; docs/EVENTS.md is generated from both.
 */
#define HOOK_TYPES(X) \
	X(HOOK_TEST, "webhook.test", HOOK_ABOUT_ENDPOINT, "An operator tries whether the endpoint answers.") \
	X(HOOK_USER_CREATED, "user.created", HOOK_ABOUT_USER, "There is a new account.") \
	X(HOOK_USER_UPDATED, "user.updated", HOOK_ABOUT_USER, "An account's profile, addresses, numbers, password or factors changed.") \
	X(HOOK_USER_DISABLED, "user.disabled", HOOK_ABOUT_USER, "An account may not sign in any more.") \
	X(HOOK_USER_ENABLED, "user.enabled", HOOK_ABOUT_USER, "An account may sign in again.") \
	X(HOOK_USER_DELETED, "user.deleted", HOOK_ABOUT_USER, "An account is gone with its memberships; nothing is told of each.") \
	X(HOOK_SESSION_CREATED, "session.created", HOOK_ABOUT_USER, "Somebody signed in.") \
	X(HOOK_SESSION_ENDED, "session.ended", HOOK_ABOUT_USER, "Somebody signed out.") \
	X(HOOK_SESSION_REVOKED, "session.revoked", HOOK_ABOUT_USER, "Sign-ins were ended by an operator, or because a token was stolen.") \
	X(HOOK_ORG_CREATED, "organization.created", HOOK_ABOUT_ORGANIZATION, "There is a new organization; who made it is its first member.") \
	X(HOOK_ORG_UPDATED, "organization.updated", HOOK_ABOUT_ORGANIZATION, "An organization was changed.") \
	X(HOOK_ORG_DELETED, "organization.deleted", HOOK_ABOUT_ORGANIZATION, "An organization is gone with all that was in it; nothing is told of its workspaces, memberships, roles, invitations and domains by themselves.") \
	X(HOOK_ORG_MEMBER_CREATED, "organization_membership.created", HOOK_ABOUT_ORGANIZATION, "An organization has a new member.") \
	X(HOOK_ORG_MEMBER_UPDATED, "organization_membership.updated", HOOK_ABOUT_ORGANIZATION, "A member's roles in an organization changed.") \
	X(HOOK_ORG_MEMBER_DELETED, "organization_membership.deleted", HOOK_ABOUT_ORGANIZATION, "Somebody is no member of an organization, and of its workspaces, any more.") \
	X(HOOK_ORG_INVITATION_CREATED, "organization_invitation.created", HOOK_ABOUT_ORGANIZATION, "Somebody was invited to an organization.") \
	X(HOOK_ORG_INVITATION_ACCEPTED, "organization_invitation.accepted", HOOK_ABOUT_ORGANIZATION, "An invitation to an organization was accepted.") \
	X(HOOK_ORG_INVITATION_REVOKED, "organization_invitation.revoked", HOOK_ABOUT_ORGANIZATION, "An invitation to an organization was taken back.") \
	X(HOOK_ORG_ROLE_CREATED, "organization_role.created", HOOK_ABOUT_ORGANIZATION, "An organization has a new role.") \
	X(HOOK_ORG_ROLE_DELETED, "organization_role.deleted", HOOK_ABOUT_ORGANIZATION, "A role of an organization is gone.") \
	X(HOOK_ORG_DOMAIN_CREATED, "organization_domain.created", HOOK_ABOUT_ORGANIZATION, "An organization claims a domain, not verified yet.") \
	X(HOOK_ORG_DOMAIN_VERIFIED, "organization_domain.verified", HOOK_ABOUT_ORGANIZATION, "An organization proved a domain.") \
	X(HOOK_ORG_DOMAIN_DELETED, "organization_domain.deleted", HOOK_ABOUT_ORGANIZATION, "A domain of an organization is gone.") \
	X(HOOK_WORKSPACE_CREATED, "workspace.created", HOOK_ABOUT_WORKSPACE, "There is a new workspace; who made it is its first member.") \
	X(HOOK_WORKSPACE_UPDATED, "workspace.updated", HOOK_ABOUT_WORKSPACE, "A workspace was changed.") \
	X(HOOK_WORKSPACE_DELETED, "workspace.deleted", HOOK_ABOUT_WORKSPACE, "A workspace is gone with its memberships and roles; nothing is told of each.") \
	X(HOOK_WORKSPACE_MEMBER_CREATED, "workspace_membership.created", HOOK_ABOUT_WORKSPACE, "A workspace has a new member.") \
	X(HOOK_WORKSPACE_MEMBER_UPDATED, "workspace_membership.updated", HOOK_ABOUT_WORKSPACE, "A member's roles in a workspace changed.") \
	X(HOOK_WORKSPACE_MEMBER_DELETED, "workspace_membership.deleted", HOOK_ABOUT_WORKSPACE, "Somebody is no member of a workspace any more.") \
	X(HOOK_WORKSPACE_ROLE_CREATED, "workspace_role.created", HOOK_ABOUT_WORKSPACE, "A workspace has a new role.") \
	X(HOOK_WORKSPACE_ROLE_UPDATED, "workspace_role.updated", HOOK_ABOUT_WORKSPACE, "A role of a workspace has other permissions, or is spelled otherwise.") \
	X(HOOK_WORKSPACE_ROLE_DELETED, "workspace_role.deleted", HOOK_ABOUT_WORKSPACE, "A role of a workspace is gone.")

#define HOOK_ENUM(id, name, about, help) id,
enum hook_type { HOOK_NONE, HOOK_TYPES(HOOK_ENUM) HOOK_TYPE__COUNT };
#undef HOOK_ENUM

struct hook_type_info {
	const char     *name;
	enum hook_about about;
	const char     *help;
};
extern const struct hook_type_info hook_type_info[HOOK_TYPE__COUNT];	/* HOOK_NONE has no name */
