/* jwt_custom_test.c - which keys operators may bring along, and what they sign. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/auth_test.h"

#include <openssl/rsa.h>

#include "auth/jwt_custom.c"

/* Of the private half, unless is_public. */
static struct str
pem_of(EVP_PKEY *pkey, bool is_public, const EVP_CIPHER *cipher)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char word[] = "secret";
	char *p = NULL;
	struct str pem;
	long n;

	assert_non_null(pkey);
	assert_int_equal(is_public ? PEM_write_bio_PUBKEY(bio, pkey)
				   : PEM_write_bio_PKCS8PrivateKey(bio, pkey, cipher, word, cipher ? 6 : 0, NULL, NULL), 1);
	n = BIO_get_mem_data(bio, &p);
	pem = arena_dup(test_task.arena, (struct str){ p, (size_t)n });
	BIO_free(bio);
	EVP_PKEY_free(pkey);
	return pem;
}

static struct str
rsa(unsigned bits)
{
	return pem_of(EVP_RSA_gen(bits), false, NULL);
}

static struct str
ec(const char *group)
{
	return pem_of(EVP_EC_gen(group), false, NULL);
}

static struct str
bytes(size_t n)
{
	char *p = arena_array(test_task.arena, n, 1);

	assert_non_null(p);
	memset(p, 'k', n);
	return (struct str){ p, n };
}

static enum status
try_key(enum jwt_alg alg, struct str key)
{
	struct jwt_custom_key *k = NULL;
	enum status st;

	test_next();
	st = jwt_custom_key_new(&test_task, alg, key, true, &k);
	assert_true((st == OK) == (k != NULL));
	assert_true(ERR_peek_error() == 0);
	jwt_custom_key_free(k);
	return st;
}

/* RFC 7518 §3.2: a secret is as long as the hash at least. */
static void
test_secrets(void **state)
{
	static const size_t shortest[] = { 32, 48, 64 };

	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(try_key((enum jwt_alg)(JWT_HS256 + i), bytes(shortest[i] - 1)), E_BAD_REQUEST_BODY);
		assert_int_equal(try_key((enum jwt_alg)(JWT_HS256 + i), bytes(shortest[i])), OK);
	}
	assert_int_equal(try_key(JWT_HS256, STR_NONE), E_BAD_REQUEST_BODY);
	assert_int_equal(try_key(JWT_HS256, bytes(JWT_CUSTOM_KEY_MAX + 1)), E_BAD_REQUEST_BODY);
}

/* JWT-01: a public key's text as an HMAC secret is a secret that everybody has. */
static void
test_JWT01_no_key_of_another_kind(void **state)
{
	struct str public = pem_of(EVP_EC_gen("P-256"), true, NULL), p256 = ec("P-256"), p384 = ec("P-384"), big = rsa(2048);

	(void)state;
	assert_int_equal(try_key(JWT_HS256, public), E_BAD_REQUEST_BODY);
	assert_int_equal(try_key(JWT_HS512, big), E_BAD_REQUEST_BODY);
	assert_int_equal(try_key(JWT_ES256, public), E_BAD_REQUEST_BODY);
	assert_int_equal(try_key(JWT_ES256, p256), OK);
	assert_int_equal(try_key(JWT_ES256, p384), E_BAD_REQUEST_BODY);
	assert_int_equal(try_key(JWT_ES384, p256), E_BAD_REQUEST_BODY);
	assert_int_equal(try_key(JWT_ES384, p384), OK);
	assert_int_equal(try_key(JWT_ES256, ec("secp256k1")), E_BAD_REQUEST_BODY);
	assert_int_equal(try_key(JWT_ES256, big), E_BAD_REQUEST_BODY);
	assert_int_equal(try_key(JWT_RS256, p256), E_BAD_REQUEST_BODY);
	assert_int_equal(try_key(JWT_RS256, bytes(64)), E_BAD_REQUEST_BODY);
	assert_int_equal(try_key(JWT_RS256, big), OK);
	assert_int_equal(try_key(JWT_RS512, big), OK);
	assert_int_equal(try_key(JWT_RS256, rsa(1024)), E_BAD_REQUEST_BODY);
	assert_int_equal(try_key(JWT_RS256, pem_of(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), false, NULL)), E_BAD_REQUEST_BODY);
	/* Nobody is asked for a passphrase. */
	assert_int_equal(try_key(JWT_ES256, pem_of(EVP_EC_gen("P-256"), false, EVP_aes_128_cbc())), E_BAD_REQUEST_BODY);
}

/* A refusal goes to a log: it does not repeat the key. */
static void
test_a_refusal_tells_nothing_of_the_key(void **state)
{
	(void)state;
	assert_int_equal(try_key(JWT_HS256, S("kept-between-us")), E_BAD_REQUEST_BODY);
	assert_null(strstr(test_task.why, "kept"));
	assert_int_equal(try_key(JWT_RS256, S("kept-between-us")), E_BAD_REQUEST_BODY);
	assert_null(strstr(test_task.why, "kept"));
}

/* Against libsodium's HMAC; tests/api/test_jwt_templates.py has PyJWT verify all algorithms. */
static void
test_HS256_by_another_hand(void **state)
{
	uint8_t mac[32];
	struct jwt_custom_key *k = NULL;
	struct str token, input, tail, one, two;
	struct str key = bytes(32);

	(void)state;
	assert_int_equal(jwt_custom_key_new(&test_task, JWT_HS256, key, true, &k), OK);
	assert_int_equal(jwt_custom_sign(&test_task, k, S("JWT"), S("t"), S("{\"a\":1}"), 4096, &token), OK);
	assert_true(str_cut(token, '.', &one, &tail) && str_cut(tail, '.', &two, &tail));
	input = (struct str){ token.p, one.n + 1 + two.n };
	assert_true(secret_hmac(mac, (const uint8_t *)key.p, key.n, &input, 1));
	test_equal(tail, str_b64url(test_task.arena, mac, sizeof(mac)));
	test_equal(one, str_b64url(test_task.arena, "{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"t\"}", 37));
	test_equal(two, str_b64url(test_task.arena, "{\"a\":1}", 7));

	test_next();
	assert_int_equal(jwt_custom_sign(&test_task, k, S("JWT"), S("t"), S("{\"a\":1}"), token.n, &token), OK);
	assert_int_equal(jwt_custom_sign(&test_task, k, S("JWT"), S("t"), S("{\"a\":1}"), token.n - 1, &token), E_INTERNAL);
	jwt_custom_key_free(k);
}

/* JWT-10: no signature without fresh randomness for its nonce. */
static void
test_JWT10_without_randomness_no_ecdsa(void **state)
{
	struct jwt_custom_key *k = NULL;
	struct str token;

	(void)state;
	assert_int_equal(jwt_custom_key_new(&test_task, JWT_ES384, ec("P-384"), true, &k), OK);
	secret_test_fail_random(true);
	assert_int_equal(jwt_custom_sign(&test_task, k, S("JWT"), S("t"), S("{}"), 4096, &token), E_INTERNAL);
	secret_test_fail_random(false);
	assert_int_equal(jwt_custom_sign(&test_task, k, S("JWT"), S("t"), S("{}"), 4096, &token), OK);
	jwt_custom_key_free(k);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_secrets),
		cmocka_unit_test(test_JWT01_no_key_of_another_kind),
		cmocka_unit_test(test_a_refusal_tells_nothing_of_the_key),
		cmocka_unit_test(test_HS256_by_another_hand),
		cmocka_unit_test(test_JWT10_without_randomness_no_ecdsa),
	};

	return cmocka_run_group_tests(tests, test_begin, test_end);
}
