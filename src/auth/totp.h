/* totp.h - the codes of authenticator apps: RFC 6238 over SHA-1, 30 seconds, six digits. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/arena.h"
#include "base/secret.h"
#include "base/status.h"

enum {
	TOTP_SECRET_N = 20,	/* bytes: what RFC 4226 §4 R6 recommends */
	TOTP_STEP_S = 30,
	TOTP_DIGITS = 6,
};

/*
 * The code of one step (RFC 4226 §5.3), as six digits and a NUL. `step` counts 30 seconds since
 * the epoch. false: the HMAC failed. Any thread.
 */
bool totp_code(const uint8_t secret[TOTP_SECRET_N], int64_t step, char ret_code[TOTP_DIGITS + 1]) MUST_CHECK;

/*
 * Which step is it? `codes` are one code, or several of consecutive steps. The first may be of a
 * step at most `window` away from that of now_s (seconds since the epoch), and none of last_step or
 * before: RFC 6238 §5.2 wants no code accepted twice. *ret_step is the last code's step. Every
 * candidate is computed and compared, in the same time whatever the codes are. E_INVALID_CODE when
 * they fit nowhere; E_INTERNAL without an HMAC. Any thread.
 */
enum status totp_match(const uint8_t secret[TOTP_SECRET_N], const struct str *codes, size_t n_codes, int64_t now_s,
    int64_t window, int64_t last_step, int64_t *ret_step) MUST_CHECK;

/* Base32 (RFC 4648 §6), without padding, as apps take a seed that is typed in. Arena. */
struct str totp_base32(struct arena *a, const uint8_t *p, size_t n);

/* The URL behind the QR code: otpauth://totp/{issuer}:{account}?secret={base32}&issuer={issuer}. Arena. */
struct str totp_url(struct arena *a, struct str issuer, struct str account, struct str base32);
