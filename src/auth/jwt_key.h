/* jwt_key.h - what is inside a signing key, and how it signs. For jwt*.c alone. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <openssl/evp.h>

#include "auth/jwt.h"

enum {
	JWT_SCALAR_N = 32, /* a number modulo the order, a coordinate */
	JWT_POINT_N = 1 + 2 * JWT_SCALAR_N,
};

struct jwt_key {
	EVP_PKEY *pkey;             /* read only once made, so threads share it */
	uint8_t point[JWT_POINT_N]; /* 04 x y */
	char kid[JWT_KID_MAX];
	size_t kid_n;
};

/* The order of P-256's group, big-endian. */
extern const uint8_t jwt_p256_order[JWT_SCALAR_N];
/* 1 <= v < order, big-endian; in constant time. */
bool jwt_scalar_ok(const uint8_t v[JWT_SCALAR_N]) MUST_CHECK;

/*
 * "header.payload" in base64url: {"alg":alg,"typ":typ,"kid":kid}, which are plain characters all, and the
 * payload as it is. And with the signature's bytes at its end: E_INTERNAL when that is longer than `most`.
 */
enum status jwt_input(struct task *t, const char *alg, struct str typ, struct str kid, struct str payload,
    struct str *ret_input) MUST_CHECK;
enum status jwt_finish(struct task *t, struct str input, const uint8_t *signature, size_t n, size_t most,
    struct str *ret_token) MUST_CHECK;

/*
 * r and s as two fields of scalar_n bytes each (RFC 7518 §3.4). With fresh randomness for the nonce, and false
 * without. Leaves OpenSSL's error queue to the caller.
 */
enum { JWT_SCALAR_MAX = 48 }; /* P-384 */
bool jwt_ecdsa_sign(
    EVP_PKEY *pkey, const EVP_MD *md, size_t scalar_n, struct str input, uint8_t *ret_raw) MUST_CHECK;
