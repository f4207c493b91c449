/* jwt_custom.c - signing with a key that an operator brought along: HMAC, RSA, ECDSA. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/jwt_custom.h"

#include <openssl/err.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

#include "auth/jwt_key.h"
#include "base/secret.h"
#include "base/str.h"

enum { RSA_BITS_MIN = 2048, RSA_BITS_MAX = 8 * JWT_CUSTOM_SIGNATURE_MAX, GROUP_NAME_MAX = 32 };

enum family { FAMILY_HMAC, FAMILY_RSA, FAMILY_EC };

/* The key fixes the algorithm: nothing in a request or a token has a say. */
static const struct alg {
	const char *name;
	enum family family;
	const EVP_MD *(*md)(void);
	size_t n;          /* HMAC: bytes of the hash, and of the shortest secret (RFC 7518 §3.2); EC: of a scalar */
	const char *group; /* EC: OpenSSL's name for the curve */
} algs[JWT_ALG__COUNT] = {
	[JWT_HS256] = { "HS256", FAMILY_HMAC, EVP_sha256, 32, NULL },
	[JWT_HS384] = { "HS384", FAMILY_HMAC, EVP_sha384, 48, NULL },
	[JWT_HS512] = { "HS512", FAMILY_HMAC, EVP_sha512, 64, NULL },
	[JWT_RS256] = { "RS256", FAMILY_RSA, EVP_sha256, 0, NULL },
	[JWT_RS384] = { "RS384", FAMILY_RSA, EVP_sha384, 0, NULL },
	[JWT_RS512] = { "RS512", FAMILY_RSA, EVP_sha512, 0, NULL },
	[JWT_ES256] = { "ES256", FAMILY_EC, EVP_sha256, 32, "prime256v1" },
	[JWT_ES384] = { "ES384", FAMILY_EC, EVP_sha384, 48, "secp384r1" },
};

struct jwt_custom_key {
	const struct alg *alg;
	struct secret secret; /* HMAC */
	EVP_PKEY *pkey;       /* the others; read only once made, so threads share it */
};

bool
jwt_alg_find(struct str name, enum jwt_alg *ret_alg)
{
	for (int i = 0; i < JWT_ALG__COUNT; i++) {
		if (!str_eq(name, str_of(algs[i].name)))
			continue;
		*ret_alg = (enum jwt_alg)i;
		return true;
	}
	return false;
}

const char *
jwt_alg_name(enum jwt_alg alg)
{
	return algs[alg].name;
}

/* ---- keys ---- */

/*
 * The text of a public key as an HMAC secret is the oldest hole of JWTs: everybody has it.
 * RFC 8725 §2.1.
 */
static bool
is_pem(struct str key)
{
	return memmem(key.p, key.n, "-----BEGIN", 10) != NULL;
}

static enum status
read_secret(struct task *t, struct jwt_custom_key *k, struct str key)
{
	if (is_pem(key))
		return fail(t, E_BAD_REQUEST_BODY, "%s takes a secret, and this is the text of a key pair", k->alg->name);
	if (key.n < k->alg->n)
		return fail(t, E_BAD_REQUEST_BODY, "a secret for %s has %zu bytes or more, this one %zu: openssl rand -base64 %zu",
		    k->alg->name, k->alg->n, key.n, k->alg->n);
	if (!secret_new(key.n, &k->secret))
		return fail(t, E_OVERLOADED, "jwt: no memory for a secret");
	memcpy(k->secret.p, key.p, key.n);
	return OK;
}

/* Nobody is there to be asked for a passphrase; without this, OpenSSL asks the terminal. */
static int
no_passphrase(char *buf, int n, int rwflag, void *arg)
{
	(void)buf, (void)n, (void)rwflag, (void)arg;
	return -1;
}

static EVP_PKEY *
read_pem(struct str key)
{
	BIO *bio = BIO_new_mem_buf(key.p, (int)key.n);
	EVP_PKEY *pkey = bio == NULL ? NULL : PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);

	BIO_free(bio);
	return pkey;
}

static enum status
check_rsa(struct task *t, const struct jwt_custom_key *k)
{
	int bits = EVP_PKEY_get_bits(k->pkey);

	if (EVP_PKEY_get_base_id(k->pkey) != EVP_PKEY_RSA)
		return fail(t, E_BAD_REQUEST_BODY, "%s takes an RSA key, and this is another kind", k->alg->name);
	if (bits < RSA_BITS_MIN || bits > RSA_BITS_MAX)
		return fail(t, E_BAD_REQUEST_BODY, "an RSA key for %s has %d to %d bits, this one %d", k->alg->name,
		    RSA_BITS_MIN, RSA_BITS_MAX, bits);
	return OK;
}

static enum status
check_ec(struct task *t, const struct jwt_custom_key *k)
{
	char group[GROUP_NAME_MAX] = "";

	if (EVP_PKEY_get_base_id(k->pkey) != EVP_PKEY_EC ||
	    EVP_PKEY_get_group_name(k->pkey, group, sizeof(group), NULL) != 1 || strcmp(group, k->alg->group) != 0)
		return fail(t, E_BAD_REQUEST_BODY, "%s takes a key on the curve %s", k->alg->name, k->alg->group);
	return OK;
}

/* Both halves belong together: a damaged private RSA key gives itself away with its first signature. */
static bool
is_pair(EVP_PKEY *pkey)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
	bool ok = ctx != NULL && EVP_PKEY_check(ctx) == 1;

	EVP_PKEY_CTX_free(ctx);
	return ok;
}

static enum status
read_pair(struct task *t, struct jwt_custom_key *k, struct str key, bool is_new)
{
	k->pkey = read_pem(key);
	if (k->pkey == NULL)
		return fail(t, E_BAD_REQUEST_BODY, "%s takes a private key as PEM text, without a passphrase", k->alg->name);
	TRY(k->alg->family == FAMILY_RSA ? check_rsa(t, k) : check_ec(t, k));
	if (is_new && !is_pair(k->pkey))
		return fail(t, E_BAD_REQUEST_BODY, "the halves of this key do not belong together");
	return OK;
}

enum status
jwt_custom_key_new(struct task *t, enum jwt_alg alg, struct str key, bool is_new, struct jwt_custom_key **ret_key)
{
	struct jwt_custom_key *k;
	enum status st;

	if (key.n == 0 || key.n > JWT_CUSTOM_KEY_MAX)
		return fail(t, E_BAD_REQUEST_BODY, "a signing key has 1 to %d bytes", JWT_CUSTOM_KEY_MAX);
	k = calloc(1, sizeof(*k));
	TRY_MEM(t, k);
	k->alg = &algs[alg];
	ERR_clear_error();
	st = k->alg->family == FAMILY_HMAC ? read_secret(t, k, key) : read_pair(t, k, key, is_new);
	ERR_clear_error();
	if (st != OK) {
		jwt_custom_key_free(k);
		return st;
	}
	*ret_key = k;
	return OK;
}

struct jwt_custom_key *
jwt_custom_key_free(struct jwt_custom_key *k)
{
	if (k == NULL)
		return NULL;
	secret_done(&k->secret);
	EVP_PKEY_free(k->pkey); /* clears the private half */
	free(k);
	return NULL;
}

/* ---- signing ---- */

static bool
sign_hmac(const struct jwt_custom_key *k, struct str input, uint8_t *ret_raw, size_t *ret_n)
{
	unsigned n = 0;
	bool ok = HMAC(k->alg->md(), k->secret.p, (int)k->secret.n, (const uint8_t *)input.p, input.n, ret_raw, &n) != NULL;

	*ret_n = n;
	return ok && n == k->alg->n;
}

/* PKCS #1 v1.5 (RFC 7518 §3.3): what an RSA key does by itself. */
static bool
sign_rsa(const struct jwt_custom_key *k, struct str input, uint8_t *ret_raw, size_t *ret_n)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok;

	*ret_n = JWT_CUSTOM_SIGNATURE_MAX;
	ok = ctx != NULL && EVP_DigestSignInit(ctx, NULL, k->alg->md(), NULL, k->pkey) == 1 &&
	     EVP_DigestSign(ctx, ret_raw, ret_n, (const uint8_t *)input.p, input.n) == 1;
	EVP_MD_CTX_free(ctx);
	return ok;
}

static bool
sign_ec(const struct jwt_custom_key *k, struct str input, uint8_t *ret_raw, size_t *ret_n)
{
	*ret_n = 2 * k->alg->n;
	return jwt_ecdsa_sign(k->pkey, k->alg->md(), k->alg->n, input, ret_raw);
}

static bool (*const sign_by[])(const struct jwt_custom_key *, struct str, uint8_t *, size_t *) = {
	[FAMILY_HMAC] = sign_hmac,
	[FAMILY_RSA] = sign_rsa,
	[FAMILY_EC] = sign_ec,
};

enum status
jwt_custom_sign(struct task *t, const struct jwt_custom_key *k, struct str typ, struct str kid, struct str payload,
    size_t most, struct str *ret_token)
{
	uint8_t raw[JWT_CUSTOM_SIGNATURE_MAX];
	struct str input;
	size_t n = 0;
	bool ok;

	TRY(jwt_input(t, k->alg->name, typ, kid, payload, &input));
	ERR_clear_error();
	ok = sign_by[k->alg->family](k, input, raw, &n);
	ERR_clear_error();
	if (!ok)
		return fail(t, E_INTERNAL, "jwt: signing by %s failed", k->alg->name);
	return jwt_finish(t, input, raw, n, most, ret_token);
}
