/* passkey_attestation.c - how an authenticator introduces itself, and its maker's word for it. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <fido.h>
#include <openssl/err.h>

#include "auth/cbor.h"
#include "auth/passkey.h"
#include "base/str.h"

struct member {
	const char *name;
	bool      (*read)(struct cbor *c, struct str *ret_value);
	struct str *to;
};

/* The value of one member of the object, if it is one of ours and the first of its name. */
static bool
read_member(struct cbor *c, const struct member *members, size_t n)
{
	struct str key;

	if (!cbor_text(c, &key))
		return false;
	for (size_t i = 0; i < n; i++)
		if (str_eq(key, str_of(members[i].name)))
			return members[i].to->p == NULL && members[i].read(c, members[i].to);
	return false;
}

static bool
is_map(struct str item)
{
	struct cbor c = cbor_of(item);
	size_t pairs;

	return cbor_map(&c, &pairs);
}

enum status
passkey_attestation_read(struct task *t, struct str bytes, struct passkey_attestation *ret_attestation)
{
	struct passkey_attestation a = { .format = STR_NONE };
	struct str authdata = STR_NONE;
	const struct member members[] = {
		{ "fmt", cbor_text, &a.format }, { "attStmt", cbor_item, &a.statement }, { "authData", cbor_bytes, &authdata },
	};
	struct cbor c = cbor_of(bytes);
	size_t pairs;
	bool good = bytes.n <= PASSKEY_ATTESTATION_MAX && cbor_map(&c, &pairs) && pairs == ARRAY_LEN(members);

	for (size_t i = 0; good && i < pairs; i++)
		good = read_member(&c, members, ARRAY_LEN(members));
	if (!good || c.n != 0 || !is_map(a.statement))
		return fail(t, E_BAD_REQUEST_BODY, "The field attestationObject is not well-formed.");
	TRY(passkey_authdata_read(t, authdata, &a.authdata));
	*ret_attestation = a;
	return OK;
}

/* ---- a maker's word ---- */

/* What libfido2 wants to be told that it asked for, or it takes an extension for a fault. */
struct extensions {
	int    mask;
	int    protection;
	size_t pin_length;
};

static bool
read_extension(struct cbor *c, struct extensions *e)
{
	struct str key;
	struct cbor value;
	int64_t number = 0;

	if (!cbor_text(c, &key))
		return false;
	value = *c;
	if (!cbor_int(&value, &number) || number < 0 || number > 255)
		number = 0;
	if (str_eq(key, S("hmac-secret")))
		e->mask |= FIDO_EXT_HMAC_SECRET;
	else if (str_eq(key, S("credBlob")))
		e->mask |= FIDO_EXT_CRED_BLOB;
	else if (str_eq(key, S("credProtect")))
		e->protection = (int)number;
	else if (str_eq(key, S("minPinLength")))
		e->pin_length = (size_t)number;
	return cbor_skip(c);
}

static struct extensions
read_extensions(struct str map)
{
	struct extensions e = { 0 };
	struct cbor c = cbor_of(map);
	size_t pairs = 0;

	if (map.n == 0 || !cbor_map(&c, &pairs))
		return e;
	while (pairs-- > 0)
		if (!read_extension(&c, &e))
			return e;
	return e;
}

static bool
tell_extensions(fido_cred_t *cred, const struct extensions *e)
{
	return fido_cred_set_extensions(cred, e->mask) == FIDO_OK &&
	    (e->protection == 0 || fido_cred_set_prot(cred, e->protection) == FIDO_OK) &&
	    (e->pin_length == 0 || fido_cred_set_pin_minlen(cred, e->pin_length) == FIDO_OK);
}

static bool
tell(fido_cred_t *cred, const struct passkey_attestation *a, const struct passkey_key *key, const char *rp_id,
    const uint8_t client_data_hash[32], const char *format)
{
	const struct passkey_authdata *d = &a->authdata;
	struct extensions e = read_extensions(d->extensions);

	return fido_cred_set_type(cred, key->algorithm) == FIDO_OK && fido_cred_set_rp(cred, rp_id, NULL) == FIDO_OK &&
	    fido_cred_set_clientdata_hash(cred, client_data_hash, 32) == FIDO_OK &&
	    fido_cred_set_authdata_raw(cred, (const unsigned char *)d->bytes.p, d->bytes.n) == FIDO_OK &&
	    fido_cred_set_fmt(cred, format) == FIDO_OK &&
	    fido_cred_set_attstmt(cred, (const unsigned char *)a->statement.p, a->statement.n) == FIDO_OK &&
	    fido_cred_set_uv(cred, FIDO_OPT_TRUE) == FIDO_OK && tell_extensions(cred, &e);
}

static const char *const formats[] = { "packed", "fido-u2f", "tpm" };

static const char *
known_format(struct str format)
{
	for (size_t i = 0; i < ARRAY_LEN(formats); i++)
		if (str_eq(format, str_of(formats[i])))
			return formats[i];
	return NULL;
}

enum status
passkey_attestation_verify(struct task *t, const struct passkey_attestation *a, const struct passkey_key *key,
    struct str rp_id, const uint8_t client_data_hash[32])
{
	const char *format = known_format(a->format);
	struct str id = arena_dup(t->arena, rp_id);
	fido_cred_t *cred;
	bool good;

	TRY_MEM(t, id.p);
	if (!format)
		return fail(t, E_BAD_REQUEST_BODY, "This authenticator does not say in a known way who has made it.");
	cred = fido_cred_new();
	if (!cred)
		return fail(t, E_OVERLOADED, "no memory for libfido2");
	good = tell(cred, a, key, id.p, client_data_hash, format) && fido_cred_verify(cred) == FIDO_OK;
	fido_cred_free(&cred);
	ERR_clear_error();
	return good ? OK : fail(t, E_BAD_REQUEST_BODY, "What this authenticator says about its maker is not so.");
}
