/* id.h - identifiers: 63-bit numbers, a struct type for each kind, a prefix on the wire. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/arena.h"
#include "base/base.h"

/*
 * Every kind of id, with its prefix. Each becomes its own struct type, so that
 * one kind cannot stand in for another: swapping two of them does not compile.
 */
#define ID_KINDS(X) \
	X(deployment, "deployment_") \
	X(project, "project_") \
	X(user, "user_") \
	X(email, "email_") \
	X(phone, "phone_") \
	X(session, "session_") \
	X(signin, "signin_") \
	X(signin_attempt, "signin_attempt_") \
	X(signup_attempt, "signup_attempt_") \
	X(org, "org_") \
	X(workspace, "workspace_") \
	X(orgmem, "orgmem_") \
	X(wsmem, "wsmem_") \
	X(orgrole, "orgrole_") \
	X(wsrole, "wsrole_") \
	X(audit, "audit_") \
	X(message, "message_") \
	X(code, "code_") \
	X(authenticator, "totp_") \
	X(passkey, "passkey_") \
	X(invitation, "invitation_") \
	X(waitlist, "waitlist_") \
	X(picture, "picture_") \
	X(domain, "domain_") \
	X(hook, "webhook_") \
	X(hook_event, "event_")

/* v is positive; 0 means "none" (SQL NULL, JSON null). */
#define ID_STRUCT(kind, prefix) struct kind##_id { int64_t v; };
ID_KINDS(ID_STRUCT)
#undef ID_STRUCT

/*
 * user_id_parse(text, &id): true and *ret_id set when text is exactly the
 * kind's prefix and a positive decimal below 2^63 without sign or leading zero.
 * user_id_str(arena, id): the wire form; task's arena. The empty string for 0.
 */
#define ID_FUNCTIONS(kind, prefix) \
	bool kind##_id_parse(struct str text, struct kind##_id *ret_id) MUST_CHECK; \
	struct str kind##_id_str(struct arena *a, struct kind##_id id);
ID_KINDS(ID_FUNCTIONS)
#undef ID_FUNCTIONS

/*
 * A fresh number: 41 bits of milliseconds since 2025-01-01 over 22 bits that
 * begin anywhere in each millisecond and go up by steps of any length, as a key
 * of the process says. Never the same twice in one process and never
 * backwards, whatever the clock does; unique across processes only by chance, so
 * an insert retries on conflict. How many there are cannot be told from them
 * (docs/decisions/ids.md). Any thread. id_init() draws the key, once, before
 * any other thread; false when there is no randomness.
 */
bool    id_init(void) MUST_CHECK;
int64_t id_next(int64_t now);
