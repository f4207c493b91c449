/* passkey_signature.c - is it this passkey that has signed? */
/* SPDX-License-Identifier: Apache-2.0 */
#include <fido.h>
#include <fido/eddsa.h>
#include <fido/es256.h>
#include <fido/rs256.h>
#include <openssl/err.h>

#include "auth/cbor.h"
#include "auth/passkey.h"
#include "base/str.h"

/* libfido2's three kinds of key behind one pointer. */
struct key {
	es256_pk_t *es256;
	rs256_pk_t *rs256;
	eddsa_pk_t *eddsa;
	const void *any;
};

static bool
key_init(struct key *k, const struct passkey_key *from)
{
	const uint8_t *p = from->material;
	size_t n = from->material_n;

	switch (from->algorithm) {
	case PASSKEY_ES256:
		k->any = k->es256 = es256_pk_new();
		return k->any && es256_pk_from_ptr(k->es256, p, n) == FIDO_OK;
	case PASSKEY_RS256:
		k->any = k->rs256 = rs256_pk_new();
		return k->any && rs256_pk_from_ptr(k->rs256, p, n) == FIDO_OK;
	case PASSKEY_EDDSA:
		k->any = k->eddsa = eddsa_pk_new();
		return k->any && eddsa_pk_from_ptr(k->eddsa, p, n) == FIDO_OK;
	}
	return false;
}

static void
key_done(struct key *k)
{
	es256_pk_free(&k->es256);
	rs256_pk_free(&k->rs256);
	eddsa_pk_free(&k->eddsa);
}

/*
 * libfido2 refuses an extension that it knows and was not told to expect; §7.2 says to put up with
 * unsolicited ones. They change nothing here.
 */
static int
extensions_given(struct str map)
{
	struct cbor c = cbor_of(map);
	size_t pairs = 0;
	int mask = 0;

	if (map.n == 0 || !cbor_map(&c, &pairs))
		return 0;
	while (pairs-- > 0) {
		struct str key;

		if (!cbor_text(&c, &key) || !cbor_skip(&c))
			return mask;
		if (str_eq(key, S("hmac-secret")))
			mask |= FIDO_EXT_HMAC_SECRET;
		if (str_eq(key, S("credBlob")))
			mask |= FIDO_EXT_CRED_BLOB;
	}
	return mask;
}

static bool
tell(fido_assert_t *f, const struct passkey_authdata *a, const char *rp_id, const uint8_t client_data_hash[32],
    struct str signature)
{
	return fido_assert_set_count(f, 1) == FIDO_OK && fido_assert_set_rp(f, rp_id) == FIDO_OK &&
	    fido_assert_set_up(f, FIDO_OPT_TRUE) == FIDO_OK && fido_assert_set_uv(f, FIDO_OPT_TRUE) == FIDO_OK &&
	    fido_assert_set_extensions(f, extensions_given(a->extensions)) == FIDO_OK &&
	    fido_assert_set_clientdata_hash(f, client_data_hash, 32) == FIDO_OK &&
	    fido_assert_set_authdata_raw(f, 0, (const unsigned char *)a->bytes.p, a->bytes.n) == FIDO_OK &&
	    fido_assert_set_sig(f, 0, (const unsigned char *)signature.p, signature.n) == FIDO_OK;
}

/* One comparison with FIDO_OK: no code, known or new, can mean yes by mistake. */
static bool
is_signed(fido_assert_t *f, struct key *k, const struct passkey_key *key)
{
	return fido_assert_verify(f, 0, key->algorithm, k->any) == FIDO_OK;
}

enum status
passkey_signature_verify(struct task *t, const struct passkey_authdata *a, const struct passkey_key *key, struct str rp_id,
    const uint8_t client_data_hash[32], struct str signature)
{
	struct str id = arena_dup(t->arena, rp_id);
	struct key k = { 0 };
	fido_assert_t *f;
	bool good;

	TRY_MEM(t, id.p);
	f = fido_assert_new();
	if (!f)
		return fail(t, E_OVERLOADED, "no memory for libfido2");
	good = tell(f, a, id.p, client_data_hash, signature) && key_init(&k, key) && is_signed(f, &k, key);
	key_done(&k);
	fido_assert_free(&f);
	ERR_clear_error();
	return good ? OK : fail(t, E_INVALID_CREDENTIALS, "the passkey's signature does not hold");
}
