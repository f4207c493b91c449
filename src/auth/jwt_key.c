/* jwt_key.c - P-256 key pairs: made, kept, shown. The only holder of private keys. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/jwt_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

/* n of SEC 2 §2.4.2, most significant byte first. */
const uint8_t jwt_p256_order[JWT_SCALAR_N] = {
	0xFF,
	0xFF,
	0xFF,
	0xFF,
	0x00,
	0x00,
	0x00,
	0x00,
	0xFF,
	0xFF,
	0xFF,
	0xFF,
	0xFF,
	0xFF,
	0xFF,
	0xFF,
	0xBC,
	0xE6,
	0xFA,
	0xAD,
	0xA7,
	0x17,
	0x9E,
	0x84,
	0xF3,
	0xB9,
	0xCA,
	0xC2,
	0xFC,
	0x63,
	0x25,
	0x51,
};

/* No early exit: the scalar may be a private key. */
bool
jwt_scalar_ok(const uint8_t v[JWT_SCALAR_N])
{
	unsigned any = 0, borrow = 0;
	for (size_t i = JWT_SCALAR_N; i-- > 0;) {
		any |= v[i];
		borrow = ((unsigned)v[i] - jwt_p256_order[i] - borrow) >> 31;
	}
	return any != 0 && borrow == 1;
}

/* The public point of a private scalar, uncompressed: 04 x y. */
static bool
point_of(const BIGNUM *d, uint8_t ret_point[JWT_POINT_N])
{
	EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	EC_POINT *q = group == NULL ? NULL : EC_POINT_new(group);
	bool ok = q != NULL && EC_POINT_mul(group, q, d, NULL, NULL, NULL) == 1 &&
		  EC_POINT_point2oct(group, q, POINT_CONVERSION_UNCOMPRESSED, ret_point, JWT_POINT_N, NULL) ==
		      JWT_POINT_N;
	EC_POINT_free(q);
	EC_GROUP_free(group);
	return ok;
}

/* An OpenSSL key out of its parts; native: the private scalar in this machine's byte order, or NULL. */
static EVP_PKEY *
pkey_of(uint8_t point[JWT_POINT_N], uint8_t *native)
{
	char curve[] = "P-256";
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, curve, 0),
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, JWT_POINT_N),
		OSSL_PARAM_construct_end(),
		OSSL_PARAM_construct_end(),
	};
	if (native != NULL)
		params[2] = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_PRIV_KEY, native, JWT_SCALAR_N);

	EVP_PKEY *pkey = NULL;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	bool ok = ctx != NULL && EVP_PKEY_fromdata_init(ctx) == 1 &&
		  EVP_PKEY_fromdata(
		      ctx, &pkey, native == NULL ? EVP_PKEY_PUBLIC_KEY : EVP_PKEY_KEYPAIR, params) == 1;
	EVP_PKEY_CTX_free(ctx);
	if (ok)
		return pkey;
	EVP_PKEY_free(pkey);
	return NULL;
}

/* On the curve and not at infinity: a point elsewhere would let its sender choose the group. */
static bool
is_on_curve(EVP_PKEY *pkey)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
	bool ok = ctx != NULL && EVP_PKEY_public_check(ctx) == 1;
	EVP_PKEY_CTX_free(ctx);
	return ok;
}

/* RFC 7638: the hash of the required members in their order. */
static bool
set_thumbprint(struct arena *a, struct jwt_key *k)
{
	struct str json =
	    arena_printf(a, "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"" STR_FMT "\",\"y\":\"" STR_FMT "\"}",
		STR_ARG(str_b64url(a, k->point + 1, JWT_SCALAR_N)),
		STR_ARG(str_b64url(a, k->point + 1 + JWT_SCALAR_N, JWT_SCALAR_N)));
	uint8_t hash[32];
	if (arena_failed(a) || !secret_sha256(hash, &json, 1))
		return false;
	struct str kid = str_b64url(a, hash, sizeof(hash));
	if (kid.n == 0 || kid.n > JWT_KID_MAX)
		return false;
	memcpy(k->kid, kid.p, kid.n);
	k->kid_n = kid.n;
	return true;
}

/* Takes pkey over, also when it fails. An empty kid becomes the thumbprint. */
static enum status
key_new(struct task *t, EVP_PKEY *pkey, const uint8_t point[JWT_POINT_N], struct str kid,
    struct jwt_key **ret_key)
{
	struct jwt_key *k = calloc(1, sizeof(*k));
	if (k == NULL) {
		EVP_PKEY_free(pkey);
		return fail(t, E_OVERLOADED, "jwt: no memory for a key");
	}
	k->pkey = pkey;
	memcpy(k->point, point, JWT_POINT_N);
	if (kid.n > 0) {
		memcpy(k->kid, kid.p, kid.n);
		k->kid_n = kid.n;
	} else if (!set_thumbprint(t->arena, k)) {
		jwt_key_free(k);
		return fail(t, E_OVERLOADED, "jwt: no memory for a thumbprint");
	}
	*ret_key = k;
	return OK;
}

/* Only characters that are the same in JSON, in a URL and in a log line. */
static bool
is_kid(struct str kid)
{
	for (size_t i = 0; i < kid.n; i++) {
		char c = kid.p[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
			     c == '-' || c == '_' || c == '.';
		if (!plain)
			return false;
	}
	return kid.n > 0 && kid.n <= JWT_KID_MAX;
}

static enum status
key_of_scalar(struct task *t, const uint8_t scalar[JWT_SCALAR_N], struct str kid, struct jwt_key **ret_key)
{
	if (!jwt_scalar_ok(scalar))
		return fail(t, E_INTERNAL, "jwt: not a P-256 private key");
	uint8_t point[JWT_POINT_N], native[JWT_SCALAR_N];
	EVP_PKEY *pkey = NULL;
	BIGNUM *d = BN_bin2bn(scalar, JWT_SCALAR_N, NULL);
	if (d != NULL) {
		BN_set_flags(d, BN_FLG_CONSTTIME);
		if (BN_bn2nativepad(d, native, sizeof(native)) == (int)sizeof(native) && point_of(d, point))
			pkey = pkey_of(point, native);
	}
	secret_wipe(native, sizeof(native));
	BN_clear_free(d);
	if (pkey == NULL)
		return fail(t, E_INTERNAL, "jwt: OpenSSL makes no key of this scalar");
	return key_new(t, pkey, point, kid, ret_key);
}

/* Drawn until in range (FIPS 186-5 §A.2.2), from the program's one source: all but one in 2^32 are. */
static enum status
draw_scalar(struct task *t, uint8_t ret_scalar[JWT_SCALAR_N])
{
	for (int tries = 0; tries < 8; tries++) {
		if (!secret_random(ret_scalar, JWT_SCALAR_N))
			break;
		if (jwt_scalar_ok(ret_scalar))
			return OK;
	}
	return fail(t, E_INTERNAL, "jwt: no randomness for a key");
}

enum status
jwt_key_generate(struct task *t, struct jwt_key **ret_key)
{
	uint8_t scalar[JWT_SCALAR_N] = { 0 };
	ERR_clear_error();
	enum status st = draw_scalar(t, scalar);
	if (st == OK)
		st = key_of_scalar(t, scalar, STR_NONE, ret_key);
	secret_wipe(scalar, sizeof(scalar));
	ERR_clear_error();
	return st;
}

enum status
jwt_key_import(struct task *t, const struct secret *scalar, struct str kid, struct jwt_key **ret_key)
{
	if (scalar->n != JWT_SCALAR_N || !is_kid(kid))
		return fail(
		    t, E_INTERNAL, "jwt: a stored key of %zu bytes with a kid of %zu", scalar->n, kid.n);
	ERR_clear_error();
	enum status st = key_of_scalar(t, scalar->p, kid, ret_key);
	ERR_clear_error();
	return st;
}

static bool
read_scalar(const struct jwt_key *k, uint8_t *ret_scalar)
{
	BIGNUM *d = NULL;
	bool ok = EVP_PKEY_get_bn_param(k->pkey, OSSL_PKEY_PARAM_PRIV_KEY, &d) == 1 &&
		  BN_bn2binpad(d, ret_scalar, JWT_SCALAR_N) == JWT_SCALAR_N;
	BN_clear_free(d);
	return ok;
}

enum status
jwt_key_export(struct task *t, const struct jwt_key *k, struct secret *ret_scalar)
{
	struct secret scalar;
	if (!secret_new(JWT_SCALAR_N, &scalar))
		return fail(t, E_OVERLOADED, "jwt: no memory for a secret");
	ERR_clear_error();
	bool ok = read_scalar(k, scalar.p);
	ERR_clear_error();
	if (!ok) {
		secret_done(&scalar);
		return fail(t, E_INTERNAL, "jwt: this key has no private half");
	}
	*ret_scalar = scalar;
	return OK;
}

static bool
decode_coordinate(struct str b64url, uint8_t *ret_v)
{
	size_t n = 0;
	return str_b64url_decode(b64url, ret_v, JWT_SCALAR_N, &n) && n == JWT_SCALAR_N;
}

static enum status
public_key(struct task *t, struct str x, struct str y, struct str kid, struct jwt_key **ret_key)
{
	uint8_t point[JWT_POINT_N] = { POINT_CONVERSION_UNCOMPRESSED };
	if (!is_kid(kid))
		return fail(t, E_BAD_REQUEST_BODY, "jwt: an unfit kid of %zu bytes", kid.n);
	if (!decode_coordinate(x, point + 1) || !decode_coordinate(y, point + 1 + JWT_SCALAR_N))
		return fail(t, E_BAD_REQUEST_BODY, "jwt: x and y must be 32 bytes of base64url each");
	EVP_PKEY *pkey = pkey_of(point, NULL);
	if (pkey == NULL || !is_on_curve(pkey)) {
		EVP_PKEY_free(pkey);
		return fail(t, E_BAD_REQUEST_BODY, "jwt: not a point of P-256");
	}
	return key_new(t, pkey, point, kid, ret_key);
}

enum status
jwt_key_public(
    struct task *t, struct str x_b64url, struct str y_b64url, struct str kid, struct jwt_key **ret_key)
{
	ERR_clear_error();
	enum status st = public_key(t, x_b64url, y_b64url, kid, ret_key);
	ERR_clear_error();
	return st;
}

struct jwt_key *
jwt_key_free(struct jwt_key *k)
{
	if (k == NULL)
		return NULL;
	EVP_PKEY_free(k->pkey); /* clears the private half */
	free(k);
	return NULL;
}

struct str
jwt_key_kid(const struct jwt_key *k)
{
	return (struct str){ k->kid, k->kid_n };
}

enum status
jwt_key_jwk(struct task *t, const struct jwt_key *k, struct str *ret_json)
{
	struct str x = str_b64url(t->arena, k->point + 1, JWT_SCALAR_N);
	struct str y = str_b64url(t->arena, k->point + 1 + JWT_SCALAR_N, JWT_SCALAR_N);
	struct str json = arena_printf(t->arena,
	    "{\"kty\":\"EC\",\"crv\":\"P-256\",\"alg\":\"ES256\",\"use\":\"sig\",\"kid\":\"" STR_FMT
	    "\",\"x\":\"" STR_FMT "\",\"y\":\"" STR_FMT "\"}",
	    STR_ARG(jwt_key_kid(k)), STR_ARG(x), STR_ARG(y));
	if (arena_failed(t->arena))
		return fail(t, E_OVERLOADED, "out of memory for this task");
	*ret_json = json;
	return OK;
}

enum status
jwt_key_pem(struct task *t, const struct jwt_key *k, struct str *ret_pem)
{
	ERR_clear_error();
	BIO *bio = BIO_new(BIO_s_mem());
	char *p = NULL;
	long n = 0;
	if (bio != NULL && PEM_write_bio_PUBKEY(bio, k->pkey) == 1)
		n = BIO_get_mem_data(bio, &p);
	struct str pem = n > 0 ? arena_dup(t->arena, (struct str){ p, (size_t)n }) : STR_NONE;
	BIO_free(bio);
	ERR_clear_error();
	if (n <= 0)
		return fail(t, E_INTERNAL, "jwt: OpenSSL writes no PEM");
	TRY_MEM(t, pem.p);
	*ret_pem = pem;
	return OK;
}
