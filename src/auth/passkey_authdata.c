/* passkey_authdata.c - what the authenticator signed: for which site, who was there, which credential. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "auth/cbor.h"
#include "auth/passkey.h"
#include "base/secret.h"
#include "base/str.h"

enum { RP_ID_HASH_N = 32, FIXED_N = RP_ID_HASH_N + 1 + 4 };

/* Bytes off the front, if there are so many. */
static bool
take(struct str *rest, size_t n, struct str *ret_s)
{
	if (rest->n < n)
		return false;
	*ret_s = (struct str){ rest->p, n };
	*rest = str_from(*rest, n);
	return true;
}

static size_t
big_endian(struct str s)
{
	size_t v = 0;

	for (size_t i = 0; i < s.n; i++)
		v = v << 8 | (uint8_t)s.p[i];
	return v;
}

/* One CBOR map off the front. */
static bool
take_map(struct str *rest, struct str *ret_map)
{
	struct cbor c = cbor_of(*rest), at = c;
	size_t pairs;

	if (!cbor_map(&at, &pairs) || !cbor_item(&c, ret_map))
		return false;
	*rest = str_from(*rest, ret_map->n);
	return true;
}

static bool
take_credential(struct str *rest, struct passkey_authdata *a)
{
	struct str length;

	if (!take(rest, PASSKEY_AAGUID_N, &a->aaguid) || !take(rest, 2, &length))
		return false;
	if (big_endian(length) < PASSKEY_ID_MIN || big_endian(length) > PASSKEY_ID_MAX)
		return false;
	return take(rest, big_endian(length), &a->credential_id) && take_map(rest, &a->public_key);
}

static bool
read_all(struct str bytes, struct passkey_authdata *a)
{
	struct str rest = bytes, flags, count;

	if (bytes.n > PASSKEY_AUTHDATA_MAX || bytes.n < FIXED_N)
		return false;
	a->bytes = bytes;
	if (!take(&rest, RP_ID_HASH_N, &a->rp_id_hash) || !take(&rest, 1, &flags) || !take(&rest, 4, &count))
		return false;
	a->flags = (uint8_t)flags.p[0];
	a->sign_count = (uint32_t)big_endian(count);
	if ((a->flags & AUTHDATA_AT) && !take_credential(&rest, a))
		return false;
	if ((a->flags & AUTHDATA_ED) && !take_map(&rest, &a->extensions))
		return false;
	return rest.n == 0;
}

enum status
passkey_authdata_read(struct task *t, struct str bytes, struct passkey_authdata *ret_data)
{
	struct passkey_authdata a = { .flags = 0 };

	if (!read_all(bytes, &a))
		return fail(t, E_BAD_REQUEST_BODY, "The authenticator's data is not well-formed.");
	*ret_data = a;
	return OK;
}

enum status
passkey_authdata_check(struct task *t, const struct passkey_authdata *a, struct str rp_id)
{
	uint8_t hash[RP_ID_HASH_N];

	if (!secret_sha256(hash, &rp_id, 1))
		return fail(t, E_INTERNAL, "SHA-256 failed");
	if (memcmp(hash, a->rp_id_hash.p, sizeof(hash)) != 0)
		return fail(t, E_BAD_REQUEST_BODY, "This passkey belongs to another site.");
	if (!(a->flags & AUTHDATA_UP))
		return fail(t, E_BAD_REQUEST_BODY, "The authenticator did not see that somebody is there.");
	if (!(a->flags & AUTHDATA_UV))
		return fail(t, E_BAD_REQUEST_BODY,
		    "The authenticator did not verify who is there. Set a PIN, a finger or a face up on it.");
	if ((a->flags & AUTHDATA_BS) && !(a->flags & AUTHDATA_BE))
		return fail(t, E_BAD_REQUEST_BODY, "The authenticator contradicts itself: backed up, but not to be backed up.");
	return OK;
}
