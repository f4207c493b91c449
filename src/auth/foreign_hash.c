/* foreign_hash.c - password hashes that other programs made: one row a way of writing them. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/foreign_hash.h"

#include <crypt.h>
#include <errno.h>
#include <openssl/evp.h>
#include <sodium.h>
#include <string.h>

#include "base/secret.h"
#include "base/str.h"

struct foreign_scheme {
	const char *prefix;
	const char *name;
	const char *digest;	/* PBKDF2 */
	bool (*read)(struct str rest, struct foreign_hash *h, const char **ret_why);	/* what follows the prefix */
	bool (*check)(const struct foreign_hash *h, struct str password, bool *ret_matches);
};

static const char malformed[] = "is not written as such a hash is";
static const char costly[] = "costs too much to compare";

static bool
refuse(const char *why, const char **ret_why)
{
	*ret_why = why;
	return false;
}

/* ---- reading ---- */

enum encoding { B64, AB64, HEX, PLAIN };	/* AB64: passlib's, with '.' for '+' */

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

static bool
decode(enum encoding encoding, struct str text, struct foreign_bytes *ret_bytes)
{
	if (encoding == B64 || encoding == AB64)
		return (encoding == AB64 || !memchr(text.p, '.', text.n)) && decode_b64(text, ret_bytes);
	if (encoding == HEX)
		return sodium_hex2bin(ret_bytes->p, sizeof(ret_bytes->p), text.p, text.n, NULL, &ret_bytes->n, NULL) == 0 &&
		    text.n == 2 * ret_bytes->n;
	if (text.n > sizeof(ret_bytes->p))
		return false;
	memcpy(ret_bytes->p, text.p, text.n);
	ret_bytes->n = text.n;
	return true;
}

/* The next part, up to c or to the end. */
static struct str
next(struct str *rest, char c)
{
	struct str head, tail;

	(void)str_cut(*rest, c, &head, &tail);
	*rest = tail;
	return head;
}

/* "t=3" with the name "t=". */
static bool
read_named(struct str text, struct str name, int64_t max, int64_t *ret_v)
{
	return str_starts(text, name) && str_int(str_from(text, name.n), 1, max, ret_v);
}

static bool
read_salt_and_hash(struct str rest, enum encoding salt, enum encoding hash, struct foreign_hash *h)
{
	struct str first = next(&rest, '$');

	return decode(salt, first, &h->salt) && decode(hash, rest, &h->hash) && h->hash.n >= 16;
}

/* ---- crypt(3): bcrypt, sha-crypt, yescrypt, $7$ ---- */

static const char itoa64[] = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

static int64_t
value64(char c)
{
	const char *at = c ? strchr(itoa64, c) : NULL;

	return at ? at - itoa64 : -1;
}

static bool
all64(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (value64(s.p[i]) < 0)
			return false;
	return true;
}

/* "12$" and 53 characters of salt and hash. */
static bool
read_bcrypt(struct str rest, struct foreign_hash *h, const char **ret_why)
{
	struct str cost = next(&rest, '$');
	int64_t n;

	if (cost.n == 2 && cost.p[0] == '0')
		cost = str_from(cost, 1);
	if (!str_int(cost, 4, 31, &n) || rest.n != 53 || !all64(rest))
		return refuse(malformed, ret_why);
	h->setting = h->record;
	return n <= FOREIGN_BCRYPT_COST_MAX || refuse(costly, ret_why);
}

/* Django writes "bcrypt$" before it. */
static bool
read_django_bcrypt(struct str rest, struct foreign_hash *h, const char **ret_why)
{
	static const char *const kinds[] = { "$2a$", "$2b$", "$2y$" };

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (!str_starts(rest, str_of(kinds[i])))
			continue;
		if (!read_bcrypt(str_from(rest, 4), h, ret_why))
			return false;
		h->setting = rest;
		return true;
	}
	return refuse(malformed, ret_why);
}

static bool
read_sha_crypt(struct str rest, struct foreign_hash *h, const char **ret_why)
{
	size_t hash_n = str_starts(h->record, S("$5$")) ? 43 : 86;
	int64_t rounds = 5000;
	struct str salt;

	if (str_starts(rest, S("rounds=")) && !read_named(next(&rest, '$'), S("rounds="), INT64_C(999999999), &rounds))
		return refuse(malformed, ret_why);
	salt = next(&rest, '$');
	if (salt.n > 16 || !all64(salt) || rest.n != hash_n || !all64(rest))
		return refuse(malformed, ret_why);
	h->setting = h->record;
	return rounds <= FOREIGN_SHA_CRYPT_ROUNDS_MAX || refuse(costly, ret_why);
}

static bool
scrypt_is_affordable(int64_t log2_n, int64_t r, int64_t p, const char **ret_why)
{
	int64_t n = INT64_C(1) << log2_n;

	if (128 * n * r > FOREIGN_MEMORY_MAX || n * r * p > FOREIGN_SCRYPT_WORK_MAX)
		return refuse(costly, ret_why);
	return true;
}

/* "j9T$salt$hash": the flavour of everybody's default, N and r in one character each, no further parameters. */
static bool
read_yescrypt(struct str rest, struct foreign_hash *h, const char **ret_why)
{
	struct str parameters = next(&rest, '$'), salt = next(&rest, '$');

	if (parameters.n != 3 || parameters.p[0] != 'j' || value64(parameters.p[1]) < 0 || value64(parameters.p[2]) < 0)
		return refuse("has yescrypt parameters other than those of $y$j", ret_why);
	if (salt.n == 0 || !all64(salt) || rest.n != 43 || !all64(rest))
		return refuse(malformed, ret_why);
	h->setting = h->record;
	if (value64(parameters.p[1]) > 30)
		return refuse(costly, ret_why);
	return scrypt_is_affordable(value64(parameters.p[1]) + 1, value64(parameters.p[2]) + 1, 1, ret_why);
}

/* Thirty bits, the lowest six first. */
static int64_t
read_30_bits(const char *p)
{
	int64_t v = 0;

	for (int i = 4; i >= 0; i--)
		v = v << 6 | value64(p[i]);
	return v;
}

static bool
read_seven(struct str rest, struct foreign_hash *h, const char **ret_why)
{
	struct str head = next(&rest, '$');
	int64_t r, p;

	if (head.n < 11 || !all64((struct str){ head.p, 11 }) || rest.n != 43 || !all64(rest))
		return refuse(malformed, ret_why);
	h->setting = h->record;
	r = read_30_bits(head.p + 1);
	p = read_30_bits(head.p + 6);
	if (value64(head.p[0]) > 30 || r > 1024 || p > 1024)
		return refuse(costly, ret_why);
	return scrypt_is_affordable(value64(head.p[0]), r, p, ret_why);
}

/* Everything crypt(3) needs, in memory that is wiped: it leaves the password in its work area. */
struct crypt_room {
	struct crypt_data data;
	char phrase[CRYPT_MAX_PASSPHRASE_SIZE];
	char setting[FOREIGN_RECORD_MAX + 1];
};

static bool
check_crypt(const struct foreign_hash *h, struct str password, bool *ret_matches)
{
	struct secret memory;
	struct crypt_room *room;
	bool known = true;
	const char *made;

	*ret_matches = false;
	if (password.n >= sizeof(room->phrase))
		return true;
	if (!secret_new(sizeof(*room), &memory))
		return false;
	room = (struct crypt_room *)(void *)memory.p;
	memset(room, 0, sizeof(*room));
	memcpy(room->phrase, password.p, password.n);
	memcpy(room->setting, h->setting.p, h->setting.n);
	errno = 0;
	made = crypt_rn(room->phrase, room->setting, &room->data, sizeof(room->data));
	if (made)
		*ret_matches = strlen(made) == h->setting.n && secret_eq(made, h->setting.p, h->setting.n);
	else
		known = errno != ENOMEM;
	secret_done(&memory);
	return known;
}

/* Django's way around bcrypt's 72 bytes. */
static bool
check_bcrypt_sha256(const struct foreign_hash *h, struct str password, bool *ret_matches)
{
	uint8_t hash[32];
	char text[65];
	bool known;

	if (!secret_sha256(hash, &password, 1))
		return false;
	sodium_bin2hex(text, sizeof(text), hash, sizeof(hash));
	known = check_crypt(h, (struct str){ text, 64 }, ret_matches);
	secret_wipe(hash, sizeof(hash));
	secret_wipe(text, sizeof(text));
	return known;
}

/* ---- PBKDF2 (RFC 8018 §5.2) ---- */

static bool
read_rounds(struct str text, struct foreign_hash *h, const char **ret_why)
{
	h->digest = h->scheme->digest;
	return str_int(text, 1, INT64_MAX, &h->rounds) || refuse(malformed, ret_why);
}

/* Each digest's length of the hash takes all the rounds anew. */
static bool
pbkdf2_is_affordable(const struct foreign_hash *h, const char **ret_why)
{
	size_t digest_n = strcmp(h->digest, "SHA1") == 0 ? 20 : strcmp(h->digest, "SHA256") == 0 ? 32 : 64;
	int64_t pieces = (int64_t)((h->hash.n + digest_n - 1) / digest_n);

	return h->rounds <= FOREIGN_PBKDF2_ROUNDS_MAX / pieces || refuse(costly, ret_why);
}

static bool
read_pbkdf2_passlib(struct str rest, struct foreign_hash *h, const char **ret_why)
{
	if (!read_rounds(next(&rest, '$'), h, ret_why))
		return false;
	if (!read_salt_and_hash(rest, AB64, AB64, h))
		return refuse(malformed, ret_why);
	return pbkdf2_is_affordable(h, ret_why);
}

static bool
read_pbkdf2_django(struct str rest, struct foreign_hash *h, const char **ret_why)
{
	if (!read_rounds(next(&rest, '$'), h, ret_why))
		return false;
	if (!read_salt_and_hash(rest, PLAIN, B64, h))
		return refuse(malformed, ret_why);
	return pbkdf2_is_affordable(h, ret_why);
}

static bool
read_pbkdf2_werkzeug(struct str rest, struct foreign_hash *h, const char **ret_why)
{
	if (!read_rounds(next(&rest, '$'), h, ret_why))
		return false;
	if (!read_salt_and_hash(rest, PLAIN, HEX, h))
		return refuse(malformed, ret_why);
	return pbkdf2_is_affordable(h, ret_why);
}

static uint32_t
big_endian(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* Base64 of: 1, the digest, the rounds and the salt's length in four bytes each, salt, hash. */
static bool
read_aspnet(struct str rest, struct foreign_hash *h, const char **ret_why)
{
	static const char *const digests[] = { "SHA1", "SHA256", "SHA512" };
	struct foreign_bytes all;
	size_t salt_n;

	(void)rest;
	if (!decode(B64, h->record, &all) || all.n < 13 + 8 + 16 || big_endian(all.p + 1) > 2)
		return refuse(malformed, ret_why);
	h->digest = digests[big_endian(all.p + 1)];
	h->rounds = big_endian(all.p + 5);
	salt_n = big_endian(all.p + 9);
	if (h->rounds < 1 || salt_n < 8 || salt_n > all.n - 13 - 16)
		return refuse(malformed, ret_why);
	h->salt.n = salt_n;
	memcpy(h->salt.p, all.p + 13, salt_n);
	h->hash.n = all.n - 13 - salt_n;
	memcpy(h->hash.p, all.p + 13 + salt_n, h->hash.n);
	return pbkdf2_is_affordable(h, ret_why);
}

static bool
check_pbkdf2(const struct foreign_hash *h, struct str password, bool *ret_matches)
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

/* ---- scrypt (RFC 7914) ---- */

/* N as it is, or as its logarithm. */
static bool
set_cost(struct foreign_hash *h, int64_t n, int64_t r, int64_t p, const char **ret_why)
{
	int log2_n = 0;

	while (log2_n < 30 && (INT64_C(1) << log2_n) < n)
		log2_n++;
	if (n < 2 || (INT64_C(1) << log2_n) != n)
		return refuse(malformed, ret_why);
	h->n = n;
	h->r = r;
	h->p = p;
	return scrypt_is_affordable(log2_n, r, p, ret_why);
}

/* "ln=16,r=8,p=1$salt$hash" */
static bool
read_scrypt_passlib(struct str rest, struct foreign_hash *h, const char **ret_why)
{
	struct str parameters = next(&rest, '$');
	int64_t ln, r, p;

	if (!read_named(next(&parameters, ','), S("ln="), 30, &ln) || !read_named(next(&parameters, ','), S("r="), 1024, &r) ||
	    !read_named(parameters, S("p="), 1024, &p) || !read_salt_and_hash(rest, B64, B64, h))
		return refuse(malformed, ret_why);
	return set_cost(h, INT64_C(1) << ln, r, p, ret_why);
}

/* "32768:8:1$salt$hash" */
static bool
read_scrypt_werkzeug(struct str rest, struct foreign_hash *h, const char **ret_why)
{
	struct str parameters = next(&rest, '$');
	int64_t n, r, p;

	if (!str_int(next(&parameters, ':'), 2, INT64_C(1) << 30, &n) || !str_int(next(&parameters, ':'), 1, 1024, &r) ||
	    !str_int(parameters, 1, 1024, &p) || !read_salt_and_hash(rest, PLAIN, HEX, h))
		return refuse(malformed, ret_why);
	return set_cost(h, n, r, p, ret_why);
}

/* "16384$salt$8$5$hash" */
static bool
read_scrypt_django(struct str rest, struct foreign_hash *h, const char **ret_why)
{
	struct str cost = next(&rest, '$'), salt = next(&rest, '$'), block = next(&rest, '$'), lanes = next(&rest, '$');
	int64_t n, r, p;

	if (!str_int(cost, 2, INT64_C(1) << 30, &n) || !str_int(block, 1, 1024, &r) || !str_int(lanes, 1, 1024, &p) ||
	    !decode(PLAIN, salt, &h->salt) || !decode(B64, rest, &h->hash) || h->hash.n < 16)
		return refuse(malformed, ret_why);
	return set_cost(h, n, r, p, ret_why);
}

/* "v=1,n=14,r=8,p=1,ss=Bw==,sk=…$salt$hash": separator and signer key are the project's. */
static bool
read_firebase(struct str rest, struct foreign_hash *h, const char **ret_why)
{
	struct str parameters = next(&rest, '$');
	struct str version = next(&parameters, ','), n = next(&parameters, ','), r = next(&parameters, ',');
	struct str p = next(&parameters, ','), separator = next(&parameters, ',');
	int64_t log2_n, block, lanes;

	if (!str_eq(version, S("v=1")) || !read_named(n, S("n="), 30, &log2_n) || !read_named(r, S("r="), 1024, &block) ||
	    !read_named(p, S("p="), 1024, &lanes) || !str_starts(separator, S("ss=")) || !str_starts(parameters, S("sk=")))
		return refuse(malformed, ret_why);
	if (!decode(B64, str_from(separator, 3), &h->separator) || !decode(B64, str_from(parameters, 3), &h->key) ||
	    !read_salt_and_hash(rest, B64, B64, h) || h->hash.n != h->key.n ||
	    h->salt.n + h->separator.n > FOREIGN_BYTES_MAX)
		return refuse(malformed, ret_why);
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

static bool
check_scrypt(const struct foreign_hash *h, struct str password, bool *ret_matches)
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

static bool
check_firebase(const struct foreign_hash *h, struct str password, bool *ret_matches)
{
	uint8_t key[32], made[FOREIGN_BYTES_MAX + 16];
	bool known = scrypt(h, password, key, sizeof(key)) && encrypt_key(h, key, made);

	*ret_matches = known && secret_eq(made, h->hash.p, h->hash.n);
	secret_wipe(key, sizeof(key));
	secret_wipe(made, sizeof(made));
	return known;
}

/* ---- argon2 (RFC 9106) ---- */

/* "v=19$m=65536,t=3,p=4$salt$hash" */
static bool
read_argon2(struct str rest, struct foreign_hash *h, const char **ret_why)
{
	struct str version = next(&rest, '$'), parameters = next(&rest, '$');
	int64_t memory, passes, lanes;

	if (!str_eq(version, S("v=19")) || !read_named(next(&parameters, ','), S("m="), INT32_MAX, &memory) ||
	    !read_named(next(&parameters, ','), S("t="), INT32_MAX, &passes) || !read_named(parameters, S("p="), 255, &lanes) ||
	    memory < 8 * lanes || !read_salt_and_hash(rest, B64, B64, h) || h->salt.n < 8)
		return refuse(malformed, ret_why);
	if (memory * 1024 > FOREIGN_MEMORY_MAX || memory * passes > FOREIGN_ARGON2_WORK_MAX)
		return refuse(costly, ret_why);
	h->setting = h->record;
	return true;
}

static bool
read_django_argon2(struct str rest, struct foreign_hash *h, const char **ret_why)
{
	struct str kind = next(&rest, '$');

	if (!str_eq(kind, S("argon2id")) && !str_eq(kind, S("argon2i")))
		return refuse(malformed, ret_why);
	if (!read_argon2(rest, h, ret_why))
		return false;
	/* "argon2$argon2id$v=19…": what the library reads begins at the second '$'. */
	h->setting = str_from(h->record, strlen("argon2"));
	return true;
}

/* A wrong password is EINVAL to libsodium; anything else that it refuses, it could not compute. */
static bool
check_argon2(const struct foreign_hash *h, struct str password, bool *ret_matches)
{
	bool is_id = str_starts(h->setting, S("$argon2id$"));
	char text[FOREIGN_RECORD_MAX + 1];
	int differs;

	memcpy(text, h->setting.p, h->setting.n);
	text[h->setting.n] = '\0';
	errno = 0;
	differs = is_id ? crypto_pwhash_argon2id_str_verify(text, password.p, password.n)
			: crypto_pwhash_argon2i_str_verify(text, password.p, password.n);
	*ret_matches = differs == 0;
	return differs == 0 || errno == EINVAL;
}

/* ---- the rows ---- */

static const struct foreign_scheme schemes[] = {
	{ "$2a$", "bcrypt", NULL, read_bcrypt, check_crypt },
	{ "$2b$", "bcrypt", NULL, read_bcrypt, check_crypt },
	{ "$2y$", "bcrypt", NULL, read_bcrypt, check_crypt },
	{ "bcrypt$", "bcrypt", NULL, read_django_bcrypt, check_crypt },
	{ "bcrypt_sha256$", "bcrypt of SHA-256", NULL, read_django_bcrypt, check_bcrypt_sha256 },
	{ "$5$", "sha256-crypt", NULL, read_sha_crypt, check_crypt },
	{ "$6$", "sha512-crypt", NULL, read_sha_crypt, check_crypt },
	{ "$y$", "yescrypt", NULL, read_yescrypt, check_crypt },
	{ "$7$", "scrypt", NULL, read_seven, check_crypt },
	{ "$scrypt$", "scrypt", NULL, read_scrypt_passlib, check_scrypt },
	{ "scrypt:", "scrypt", NULL, read_scrypt_werkzeug, check_scrypt },
	{ "scrypt$", "scrypt", NULL, read_scrypt_django, check_scrypt },
	{ "$fbscrypt$", "Firebase scrypt", NULL, read_firebase, check_firebase },
	{ "$pbkdf2$", "PBKDF2", "SHA1", read_pbkdf2_passlib, check_pbkdf2 },
	{ "$pbkdf2-sha256$", "PBKDF2", "SHA256", read_pbkdf2_passlib, check_pbkdf2 },
	{ "$pbkdf2-sha512$", "PBKDF2", "SHA512", read_pbkdf2_passlib, check_pbkdf2 },
	{ "pbkdf2_sha1$", "PBKDF2", "SHA1", read_pbkdf2_django, check_pbkdf2 },
	{ "pbkdf2_sha256$", "PBKDF2", "SHA256", read_pbkdf2_django, check_pbkdf2 },
	{ "pbkdf2:sha1:", "PBKDF2", "SHA1", read_pbkdf2_werkzeug, check_pbkdf2 },
	{ "pbkdf2:sha256:", "PBKDF2", "SHA256", read_pbkdf2_werkzeug, check_pbkdf2 },
	{ "pbkdf2:sha512:", "PBKDF2", "SHA512", read_pbkdf2_werkzeug, check_pbkdf2 },
	{ "AQAAAA", "PBKDF2 of ASP.NET Identity", NULL, read_aspnet, check_pbkdf2 },
	{ "$argon2id$", "argon2id", NULL, read_argon2, check_argon2 },
	{ "$argon2i$", "argon2i", NULL, read_argon2, check_argon2 },
	{ "argon2$", "argon2", NULL, read_django_argon2, check_argon2 },
};

bool
foreign_hash_read(struct str record, struct foreign_hash *ret_hash, const char **ret_why)
{
	struct foreign_hash h = { .record = record };

	if (record.n > FOREIGN_RECORD_MAX)
		return refuse(malformed, ret_why);
	for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
		if (!str_starts(record, str_of(schemes[i].prefix)))
			continue;
		h.scheme = &schemes[i];
		if (!schemes[i].read(str_from(record, strlen(schemes[i].prefix)), &h, ret_why))
			return false;
		*ret_hash = h;
		return true;
	}
	return refuse("is of no scheme that can be compared here", ret_why);
}

const char *
foreign_hash_name(const struct foreign_hash *h)
{
	return h->scheme->name;
}

bool
foreign_hash_check(const struct foreign_hash *h, struct str password, bool *ret_matches)
{
	return h->scheme->check(h, password, ret_matches);
}
