/* passkey_test.c - recorded passkeys hold, and nothing near them does. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/auth_test.h"

#include <fido.h>
#include <openssl/err.h>

/* What libfido2 is made to say; FIDO_OK: what it does say. */
static int injected;
static int injected_verify(const fido_assert_t *f, size_t i, int algorithm, const void *key);

#define fido_assert_verify injected_verify
#include "auth/passkey_signature.c"
#undef fido_assert_verify

#include "auth/passkey_vectors.h"

static int
injected_verify(const fido_assert_t *f, size_t i, int algorithm, const void *key)
{
	return injected != FIDO_OK ? injected : fido_assert_verify(f, i, algorithm, key);
}

static int
passkey_end(void **state)
{
	assert_int_equal(ERR_peek_error(), 0); /* V-80: no path leaves the queue dirty */
	return test_end(state);
}

/* ---- a recorded one, read ---- */

struct recorded {
	struct str rp_id, challenge_made, origin;
	struct str client_made, attestation;	/* registration */
	struct str client_used, authdata, signature;	/* sign-in */
};

static struct str
bytes_of(const char *b64url)
{
	struct str text = str_of(b64url);
	char *p = arena_alloc(test_task.arena, text.n + 1);
	size_t n = 0;
	assert_true(str_b64url_decode(text, p, text.n, &n));
	return (struct str){ p, n };
}

static struct recorded
recorded_of(const struct vector *v)
{
	return (struct recorded){ .rp_id = str_of(v->rp_id), .origin = str_of(v->origin), .client_made = bytes_of(v->client_made),
		.attestation = bytes_of(v->attestation), .client_used = bytes_of(v->client_used),
		.authdata = bytes_of(v->authdata), .signature = bytes_of(v->signature) };
}

static enum status
verify(const struct recorded *r, struct str authdata, struct str client, struct str signature)
{
	struct passkey_attestation made;
	struct passkey_authdata used;
	struct passkey_key key;
	uint8_t hash[32];
	test_next();
	assert_int_equal(passkey_attestation_read(&test_task, r->attestation, &made), OK);
	assert_int_equal(passkey_key_read(&test_task, made.authdata.public_key, &key), OK);
	assert_true(secret_sha256(hash, &client, 1));
	if (passkey_authdata_read(&test_task, authdata, &used) != OK)
		return E_INVALID_CREDENTIALS;
	test_next();
	return passkey_signature_verify(&test_task, &used, &key, r->rp_id, hash, signature);
}

static void
test_recorded(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
		struct recorded r = recorded_of(&vectors[i]);
		struct passkey_attestation made;
		struct passkey_client_data client;
		struct passkey_authdata used;
		assert_int_equal(passkey_client_data_read(&test_task, PASSKEY_REGISTER, r.client_made, &client), OK);
		test_equal(client.origin, r.origin);
		assert_int_equal(passkey_attestation_read(&test_task, r.attestation, &made), OK);
		assert_int_equal(passkey_authdata_check(&test_task, &made.authdata, r.rp_id), OK);
		assert_true(made.authdata.flags & AUTHDATA_AT);
		assert_int_equal(made.authdata.aaguid.n, PASSKEY_AAGUID_N);
		assert_int_equal(passkey_client_data_read(&test_task, PASSKEY_SIGN_IN, r.client_used, &client), OK);
		assert_int_equal(client.challenge.n, PASSKEY_CHALLENGE_N);
		assert_int_equal(passkey_authdata_read(&test_task, r.authdata, &used), OK);
		assert_int_equal(passkey_authdata_check(&test_task, &used, r.rp_id), OK);
		assert_int_equal(verify(&r, r.authdata, r.client_used, r.signature), OK);
	}
}

/* WAN-13: every byte that was signed, and every one of the signature. */
static void
flip_each(const struct recorded *r, struct str *which, const char *name)
{
	struct str whole = *which;
	for (size_t at = 0; at < whole.n; at++) {
		struct str bent = arena_dup(test_task.arena, whole);
		((char *)(uintptr_t)bent.p)[at] ^= (char)(1 << at % 8);
		*which = bent;
		if (verify(r, r->authdata, r->client_used, r->signature) != E_INVALID_CREDENTIALS)
			fail_msg("%s holds with byte %zu flipped", name, at);
	}
	*which = whole;
}

static void
test_WAN13_each_byte_flipped(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
		struct recorded r = recorded_of(&vectors[i]);
		flip_each(&r, &r.authdata, "authenticatorData");
		flip_each(&r, &r.client_used, "clientDataJSON");
		flip_each(&r, &r.signature, "signature");
		arena_reset(test_task.arena);
	}
}

/* V-78: whatever libfido2 says that is not its OK, nobody is signed in; a genuine signature is no help. */
static void
test_WAN13_V78_each_error_of_libfido2(void **state)
{
	(void)state;
	struct recorded r = recorded_of(&vectors[0]);
	for (injected = -300; injected <= 300; injected++) {
		enum status st = verify(&r, r.authdata, r.client_used, r.signature);
		assert_int_equal(st, injected == FIDO_OK ? OK : E_INVALID_CREDENTIALS);
	}
	injected = FIDO_OK;
}

/* WAN-06, WAN-07: set in code, so that a caller's mistake cannot drop them. */
static void
test_WAN06_somebody_was_there_and_was_verified(void **state)
{
	(void)state;
	const uint8_t flags[] = { 0, AUTHDATA_UP, AUTHDATA_UV, AUTHDATA_UP | AUTHDATA_UV | AUTHDATA_BS };
	struct recorded r = recorded_of(&vectors[0]);
	for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
		struct passkey_authdata a;
		assert_int_equal(passkey_authdata_read(&test_task, r.authdata, &a), OK);
		a.flags = flags[i];
		test_next();
		assert_int_equal(passkey_authdata_check(&test_task, &a, r.rp_id), E_BAD_REQUEST_BODY);
	}
}

static void
test_WAN05_another_site(void **state)
{
	(void)state;
	struct recorded r = recorded_of(&vectors[0]);
	struct passkey_authdata a;
	assert_int_equal(passkey_authdata_read(&test_task, r.authdata, &a), OK);
	assert_int_equal(passkey_authdata_check(&test_task, &a, S("other.example")), E_BAD_REQUEST_BODY);
	r.rp_id = S("other.example");
	assert_int_equal(verify(&r, r.authdata, r.client_used, r.signature), E_INVALID_CREDENTIALS);
}

/* ---- lengths ---- */

/* V-61 to V-63: cut anywhere, or with a byte more, it is not that thing any more. */
static void
test_WAN16_every_length(void **state)
{
	(void)state;
	struct recorded r = recorded_of(&vectors[0]);
	struct passkey_attestation made;
	struct passkey_authdata a;
	assert_int_equal(passkey_attestation_read(&test_task, r.attestation, &made), OK);
	struct str whole = made.authdata.bytes;
	for (size_t n = 0; n < r.attestation.n; n++) {
		test_next();
		assert_int_equal(passkey_attestation_read(&test_task, (struct str){ r.attestation.p, n }, &made), E_BAD_REQUEST_BODY);
	}
	for (size_t n = 0; n < whole.n; n++)
		assert_int_equal(passkey_authdata_read(&test_task, (struct str){ whole.p, n }, &a), E_BAD_REQUEST_BODY);
	struct str longer = arena_printf(test_task.arena, "%*s", (int)whole.n + 1, "");
	memcpy((char *)(uintptr_t)longer.p, whole.p, whole.n);
	assert_int_equal(passkey_authdata_read(&test_task, longer, &a), E_BAD_REQUEST_BODY);
}

/* WAN-11: what the two bytes before a credential's id may say. */
static void
test_WAN11_lengths_of_an_id(void **state)
{
	(void)state;
	const size_t lengths[] = { 0, 15, 16, 64, 1023, 1024, 65535 };
	for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
		size_t n = lengths[i];
		char *p = arena_alloc(test_task.arena, 55 + n + 1);
		struct str whole = { p, 55 + n + 1 };
		struct passkey_authdata a;
		p[32] = AUTHDATA_AT;
		p[53] = (char)(n >> 8);
		p[54] = (char)n;
		p[55 + n] = '\xA0';
		test_next();
		assert_int_equal(passkey_authdata_read(&test_task, whole, &a), n >= 16 && n <= 1023 ? OK : E_BAD_REQUEST_BODY);
	}
}

/* ---- client data ---- */

#define CHALLENGE "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define GET "{\"type\":\"webauthn.get\",\"challenge\":\"" CHALLENGE "\",\"origin\":\"https://a.example\""

struct client_case {
	const char *text;
	enum status want;
};

static void
test_client_data(void **state)
{
	(void)state;
	const struct client_case cases[] = {
		{ GET "}", OK },
		{ GET ",\"crossOrigin\":false}", OK },
		{ "\xEF\xBB\xBF" GET ",\"x\":{\"y\":[1]}}", OK },	/* WAN-17 */
		{ "\xEF\xBB\xBF\xEF\xBB\xBF" GET "}", E_BAD_REQUEST_BODY },
		{ GET ",\"crossOrigin\":true}", E_BAD_REQUEST_BODY },	/* WAN-04 */
		{ GET ",\"crossOrigin\":null}", E_BAD_REQUEST_BODY },
		{ GET ",\"topOrigin\":\"https://a.example\"}", E_BAD_REQUEST_BODY },
		{ GET ",\"type\":\"webauthn.get\"}", E_BAD_REQUEST_BODY },
		{ GET "} ", OK },
		{ GET "}x", E_BAD_REQUEST_BODY },
		{ GET, E_BAD_REQUEST_BODY },
		{ GET ",\"x\":\"\xFF\"}", E_BAD_REQUEST_BODY },
		{ GET ",\"x\":\"\\u0000\"}", E_BAD_REQUEST_BODY },
		{ "{\"type\":\"webauthn.create\",\"challenge\":\"" CHALLENGE "\",\"origin\":\"https://a.example\"}", E_BAD_REQUEST_BODY },
		{ "{\"type\":\"webauthn.get\",\"challenge\":\"AAAA\",\"origin\":\"https://a.example\"}", E_BAD_REQUEST_BODY },
		{ "{\"type\":\"webauthn.get\",\"challenge\":\"" CHALLENGE "=\",\"origin\":\"https://a.example\"}", E_BAD_REQUEST_BODY },
		{ "{\"type\":\"webauthn.get\",\"origin\":\"https://a.example\"}", E_BAD_REQUEST_BODY },
		{ "[[[[[[[[[[", E_BAD_REQUEST_BODY },
		{ "", E_BAD_REQUEST_BODY },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct passkey_client_data d = { .challenge = STR_NONE };
		test_next();
		enum status st = passkey_client_data_read(&test_task, PASSKEY_SIGN_IN, str_of(cases[i].text), &d);
		if (st != cases[i].want)
			fail_msg("case %zu: %s", i, cases[i].text);
		assert_true(st == OK || d.challenge.p == NULL);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_recorded),
		cmocka_unit_test(test_WAN13_each_byte_flipped),
		cmocka_unit_test(test_WAN13_V78_each_error_of_libfido2),
		cmocka_unit_test(test_WAN06_somebody_was_there_and_was_verified),
		cmocka_unit_test(test_WAN05_another_site),
		cmocka_unit_test(test_WAN16_every_length),
		cmocka_unit_test(test_WAN11_lengths_of_an_id),
		cmocka_unit_test(test_client_data),
	};
	return cmocka_run_group_tests_name("passkey", tests, test_begin, passkey_end);
}
