/* foreign_pbkdf2.c - hashes of PBKDF2 (RFC 8018 §5.2). */
/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/foreign_scheme.h"

#include <openssl/evp.h>
#include <string.h>

#include "base/secret.h"
#include "base/str.h"

static bool
read_rounds(struct str text, struct foreign_hash *h, const char **ret_why)
{
	h->digest = h->scheme->digest;
	return str_int(text, 1, INT64_MAX, &h->rounds) || foreign_refuse(foreign_malformed, ret_why);
}

/* Each digest's length of the hash takes all the rounds anew. */
static bool
pbkdf2_is_affordable(const struct foreign_hash *h, const char **ret_why)
{
	size_t digest_n = strcmp(h->digest, "SHA1") == 0 ? 20 : strcmp(h->digest, "SHA256") == 0 ? 32 : 64;
	int64_t pieces = (int64_t)((h->hash.n + digest_n - 1) / digest_n);

	return h->rounds <= FOREIGN_PBKDF2_ROUNDS_MAX / pieces || foreign_refuse(foreign_costly, ret_why);
}

bool
foreign_read_pbkdf2_passlib(struct str rest, struct foreign_hash *h, const char **ret_why)
{
	if (!read_rounds(foreign_next(&rest, '$'), h, ret_why))
		return false;
	if (!foreign_read_salt_and_hash(rest, FOREIGN_AB64, FOREIGN_AB64, h))
		return foreign_refuse(foreign_malformed, ret_why);
	return pbkdf2_is_affordable(h, ret_why);
}

bool
foreign_read_pbkdf2_django(struct str rest, struct foreign_hash *h, const char **ret_why)
{
	if (!read_rounds(foreign_next(&rest, '$'), h, ret_why))
		return false;
	if (!foreign_read_salt_and_hash(rest, FOREIGN_PLAIN, FOREIGN_B64, h))
		return foreign_refuse(foreign_malformed, ret_why);
	return pbkdf2_is_affordable(h, ret_why);
}

bool
foreign_read_pbkdf2_werkzeug(struct str rest, struct foreign_hash *h, const char **ret_why)
{
	if (!read_rounds(foreign_next(&rest, '$'), h, ret_why))
		return false;
	if (!foreign_read_salt_and_hash(rest, FOREIGN_PLAIN, FOREIGN_HEX, h))
		return foreign_refuse(foreign_malformed, ret_why);
	return pbkdf2_is_affordable(h, ret_why);
}

static uint32_t
big_endian(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* Base64 of: 1, the digest, the rounds and the salt's length in four bytes each, salt, hash. */
bool
foreign_read_aspnet(struct str rest, struct foreign_hash *h, const char **ret_why)
{
	static const char *const digests[] = { "SHA1", "SHA256", "SHA512" };
	struct foreign_bytes all;
	size_t salt_n;

	(void)rest;
	if (!foreign_decode(FOREIGN_B64, h->record, &all) || all.n < 13 + 8 + 16 || big_endian(all.p + 1) > 2)
		return foreign_refuse(foreign_malformed, ret_why);
	h->digest = digests[big_endian(all.p + 1)];
	h->rounds = big_endian(all.p + 5);
	salt_n = big_endian(all.p + 9);
	if (h->rounds < 1 || salt_n < 8 || salt_n > all.n - 13 - 16)
		return foreign_refuse(foreign_malformed, ret_why);
	h->salt.n = salt_n;
	memcpy(h->salt.p, all.p + 13, salt_n);
	h->hash.n = all.n - 13 - salt_n;
	memcpy(h->hash.p, all.p + 13 + salt_n, h->hash.n);
	return pbkdf2_is_affordable(h, ret_why);
}

bool
foreign_check_pbkdf2(const struct foreign_hash *h, struct str password, bool *ret_matches)
{
	EVP_MD *digest = EVP_MD_fetch(NULL, h->digest, NULL);
	uint8_t made[FOREIGN_BYTES_MAX];
	bool known = digest && PKCS5_PBKDF2_HMAC(password.p, (int)password.n, h->salt.p, (int)h->salt.n, (int)h->rounds,
	    digest, (int)h->hash.n, made) == 1;

	*ret_matches = known && secret_eq(made, h->hash.p, h->hash.n);
	secret_wipe(made, sizeof(made));
	EVP_MD_free(digest);
	return known;
}
