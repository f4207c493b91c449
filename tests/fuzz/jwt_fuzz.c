/* jwt_fuzz.c - what must hold of a token that is accepted, whatever the bytes. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "auth/jwt.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct jwt_expect expect = { S_INIT("JWT"), S_INIT("https://a.example"), 1767225600, 5 };
static const struct str good_header = S_INIT("{\"alg\":\"ES256\",\"typ\":\"JWT\",\"kid\":\"k\"}");
static const struct str good_payload =
    S_INIT("{\"iss\":\"https://a.example\",\"iat\":1767225600,\"exp\":1767225660}");

/* A fixed key, so that a corpus file may hold a token that is really signed. */
static const struct jwt_key *
fixed_key(struct task *t)
{
	static struct jwt_key *key;
	struct secret scalar;

	if (key != NULL)
		return key;
	CHECK(secret_init_libraries() && secret_new(JWT_SCALAR_N, &scalar));
	memset(scalar.p, 7, scalar.n);
	CHECK(jwt_key_import(t, &scalar, S("k"), &key) == OK);
	secret_done(&scalar);
	return key;
}

static struct str
signed_token(struct task *t, struct str header, struct str payload)
{
	uint8_t raw[SIGNATURE_N];
	struct str input =
	    arena_printf(t->arena, STR_FMT "." STR_FMT, STR_ARG(str_b64url(t->arena, header.p, header.n)),
		STR_ARG(str_b64url(t->arena, payload.p, payload.n)));

	CHECK(!arena_failed(t->arena) && sign_bytes(fixed_key(t), input, raw));
	return arena_printf(
	    t->arena, STR_FMT "." STR_FMT, STR_ARG(input), STR_ARG(str_b64url(t->arena, raw, sizeof(raw))));
}

static int
dots(struct str s)
{
	int n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += s.p[i] == '.';
	return n;
}

/* What came out of an accepted token says what was demanded of it. */
static bool
verified(struct task *t, struct str token, struct str *ret_payload)
{
	enum jwt_verdict v = jwt_verify(t, fixed_key(t), &expect, token, ret_payload);

	CHECK(ERR_peek_error() == 0);
	if (v != JWT_VALID)
		return false;
	CHECK(dots(token) == 2 && token.n <= JWT_TOKEN_MAX);
	json_t *claims = json_loadb(ret_payload->p, ret_payload->n, JSON_REJECT_DUPLICATES, NULL);
	CHECK(str_eq(text_of(claims, "iss"), expect.iss));
	CHECK(json_integer_value(json_object_get(claims, "exp")) + expect.skew_s > expect.now_s);
	CHECK(json_integer_value(json_object_get(claims, "iat")) <= expect.now_s + expect.skew_s);
	json_decref(claims);
	return true;
}

/* Rightly signed by ourselves: then the header or the payload alone decides. */
static void
fuzz_header(struct task *t, struct str header)
{
	struct str payload;

	if (!verified(t, signed_token(t, header, good_payload), &payload))
		return;
	CHECK(str_eq(payload, good_payload));
	json_t *h = json_loadb(header.p, header.n, JSON_REJECT_DUPLICATES, NULL);
	CHECK(json_object_size(h) == 3);
	CHECK(str_eq(text_of(h, "alg"), S("ES256")) && str_eq(text_of(h, "kid"), S("k")));
	json_decref(h);
}

static void
fuzz_payload(struct task *t, struct str payload)
{
	struct str back;

	if (verified(t, signed_token(t, good_header, payload), &back))
		CHECK(str_eq(back, payload));
}

/* The first byte chooses: 'h' a header, 'p' a payload, else all of it is a token. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct task t = { .arena = arena_new(1 << 20) };
	struct str in = { (const char *)data, size }, payload;

	CHECK(t.arena != NULL);
	if (size > 16 * 1024)
		in.n = 16 * 1024;
	if (size > 0 && data[0] == 'h')
		fuzz_header(&t, str_from(in, 1));
	else if (size > 0 && data[0] == 'p')
		fuzz_payload(&t, str_from(in, 1));
	else
		(void)verified(&t, in, &payload);
	arena_free(t.arena);
	return 0;
}
