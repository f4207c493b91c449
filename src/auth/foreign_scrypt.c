/* foreign_scrypt.c - hashes of scrypt (RFC 7914), Firebase's among them. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/foreign_scheme.h"

#include <openssl/evp.h>
#include <string.h>

#include "base/secret.h"
#include "base/str.h"

bool
foreign_scrypt_is_affordable(int64_t log2_n, int64_t r, int64_t p, const char **ret_why)
{
	int64_t n = INT64_C(1) << log2_n;

	if (128 * n * r > FOREIGN_MEMORY_MAX || n * r * p > FOREIGN_SCRYPT_WORK_MAX)
		return foreign_refuse(foreign_costly, ret_why);
	return true;
}

/* N as it is, or as its logarithm. */
static bool
set_cost(struct foreign_hash *h, int64_t n, int64_t r, int64_t p, const char **ret_why)
{
	int log2_n = 0;

	while (log2_n < 30 && (INT64_C(1) << log2_n) < n)
		log2_n++;
	if (n < 2 || (INT64_C(1) << log2_n) != n)
		return foreign_refuse(foreign_malformed, ret_why);
	h->n = n;
	h->r = r;
	h->p = p;
	return foreign_scrypt_is_affordable(log2_n, r, p, ret_why);
}

/* "ln=16,r=8,p=1$salt$hash" */
bool
foreign_read_scrypt_passlib(struct str rest, struct foreign_hash *h, const char **ret_why)
{
	struct str parameters = foreign_next(&rest, '$');
	int64_t ln, r, p;

	if (!foreign_read_named(foreign_next(&parameters, ','), S("ln="), 30, &ln) || !foreign_read_named(foreign_next(&parameters, ','), S("r="), 1024, &r) ||
	    !foreign_read_named(parameters, S("p="), 1024, &p) || !foreign_read_salt_and_hash(rest, FOREIGN_B64, FOREIGN_B64, h))
		return foreign_refuse(foreign_malformed, ret_why);
	return set_cost(h, INT64_C(1) << ln, r, p, ret_why);
}

/* "32768:8:1$salt$hash" */
bool
foreign_read_scrypt_werkzeug(struct str rest, struct foreign_hash *h, const char **ret_why)
{
	struct str parameters = foreign_next(&rest, '$');
	int64_t n, r, p;

	if (!str_int(foreign_next(&parameters, ':'), 2, INT64_C(1) << 30, &n) || !str_int(foreign_next(&parameters, ':'), 1, 1024, &r) ||
	    !str_int(parameters, 1, 1024, &p) || !foreign_read_salt_and_hash(rest, FOREIGN_PLAIN, FOREIGN_HEX, h))
		return foreign_refuse(foreign_malformed, ret_why);
	return set_cost(h, n, r, p, ret_why);
}

/* "16384$salt$8$5$hash" */
bool
foreign_read_scrypt_django(struct str rest, struct foreign_hash *h, const char **ret_why)
{
	struct str cost = foreign_next(&rest, '$'), salt = foreign_next(&rest, '$'), block = foreign_next(&rest, '$'), lanes = foreign_next(&rest, '$');
	int64_t n, r, p;

	if (!str_int(cost, 2, INT64_C(1) << 30, &n) || !str_int(block, 1, 1024, &r) || !str_int(lanes, 1, 1024, &p) ||
	    !foreign_decode(FOREIGN_PLAIN, salt, &h->salt) || !foreign_decode(FOREIGN_B64, rest, &h->hash) || h->hash.n < 16)
		return foreign_refuse(foreign_malformed, ret_why);
	return set_cost(h, n, r, p, ret_why);
}

/* "v=1,n=14,r=8,p=1,ss=Bw==,sk=…$salt$hash": separator and signer key are the project's. */
bool
foreign_read_firebase(struct str rest, struct foreign_hash *h, const char **ret_why)
{
	struct str parameters = foreign_next(&rest, '$');
	struct str version = foreign_next(&parameters, ','), n = foreign_next(&parameters, ','), r = foreign_next(&parameters, ',');
	struct str p = foreign_next(&parameters, ','), separator = foreign_next(&parameters, ',');
	int64_t log2_n, block, lanes;

	if (!str_eq(version, S("v=1")) || !foreign_read_named(n, S("n="), 30, &log2_n) || !foreign_read_named(r, S("r="), 1024, &block) ||
	    !foreign_read_named(p, S("p="), 1024, &lanes) || !str_starts(separator, S("ss=")) || !str_starts(parameters, S("sk=")))
		return foreign_refuse(foreign_malformed, ret_why);
	if (!foreign_decode(FOREIGN_B64, str_from(separator, 3), &h->separator) || !foreign_decode(FOREIGN_B64, str_from(parameters, 3), &h->key) ||
	    !foreign_read_salt_and_hash(rest, FOREIGN_B64, FOREIGN_B64, h) || h->hash.n != h->key.n ||
	    h->salt.n + h->separator.n > FOREIGN_BYTES_MAX)
		return foreign_refuse(foreign_malformed, ret_why);
	memcpy(h->salt.p + h->salt.n, h->separator.p, h->separator.n);
	h->salt.n += h->separator.n;
	return set_cost(h, INT64_C(1) << log2_n, block, lanes, ret_why);
}

static bool
scrypt(const struct foreign_hash *h, struct str password, uint8_t *ret_made, size_t n)
{
	return EVP_PBE_scrypt(password.p, password.n, h->salt.p, h->salt.n, (uint64_t)h->n, (uint64_t)h->r, (uint64_t)h->p,
	    2 * (uint64_t)FOREIGN_MEMORY_MAX, ret_made, n) == 1;
}

bool
foreign_check_scrypt(const struct foreign_hash *h, struct str password, bool *ret_matches)
{
	uint8_t made[FOREIGN_BYTES_MAX];
	bool known = scrypt(h, password, made, h->hash.n);

	*ret_matches = known && secret_eq(made, h->hash.p, h->hash.n);
	secret_wipe(made, sizeof(made));
	return known;
}

/* The hash is the signer key, encrypted with what scrypt gives: AES-256 in counter mode from zero. */
static bool
encrypt_key(const struct foreign_hash *h, const uint8_t key[32], uint8_t ret_made[static FOREIGN_BYTES_MAX + 16])
{
	static const uint8_t zero[16];
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, "AES-256-CTR", NULL);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n = 0;
	bool ok = cipher && ctx && EVP_EncryptInit_ex2(ctx, cipher, key, zero, NULL) == 1 &&
	    EVP_EncryptUpdate(ctx, ret_made, &n, h->key.p, (int)h->key.n) == 1 && (size_t)n == h->key.n;

	EVP_CIPHER_CTX_free(ctx);
	EVP_CIPHER_free(cipher);
	return ok;
}

bool
foreign_check_firebase(const struct foreign_hash *h, struct str password, bool *ret_matches)
{
	uint8_t key[32], made[FOREIGN_BYTES_MAX + 16];
	bool known = scrypt(h, password, key, sizeof(key)) && encrypt_key(h, key, made);

	*ret_matches = known && secret_eq(made, h->hash.p, h->hash.n);
	secret_wipe(key, sizeof(key));
	secret_wipe(made, sizeof(made));
	return known;
}
