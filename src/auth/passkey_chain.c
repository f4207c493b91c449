/* passkey_chain.c - whose certificate it is: from an authenticator's own to a root that the operator trusts. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "auth/cbor.h"
#include "auth/passkey.h"
#include "base/clock.h"
#include "base/str.h"

/* 112 bits: RSA from 2048, no SHA-1. */
enum { SECURITY_LEVEL = 2 };

#define OID_AAGUID      "1.3.6.1.4.1.45724.1.1.4"	/* id-fido-gen-ce-aaguid */
#define OID_AIK         "2.23.133.8.3"	/* tcg-kp-AIKCertificate */

/* ---- the roots ---- */

static X509 *
certificate_of(struct str der)
{
	const unsigned char *p = (const unsigned char *)der.p, *end = p + der.n;
	X509 *x = der.n <= LONG_MAX ? d2i_X509(NULL, &p, (long)der.n) : NULL;

	if (x && p == end)
		return x;
	X509_free(x);
	return NULL;
}

/* The next block, which is a certificate; *ret_end: there is none. */
static X509 *
next_root(BIO *bio, bool *ret_end)
{
	char *name = NULL, *header = NULL;
	unsigned char *data = NULL;
	X509 *x = NULL;
	long n;

	*ret_end = PEM_read_bio(bio, &name, &header, &data, &n) != 1;
	if (*ret_end)
		*ret_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
	else if (strcmp(name, PEM_STRING_X509) == 0)
		x = certificate_of((struct str){ (const char *)data, (size_t)n });
	OPENSSL_free(name);
	OPENSSL_free(header);
	OPENSSL_free(data);
	return x;
}

/* How many there are; none when there is anything that is no certificate. `store` may be NULL. */
static size_t
read_roots(struct str pem, X509_STORE *store)
{
	BIO *bio = pem.n > 0 && pem.n <= PASSKEY_ROOTS_MAX ? BIO_new_mem_buf(pem.p, (int)pem.n) : NULL;
	bool end = false, good = bio != NULL;
	size_t n = 0;

	while (good) {
		X509 *x = next_root(bio, &end);

		if (end)
			break;
		good = x && (!store || X509_STORE_add_cert(store, x) == 1);
		n++;
		X509_free(x);
	}
	BIO_free(bio);
	ERR_clear_error();
	return good ? n : 0;
}

bool
passkey_roots_are_good(struct str pem)
{
	return read_roots(pem, NULL) > 0;
}

/* ---- what the certificates are ---- */

static bool
find_x5c(struct str statement, struct cbor *ret_items, size_t *ret_n)
{
	struct cbor c = cbor_of(statement);
	struct str key, value, x5c = STR_NONE;
	size_t pairs;

	if (!cbor_map(&c, &pairs))
		return false;
	while (pairs-- > 0) {
		if (!cbor_text(&c, &key) || !cbor_item(&c, &value))
			return false;
		if (!str_eq(key, S("x5c")))
			continue;
		/* libfido2 takes the first of two: there is to be one, so that both of us read the same. */
		if (x5c.p)
			return false;
		x5c = value;
	}
	*ret_items = cbor_of(x5c);
	return x5c.p && cbor_array(ret_items, ret_n) && *ret_n >= 1 && *ret_n <= PASSKEY_CHAIN_MAX;
}

static bool
read_x5c(struct str statement, STACK_OF(X509) *chain)
{
	struct cbor c;
	struct str der;
	size_t n;

	if (!find_x5c(statement, &c, &n))
		return false;
	while (n-- > 0) {
		X509 *x = cbor_bytes(&c, &der) ? certificate_of(der) : NULL;

		if (!x || sk_X509_push(chain, x) <= 0) {
			X509_free(x);
			return false;
		}
	}
	return true;
}

static bool
leads_to_root(X509_STORE *roots, STACK_OF(X509) *chain, int64_t now)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	bool good = ctx && X509_STORE_CTX_init(ctx, roots, sk_X509_value(chain, 0), chain) == 1;

	if (good) {
		X509_VERIFY_PARAM *p = X509_STORE_CTX_get0_param(ctx);

		X509_VERIFY_PARAM_set_time(p, (time_t)(now / SECOND_US));
		X509_VERIFY_PARAM_set_auth_level(p, SECURITY_LEVEL);
		X509_VERIFY_PARAM_set_depth(p, PASSKEY_CHAIN_MAX);
		/* The operator's word is enough: makers publish intermediates, and certificates of one model, as anchors too. */
		good = X509_VERIFY_PARAM_set_flags(p, X509_V_FLAG_PARTIAL_CHAIN) == 1 && X509_verify_cert(ctx) == 1;
	}
	X509_STORE_CTX_free(ctx);
	return good;
}

/* ---- what the authenticator's own has to say ---- */

/* It is there once, and is of the length; n 0: of any but none. */
static const ASN1_STRING *
subject_entry(const X509_NAME *subject, int nid)
{
	int at = X509_NAME_get_index_by_NID(subject, nid, -1);

	if (at < 0 || X509_NAME_get_index_by_NID(subject, nid, at) >= 0)
		return NULL;
	return X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));
}

static bool
subject_has(const X509_NAME *subject, int nid, const char *text)
{
	const ASN1_STRING *s = subject_entry(subject, nid);
	struct str is = s ? (struct str){ (const char *)ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s) } : STR_NONE;

	return is.n > 0 && (!text || str_eq(is, str_of(text)));
}

static bool
subject_has_country(const X509_NAME *subject)
{
	const ASN1_STRING *s = subject_entry(subject, NID_countryName);

	return s && ASN1_STRING_length(s) == 2;
}

/* Of a model that is named in the certificate: of that one, and plainly so. Not every certificate names one. */
static bool
fits_model(const X509 *x, struct str aaguid)
{
	ASN1_OBJECT *oid = OBJ_txt2obj(OID_AAGUID, 1);
	int at = oid ? X509_get_ext_by_OBJ(x, oid, -1) : -2;
	bool is_twice = at >= 0 && X509_get_ext_by_OBJ(x, oid, at) >= 0;
	const ASN1_OCTET_STRING *value = at >= 0 ? X509_EXTENSION_get_data(X509_get_ext(x, at)) : NULL;

	ASN1_OBJECT_free(oid);
	if (at == -1)
		return true;
	if (!value || is_twice || X509_EXTENSION_get_critical(X509_get_ext(x, at)))
		return false;
	/* An OCTET STRING in the extension's own: 04 10 and the 16 bytes. */
	return ASN1_STRING_length(value) == 2 + PASSKEY_AAGUID_N && aaguid.n == PASSKEY_AAGUID_N &&
	    memcmp(ASN1_STRING_get0_data(value), "\x04\x10", 2) == 0 &&
	    memcmp(ASN1_STRING_get0_data(value) + 2, aaguid.p, PASSKEY_AAGUID_N) == 0;
}

/* Version 3, and it says that it is nobody's authority. */
static bool
is_leaf(X509 *x)
{
	uint32_t flags = X509_get_extension_flags(x);

	return X509_get_version(x) == X509_VERSION_3 && (flags & EXFLAG_BCONS) && !(flags & (EXFLAG_CA | EXFLAG_INVALID));
}

/* §8.2.1 */
static bool
fits_packed(X509 *x, const struct passkey_attestation *a, int n)
{
	const X509_NAME *subject = X509_get_subject_name(x);

	(void)n;
	return is_leaf(x) && subject_has_country(subject) && subject_has(subject, NID_organizationName, NULL) &&
	    subject_has(subject, NID_organizationalUnitName, "Authenticator Attestation") &&
	    subject_has(subject, NID_commonName, NULL) && fits_model(x, a->authdata.aaguid);
}

/* §8.6: one certificate; there was no AAGUID yet. */
static bool
fits_u2f(X509 *x, const struct passkey_attestation *a, int n)
{
	(void)x;
	(void)a;
	return n == 1;
}

static bool
is_for_attesting(X509 *x)
{
	EXTENDED_KEY_USAGE *uses = X509_get_ext_d2i(x, NID_ext_key_usage, NULL, NULL);
	ASN1_OBJECT *aik = OBJ_txt2obj(OID_AIK, 1);
	bool found = false;

	for (int i = 0; uses && aik && i < sk_ASN1_OBJECT_num(uses); i++)
		found = found || OBJ_cmp(sk_ASN1_OBJECT_value(uses, i), aik) == 0;
	ASN1_OBJECT_free(aik);
	EXTENDED_KEY_USAGE_free(uses);
	return found;
}

/* §8.3.1 */
static bool
fits_tpm(X509 *x, const struct passkey_attestation *a, int n)
{
	(void)n;
	return is_leaf(x) && X509_NAME_entry_count(X509_get_subject_name(x)) == 0 &&
	    X509_get_ext_by_NID(x, NID_subject_alt_name, -1) >= 0 && is_for_attesting(x) && fits_model(x, a->authdata.aaguid);
}

static const struct kind {
	const char *format;
	bool      (*fits)(X509 *own, const struct passkey_attestation *a, int n);
} kinds[] = { { "packed", fits_packed }, { "fido-u2f", fits_u2f }, { "tpm", fits_tpm } };

static bool
fits_format(STACK_OF(X509) *chain, const struct passkey_attestation *a)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (str_eq(a->format, str_of(kinds[i].format)))
			return kinds[i].fits(sk_X509_value(chain, 0), a, sk_X509_num(chain));
	return false;
}

enum status
passkey_chain_verify(struct task *t, const struct passkey_attestation *a, struct str roots)
{
	X509_STORE *store = X509_STORE_new();
	STACK_OF(X509) *chain = sk_X509_new_null();
	bool good = store && chain && read_roots(roots, store) > 0 && read_x5c(a->statement, chain) && fits_format(chain, a) &&
	    leads_to_root(store, chain, t->now);

	sk_X509_pop_free(chain, X509_free);
	X509_STORE_free(store);
	ERR_clear_error();
	return good ? OK : fail(t, E_BAD_REQUEST_BODY, "This authenticator is of no maker or model that is accepted here.");
}
