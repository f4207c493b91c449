/* audit.h - what is written down about an account's and a session's life. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * One row an event of the audit table. Names are never renamed: people search for
 * them and alert on them. docs/EVENTS.md is generated from this.
 */
#define AUDIT_EVENTS(X) \
	X(AUDIT_SIGNIN_CREATED, "signin.created", "Somebody signed in.") \
	X(AUDIT_SIGNIN_ENDED, "signin.ended", "One account was signed out of one session, by its user.") \
	X(AUDIT_SESSION_SIGNED_OUT, "session.signed_out", "All accounts of a session were signed out, from the session.") \
	X(AUDIT_SESSION_REVOKED, "session.revoked", "An operator ended sign-ins or sessions.") \
	X(AUDIT_SESSION_TOKEN_REPLAYED, "session.token_replayed", "A token that was replaced long ago came again: it was stolen or replayed, and the session's sign-ins have ended.") \
	X(AUDIT_USER_CREATED, "user.created", "An account was made.") \
	X(AUDIT_USER_UPDATED, "user.updated", "An account's profile was changed.") \
	X(AUDIT_USER_DISABLED, "user.disabled", "An operator disabled an account and ended its sign-ins.") \
	X(AUDIT_USER_ENABLED, "user.enabled", "An operator enabled an account again.") \
	X(AUDIT_USER_DELETED, "user.deleted", "An account was deleted, by its user or by an operator.") \
	X(AUDIT_EMAIL_ADDED, "email.added", "An e-mail address was added to an account, not verified yet; the detail has its id.") \
	X(AUDIT_EMAIL_VERIFIED, "email.verified", "An added e-mail address was proved; the detail has its id.") \
	X(AUDIT_EMAIL_REMOVED, "email.removed", "An e-mail address was taken off an account, by its user or because its owner proved it elsewhere; the detail has its id.") \
	X(AUDIT_EMAIL_PRIMARY, "email.primary", "Another e-mail address became an account's primary one; the detail has its id.") \
	X(AUDIT_PHONE_ADDED, "phone.added", "A phone number was added to an account, not verified yet; the detail has its id.") \
	X(AUDIT_PHONE_VERIFIED, "phone.verified", "An added phone number was proved; the detail has its id.") \
	X(AUDIT_PHONE_REMOVED, "phone.removed", "A phone number was taken off an account, by its user or because its owner proved it elsewhere; the detail has its id.") \
	X(AUDIT_PHONE_PRIMARY, "phone.primary", "Another phone number became an account's primary one; the detail has its id.") \
	X(AUDIT_PASSWORD_CHANGED, "password.changed", "A user set another password, or a first one; the account's other sign-ins ended.") \
	X(AUDIT_PASSWORD_REMOVED, "password.removed", "A user did away with the account's password; the account's other sign-ins ended.") \
	X(AUDIT_SIGNIN_PROVED, "signin.proved", "Somebody who was signed in proved once more who they are.") \
	X(AUDIT_AUTHENTICATOR_BEGUN, "authenticator.begun", "The seed of an authenticator app was shown; it counts for nothing yet.") \
	X(AUDIT_AUTHENTICATOR_ADDED, "authenticator.added", "An authenticator app was verified and is a second factor now.") \
	X(AUDIT_AUTHENTICATOR_REMOVED, "authenticator.removed", "An authenticator app was removed, and the backup codes with it.") \
	X(AUDIT_SECOND_FACTOR_POLICY, "second_factor.policy_changed", "A user changed whether signing in asks for their second factor.") \
	X(AUDIT_FACTORS_RESET, "second_factor.reset", "An operator removed an account's second factors.") \
	X(AUDIT_BACKUP_CODES_MADE, "backup_codes.made", "Backup codes were made; older ones are void.") \
	X(AUDIT_USER_CLAIMED, "user.claimed", "Somebody proved an address of an account of which none had been verified; its password, factors and sign-ins have ended.") \
	X(AUDIT_PASSWORD_RESET, "password.reset", "A password was set with a mailed code, and the account's sign-ins have ended.") \
	X(AUDIT_BACKUP_CODE_USED, "backup_code.used", "A backup code was used in the place of another second factor, and is gone.") \
	X(AUDIT_PASSKEY_ADDED, "passkey.added", "A passkey was added to an account; the detail names it.") \
	X(AUDIT_PASSKEY_RENAMED, "passkey.renamed", "A passkey was given another name; the detail names it.") \
	X(AUDIT_PASSKEY_REMOVED, "passkey.removed", "A passkey was removed from an account; the detail names it.") \
	X(AUDIT_PASSKEY_COUNTER, "passkey.counter", "A passkey signed with a counter that had not moved on, and was refused: it may have been copied. The detail names it.") \
	X(AUDIT_TICKET_CREATED, "ticket.created", "An operator made a link that signs a user in.") \
	X(AUDIT_TICKET_USED, "ticket.used", "A ticket was exchanged for a sign-in; the detail says on whose behalf.") \
	X(AUDIT_ORGANIZATION_CREATED, "organization.created", "A user made an organization; the detail names it.") \
	X(AUDIT_WORKSPACE_CREATED, "workspace.created", "A user made a workspace; the detail names it.") \
	X(AUDIT_INVITATION_CREATED, "invitation.created", "An operator invited somebody to sign up.") \
	X(AUDIT_INVITATION_REVOKED, "invitation.revoked", "An operator took an invitation to sign up back.") \
	X(AUDIT_SECRET_KEY_CREATED, "secret_key.created", "An operator made a further key for the Backend API; the detail has its first characters.") \
	X(AUDIT_SECRET_KEY_REVOKED, "secret_key.revoked", "An operator ended a key of the Backend API, at once or soon; the detail has its first characters.") \
	X(AUDIT_DEPLOYMENT_CREATED, "deployment.created", "An operator made a deployment.") \
	X(AUDIT_DEPLOYMENT_CHANGED, "deployment.changed", "An operator changed a deployment's settings; the detail says which.")

#define AUDIT_ENUM(id, name, help) id,
enum audit_event { AUDIT_EVENTS(AUDIT_ENUM) AUDIT__COUNT };
#undef AUDIT_ENUM

struct audit_event_info {
	const char *name;
	const char *help;
};
extern const struct audit_event_info audit_event_info[AUDIT__COUNT];
