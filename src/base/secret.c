/* secret.c - bytes that must not be seen: keys, and how secrets are compared and drawn. */
/* SPDX-License-Identifier: Apache-2.0 */
/* For SHA256_Init() and its like, which EVP itself calls. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "base/secret.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/sha.h>
#include <sodium.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/random.h>

static atomic_bool test_fail_random;

bool
secret_init_libraries(void)
{
	bool ok;

	if (sodium_init() < 0)
		return false;
	/* openssl.cnf can load engines and providers: no file outside decides over this program. */
	ERR_clear_error();
	ok = OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) == 1;
	ERR_clear_error();
	return ok;
}

bool
secret_new(size_t n, struct secret *ret_secret)
{
	uint8_t *p = sodium_malloc(n);

	if (p == NULL)
		return false;
	if (n > 0)
		memset(p, 0, n);
	*ret_secret = (struct secret){ p, n };
	return true;
}

void
secret_done(struct secret *s)
{
	sodium_free(s->p);
	*s = (struct secret){ NULL, 0 };
}

bool
secret_eq(const void *a, const void *b, size_t n)
{
	return n == 0 || sodium_memcmp(a, b, n) == 0;
}

void
secret_wipe(void *p, size_t n)
{
	if (n > 0)
		sodium_memzero(p, n);
}

void
secret_test_fail_random(bool on)
{
	atomic_store(&test_fail_random, on);
}

bool
secret_random(void *ret_p, size_t n)
{
	uint8_t *p = ret_p;
	ssize_t got;

	if (atomic_load_explicit(&test_fail_random, memory_order_relaxed))
		return false;
	while (n > 0) {
		got = getrandom(p, n, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		p += got;
		n -= (size_t)got;
	}
	return true;
}

/*
 * SHA-256 stands on the path of every request, so it is OpenSSL's, which uses the processor's own instructions, and
 * called as it is: EVP makes, wipes and frees a context for each, 650 instructions beside what the hash itself takes.
 */
bool
secret_sha256(uint8_t ret_hash[32], const struct str *parts, size_t n_parts)
{
	SHA256_CTX ctx;
	bool ok = SHA256_Init(&ctx) == 1;

	for (size_t i = 0; ok && i < n_parts; i++)
		ok = SHA256_Update(&ctx, parts[i].p, parts[i].n) == 1;
	return SHA256_Final(ret_hash, &ctx) == 1 && ok;
}

/* libsodium rather than EVP: no allocation, no error queue, no way to fail. */
bool
secret_hmac(uint8_t ret_mac[32], const uint8_t *key, size_t key_n, const struct str *parts,
    size_t n_parts)
{
	crypto_auth_hmacsha256_state state;

	crypto_auth_hmacsha256_init(&state, key, key_n);
	for (size_t i = 0; i < n_parts; i++)
		crypto_auth_hmacsha256_update(&state, (const uint8_t *)parts[i].p, parts[i].n);
	crypto_auth_hmacsha256_final(&state, ret_mac);
	secret_wipe(&state, sizeof(state));
	return true;
}
