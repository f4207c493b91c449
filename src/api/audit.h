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
	X(AUDIT_USER_DELETED, "user.deleted", "An operator deleted an account.") \
	X(AUDIT_TICKET_CREATED, "ticket.created", "An operator made a link that signs a user in.") \
	X(AUDIT_TICKET_USED, "ticket.used", "A ticket was exchanged for a sign-in; the detail says on whose behalf.") \
	X(AUDIT_ORGANIZATION_CREATED, "organization.created", "A user made an organization; the detail names it.") \
	X(AUDIT_WORKSPACE_CREATED, "workspace.created", "A user made a workspace; the detail names it.") \
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
