/* jwt.h - session tokens for other servers: ES256 JWTs. RFC 7515, 7518 §3.4, 7519, 8725. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/secret.h"
#include "base/task.h"

enum {
	JWT_TOKEN_MAX = 8 * 1024, /* bytes; a longer one is neither made nor read */
	JWT_KID_MAX = 64,
};

/* A P-256 key pair. Immutable once made; any thread may sign with it. The only holder of private keys. */
struct jwt_key;

/* E_INTERNAL without randomness. */

enum status jwt_key_generate(struct task *t, struct jwt_key **ret_key) MUST_CHECK;
/*
 * The private key as the bytes that get sealed at rest (the 32-byte scalar), and back.
 * E_INTERNAL when the bytes are no such key, or the key has no private half.
 * kid: 1 to JWT_KID_MAX of [A-Za-z0-9_.-], copied.
 */
enum status jwt_key_export(struct task *t, const struct jwt_key *k, struct secret *ret_scalar) MUST_CHECK;
enum status jwt_key_import(
    struct task *t, const struct secret *scalar, struct str kid, struct jwt_key **ret_key) MUST_CHECK;
/* A public key only, from a JWK's coordinates: for verification. Off the curve: E_BAD_REQUEST_BODY. */
enum status jwt_key_public(struct task *t, struct str x_b64url, struct str y_b64url, struct str kid,
    struct jwt_key **ret_key) MUST_CHECK;
struct jwt_key *jwt_key_free(struct jwt_key *k);
struct str jwt_key_kid(const struct jwt_key *k); /* borrowed; for a generated key: its RFC 7638 thumbprint */

/* {"kty":"EC","crv":"P-256","alg":"ES256","use":"sig","kid":…,"x":…,"y":…}; never a `d`. Task's arena. */
enum status jwt_key_jwk(struct task *t, const struct jwt_key *k, struct str *ret_json) MUST_CHECK;
enum status jwt_key_pem(struct task *t, const struct jwt_key *k, struct str *ret_pem) MUST_CHECK; /* SPKI */

/*
 * The header {"alg":"ES256","typ":typ,"kid":…}, typ a constant of ours, and the payload (a
 * JSON object's text), signed. E_INTERNAL without randomness, or when the token is longer
 * than JWT_TOKEN_MAX. Task's arena. Any thread.
 */
enum status jwt_sign(struct task *t, const struct jwt_key *k, struct str typ, struct str payload,
    struct str *ret_token) MUST_CHECK;

/*
 * Why a token was refused. An enum and MUST_CHECK, never an int: a misread return
 * value lets strangers in.
 */
enum jwt_verdict {
	JWT_REFUSED = 0, /* so that a zeroed variable refuses */
	JWT_VALID,
};
struct jwt_expect {
	struct str typ; /* exact, case-insensitive as RFC 7515 §4.1.9 asks */
	struct str iss; /* exact */
	int64_t now_s;
	int64_t skew_s; /* more than 60 counts as 60 */
};
/*
 * Verify: exactly three parts of strict base64url, a header of exactly alg ES256, typ
 * and kid (so no crit, zip, b64 or key by reference: jku, x5u, jwk, x5c), no duplicate
 * members, kid equal to the key's, a signature of exactly 64 bytes with r and s in
 * range, `exp` and `iat` present and integers between 0 and 2^53 (`nbf` too, when
 * present), `iss` and `typ` as expected. Fetches nothing. Any thread. On JWT_VALID *ret_payload is the
 * payload's JSON text (task's arena); otherwise t->why says what was wrong.
 */
enum jwt_verdict jwt_verify(struct task *t, const struct jwt_key *k, const struct jwt_expect *expect,
    struct str token, struct str *ret_payload) MUST_CHECK;
