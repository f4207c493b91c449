/* jwt_test.c - what is signed verifies; what was bent in any known way does not. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/auth_test.h"

#include <openssl/x509.h>

#include "auth/jwt.c"

static const int64_t now_s = 1767225600;
static const struct jwt_expect expect = { S_INIT("JWT"), S_INIT("https://a.example"), 1767225600, 5 };
#define PAYLOAD "{\"iss\":\"https://a.example\",\"iat\":1767225600,\"exp\":1767225660,\"sub\":\"user_7\"}"

static struct jwt_key *key;

static int
key_begin(void **state)
{
	test_begin(state);
	assert_int_equal(jwt_key_generate(&test_task, &key), OK);
	return 0;
}

static int
key_end(void **state)
{
	key = jwt_key_free(key);
	assert_int_equal(ERR_peek_error(), 0); /* V-80: no path leaves the queue dirty */
	return test_end(state);
}

static struct str
b64(struct str s)
{
	return str_b64url(test_task.arena, s.p, s.n);
}

#define format(...) arena_printf(test_task.arena, __VA_ARGS__)

static struct str
join(struct str a, struct str b)
{
	return format(STR_FMT "." STR_FMT, STR_ARG(a), STR_ARG(b));
}

/* Any header and payload, with a signature of `key` that is right for them. */
static struct str
forge_parts(struct str header, struct str payload)
{
	uint8_t raw[SIGNATURE_N];
	struct str input = join(header, payload);
	assert_true(sign_bytes(key, input, raw));
	return join(input, str_b64url(test_task.arena, raw, sizeof(raw)));
}

static struct str
forge(struct str header, struct str payload)
{
	return forge_parts(b64(header), b64(payload));
}

static struct str
good_header(void)
{
	return format("{\"alg\":\"ES256\",\"typ\":\"JWT\",\"kid\":\"%.*s\"}", STR_ARG(jwt_key_kid(key)));
}

static enum jwt_verdict
verdict(const struct jwt_key *k, const struct jwt_expect *e, struct str token)
{
	struct str payload = STR_NONE;
	test_next();
	enum jwt_verdict v = jwt_verify(&test_task, k, e, token, &payload);
	assert_int_equal(ERR_peek_error(), 0);
	assert_true((v == JWT_VALID) == (payload.n > 0));
	return v;
}

/* Refused, and for this reason: a case that fails for another one proves nothing. */
static void
assert_refused(struct str token, const char *why)
{
	if (verdict(key, &expect, token) == JWT_VALID)
		fail_msg("accepted where it should say '%s': " STR_FMT, why, STR_ARG(token));
	if (strstr(test_task.why, why) == NULL)
		fail_msg("says '%s', not '%s'", test_task.why, why);
}

static struct str
good_token(void)
{
	struct str token;
	assert_int_equal(jwt_sign(&test_task, key, S("JWT"), S(PAYLOAD), &token), OK);
	return token;
}

static void
test_signed_verifies(void **state)
{
	(void)state;
	struct str payload;
	assert_int_equal(jwt_verify(&test_task, key, &expect, good_token(), &payload), JWT_VALID);
	test_equal(payload, S(PAYLOAD));
	assert_int_equal(verdict(key, &expect, forge(good_header(), S(PAYLOAD))), JWT_VALID);
}

/* RFC 7515 §A.3: its key gives its public half, and its signature is good under it. */
static void
test_rfc7515_example(void **state)
{
	(void)state;
	const struct str input =
	    S("eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6"
	      "Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ");
	uint8_t raw[SIGNATURE_N];
	size_t n;
	struct secret d;
	struct jwt_key *k;
	struct str jwk;
	assert_true(secret_new(32, &d));
	assert_true(str_b64url_decode(S("jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"), d.p, d.n, &n));
	assert_int_equal(jwt_key_import(&test_task, &d, S("a"), &k), OK);
	assert_int_equal(jwt_key_jwk(&test_task, k, &jwk), OK);
	test_equal(jwk, S("{\"kty\":\"EC\",\"crv\":\"P-256\",\"alg\":\"ES256\",\"use\":\"sig\",\"kid\":\"a\","
			  "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
			  "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}"));
	assert_true(str_b64url_decode(
	    S("DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"), raw,
	    sizeof(raw), &n));
	assert_true(verify_bytes(k, input, raw));
	raw[63] ^= 1;
	assert_false(verify_bytes(k, input, raw));
	ERR_clear_error();
	secret_done(&d);
	jwt_key_free(k);
}

static struct str
hmac_token(struct str header, const void *secret, size_t n)
{
	uint8_t mac[32];
	struct str input = join(b64(header), b64(S(PAYLOAD)));
	assert_true(secret_hmac(mac, secret, n, &input, 1));
	return join(input, str_b64url(test_task.arena, mac, sizeof(mac)));
}

/* V-79: what everybody knows of a key is no secret to make a MAC with. */
static void
test_JWT01_public_key_is_no_mac_secret(void **state)
{
	(void)state;
	struct str pem, jwk,
	    header =
		format("{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"%.*s\"}", STR_ARG(jwt_key_kid(key)));
	uint8_t *der = NULL;
	int n = i2d_PUBKEY(key->pkey, &der);
	assert_true(n > 0);
	assert_int_equal(jwt_key_pem(&test_task, key, &pem), OK);
	assert_int_equal(jwt_key_jwk(&test_task, key, &jwk), OK);
	assert_refused(hmac_token(header, pem.p, pem.n), "alg");
	assert_refused(hmac_token(header, jwk.p, jwk.n), "alg");
	assert_refused(hmac_token(header, der, (size_t)n), "alg");
	assert_refused(hmac_token(header, key->point, sizeof(key->point)), "alg");
	assert_refused(hmac_token(header, "", 0), "alg");
	assert_refused(hmac_token(good_header(), pem.p, pem.n), "64 bytes");
	OPENSSL_free(der);
}

static void
test_JWT01_only_ES256(void **state)
{
	(void)state;
	static const char *const algs[] = { "\"none\"", "\"None\"", "\"nOnE\"", "\"NONE\"", "\"\"",
		"\"HS256\"", "\"RS256\"", "\"PS256\"", "\"ES384\"", "\"ES512\"", "\"ES256K\"", "\"EdDSA\"",
		"\"es256\"", "\"ES256 \"", "\"ES25\"", "256", "null", "true", "[\"ES256\"]", "{}" };
	for (size_t i = 0; i < ARRAY_LEN(algs); i++) {
		struct str header = format(
		    "{\"alg\":%s,\"typ\":\"JWT\",\"kid\":\"%.*s\"}", algs[i], STR_ARG(jwt_key_kid(key)));
		assert_refused(forge(header, S(PAYLOAD)), "alg");
		assert_refused(join(join(b64(header), b64(S(PAYLOAD))), S("")), "alg");
	}
	assert_refused(
	    forge(format("{\"typ\":\"JWT\",\"kid\":\"%.*s\"}", STR_ARG(jwt_key_kid(key))), S(PAYLOAD)),
	    "alg");
}

/*
 * The edges that published vector sets for raw (P1363) signatures walk along, made here:
 * r and s at 0, 1, n-1, n, n+1, p-like and all ones; every wrong length from nothing
 * to a buffer-breaking one (V-76); the ASN.1 form; swapped, doubled and cut fields.
 */
static void
test_JWT02_signature_edges(void **state)
{
	(void)state;
	enum { ZERO, ONE, BELOW, ORDER, ABOVE, ONES, RIGHT, EDGES };
	static const char *const wrong = "signature is wrong", *const range = "out of range";
	uint8_t edge[EDGES][32] = { 0 }, raw[64];
	struct str input = join(b64(good_header()), b64(S(PAYLOAD)));
	edge[ONE][31] = 1;
	for (int i = BELOW; i <= ABOVE; i++)
		memcpy(edge[i], jwt_p256_order, 32);
	edge[BELOW][31]--;
	edge[ABOVE][31]++;
	memset(edge[ONES], 0xFF, 32);
	for (int r = 0; r < EDGES; r++) {
		for (int s = 0; s < EDGES; s++) {
			bool in_range =
			    (r == ONE || r == BELOW || r == RIGHT) && (s == ONE || s == BELOW || s == RIGHT);
			assert_true(sign_bytes(key, input, raw));
			if (r != RIGHT)
				memcpy(raw, edge[r], 32);
			if (s != RIGHT)
				memcpy(raw + 32, edge[s], 32);
			if (r == RIGHT && s == RIGHT)
				continue;
			assert_refused(
			    join(input, str_b64url(test_task.arena, raw, 64)), in_range ? wrong : range);
		}
	}
}

static void
test_JWT02_signature_lengths(void **state)
{
	(void)state;
	static const size_t lengths[] = { 0, 1, 2, 31, 32, 48, 63, 65, 66, 70, 71, 72, 96, 128, 132, 4096 };
	struct str input = join(b64(good_header()), b64(S(PAYLOAD)));
	uint8_t raw[4096] = { 0 }, der[DER_MAX];
	for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
		assert_true(sign_bytes(key, input, raw));
		assert_refused(join(input, str_b64url(test_task.arena, raw, lengths[i])), "64 bytes");
	}
	int n = der_of_raw(raw, der);
	assert_true(n > 64);
	assert_refused(join(input, str_b64url(test_task.arena, der, (size_t)n)), "64 bytes");
	char *huge = arena_alloc(test_task.arena, 21830);
	memset(huge, 'A', 21830);
	assert_refused(join(input, (struct str){ huge, 21830 }), "too many");
}

static void
test_JWT02_every_changed_bit(void **state)
{
	(void)state;
	struct str token = good_token(), payload;
	uint8_t raw[64];
	struct str input = join(b64(good_header()), b64(S(PAYLOAD)));
	for (unsigned bit = 0; bit < 512; bit += 3) {
		assert_true(sign_bytes(key, input, raw));
		raw[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(
		    verdict(key, &expect, join(input, str_b64url(test_task.arena, raw, 64))), JWT_REFUSED);
	}
	for (size_t i = 0; i < token.n; i++) {
		struct str copy = arena_dup(test_task.arena, token);
		char *at = arena_alloc(test_task.arena, token.n);
		memcpy(at, copy.p, copy.n);
		at[i] = at[i] == 'A' ? 'B' : 'A';
		if (jwt_verify(&test_task, key, &expect, (struct str){ at, token.n }, &payload) == JWT_VALID)
			fail_msg("accepted with byte %zu changed", i);
		if (jwt_verify(&test_task, key, &expect, (struct str){ token.p, i }, &payload) == JWT_VALID)
			fail_msg("accepted when cut to %zu bytes", i);
	}
}

static void
test_JWT03_header_takes_nothing_more(void **state)
{
	(void)state;
	static const char *const more[] = { "\"jku\":\"https://evil.example/jwks\"",
		"\"x5u\":\"https://evil.example/c\"", "\"jwk\":{\"kty\":\"EC\"}", "\"x5c\":[\"MIIB\"]",
		"\"x5t\":\"AA\"", "\"crit\":[\"exp\"]", "\"crit\":[]", "\"zip\":\"DEF\"", "\"b64\":false",
		"\"b64\":true", "\"enc\":\"A256GCM\"", "\"cty\":\"JWT\"", "\"\":1", "\"x\":null" };
	for (size_t i = 0; i < ARRAY_LEN(more); i++) {
		struct str header = format("{\"alg\":\"ES256\",\"typ\":\"JWT\",\"kid\":\"%.*s\",%s}",
		    STR_ARG(jwt_key_kid(key)), more[i]);
		assert_refused(forge(header, S(PAYLOAD)), "more than alg, typ and kid");
	}
}

static void
test_JWT03_kid_is_only_compared(void **state)
{
	(void)state;
	char long_kid[4096];
	memset(long_kid, 'k', sizeof(long_kid));
	long_kid[sizeof(long_kid) - 1] = '\0';
	const char *kids[] = { "../../etc/passwd", "' OR 1=1 --", "\\\"", "", "/dev/null", "a\\u0041",
		long_kid };
	for (size_t i = 0; i < ARRAY_LEN(kids); i++)
		assert_refused(
		    forge(format("{\"alg\":\"ES256\",\"typ\":\"JWT\",\"kid\":\"%s\"}", kids[i]), S(PAYLOAD)),
		    "kid");
	assert_refused(forge(S("{\"alg\":\"ES256\",\"typ\":\"JWT\"}"), S(PAYLOAD)), "kid");
	assert_refused(forge(S("{\"alg\":\"ES256\",\"typ\":\"JWT\",\"kid\":7}"), S(PAYLOAD)), "kid");
	/* A NUL does not end the comparison. */
	assert_refused(forge(format("{\"alg\":\"ES256\",\"typ\":\"JWT\",\"kid\":\"%.*s\\u0000x\"}",
				 STR_ARG(jwt_key_kid(key))),
			   S(PAYLOAD)),
	    "header");
}

static void
test_JWT04_issuer_is_exact(void **state)
{
	(void)state;
	static const char *const issuers[] = { "\"https://b.example\"", "\"https://a.example/\"",
		"\"https://A.example\"", "\"http://a.example\"", "\"https://a.example.evil.example\"", "\"\"",
		"null", "7", "[\"https://a.example\"]" };
	for (size_t i = 0; i < ARRAY_LEN(issuers); i++)
		assert_refused(forge(good_header(),
				   format("{\"iss\":%s,\"iat\":1767225600,\"exp\":1767225660}", issuers[i])),
		    "iss");
	assert_refused(forge(good_header(), S("{\"iat\":1767225600,\"exp\":1767225660}")), "iss");
}

static void
test_JWT05_times_are_finite_integers(void **state)
{
	(void)state;
	static const struct {
		const char *iat, *exp, *nbf;
		int64_t skew_s;
		const char *why; /* NULL: valid */
	} rows[] = {
		{ "1767225600", "1767225660", NULL, 0, NULL },
		{ "1767225600", "\"1767225660\"", NULL, 0, "exp is not an integer" },
		{ "1767225600", "0", NULL, 0, "exp is out of range" },
		{ "1767225600", "-1", NULL, 0, "exp is out of range" },
		{ "1767225600", "null", NULL, 0, "exp is not an integer" },
		{ "1767225600", "true", NULL, 0, "exp is not an integer" },
		{ "1767225600", "[1767225660]", NULL, 0, "exp is not an integer" },
		{ "1767225600", "1767225660.0", NULL, 0, "exp is not an integer" },
		{ "1767225600", "1.767225660e9", NULL, 0, "exp is not an integer" },
		{ "1767225600", "1e400", NULL, 0, "not a JSON object" },
		{ "1767225600", "NaN", NULL, 0, "not a JSON object" },
		{ "1767225600", "Infinity", NULL, 0, "not a JSON object" },
		{ "1767225600", "9007199254740992", NULL, 0, "exp is out of range" },
		{ "1767225600", "9007199254740991", NULL, 0, NULL },
		{ "1767225600", "9223372036854775807", NULL, 0, "exp is out of range" },
		{ "1767225600", "9223372036854775808", NULL, 0, "not a JSON object" },
		{ "1767225600", "1767225600", NULL, 0, "expired" },
		{ "1767225600", "1767225601", NULL, 0, NULL },
		{ "1767225500", "1767225596", NULL, 5, NULL },
		{ "1767225500", "1767225595", NULL, 5, "expired" },
		{ "1767225500", "1767225541", NULL, 3600, NULL }, /* more than a minute of skew is a minute */
		{ "1767225500", "1767225540", NULL, 3600, "expired" },
		{ "1767225500", "1767225600", NULL, -5, "expired" },
		{ "1767225601", "1767225660", NULL, 0, "not valid yet" },
		{ "1767225605", "1767225660", NULL, 5, NULL },
		{ "\"1767225600\"", "1767225660", NULL, 0, "iat is not an integer" },
		{ "0", "1767225660", NULL, 0, "iat is out of range" },
		{ "1767225600", "1767225660", "1767225601", 0, "not valid yet" },
		{ "1767225600", "1767225660", "1767225600", 0, NULL },
		{ "1767225600", "1767225660", "null", 0, "nbf is not an integer" },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct str payload = format("{\"iss\":\"https://a.example\",\"iat\":%s,\"exp\":%s%s%s}",
		    rows[i].iat, rows[i].exp,
		    rows[i].nbf == NULL ? "" : ",\"nbf\":", rows[i].nbf == NULL ? "" : rows[i].nbf);
		struct jwt_expect e = { expect.typ, expect.iss, now_s, rows[i].skew_s };
		bool valid = verdict(key, &e, forge(good_header(), payload)) == JWT_VALID;
		if (valid != (rows[i].why == NULL) || (!valid && strstr(test_task.why, rows[i].why) == NULL))
			fail_msg(
			    "row %zu " STR_FMT ": %s", i, STR_ARG(payload), valid ? "valid" : test_task.why);
	}
	assert_refused(
	    forge(good_header(), S("{\"iss\":\"https://a.example\",\"iat\":1767225600}")), "exp is not");
	assert_refused(
	    forge(good_header(), S("{\"iss\":\"https://a.example\",\"exp\":1767225660}")), "iat is not");
}

/* A token of one purpose is nothing in another's place. */
static void
test_JWT06_types_do_not_mix(void **state)
{
	(void)state;
	static const struct str types[] = { S_INIT("JWT"), S_INIT("invite+jwt"), S_INIT("action+jwt"),
		S_INIT("email-verify+jwt"), S_INIT("logout+jwt"), S_INIT("client-assertion+jwt") };
	for (size_t made = 0; made < ARRAY_LEN(types); made++) {
		struct str token;
		assert_int_equal(jwt_sign(&test_task, key, types[made], S(PAYLOAD), &token), OK);
		for (size_t used = 0; used < ARRAY_LEN(types); used++) {
			struct jwt_expect e = { types[used], expect.iss, now_s, 0 };
			assert_int_equal(verdict(key, &e, token), made == used ? JWT_VALID : JWT_REFUSED);
		}
	}
	assert_refused(
	    forge(format("{\"alg\":\"ES256\",\"kid\":\"%.*s\"}", STR_ARG(jwt_key_kid(key))), S(PAYLOAD)),
	    "typ");
	assert_int_equal(verdict(key, &expect,
			     forge(format("{\"alg\":\"ES256\",\"typ\":\"jwt\",\"kid\":\"%.*s\"}",
				       STR_ARG(jwt_key_kid(key))),
				 S(PAYLOAD))),
	    JWT_VALID);
}

static void
test_JWT07_strict_encoding(void **state)
{
	(void)state;
	struct str h = b64(good_header()), p = b64(S(PAYLOAD));
	static const char *const tails[] = { "=", "==", " ", "\n", "+", "/", "\t", "%3D" };
	for (size_t i = 0; i < ARRAY_LEN(tails); i++) {
		struct str tail = str_of(tails[i]);
		assert_refused(forge_parts(format("%.*s%s", STR_ARG(h), tails[i]), p), "header is not");
		assert_refused(forge_parts(h, format("%.*s%s", STR_ARG(p), tails[i])), "payload is not");
		struct str token = good_token();
		assert_refused(format("%.*s%.*s", STR_ARG(token), STR_ARG(tail)), "signature is not");
		assert_refused(format(" %.*s", STR_ARG(token)), "header is not");
	}
	/* Spare bits that say nothing must be zero: "e30" is {}, "e31" would be too. */
	assert_refused(forge_parts(h, S("e31")), "payload is not base64url");
	assert_refused(forge_parts(h, S("e30")), "iss");
}

static void
test_JWT07_strict_json(void **state)
{
	(void)state;
	struct str kid = jwt_key_kid(key);
	static const struct {
		const char *before, *after; /* the kid */
	} headers[] = {
		{ "{\"alg\":\"none\",\"alg\":\"ES256\",\"typ\":\"JWT\",\"kid\":\"", "\"}" },
		{ "{\"alg\":\"ES256\",\"alg\":\"ES256\",\"typ\":\"JWT\",\"kid\":\"", "\"}" },
		{ "{\"alg\":\"ES256\",\"\\u0061lg\":\"none\",\"typ\":\"JWT\",\"kid\":\"", "\"}" },
		{ "{\"alg\":\"ES256\",\"typ\":\"JWT\",\"kid\":\"", "\"}x" },
		{ "{\"alg\":\"ES256\",\"typ\":\"JWT\",\"kid\":\"", "\"}{}" },
		{ "{\"alg\":\"ES256\",\"typ\":\"JWT\",\"kid\":\"", "\",}" },
		{ "{\"alg\":\"ES256\",\"typ\":\"JWT\xff\",\"kid\":\"", "\"}" },
		{ "\xef\xbb\xbf{\"alg\":\"ES256\",\"typ\":\"JWT\",\"kid\":\"", "\"}" },
		{ "[\"ES256\",\"JWT\",\"", "\"]" },
		{ "\"", "\"" },
	};
	for (size_t i = 0; i < ARRAY_LEN(headers); i++) {
		struct str header = format("%s%.*s%s", headers[i].before, STR_ARG(kid), headers[i].after);
		assert_refused(forge(header, S(PAYLOAD)), "header is not a JSON object");
	}
	static const struct str payloads[] = { S_INIT(""), S_INIT("null"), S_INIT("[]"), S_INIT("7"),
		S_INIT("{"),
		S_INIT("{\"iss\":\"https://"
		       "a.example\",\"iat\":1767225600,\"exp\":1767225600,\"exp\":1767225660}") };
	for (size_t i = 0; i < ARRAY_LEN(payloads); i++)
		assert_refused(forge(good_header(), payloads[i]), "payload is not a JSON object");
}

static void
test_nested_too_deep(void **state)
{
	(void)state;
	char nest[4096];
	memset(nest, '[', sizeof(nest));
	assert_refused(forge(good_header(), (struct str){ nest, sizeof(nest) }), "too deep");
	assert_refused(forge((struct str){ nest, sizeof(nest) }, S(PAYLOAD)), "too deep");
	/* Brackets in text are text. */
	struct str text =
	    S("{\"iss\":\"https://"
	      "a.example\",\"iat\":1767225600,\"exp\":1767225660,\"t\":\"\\\"[[[[[[[[[[[[[[[[[[[[[[\"}");
	assert_int_equal(verdict(key, &expect, forge(good_header(), text)), JWT_VALID);
}

static void
test_JWT08_three_parts(void **state)
{
	(void)state;
	static const char *const tokens[] = { "", ".", "a", "a.b", "a.b.c.d", "a.b.c.d.e", "....", "a..b.c" };
	struct str token = good_token();
	for (size_t i = 0; i < ARRAY_LEN(tokens); i++)
		assert_refused(str_of(tokens[i]), "three parts");
	assert_refused(format("%.*s.", STR_ARG(token)), "three parts");
	assert_refused(format("%.*s.AA.AA", STR_ARG(token)), "three parts");
	assert_refused(S(".."), "header is not a JSON object");
}

/* JWT-10: a nonce that comes twice gives the private key away. */
static int
compare_r(const void *a, const void *b)
{
	return memcmp(a, b, 32);
}

static void
test_JWT10_every_r_is_new(void **state)
{
	(void)state;
	enum { SIGNATURES = 20000 };
	uint8_t(*r)[32] = calloc(SIGNATURES, sizeof(*r));
	uint8_t raw[SIGNATURE_N];
	int short_ones = 0;
	assert_non_null(r);
	for (int i = 0; i < SIGNATURES; i++) {
		assert_true(sign_bytes(key, S("the same text each time"), raw));
		memcpy(r[i], raw, 32);
		/* A number with leading zero bytes keeps its place in the fixed field. */
		if (raw[0] == 0 || raw[32] == 0) {
			assert_true(verify_bytes(key, S("the same text each time"), raw));
			short_ones++;
		}
	}
	assert_true(short_ones > 50);
	qsort(r, SIGNATURES, sizeof(*r), compare_r);
	for (int i = 1; i < SIGNATURES; i++)
		assert_memory_not_equal(r[i - 1], r[i], 32);
	free(r);
}

static void
test_JWT10_no_randomness_no_token(void **state)
{
	(void)state;
	struct str token = STR_NONE;
	struct jwt_key *k = NULL;
	secret_test_fail_random(true);
	assert_int_equal(jwt_sign(&test_task, key, S("JWT"), S(PAYLOAD), &token), E_INTERNAL);
	assert_int_equal(jwt_key_generate(&test_task, &k), E_INTERNAL);
	secret_test_fail_random(false);
	assert_int_equal(token.n, 0);
	assert_null(k);
	assert_int_equal(jwt_sign(&test_task, key, S("JWT"), S(PAYLOAD), &token), OK);
}

static void
test_JWT11_jwk_is_public(void **state)
{
	(void)state;
	struct str text;
	assert_int_equal(jwt_key_jwk(&test_task, key, &text), OK);
	json_t *jwk = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, NULL);
	static const char *const members[] = { "kty", "crv", "alg", "use", "kid", "x", "y" };
	assert_int_equal(json_object_size(jwk), ARRAY_LEN(members));
	for (size_t i = 0; i < ARRAY_LEN(members); i++)
		assert_true(json_is_string(json_object_get(jwk, members[i])));
	assert_null(json_object_get(jwk, "d"));
	test_equal(text_of(jwk, "kid"), jwt_key_kid(key));

	/* A stranger who reads the JWK verifies what the pair signed, and cannot sign. */
	struct jwt_key *public;
	struct str token;
	struct secret d;
	assert_int_equal(
	    jwt_key_public(&test_task, text_of(jwk, "x"), text_of(jwk, "y"), text_of(jwk, "kid"), &public),
	    OK);
	assert_int_equal(verdict(public, &expect, good_token()), JWT_VALID);
	assert_int_equal(jwt_sign(&test_task, public, S("JWT"), S(PAYLOAD), &token), E_INTERNAL);
	assert_int_equal(jwt_key_export(&test_task, public, &d), E_INTERNAL);
	assert_int_equal(ERR_peek_error(), 0);
	jwt_key_free(public);
	json_decref(jwk);

	assert_int_equal(jwt_key_pem(&test_task, key, &text), OK);
	assert_true(str_starts(text, S("-----BEGIN PUBLIC KEY-----\n")));
	assert_true(str_ends(text, S("\n-----END PUBLIC KEY-----\n")));
}

/* Another deployment's or purpose's key, even under the same kid. */
static void
test_JWT12_keys_do_not_mix(void **state)
{
	(void)state;
	struct jwt_key *other, *twin;
	struct secret d;
	assert_int_equal(jwt_key_generate(&test_task, &other), OK);
	assert_int_equal(verdict(other, &expect, good_token()), JWT_REFUSED);
	assert_non_null(strstr(test_task.why, "kid"));
	assert_int_equal(jwt_key_export(&test_task, other, &d), OK);
	assert_int_equal(jwt_key_import(&test_task, &d, jwt_key_kid(key), &twin), OK);
	assert_int_equal(verdict(twin, &expect, good_token()), JWT_REFUSED);
	assert_non_null(strstr(test_task.why, "signature"));
	secret_done(&d);
	jwt_key_free(other);
	jwt_key_free(twin);
}

static void
test_key_survives_its_storage(void **state)
{
	(void)state;
	struct secret d;
	struct jwt_key *again;
	struct str a, b;
	assert_int_equal(jwt_key_export(&test_task, key, &d), OK);
	assert_int_equal(d.n, 32);
	assert_int_equal(jwt_key_import(&test_task, &d, jwt_key_kid(key), &again), OK);
	assert_int_equal(jwt_key_pem(&test_task, key, &a), OK);
	assert_int_equal(jwt_key_pem(&test_task, again, &b), OK);
	test_equal(a, b);
	assert_int_equal(verdict(again, &expect, good_token()), JWT_VALID);
	jwt_key_free(again);

	again = NULL;
	static const struct str kids[] = { S_INIT(""), S_INIT("a\"b"), S_INIT("a b"), S_INIT("../x"),
		S_INIT("a234567890123456789012345678901234567890123456789012345678901234x") };
	for (size_t i = 0; i < ARRAY_LEN(kids); i++)
		assert_int_equal(jwt_key_import(&test_task, &d, kids[i], &again), E_INTERNAL);
	memcpy(d.p, jwt_p256_order, 32);
	assert_int_equal(jwt_key_import(&test_task, &d, S("k"), &again), E_INTERNAL);
	memset(d.p, 0, 32);
	assert_int_equal(jwt_key_import(&test_task, &d, S("k"), &again), E_INTERNAL);
	d.n = 31;
	assert_int_equal(jwt_key_import(&test_task, &d, S("k"), &again), E_INTERNAL);
	assert_null(again);
	secret_done(&d);
}

/* An invalid-curve point, a coordinate beyond the field, the point at infinity. */
static void
test_points_off_the_curve(void **state)
{
	(void)state;
	static const struct str good = S_INIT("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU");
	static const struct str bad[] = { S_INIT("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"),
		S_INIT("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
		S_INIT("_____________________________________________w"),
		S_INIT("__________________________________________8"), S_INIT(""), S_INIT("AA"),
		S_INIT("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0="),
		S_INIT("x/FEzRu9m36HLN/tue659LNpXW6pCyStikYjKIWI5a0") };
	struct jwt_key *k = NULL;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		assert_int_equal(jwt_key_public(&test_task, good, bad[i], S("k"), &k), E_BAD_REQUEST_BODY);
		assert_int_equal(ERR_peek_error(), 0);
	}
	assert_null(k);
	assert_int_equal(
	    jwt_key_public(&test_task, good, S("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"), S("k"), &k),
	    OK);
	jwt_key_free(k);
}

/* What another library left in the queue decides nothing here. */
static void
test_V80_a_dirty_error_queue_changes_nothing(void **state)
{
	(void)state;
	struct str token = good_token(), payload;
	ERR_raise(ERR_LIB_USER, ERR_R_INTERNAL_ERROR);
	assert_int_equal(jwt_verify(&test_task, key, &expect, token, &payload), JWT_VALID);
	assert_int_equal(ERR_peek_error(), 0);
	ERR_raise(ERR_LIB_USER, ERR_R_INTERNAL_ERROR);
	assert_int_equal(jwt_sign(&test_task, key, S("JWT"), S(PAYLOAD), &token), OK);
	assert_int_equal(ERR_peek_error(), 0);
}

static void
test_too_long_is_not_signed(void **state)
{
	(void)state;
	char *p = arena_alloc(test_task.arena, JWT_TOKEN_MAX);
	struct str token = STR_NONE;
	memset(p, ' ', JWT_TOKEN_MAX);
	assert_int_equal(
	    jwt_sign(&test_task, key, S("JWT"), (struct str){ p, JWT_TOKEN_MAX }, &token), E_INTERNAL);
	assert_int_equal(token.n, 0);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, key_begin, key_end)
	const struct CMUnitTest tests[] = {
		TEST(test_signed_verifies),
		TEST(test_rfc7515_example),
		TEST(test_JWT01_public_key_is_no_mac_secret),
		TEST(test_JWT01_only_ES256),
		TEST(test_JWT02_signature_edges),
		TEST(test_JWT02_signature_lengths),
		TEST(test_JWT02_every_changed_bit),
		TEST(test_JWT03_header_takes_nothing_more),
		TEST(test_JWT03_kid_is_only_compared),
		TEST(test_JWT04_issuer_is_exact),
		TEST(test_JWT05_times_are_finite_integers),
		TEST(test_JWT06_types_do_not_mix),
		TEST(test_JWT07_strict_encoding),
		TEST(test_JWT07_strict_json),
		TEST(test_nested_too_deep),
		TEST(test_JWT08_three_parts),
		TEST(test_JWT10_every_r_is_new),
		TEST(test_JWT10_no_randomness_no_token),
		TEST(test_JWT11_jwk_is_public),
		TEST(test_JWT12_keys_do_not_mix),
		TEST(test_key_survives_its_storage),
		TEST(test_points_off_the_curve),
		TEST(test_V80_a_dirty_error_queue_changes_nothing),
		TEST(test_too_long_is_not_signed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
