/* foreign_hash.c - password hashes that other programs made: one row a way of writing them. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/foreign_hash.h"

#include <sodium.h>
#include <string.h>

#include "auth/foreign_scheme.h"
#include "base/str.h"

const char foreign_malformed[] = "is not written as such a hash is";
const char foreign_costly[] = "costs too much to compare";

bool
foreign_refuse(const char *why, const char **ret_why)
{
	*ret_why = why;
	return false;
}

/* ---- reading ---- */

static bool
decode_b64(struct str text, struct foreign_bytes *ret_bytes)
{
	char plain[2 * FOREIGN_BYTES_MAX];

	while (text.n > 0 && text.p[text.n - 1] == '=')
		text.n--;
	if (text.n > sizeof(plain))
		return false;
	for (size_t i = 0; i < text.n; i++)
		plain[i] = text.p[i] == '.' ? '+' : text.p[i];
	return sodium_base642bin(ret_bytes->p, sizeof(ret_bytes->p), plain, text.n, NULL, &ret_bytes->n, NULL,
	    sodium_base64_VARIANT_ORIGINAL_NO_PADDING) == 0;
}

bool
foreign_decode(enum foreign_encoding encoding, struct str text, struct foreign_bytes *ret_bytes)
{
	if (encoding == FOREIGN_B64 || encoding == FOREIGN_AB64)
		return (encoding == FOREIGN_AB64 || !memchr(text.p, '.', text.n)) && decode_b64(text, ret_bytes);
	if (encoding == FOREIGN_HEX)
		return sodium_hex2bin(ret_bytes->p, sizeof(ret_bytes->p), text.p, text.n, NULL, &ret_bytes->n, NULL) == 0 &&
		    text.n == 2 * ret_bytes->n;
	if (text.n > sizeof(ret_bytes->p))
		return false;
	memcpy(ret_bytes->p, text.p, text.n);
	ret_bytes->n = text.n;
	return true;
}

/* The next part, up to c or to the end. */
struct str
foreign_next(struct str *rest, char c)
{
	struct str head, tail;

	(void)str_cut(*rest, c, &head, &tail);
	*rest = tail;
	return head;
}

/* "t=3" with the name "t=". */
bool
foreign_read_named(struct str text, struct str name, int64_t max, int64_t *ret_v)
{
	return str_starts(text, name) && str_int(str_from(text, name.n), 1, max, ret_v);
}

bool
foreign_read_salt_and_hash(struct str rest, enum foreign_encoding salt, enum foreign_encoding hash, struct foreign_hash *h)
{
	struct str first = foreign_next(&rest, '$');

	return foreign_decode(salt, first, &h->salt) && foreign_decode(hash, rest, &h->hash) && h->hash.n >= 16;
}

/* ---- the rows ---- */

static const struct foreign_scheme schemes[] = {
	{ "$2a$", "bcrypt", NULL, foreign_read_bcrypt, foreign_check_crypt },
	{ "$2b$", "bcrypt", NULL, foreign_read_bcrypt, foreign_check_crypt },
	{ "$2y$", "bcrypt", NULL, foreign_read_bcrypt, foreign_check_crypt },
	{ "bcrypt$", "bcrypt", NULL, foreign_read_django_bcrypt, foreign_check_crypt },
	{ "bcrypt_sha256$", "bcrypt of SHA-256", NULL, foreign_read_django_bcrypt, foreign_check_bcrypt_sha256 },
	{ "$5$", "sha256-crypt", NULL, foreign_read_sha_crypt, foreign_check_crypt },
	{ "$6$", "sha512-crypt", NULL, foreign_read_sha_crypt, foreign_check_crypt },
	{ "$y$", "yescrypt", NULL, foreign_read_yescrypt, foreign_check_crypt },
	{ "$7$", "scrypt", NULL, foreign_read_seven, foreign_check_crypt },
	{ "$scrypt$", "scrypt", NULL, foreign_read_scrypt_passlib, foreign_check_scrypt },
	{ "scrypt:", "scrypt", NULL, foreign_read_scrypt_werkzeug, foreign_check_scrypt },
	{ "scrypt$", "scrypt", NULL, foreign_read_scrypt_django, foreign_check_scrypt },
	{ "$fbscrypt$", "Firebase scrypt", NULL, foreign_read_firebase, foreign_check_firebase },
	{ "$pbkdf2$", "PBKDF2", "SHA1", foreign_read_pbkdf2_passlib, foreign_check_pbkdf2 },
	{ "$pbkdf2-sha256$", "PBKDF2", "SHA256", foreign_read_pbkdf2_passlib, foreign_check_pbkdf2 },
	{ "$pbkdf2-sha512$", "PBKDF2", "SHA512", foreign_read_pbkdf2_passlib, foreign_check_pbkdf2 },
	{ "pbkdf2_sha1$", "PBKDF2", "SHA1", foreign_read_pbkdf2_django, foreign_check_pbkdf2 },
	{ "pbkdf2_sha256$", "PBKDF2", "SHA256", foreign_read_pbkdf2_django, foreign_check_pbkdf2 },
	{ "pbkdf2:sha1:", "PBKDF2", "SHA1", foreign_read_pbkdf2_werkzeug, foreign_check_pbkdf2 },
	{ "pbkdf2:sha256:", "PBKDF2", "SHA256", foreign_read_pbkdf2_werkzeug, foreign_check_pbkdf2 },
	{ "pbkdf2:sha512:", "PBKDF2", "SHA512", foreign_read_pbkdf2_werkzeug, foreign_check_pbkdf2 },
	{ "AQAAAA", "PBKDF2 of ASP.NET Identity", NULL, foreign_read_aspnet, foreign_check_pbkdf2 },
	{ "$argon2id$", "argon2id", NULL, foreign_read_argon2, foreign_check_argon2 },
	{ "$argon2i$", "argon2i", NULL, foreign_read_argon2, foreign_check_argon2 },
	{ "argon2$", "argon2", NULL, foreign_read_django_argon2, foreign_check_argon2 },
};

bool
foreign_hash_read(struct str record, struct foreign_hash *ret_hash, const char **ret_why)
{
	struct foreign_hash h = { .record = record };

	if (record.n > FOREIGN_RECORD_MAX)
		return foreign_refuse(foreign_malformed, ret_why);
	for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
		if (!str_starts(record, str_of(schemes[i].prefix)))
			continue;
		h.scheme = &schemes[i];
		if (!schemes[i].read(str_from(record, strlen(schemes[i].prefix)), &h, ret_why))
			return false;
		*ret_hash = h;
		return true;
	}
	return foreign_refuse("is of no scheme that can be compared here", ret_why);
}

bool
foreign_hash_check(const struct foreign_hash *h, struct str password, bool *ret_matches)
{
	return h->scheme->check(h, password, ret_matches);
}
