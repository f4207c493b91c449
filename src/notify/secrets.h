/* secrets.h - what a deployment proves itself with at other servers: sealed, set by its operator, never shown. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "auth/keys.h"
#include "base/task.h"

/* The names are stored, and part of the seal: never renamed. */
#define DEPLOYMENT_SECRETS(X) \
	X(SECRET_SMTP_PASSWORD, "smtp_password", "The password of smtp_username.") \
	X(SECRET_SMS, "sms_secret", "The signing key of the text message webhook (whsec_… is its base64 form), or Twilio's auth token.")

#define DEPLOYMENT_SECRET_ENUM(id, name, help) id,
enum deployment_secret { DEPLOYMENT_SECRETS(DEPLOYMENT_SECRET_ENUM) DEPLOYMENT_SECRET__COUNT };
#undef DEPLOYMENT_SECRET_ENUM

bool deployment_secret_find(struct str name, enum deployment_secret *ret_which) MUST_CHECK;
const char *deployment_secret_name(enum deployment_secret which);

/* In a write transaction. E_INTERNAL without randomness. */
enum status deployment_secret_put(struct task *t, const struct keys *k, struct deployment_id d, enum deployment_secret which,
    struct str value) MUST_CHECK;
/* In a transaction; the caller gives it to secret_done(). Empty when none is set; E_INTERNAL when it does not open. */
enum status deployment_secret_load(struct task *t, const struct keys *k, struct deployment_id d,
    enum deployment_secret which, struct secret *ret_value) MUST_CHECK;
