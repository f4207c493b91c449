/* jwt_key.h - what is inside a signing key. For jwt.c and jwt_key.c alone. */
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
