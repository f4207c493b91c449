/* passkey_fuzz.c - what must hold of a passkey's data that is accepted, whatever the bytes. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/err.h>

#include "auth/cbor.h"
#include "auth/passkey.h"
#include "auth/passkey_root.h"
#include "base/secret.h"
#include "base/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A view that was given out is inside what it was made of. */
static bool
is_within(struct str inner, struct str outer)
{
	return inner.p >= outer.p && inner.p + inner.n <= outer.p + outer.n;
}

static void
fuzz_cbor(struct task *t, struct str in)
{
	struct cbor c = cbor_of(in);
	struct str item, again;

	(void)t;
	while (cbor_item(&c, &item)) {
		struct cbor one = cbor_of(item);

		CHECK(item.n > 0 && is_within(item, in));
		CHECK(cbor_item(&one, &again) && str_eq(item, again) && one.n == 0);
	}
}

static void
fuzz_client_data(struct task *t, struct str in)
{
	struct passkey_client_data d;

	for (enum passkey_purpose p = PASSKEY_SIGN_IN; p <= PASSKEY_REGISTER; p++) {
		if (passkey_client_data_read(t, p, in, &d) != OK)
			continue;
		CHECK(d.challenge.n == PASSKEY_CHALLENGE_N && str_is_text(d.origin));
		CHECK(passkey_client_data_read(t, p == PASSKEY_REGISTER ? PASSKEY_SIGN_IN : PASSKEY_REGISTER, in, &d) != OK);
	}
}

static void
check_key(struct task *t, struct str cose_key)
{
	uint8_t hash[32] = { 0 };
	struct passkey_authdata a;
	struct passkey_key k;
	char authdata[37] = { [32] = AUTHDATA_UP | AUTHDATA_UV };

	if (passkey_key_read(t, cose_key, &k) != OK)
		return;
	CHECK(k.material_n == 64 || k.material_n == 32 || k.material_n == 259);
	CHECK(passkey_authdata_read(t, (struct str){ authdata, sizeof(authdata) }, &a) == OK);
	/* Nobody has signed this. */
	CHECK(passkey_signature_verify(t, &a, &k, S("example.com"), hash, S("0123456789abcdef")) == E_INVALID_CREDENTIALS);
}

static void
fuzz_authdata(struct task *t, struct str in)
{
	struct passkey_authdata a;

	if (passkey_authdata_read(t, in, &a) != OK)
		return;
	CHECK(str_eq(a.bytes, in) && a.rp_id_hash.n == 32);
	if (a.flags & AUTHDATA_AT) {
		CHECK(a.credential_id.n >= PASSKEY_ID_MIN && a.credential_id.n <= PASSKEY_ID_MAX && is_within(a.credential_id, in));
		CHECK(is_within(a.public_key, in));
		check_key(t, a.public_key);
	}
	CHECK(((a.flags & AUTHDATA_ED) != 0) == (a.extensions.n > 0));
	if (passkey_authdata_check(t, &a, S("example.com")) == OK)
		CHECK((a.flags & AUTHDATA_UP) && (a.flags & AUTHDATA_UV));
}

static void
fuzz_key(struct task *t, struct str in)
{
	check_key(t, in);
}

static void
fuzz_attestation(struct task *t, struct str in)
{
	uint8_t hash[32] = { 0 };
	struct passkey_attestation a;
	struct passkey_key k;

	if (passkey_attestation_read(t, in, &a) != OK)
		return;
	CHECK(str_is_text(a.format) && is_within(a.statement, in) && is_within(a.authdata.bytes, in));
	CHECK(passkey_chain_verify(t, &a, S(ROOT_PEM)) != OK);
	if ((a.authdata.flags & AUTHDATA_AT) && passkey_key_read(t, a.authdata.public_key, &k) == OK)
		CHECK(passkey_attestation_verify(t, &a, &k, S("example.com"), hash) != OK);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const targets[])(struct task *, struct str) = { fuzz_cbor, fuzz_client_data, fuzz_authdata, fuzz_key,
		fuzz_attestation };
	static bool ready;
	struct str in = { (const char *)data, size < 16384 ? size : 16384 };

	if (!ready)
		ready = secret_init_libraries();
	CHECK(ready);
	for (size_t i = 0; i < ARRAY_LEN(targets); i++) {
		struct task t = { .arena = arena_new(1 << 20) };

		CHECK(t.arena != NULL);
		targets[i](&t, in);
		CHECK(!arena_failed(t.arena) && ERR_peek_error() == 0);
		arena_free(t.arena);
	}
	return 0;
}
