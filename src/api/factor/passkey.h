/* passkey.h - what the handlers of passkeys share. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "api/api.h"
#include "auth/passkey.h"
#include "store/store.gen.h"

enum { PASSKEYS_MAX = 20, PASSKEY_NAME_MAX = 64 };
#define PASSKEY_TTL_US (5 * MINUTE_US)
#define PASSKEY_TIMEOUT_MS (PASSKEY_TTL_US / 1000)

/* E_FEATURE_DISABLED, refused, unless people have passkeys here. */
enum status passkey_check_enabled(struct request *rq) MUST_CHECK;

/* TX_WRITE: a fresh challenge for this session, good for one use within 5 minutes; base64url. Task's arena. */
enum status passkey_challenge_issue(struct request *rq, enum passkey_purpose purpose, struct user_id user,
    struct str *ret_challenge) MUST_CHECK;

/*
 * In a write transaction: use it. E_NOT_FOUND, unrefused, when it was used, has expired, or was for another
 * session, deed or user (0 at sign-in).
 */
enum status passkey_challenge_use(struct task *t, struct request *rq, enum passkey_purpose purpose, struct user_id user,
    struct str challenge) MUST_CHECK;

/* What authenticators keep for a user, and give back at sign-in: opaque, the same for ever. */
enum status passkey_handle(struct request *rq, struct user_id user, uint8_t ret_handle[PASSKEY_HANDLE_N]) MUST_CHECK;

/*
 * A field of the body by its own name, or as a member of `response`, as browsers write their objects. Bytes:
 * base64url, at most max of them. Refuses with E_BAD_REQUEST_BODY; absent is empty, unless it is required.
 * Task's arena.
 */
enum status passkey_field(struct request *rq, const char *name, size_t max, bool required, struct str *ret_bytes) MUST_CHECK;

/* id and rawId, which must be one, and type. Refuses with E_BAD_REQUEST_BODY. */
enum status passkey_credential_id(struct request *rq, struct str *ret_id) MUST_CHECK;

/* Refuse with the sentence that a check left in the task, when it was the caller's doing. */
enum status passkey_refuse(struct request *rq, enum status st) MUST_CHECK;

/* The page that the browser says it was on. Refuses with E_BAD_REQUEST_BODY. */
enum status passkey_check_origin(struct request *rq, struct str origin) MUST_CHECK;

/* {"passkey_id": …}: what is told of one in the audit table. */
struct str passkey_detail(struct request *rq, struct passkey_id id);

/* One passkey, as GET /me/passkeys lists it. */
void passkey_view(struct json *j, const char *key, const struct passkey_row *p);
