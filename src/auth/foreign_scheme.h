/* foreign_scheme.h - the parts of foreign_hash.c, for one another: families of schemes, a file each. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "auth/foreign_hash.h"

struct foreign_scheme {
	const char *prefix;
	const char *name;	/* for whoever reads the rows */
	const char *digest;	/* PBKDF2 */
	bool (*read)(struct str rest, struct foreign_hash *h, const char **ret_why);	/* what follows the prefix */
	bool (*check)(const struct foreign_hash *h, struct str password, bool *ret_matches);
};

/* ---- reading; foreign_hash.c ---- */

extern const char foreign_malformed[], foreign_costly[];
/* false, and says why. */
bool foreign_refuse(const char *why, const char **ret_why);

enum foreign_encoding { FOREIGN_B64, FOREIGN_AB64, FOREIGN_HEX, FOREIGN_PLAIN };	/* AB64: passlib's, with '.' for '+' */
bool foreign_decode(enum foreign_encoding encoding, struct str text, struct foreign_bytes *ret_bytes) MUST_CHECK;

/* The next part, up to c or to the end. */
struct str foreign_next(struct str *rest, char c);
/* "t=3" with the name "t=". */
bool foreign_read_named(struct str text, struct str name, int64_t max, int64_t *ret_v) MUST_CHECK;
/* "salt$hash" */
bool foreign_read_salt_and_hash(
    struct str rest, enum foreign_encoding salt, enum foreign_encoding hash, struct foreign_hash *h) MUST_CHECK;

/* yescrypt costs what scrypt does; foreign_scrypt.c. */
bool foreign_scrypt_is_affordable(int64_t log2_n, int64_t r, int64_t p, const char **ret_why) MUST_CHECK;

/* ---- the families: what the rows of foreign_hash.c have, for one way of writing each ---- */

/* foreign_crypt.c */
bool foreign_read_bcrypt(struct str rest, struct foreign_hash *h, const char **ret_why) MUST_CHECK;
bool foreign_read_django_bcrypt(struct str rest, struct foreign_hash *h, const char **ret_why) MUST_CHECK;
bool foreign_read_sha_crypt(struct str rest, struct foreign_hash *h, const char **ret_why) MUST_CHECK;
bool foreign_read_yescrypt(struct str rest, struct foreign_hash *h, const char **ret_why) MUST_CHECK;
bool foreign_read_seven(struct str rest, struct foreign_hash *h, const char **ret_why) MUST_CHECK;
bool foreign_check_crypt(const struct foreign_hash *h, struct str password, bool *ret_matches) MUST_CHECK;
bool foreign_check_bcrypt_sha256(const struct foreign_hash *h, struct str password, bool *ret_matches) MUST_CHECK;

/* foreign_pbkdf2.c */
bool foreign_read_pbkdf2_passlib(struct str rest, struct foreign_hash *h, const char **ret_why) MUST_CHECK;
bool foreign_read_pbkdf2_django(struct str rest, struct foreign_hash *h, const char **ret_why) MUST_CHECK;
bool foreign_read_pbkdf2_werkzeug(struct str rest, struct foreign_hash *h, const char **ret_why) MUST_CHECK;
bool foreign_read_aspnet(struct str rest, struct foreign_hash *h, const char **ret_why) MUST_CHECK;
bool foreign_check_pbkdf2(const struct foreign_hash *h, struct str password, bool *ret_matches) MUST_CHECK;

/* foreign_scrypt.c */
bool foreign_read_scrypt_passlib(struct str rest, struct foreign_hash *h, const char **ret_why) MUST_CHECK;
bool foreign_read_scrypt_werkzeug(struct str rest, struct foreign_hash *h, const char **ret_why) MUST_CHECK;
bool foreign_read_scrypt_django(struct str rest, struct foreign_hash *h, const char **ret_why) MUST_CHECK;
bool foreign_read_firebase(struct str rest, struct foreign_hash *h, const char **ret_why) MUST_CHECK;
bool foreign_check_scrypt(const struct foreign_hash *h, struct str password, bool *ret_matches) MUST_CHECK;
bool foreign_check_firebase(const struct foreign_hash *h, struct str password, bool *ret_matches) MUST_CHECK;

/* foreign_argon2.c */
bool foreign_read_argon2(struct str rest, struct foreign_hash *h, const char **ret_why) MUST_CHECK;
bool foreign_read_django_argon2(struct str rest, struct foreign_hash *h, const char **ret_why) MUST_CHECK;
bool foreign_check_argon2(const struct foreign_hash *h, struct str password, bool *ret_matches) MUST_CHECK;
