/* jwt_custom.h - signing with a key that an operator brought along. RFC 7518 §3.2-3.4. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/task.h"

/* In the order of the names in jwt_custom.c. */
enum jwt_alg { JWT_HS256, JWT_HS384, JWT_HS512, JWT_RS256, JWT_RS384, JWT_RS512, JWT_ES256, JWT_ES384, JWT_ALG__COUNT };

enum {
	JWT_CUSTOM_KEY_MAX = 8 * 1024, /* bytes of a PEM text, or of a secret */
	JWT_CUSTOM_SIGNATURE_MAX = 512, /* bytes: RSA with 4096 bits */
};

bool jwt_alg_find(struct str name, enum jwt_alg *ret_alg); /* "HS256"; exact */
const char *jwt_alg_name(enum jwt_alg alg);

/* A key with its one algorithm. Immutable once made; any thread may sign with it. */
struct jwt_custom_key;

/*
 * Out of what an operator gave. HS…: the secret's own bytes, as many as the hash has at
 * least, and no PEM text, which somebody else may have as well. RS…: the PEM of an
 * unencrypted RSA private key of 2048 to 4096 bits. ES…: of one on P-256 or P-384, as the name says.
 * With `is_new` the pair is tried. E_BAD_REQUEST_BODY, with a sentence in t->why that does not quote the key.
 */
enum status jwt_custom_key_new(struct task *t, enum jwt_alg alg, struct str key, bool is_new,
    struct jwt_custom_key **ret_key) MUST_CHECK;
struct jwt_custom_key *jwt_custom_key_free(struct jwt_custom_key *k); /* wipes; NULL is fine */

/*
 * As jwt_sign(), by the key's algorithm. kid: plain characters. E_INTERNAL when the token is
 * longer than `most`. Any thread.
 */
enum status jwt_custom_sign(struct task *t, const struct jwt_custom_key *k, struct str typ, struct str kid,
    struct str payload, size_t most, struct str *ret_token) MUST_CHECK;
