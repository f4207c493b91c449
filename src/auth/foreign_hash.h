/* foreign_hash.h - password hashes that other programs made: read at import, compared until the first sign-in. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/base.h"

/*
 * What a comparison may cost: about a second of one computing thread and 64 MiB, at the most (sha-crypt with a
 * password of 500 bytes: three). A list of hashes with monstrous parameters would stop every sign-in.
 */
enum {
	FOREIGN_BCRYPT_COST_MAX = 14,
	FOREIGN_SHA_CRYPT_ROUNDS_MAX = 1000000,
	FOREIGN_PBKDF2_ROUNDS_MAX = 2000000,	/* for each digest's length of the hash */
	FOREIGN_MEMORY_MAX = 64 << 20,	/* scrypt, yescrypt, argon2 */
	FOREIGN_SCRYPT_WORK_MAX = 1 << 20,	/* N * r * p */
	FOREIGN_ARGON2_WORK_MAX = 4 * 65536,	/* KiB * passes */
	FOREIGN_RECORD_MAX = 512,
	FOREIGN_BYTES_MAX = 128,	/* of a salt, a hash, a key */
};

struct foreign_bytes {
	uint8_t p[FOREIGN_BYTES_MAX];
	size_t  n;
};

struct foreign_scheme;
struct foreign_hash {
	const struct foreign_scheme *scheme;
	struct str           record;	/* borrowed */
	struct str           setting;	/* the part that crypt(3) and argon2 read themselves */
	const char          *digest;	/* PBKDF2: OpenSSL's name */
	int64_t              rounds;	/* PBKDF2 */
	int64_t              n, r, p;	/* scrypt */
	struct foreign_bytes salt, hash, key, separator;
};

/*
 * Which of the schemes it is: bcrypt ($2a$ $2b$ $2y$, Django's bcrypt$ and bcrypt_sha256$), sha-crypt ($5$ $6$), yescrypt ($y$),
 * scrypt ($7$, $scrypt$ of passlib, scrypt: of Werkzeug, scrypt$ of Django, $fbscrypt$ of Firebase),
 * PBKDF2 ($pbkdf2…$ of passlib, pbkdf2_…$ of Django, pbkdf2: of Werkzeug, ASP.NET Identity 3),
 * argon2i and argon2id (also Django's argon2$). false with a phrase in *ret_why when it is none, malformed, or costs too much.
 * The result borrows the record. Any thread.
 */
bool foreign_hash_read(struct str record, struct foreign_hash *ret_hash, const char **ret_why) MUST_CHECK;

/*
 * Was the hash made of this password? Bytes as sent: other programs seldom normalise. For a computing thread.
 * false: no memory, and nothing is known.
 */
bool foreign_hash_check(const struct foreign_hash *h, struct str password, bool *ret_matches) MUST_CHECK;
