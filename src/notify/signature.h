/* signature.h - messages signed as www.standardwebhooks.com has it. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/secret.h"
#include "base/task.h"

/*
 * "v1," and the base64 of HMAC-SHA-256 over "{id}.{at}.{body}". `secret` is "whsec_" and the key in base64, or
 * the key itself. E_INTERNAL when it is neither, or empty. Task's arena; any thread.
 */
enum status signature_make(struct task *t, const struct secret *secret, struct str id, struct str at, struct str body,
    struct str *ret_signature) MUST_CHECK;

/* Is it "whsec_" and so many bytes in base64? What an operator brings along is to be one that others can read, too. */
enum { SIGNATURE_KEY_MIN = 24, SIGNATURE_KEY_MAX = 64 };
bool signature_key_is_good(struct str secret);
