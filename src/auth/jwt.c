/* jwt.c - session tokens for other servers: ES256 JWTs, signed and verified. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/jwt.h"

#include <jansson.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <string.h>

#include "auth/jwt_key.h"
#include "base/json.h"
#include "base/str.h"

enum {
	SIGNATURE_N = 2 * JWT_SCALAR_N, /* r and s, RFC 7518 §3.4 */
	DER_MAX = 72,                   /* the same two as ASN.1, at their longest */
	SIGN_DER_MAX = 2 * (JWT_SCALAR_MAX + 3) + 3,
	DEPTH_MAX = 16,
	SKEW_MAX_S = 60,
};
static const int64_t number_max = INT64_C(1) << 53; /* I-JSON, RFC 7493 §2.2 */

/* --- signing --- */

/*
 * OpenSSL draws each signature's nonce from this thread's generator. Fresh bytes from
 * the program's own source go in first: without randomness nothing is signed, instead
 * of on from an old seed, where one repeated nonce would give the key away.
 */
static bool
refresh_nonces(void)
{
	uint8_t seed[32];
	EVP_RAND_CTX *generator = RAND_get0_private(NULL);
	bool ok = generator != NULL && secret_random(seed, sizeof(seed)) &&
		  EVP_RAND_reseed(generator, 0, NULL, 0, seed, sizeof(seed)) == 1;
	secret_wipe(seed, sizeof(seed));
	return ok;
}

/* r and s as two fixed fields, out of the ASN.1 that OpenSSL makes. */
static bool
raw_of_der(const uint8_t *der, size_t n, size_t scalar_n, uint8_t *ret_raw)
{
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)n);
	int want = (int)scalar_n;
	bool ok = sig != NULL && BN_bn2binpad(ECDSA_SIG_get0_r(sig), ret_raw, want) == want &&
		  BN_bn2binpad(ECDSA_SIG_get0_s(sig), ret_raw + scalar_n, want) == want;
	ECDSA_SIG_free(sig);
	return ok;
}

bool
jwt_ecdsa_sign(EVP_PKEY *pkey, const EVP_MD *md, size_t scalar_n, struct str input, uint8_t *ret_raw)
{
	uint8_t der[SIGN_DER_MAX];
	size_t n = sizeof(der);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = ctx != NULL && refresh_nonces() && EVP_DigestSignInit(ctx, NULL, md, NULL, pkey) == 1 &&
		  EVP_DigestSign(ctx, der, &n, (const uint8_t *)input.p, input.n) == 1 &&
		  raw_of_der(der, n, scalar_n, ret_raw);
	EVP_MD_CTX_free(ctx);
	return ok;
}

static bool
sign_bytes(const struct jwt_key *k, struct str input, uint8_t ret_raw[SIGNATURE_N])
{
	return jwt_ecdsa_sign(k->pkey, EVP_sha256(), JWT_SCALAR_N, input, ret_raw);
}

enum status
jwt_input(struct task *t, const char *alg, struct str typ, struct str kid, struct str payload, struct str *ret_input)
{
	struct str header = arena_printf(t->arena,
	    "{\"alg\":\"%s\",\"typ\":\"" STR_FMT "\",\"kid\":\"" STR_FMT "\"}", alg, STR_ARG(typ), STR_ARG(kid));
	struct str input =
	    arena_printf(t->arena, STR_FMT "." STR_FMT, STR_ARG(str_b64url(t->arena, header.p, header.n)),
		STR_ARG(str_b64url(t->arena, payload.p, payload.n)));

	if (arena_failed(t->arena))
		return fail(t, E_OVERLOADED, "out of memory for this task");
	*ret_input = input;
	return OK;
}

enum status
jwt_finish(struct task *t, struct str input, const uint8_t *signature, size_t n, size_t most, struct str *ret_token)
{
	struct str token = arena_printf(
	    t->arena, STR_FMT "." STR_FMT, STR_ARG(input), STR_ARG(str_b64url(t->arena, signature, n)));

	if (arena_failed(t->arena))
		return fail(t, E_OVERLOADED, "out of memory for this task");
	if (token.n > most)
		return fail(t, E_INTERNAL,
		    "jwt: a token of %zu bytes; shorten the template or the permissions", token.n);
	*ret_token = token;
	return OK;
}

enum status
jwt_sign(struct task *t, const struct jwt_key *k, struct str typ, struct str payload, struct str *ret_token)
{
	uint8_t raw[SIGNATURE_N];
	struct str input;

	TRY(jwt_input(t, "ES256", typ, jwt_key_kid(k), payload, &input));
	ERR_clear_error();
	bool ok = sign_bytes(k, input, raw);
	ERR_clear_error();
	if (!ok)
		return fail(t, E_INTERNAL, "jwt: signing failed");
	return jwt_finish(t, input, raw, sizeof(raw), JWT_TOKEN_MAX, ret_token);
}

/* --- verifying --- */

/* A verdict for the log; the caller of jwt_verify gets an enum. */
#define refuse(t, ...) fail((t), E_UNAUTHORIZED, "jwt: " __VA_ARGS__)

struct parts {
	struct str header, payload, signature;
	struct str signed_text; /* header and payload with their dot */
};

static enum status
split(struct task *t, struct str token, struct parts *ret_parts)
{
	struct parts p;
	struct str rest;
	if (token.n > JWT_TOKEN_MAX)
		return refuse(t, "%zu bytes are too many", token.n);
	if (!str_cut(token, '.', &p.header, &rest) || !str_cut(rest, '.', &p.payload, &p.signature) ||
	    memchr(p.signature.p == NULL ? "" : p.signature.p, '.', p.signature.n) != NULL)
		return refuse(t, "not three parts");
	p.signed_text = (struct str){ token.p, p.header.n + 1 + p.payload.n };
	*ret_parts = p;
	return OK;
}

/* One part as a JSON object. The caller drops *ret_object. */
static enum status
parse_part(struct task *t, const char *name, struct str part, json_t **ret_object, struct str *ret_text)
{
	size_t cap = part.n / 4 * 3 + 3, n = 0;
	char *text = arena_array(t->arena, cap, 1);
	TRY_MEM(t, text);
	if (!str_b64url_decode(part, text, cap, &n))
		return refuse(t, "the %s is not base64url", name);
	struct str json = { text, n };
	if (!json_is_shallow(json, DEPTH_MAX))
		return refuse(t, "the %s is nested too deep", name);
	json_t *object = json_loadb(text, n, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(object)) {
		json_decref(object);
		return refuse(t, "the %s is not a JSON object", name);
	}
	*ret_object = object;
	*ret_text = json;
	return OK;
}

/* A member that is a string; the empty string otherwise. */
static struct str
text_of(const json_t *object, const char *name)
{
	const json_t *v = json_object_get(object, name);
	if (!json_is_string(v))
		return STR_NONE;
	return (struct str){ json_string_value(v), json_string_length(v) };
}

/*
 * Exactly the three members that jwt_sign() writes. So there is no crit, zip, b64, jku,
 * x5u, jwk or x5c to have an opinion about, nor what will be invented after them.
 */
static enum status
check_header(struct task *t, const json_t *header, const struct jwt_key *k, const struct jwt_expect *expect)
{
	struct str typ = text_of(header, "typ");
	if (!str_eq(text_of(header, "alg"), S("ES256")))
		return refuse(t, "alg is not ES256");
	if (typ.n == 0 || !str_eq_nocase(typ, expect->typ))
		return refuse(t, "typ is not " STR_FMT, STR_ARG(expect->typ));
	if (!str_eq(text_of(header, "kid"), jwt_key_kid(k)))
		return refuse(t, "kid is another key's");
	if (json_object_size(header) != 3)
		return refuse(t, "the header has more than alg, typ and kid");
	return OK;
}

static enum status
read_header(struct task *t, struct str part, const struct jwt_key *k, const struct jwt_expect *expect)
{
	json_t *header;
	struct str text;
	TRY(parse_part(t, "header", part, &header, &text));
	enum status st = check_header(t, header, k, expect);
	json_decref(header);
	return st;
}

/* A count of seconds that is a JSON integer in the range every reader has exactly. */
static enum status
read_time(struct task *t, const json_t *payload, const char *name, int64_t *ret_s)
{
	const json_t *v = json_object_get(payload, name);
	if (!json_is_integer(v))
		return refuse(t, "%s is not an integer", name);
	int64_t s = json_integer_value(v);
	if (s <= 0 || s >= number_max)
		return refuse(t, "%s is out of range", name);
	*ret_s = s;
	return OK;
}

static enum status
check_claims(struct task *t, const json_t *payload, const struct jwt_expect *expect)
{
	int64_t skew = expect->skew_s < 0 ? 0 : expect->skew_s > SKEW_MAX_S ? SKEW_MAX_S : expect->skew_s;
	int64_t exp, iat, nbf = 0;
	struct str iss = text_of(payload, "iss");
	if (iss.n == 0 || !str_eq(iss, expect->iss))
		return refuse(t, "iss is another one");
	TRY(read_time(t, payload, "exp", &exp));
	TRY(read_time(t, payload, "iat", &iat));
	if (json_object_get(payload, "nbf") != NULL)
		TRY(read_time(t, payload, "nbf", &nbf));
	if (exp + skew <= expect->now_s)
		return refuse(t, "expired");
	if (iat > expect->now_s + skew || nbf > expect->now_s + skew)
		return refuse(t, "not valid yet");
	return OK;
}

static enum status
read_payload(struct task *t, struct str part, const struct jwt_expect *expect, struct str *ret_text)
{
	json_t *payload;
	struct str text;
	TRY(parse_part(t, "payload", part, &payload, &text));
	enum status st = check_claims(t, payload, expect);
	json_decref(payload);
	if (st == OK)
		*ret_text = text;
	return st;
}

static int
der_of_raw(const uint8_t raw[SIGNATURE_N], uint8_t ret_der[DER_MAX])
{
	int n = 0;
	BIGNUM *r = BN_bin2bn(raw, JWT_SCALAR_N, NULL),
	       *s = BN_bin2bn(raw + JWT_SCALAR_N, JWT_SCALAR_N, NULL);
	ECDSA_SIG *sig = ECDSA_SIG_new();
	if (r != NULL && s != NULL && sig != NULL && ECDSA_SIG_set0(sig, r, s) == 1) {
		r = s = NULL; /* sig has them now */
		n = i2d_ECDSA_SIG(sig, NULL);
		n = n > 0 && n <= DER_MAX ? i2d_ECDSA_SIG(sig, &ret_der) : 0;
	}
	BN_free(r);
	BN_free(s);
	ECDSA_SIG_free(sig);
	return n;
}

static bool
verify_bytes(const struct jwt_key *k, struct str input, const uint8_t raw[SIGNATURE_N])
{
	uint8_t der[DER_MAX];
	int n = der_of_raw(raw, der);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	/* EVP_DigestVerify: 1 is good, 0 is bad, and below are failures. */
	bool ok = n > 0 && ctx != NULL && EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, k->pkey) == 1 &&
		  EVP_DigestVerify(ctx, der, (size_t)n, (const uint8_t *)input.p, input.n) == 1;
	EVP_MD_CTX_free(ctx);
	return ok;
}

/*
 * The length is settled before anything is converted: another server's converter wrote
 * past its buffer on the way to refusing a 16 KiB signature.
 */
static enum status
check_signature(struct task *t, const struct jwt_key *k, const struct parts *p)
{
	uint8_t raw[SIGNATURE_N];
	size_t n = 0;
	if (!str_b64url_decode(p->signature, raw, sizeof(raw), &n) || n != sizeof(raw))
		return refuse(t, "the signature is not 64 bytes of base64url");
	if (!jwt_scalar_ok(raw) || !jwt_scalar_ok(raw + JWT_SCALAR_N))
		return refuse(t, "r or s is out of range");
	ERR_clear_error();
	bool ok = verify_bytes(k, p->signed_text, raw);
	ERR_clear_error();
	return ok ? OK : refuse(t, "the signature is wrong");
}

/* What the payload says is read only after the signature has proved who wrote it. */
static enum status
verify(struct task *t, const struct jwt_key *k, const struct jwt_expect *expect, struct str token,
    struct str *ret_payload)
{
	struct parts p = { 0 };
	TRY(split(t, token, &p));
	TRY(read_header(t, p.header, k, expect));
	TRY(check_signature(t, k, &p));
	return read_payload(t, p.payload, expect, ret_payload);
}

enum jwt_verdict
jwt_verify(struct task *t, const struct jwt_key *k, const struct jwt_expect *expect, struct str token,
    struct str *ret_payload)
{
	return verify(t, k, expect, token, ret_payload) == OK ? JWT_VALID : JWT_REFUSED;
}
