/* secret.h - bytes that must not be seen: keys, and how secrets are compared and drawn. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/base.h"

/* In guarded, locked memory of libsodium; wiped when done. Never in an arena. */
struct secret {
	uint8_t *p;
	size_t   n;
};

/* Ready the libraries (once, in main): libsodium, OpenSSL without its config file. false: refuse to start. */
bool secret_init_libraries(void) MUST_CHECK;

bool secret_new(size_t n, struct secret *ret_secret) MUST_CHECK;	/* zeroed; false: no memory */
void secret_done(struct secret *s);	/* wipes; a zero struct is fine */
bool secret_eq(const void *a, const void *b, size_t n) MUST_CHECK;	/* constant time */
void secret_wipe(void *p, size_t n);

/*
 * n random bytes from getrandom(2). false means no randomness: the caller gives
 * E_INTERNAL and nobody gets in. The one source in the program. Any thread.
 */
bool secret_random(void *ret_p, size_t n) MUST_CHECK;

/* For tests only: while on, secret_random() fails. Any thread. */
void secret_test_fail_random(bool on);

/*
 * SHA-256 (FIPS 180-4) and HMAC-SHA-256 (RFC 2104) over the concatenation of the
 * parts. false: no hash; callers check, though libsodium's cannot fail. Any thread.
 */
bool secret_sha256(uint8_t ret_hash[32], const struct str *parts, size_t n_parts) MUST_CHECK;
bool secret_hmac(uint8_t ret_mac[32], const uint8_t *key, size_t key_n, const struct str *parts, size_t n_parts) MUST_CHECK;
