/* audit.h - what is written down about an account's and a session's life. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/id.h"
#include "base/task.h"
#include "notify/hook_type.h"

/*
 * One row an event of the audit table: its name, what endpoints outside are told of it (notify/hook_type.h;
 * HOOK_NONE: nothing), and what it says. Names are never renamed: people search for them and alert on them.
 * docs/EVENTS.md is generated from this. A detail holds ids as they are written outside ("organization_id":
 * "org_12"): what endpoints are told is read from them, so it must name the organization or workspace.
 */
#define AUDIT_EVENTS(X) \
	X(AUDIT_SIGNIN_CREATED, "signin.created", HOOK_SESSION_CREATED, "Somebody signed in.") \
	X(AUDIT_SIGNIN_ENDED, "signin.ended", HOOK_SESSION_ENDED, "One account was signed out of one session, by its user.") \
	X(AUDIT_SESSION_SIGNED_OUT, "session.signed_out", HOOK_SESSION_ENDED, "All accounts of a session were signed out, from the session.") \
	X(AUDIT_SESSION_REVOKED, "session.revoked", HOOK_SESSION_REVOKED, "An operator ended sign-ins or sessions.") \
	X(AUDIT_SESSION_TOKEN_REPLAYED, "session.token_replayed", HOOK_SESSION_REVOKED, "A token that was replaced long ago came again: it was stolen or replayed, and the session's sign-ins have ended.") \
	X(AUDIT_USER_CREATED, "user.created", HOOK_USER_CREATED, "An account was made.") \
	X(AUDIT_USER_UPDATED, "user.updated", HOOK_USER_UPDATED, "An account's profile was changed.") \
	X(AUDIT_USER_DISABLED, "user.disabled", HOOK_USER_DISABLED, "An operator disabled an account and ended its sign-ins.") \
	X(AUDIT_USER_ENABLED, "user.enabled", HOOK_USER_ENABLED, "An operator enabled an account again.") \
	X(AUDIT_USER_DELETED, "user.deleted", HOOK_USER_DELETED, "An account was deleted, by its user or by an operator.") \
	X(AUDIT_EMAIL_ADDED, "email.added", HOOK_USER_UPDATED, "An e-mail address was added to an account, not verified yet; the detail has its id.") \
	X(AUDIT_EMAIL_VERIFIED, "email.verified", HOOK_USER_UPDATED, "An added e-mail address was proved; the detail has its id.") \
	X(AUDIT_EMAIL_REMOVED, "email.removed", HOOK_USER_UPDATED, "An e-mail address was taken off an account, by its user or because its owner proved it elsewhere; the detail has its id.") \
	X(AUDIT_EMAIL_PRIMARY, "email.primary", HOOK_USER_UPDATED, "Another e-mail address became an account's primary one; the detail has its id.") \
	X(AUDIT_PHONE_ADDED, "phone.added", HOOK_USER_UPDATED, "A phone number was added to an account, not verified yet; the detail has its id.") \
	X(AUDIT_PHONE_VERIFIED, "phone.verified", HOOK_USER_UPDATED, "An added phone number was proved; the detail has its id.") \
	X(AUDIT_PHONE_REMOVED, "phone.removed", HOOK_USER_UPDATED, "A phone number was taken off an account, by its user or because its owner proved it elsewhere; the detail has its id.") \
	X(AUDIT_PHONE_PRIMARY, "phone.primary", HOOK_USER_UPDATED, "Another phone number became an account's primary one; the detail has its id.") \
	X(AUDIT_PASSWORD_CHANGED, "password.changed", HOOK_USER_UPDATED, "A user set another password, or a first one; the account's other sign-ins ended.") \
	X(AUDIT_PASSWORD_REMOVED, "password.removed", HOOK_USER_UPDATED, "A user did away with the account's password; the account's other sign-ins ended.") \
	X(AUDIT_PASSWORD_LENT, "password.lent", HOOK_USER_UPDATED, "An operator set a password, good for one sign-in in which another is chosen; the account's sign-ins ended.") \
	X(AUDIT_PASSWORD_EXPOSED, "password.exposed", HOOK_USER_UPDATED, "An operator declared a password known to others; it opens nothing any more, and the account's sign-ins ended.") \
	X(AUDIT_SIGNIN_PROVED, "signin.proved", HOOK_NONE, "Somebody who was signed in proved once more who they are.") \
	X(AUDIT_AUTHENTICATOR_BEGUN, "authenticator.begun", HOOK_NONE, "The seed of an authenticator app was shown; it counts for nothing yet.") \
	X(AUDIT_AUTHENTICATOR_ADDED, "authenticator.added", HOOK_USER_UPDATED, "An authenticator app was verified and is a second factor now.") \
	X(AUDIT_AUTHENTICATOR_REMOVED, "authenticator.removed", HOOK_USER_UPDATED, "An authenticator app was removed, and the backup codes with it.") \
	X(AUDIT_SECOND_FACTOR_POLICY, "second_factor.policy_changed", HOOK_USER_UPDATED, "A user changed whether signing in asks for their second factor.") \
	X(AUDIT_FACTORS_RESET, "second_factor.reset", HOOK_USER_UPDATED, "An operator removed an account's second factors.") \
	X(AUDIT_BACKUP_CODES_MADE, "backup_codes.made", HOOK_USER_UPDATED, "Backup codes were made; older ones are void.") \
	X(AUDIT_USER_CLAIMED, "user.claimed", HOOK_USER_UPDATED, "Somebody proved an address of an account of which none had been verified; its password, factors and sign-ins have ended.") \
	X(AUDIT_USER_DISAVOWED, "user.disavowed", HOOK_USER_UPDATED, "Somebody followed a mail and said that it was not them: the account's sign-ins ended, what was added since was removed, and its password opens nothing any more.") \
	X(AUDIT_PASSWORD_RESET, "password.reset", HOOK_USER_UPDATED, "A password was set with a mailed code, and the account's sign-ins have ended.") \
	X(AUDIT_BACKUP_CODE_USED, "backup_code.used", HOOK_NONE, "A backup code was used in the place of another second factor, and is gone.") \
	X(AUDIT_PASSKEY_ADDED, "passkey.added", HOOK_USER_UPDATED, "A passkey was added to an account; the detail names it.") \
	X(AUDIT_PASSKEY_RENAMED, "passkey.renamed", HOOK_USER_UPDATED, "A passkey was given another name; the detail names it.") \
	X(AUDIT_PASSKEY_REMOVED, "passkey.removed", HOOK_USER_UPDATED, "A passkey was removed from an account; the detail names it.") \
	X(AUDIT_PASSKEY_COUNTER, "passkey.counter", HOOK_NONE, "A passkey signed with a counter that had not moved on, and was refused: it may have been copied. The detail names it.") \
	X(AUDIT_TICKET_CREATED, "ticket.created", HOOK_NONE, "An operator made a link that signs a user in.") \
	X(AUDIT_TICKET_USED, "ticket.used", HOOK_NONE, "A ticket was exchanged for a sign-in; the detail says on whose behalf.") \
	X(AUDIT_ORGANIZATION_CREATED, "organization.created", HOOK_ORG_CREATED, "A user made an organization; the detail names it.") \
	X(AUDIT_WORKSPACE_CREATED, "workspace.created", HOOK_WORKSPACE_CREATED, "A user made a workspace; the detail names it.") \
	X(AUDIT_ORGANIZATION_UPDATED, "organization.updated", HOOK_ORG_UPDATED, "An organization's name, picture or settings were changed; the detail has organization_id.") \
	X(AUDIT_ORGANIZATION_DELETED, "organization.deleted", HOOK_ORG_DELETED, "An organization was deleted; the detail has organization_id.") \
	X(AUDIT_ORGANIZATION_LEFT, "organization.left", HOOK_ORG_MEMBER_DELETED, "A member left an organization; the detail has organization_id.") \
	X(AUDIT_ORGANIZATION_MEMBER_ADDED, "organization.member_added", HOOK_ORG_MEMBER_CREATED, "Somebody became a member of an organization; the detail has organization_id, membership_id and user_id.") \
	X(AUDIT_ORGANIZATION_MEMBER_REMOVED, "organization.member_removed", HOOK_ORG_MEMBER_DELETED, "A member was removed from an organization; the detail has organization_id, membership_id and user_id.") \
	X(AUDIT_ORGANIZATION_ROLE_GRANTED, "organization.role_granted", HOOK_ORG_MEMBER_UPDATED, "A member of an organization was given a role; the detail has organization_id, membership_id, user_id and role_id.") \
	X(AUDIT_ORGANIZATION_ROLE_TAKEN, "organization.role_taken", HOOK_ORG_MEMBER_UPDATED, "A role was taken from a member of an organization; the detail has organization_id, membership_id, user_id and role_id.") \
	X(AUDIT_ORGANIZATION_ROLE_CREATED, "organization.role_created", HOOK_ORG_ROLE_CREATED, "A role was made in an organization; the detail has organization_id and role_id.") \
	X(AUDIT_ORGANIZATION_ROLE_DELETED, "organization.role_deleted", HOOK_ORG_ROLE_DELETED, "A role of an organization was deleted; the detail has organization_id and role_id.") \
	X(AUDIT_ORGANIZATION_INVITATION_CREATED, "organization.invitation_created", HOOK_ORG_INVITATION_CREATED, "Somebody was invited to an organization; the detail has organization_id and invitation_id.") \
	X(AUDIT_ORGANIZATION_INVITATION_RESENT, "organization.invitation_resent", HOOK_NONE, "An invitation to an organization was sent again; the detail has organization_id and invitation_id.") \
	X(AUDIT_ORGANIZATION_INVITATION_DISCARDED, "organization.invitation_discarded", HOOK_ORG_INVITATION_REVOKED, "An invitation to an organization was taken back; the detail has organization_id and invitation_id.") \
	X(AUDIT_ORGANIZATION_INVITATION_ACCEPTED, "organization.invitation_accepted", HOOK_ORG_INVITATION_ACCEPTED, "An invitation to an organization was accepted; the detail has organization_id, invitation_id and membership_id.") \
	X(AUDIT_ORGANIZATION_DOMAIN_ADDED, "organization.domain_added", HOOK_ORG_DOMAIN_CREATED, "A domain was added to an organization, not verified yet; the detail has organization_id and domain_id.") \
	X(AUDIT_ORGANIZATION_DOMAIN_VERIFIED, "organization.domain_verified", HOOK_ORG_DOMAIN_VERIFIED, "An organization proved a domain; the detail has organization_id and domain_id.") \
	X(AUDIT_ORGANIZATION_DOMAIN_DISPLACED, "organization.domain_displaced", HOOK_ORG_DOMAIN_DELETED, "A domain that an organization had not proved was deleted, since another one proved it, which the event before tells; the detail has organization_id and domain_id.") \
	X(AUDIT_ORGANIZATION_DOMAIN_DELETED, "organization.domain_deleted", HOOK_ORG_DOMAIN_DELETED, "A domain of an organization was deleted; the detail has organization_id and domain_id.") \
	X(AUDIT_WORKSPACE_UPDATED, "workspace.updated", HOOK_WORKSPACE_UPDATED, "A workspace's name, picture or settings were changed; the detail has organization_id and workspace_id.") \
	X(AUDIT_WORKSPACE_DELETED, "workspace.deleted", HOOK_WORKSPACE_DELETED, "A workspace was deleted; the detail has organization_id and workspace_id.") \
	X(AUDIT_WORKSPACE_LEFT, "workspace.left", HOOK_WORKSPACE_MEMBER_DELETED, "A member left a workspace; the detail has organization_id and workspace_id.") \
	X(AUDIT_WORKSPACE_MEMBER_ADDED, "workspace.member_added", HOOK_WORKSPACE_MEMBER_CREATED, "Somebody became a member of a workspace; the detail has organization_id, workspace_id, membership_id and user_id.") \
	X(AUDIT_WORKSPACE_MEMBER_REMOVED, "workspace.member_removed", HOOK_WORKSPACE_MEMBER_DELETED, "A member was removed from a workspace; the detail has organization_id, workspace_id, membership_id and user_id.") \
	X(AUDIT_WORKSPACE_ROLE_GRANTED, "workspace.role_granted", HOOK_WORKSPACE_MEMBER_UPDATED, "A member of a workspace was given a role; the detail has organization_id, workspace_id, membership_id, user_id and role_id.") \
	X(AUDIT_WORKSPACE_ROLE_TAKEN, "workspace.role_taken", HOOK_WORKSPACE_MEMBER_UPDATED, "A role was taken from a member of a workspace; the detail has organization_id, workspace_id, membership_id, user_id and role_id.") \
	X(AUDIT_WORKSPACE_ROLE_CREATED, "workspace.role_created", HOOK_WORKSPACE_ROLE_CREATED, "A role was made in a workspace; the detail has organization_id, workspace_id and role_id.") \
	X(AUDIT_WORKSPACE_ROLE_UPDATED, "workspace.role_updated", HOOK_WORKSPACE_ROLE_UPDATED, "A role of a workspace was given other permissions or another spelling; the detail has organization_id, workspace_id and role_id.") \
	X(AUDIT_WORKSPACE_ROLE_DELETED, "workspace.role_deleted", HOOK_WORKSPACE_ROLE_DELETED, "A role of a workspace was deleted; the detail has organization_id, workspace_id and role_id.") \
	X(AUDIT_WEBHOOK_CHANGED, "webhook.changed", HOOK_NONE, "An operator made, changed or deleted a webhook endpoint, gave it another secret, or had events sent to it again; the detail has webhook_id and says which.") \
	X(AUDIT_WEBHOOK_DISABLED, "webhook.disabled", HOOK_NONE, "A webhook endpoint was disabled, since it failed for days or said 410 Gone; the detail has webhook_id.") \
	X(AUDIT_INVITATION_CREATED, "invitation.created", HOOK_NONE, "An operator invited somebody to sign up.") \
	X(AUDIT_INVITATION_REVOKED, "invitation.revoked", HOOK_NONE, "An operator took an invitation to sign up back.") \
	X(AUDIT_JWT_TEMPLATE_SET, "jwt_template.set", HOOK_NONE, "An operator made or changed a template of tokens; the detail names it, and its key's algorithm.") \
	X(AUDIT_JWT_TEMPLATE_DELETED, "jwt_template.deleted", HOOK_NONE, "An operator deleted a template of tokens; the detail names it.") \
	X(AUDIT_SIGNING_KEY_MADE, "signing_key.made", HOOK_NONE, "Another signing key was published and will take over, by an operator or by the schedule; the detail has its kid.") \
	X(AUDIT_SIGNING_KEY_CURRENT, "signing_key.current", HOOK_NONE, "A signing key began to sign; the one before it stays published until its tokens have ended.") \
	X(AUDIT_SIGNING_KEY_GONE, "signing_key.gone", HOOK_NONE, "A signing key that had been replaced was deleted: no token it signed is good any more.") \
	X(AUDIT_SIGNING_KEY_REPLACED, "signing_key.replaced", HOOK_NONE, "An operator had another signing key take over at once, and all others deleted.") \
	X(AUDIT_SECRET_KEY_CREATED, "secret_key.created", HOOK_NONE, "An operator made a further key for the Backend API; the detail has its first characters.") \
	X(AUDIT_SECRET_KEY_REVOKED, "secret_key.revoked", HOOK_NONE, "An operator ended a key of the Backend API, at once or soon; the detail has its first characters.") \
	X(AUDIT_DEPLOYMENT_CREATED, "deployment.created", HOOK_NONE, "An operator made a deployment.") \
	X(AUDIT_DEPLOYMENT_CHANGED, "deployment.changed", HOOK_NONE, "An operator changed a deployment's settings; the detail says which.")

#define AUDIT_ENUM(id, name, hook, help) id,
enum audit_event { AUDIT_EVENTS(AUDIT_ENUM) AUDIT__COUNT };
#undef AUDIT_ENUM

struct audit_event_info {
	const char    *name;
	enum hook_type hook;
	const char    *help;
};
extern const struct audit_event_info audit_event_info[AUDIT__COUNT];

struct audit_entry {
	enum audit_event  event;
	struct str        actor;	/* "operator", "user_12", "impersonation:ada@ops.example"; empty: nobody is known */
	struct user_id    user;	/* whose account it is about; 0: nobody's */
	struct session_id session;
	struct str        ip;
	struct str        detail;	/* a JSON object's text; empty: none */
};

/*
 * Inside the write transaction of what it tells of: a row of the audit table, and what endpoints outside are told of
 * it. After the change, whose outcome goes along. For handlers audit(), for commands command_audit() is shorter.
 */
enum status audit_write(struct task *t, struct deployment_id d, const struct audit_entry *entry) MUST_CHECK;

/* The sender's: an endpoint was disabled because of what it answered. */
enum status audit_hook_given_out(struct task *t, struct deployment_id d, struct hook_id hook, const char *why) MUST_CHECK;
