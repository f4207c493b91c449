/* passkey_key.c - public keys of passkeys: COSE_Key, read exactly. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <fido.h>
#include <fido/es256.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <sodium.h>
#include <string.h>

#include "auth/cbor.h"
#include "auth/passkey.h"

const enum passkey_algorithm passkey_algorithms[PASSKEY_ALGORITHMS_N] = { PASSKEY_ES256, PASSKEY_EDDSA, PASSKEY_RS256 };

/* Labels of RFC 9052 §7 and RFC 9053 §7; what -1 to -3 mean depends on the key's type. */
enum { LABEL_KTY = 1, LABEL_ALG = 3, LABEL_FIRST = -1, LABELS_MAX = 5 };

/* A parameter is a number or bytes: bytes.p NULL tells. */
struct parameter {
	int64_t    label, number;
	struct str bytes;
};
struct parameters {
	struct parameter items[LABELS_MAX];
	size_t           n;
};

/* What each algorithm's key has beside kty and alg: -1, -2, -3 in turn; a size of 0 ends the list of bytes. */
struct form {
	enum passkey_algorithm algorithm;
	int64_t                kty;
	int64_t                curve;	/* 0: -1 is bytes too */
	size_t                 sizes[2];
	bool                 (*is_good)(const uint8_t *material);
};

static bool
is_on_p256(const uint8_t *material)
{
	es256_pk_t *pk = es256_pk_new();
	EVP_PKEY *pkey = NULL;
	EVP_PKEY_CTX *ctx = NULL;
	bool good;

	if (pk != NULL && es256_pk_from_ptr(pk, material, 64) == FIDO_OK)
		pkey = es256_pk_to_EVP_PKEY(pk);
	if (pkey != NULL)
		ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
	good = ctx != NULL && EVP_PKEY_public_check(ctx) == 1;
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	es256_pk_free(&pk);
	ERR_clear_error();
	return good;
}

/* 2048 bits, odd, 65537: what authenticators make, and all that libfido2 takes. */
static bool
is_good_rsa(const uint8_t *material)
{
	static const uint8_t f4[3] = { 1, 0, 1 };

	return (material[0] & 0x80) && (material[255] & 1) && memcmp(material + 256, f4, sizeof(f4)) == 0;
}

/* Canonical, and of the prime group: a point of small order signs everything. */
static bool
is_on_ed25519(const uint8_t *material)
{
	return crypto_core_ed25519_is_valid_point(material) == 1;
}

static const struct form forms[PASSKEY_ALGORITHMS_N] = {
	{ PASSKEY_ES256, 2, 1, { 32, 32 }, is_on_p256 },
	{ PASSKEY_RS256, 3, 0, { 256, 3 }, is_good_rsa },
	{ PASSKEY_EDDSA, 1, 6, { 32, 0 }, is_on_ed25519 },
};

static const struct parameter *
find(const struct parameters *ps, int64_t label)
{
	for (size_t i = 0; i < ps->n; i++)
		if (ps->items[i].label == label)
			return &ps->items[i];
	return NULL;
}

static bool
read_value(struct cbor *c, struct parameter *p)
{
	struct cbor number = *c;

	if (!cbor_int(&number, &p->number))
		return cbor_bytes(c, &p->bytes);
	*c = number;
	return true;
}

static bool
read_parameters(struct str cose_key, struct parameters *ps)
{
	struct cbor c = cbor_of(cose_key);
	size_t pairs;

	if (!cbor_map(&c, &pairs) || pairs > LABELS_MAX)
		return false;
	for (; ps->n < pairs; ps->n++) {
		struct parameter p = { .label = 0 };

		if (!cbor_int(&c, &p.label) || find(ps, p.label) || !read_value(&c, &p))
			return false;
		ps->items[ps->n] = p;
	}
	return c.n == 0;
}

static bool
has_number(const struct parameters *ps, int64_t label, int64_t number)
{
	const struct parameter *p = find(ps, label);

	return p && p->bytes.p == NULL && p->number == number;
}

static const struct form *
find_form(const struct parameters *ps)
{
	for (size_t i = 0; i < ARRAY_LEN(forms); i++)
		if (has_number(ps, LABEL_ALG, forms[i].algorithm) && has_number(ps, LABEL_KTY, forms[i].kty))
			return &forms[i];
	return NULL;
}

static bool
append(const struct parameters *ps, int64_t label, size_t size, struct passkey_key *k)
{
	const struct parameter *p = find(ps, label);

	if (!p || p->bytes.p == NULL || p->bytes.n != size || k->material_n + size > sizeof(k->material))
		return false;
	memcpy(k->material + k->material_n, p->bytes.p, size);
	k->material_n += size;
	return true;
}

/* Everything the form has, and no parameter more (§6.5.1.1). */
static bool
read_material(const struct parameters *ps, const struct form *f, struct passkey_key *k)
{
	int64_t label = LABEL_FIRST;

	if (f->curve && !has_number(ps, label--, f->curve))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(f->sizes) && f->sizes[i] > 0; i++)
		if (!append(ps, label--, f->sizes[i], k))
			return false;
	return ps->n == 2 + (size_t)(LABEL_FIRST - label);
}

enum status
passkey_key_read(struct task *t, struct str cose_key, struct passkey_key *ret_key)
{
	struct parameters ps = { .n = 0 };
	struct passkey_key k = { .material_n = 0 };
	const struct form *f = read_parameters(cose_key, &ps) ? find_form(&ps) : NULL;

	if (!f)
		return fail(t, E_BAD_REQUEST_BODY, "This passkey's key is of a kind that was not offered.");
	k.algorithm = f->algorithm;
	if (!read_material(&ps, f, &k) || !f->is_good(k.material))
		return fail(t, E_BAD_REQUEST_BODY, "This passkey's key is not a valid one.");
	*ret_key = k;
	return OK;
}
