/* challenge.c - the proof-of-work challenge ("Cap" protocol): stateless until redeemed. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/challenge.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

/* The token's bytes, shown as lower-case hex. */
enum { RANDOM_N = 8, EXPIRY_N = 5, MAC_N = 12, SIGNED_N = RANDOM_N + EXPIRY_N, TOKEN_N = SIGNED_N + MAC_N };
_Static_assert(2 * TOKEN_N == CHALLENGE_TOKEN_HEX, "the token's parts fill it");

enum {
	SEED_MAX = CHALLENGE_TOKEN_HEX + 4, /* a token, a number up to CHALLENGE_COUNT, a 'd' */
};
static const int64_t number_max = INT64_C(1) << 53; /* what a browser counts exactly */

static void
put_expiry(uint8_t *p, int64_t s)
{
	for (int i = 0; i < EXPIRY_N; i++)
		p[i] = (uint8_t)(s >> (8 * (EXPIRY_N - 1 - i)));
}

static int64_t
get_expiry(const uint8_t *p)
{
	int64_t s = 0;
	for (int i = 0; i < EXPIRY_N; i++)
		s = s << 8 | p[i];
	return s;
}

static enum status
token_mac(
    struct task *t, const struct keys *k, struct deployment_id d, const uint8_t *token, uint8_t ret_mac[32])
{
	const struct str body = { (const char *)token, SIGNED_N };
	return keys_mac(t, k, KEY_CHALLENGE, d, &body, 1, ret_mac);
}

enum status
challenge_new(struct task *t, const struct keys *k, struct deployment_id d, struct str *ret_token,
    int64_t *ret_expires_at)
{
	uint8_t token[TOKEN_N], mac[32];
	int64_t expiry_s = t->now / SECOND_US + CHALLENGE_TTL_S;
	if (!secret_random(token, RANDOM_N))
		return fail(t, E_INTERNAL, "challenge: no randomness");
	put_expiry(token + RANDOM_N, expiry_s);
	TRY(token_mac(t, k, d, token, mac));
	memcpy(token + SIGNED_N, mac, MAC_N);

	struct str text = str_hex(t->arena, token, sizeof(token));
	TRY_MEM(t, text.p);
	*ret_token = text;
	*ret_expires_at = expiry_s * SECOND_US;
	return OK;
}

/* Lower case only: a challenge is redeemed once, so it must have one spelling. */
static bool
decode_token(struct str text, uint8_t ret_token[TOKEN_N])
{
	if (text.n != CHALLENGE_TOKEN_HEX)
		return false;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] >= 'A' && text.p[i] <= 'F')
			return false;
	}
	size_t n = 0;
	return sodium_hex2bin(ret_token, TOKEN_N, text.p, text.n, NULL, &n, NULL) == 0 && n == TOKEN_N;
}

enum status
challenge_check_token(struct task *t, const struct keys *k, struct deployment_id d, struct str token)
{
	uint8_t bytes[TOKEN_N];
	const struct str body = { (const char *)bytes, SIGNED_N }, mac = { (const char *)bytes + SIGNED_N, MAC_N };
	bool ours;
	if (!decode_token(token, bytes))
		return fail(t, E_CHALLENGE_FAILED, "challenge: not a token");
	TRY(keys_mac_equals(t, k, KEY_CHALLENGE, d, &body, 1, mac, &ours));
	if (!ours)
		return fail(t, E_CHALLENGE_FAILED, "challenge: not from here");
	if (get_expiry(bytes + RANDOM_N) <= t->now / SECOND_US)
		return fail(t, E_CHALLENGE_FAILED, "challenge: expired");
	return OK;
}

void
challenge_puzzle(struct str seed, size_t n, char *ret_hex)
{
	static const char digits[] = "0123456789abcdef";
	uint32_t h = 2166136261u;
	for (size_t i = 0; i < seed.n; i++)
		h = (h ^ (uint8_t)seed.p[i]) * 16777619u;
	for (size_t i = 0; i < n; i++) {
		if (i % 8 == 0) {
			h ^= h << 13;
			h ^= h >> 17;
			h ^= h << 5;
		}
		ret_hex[i] = digits[h >> (28 - 4 * (i % 8)) & 15];
	}
}

/* Puzzle i of the token, counted from 1: G(token i) and G(token i "d"). */
static void
puzzle(struct str token, size_t i, char ret_salt[CHALLENGE_SALT], char ret_target[CHALLENGE_TARGET])
{
	char seed[SEED_MAX + 1];
	int n = snprintf(seed, sizeof(seed), STR_FMT "%zud", STR_ARG(token), i);
	CHECK(n > 1 && (size_t)n < sizeof(seed));
	challenge_puzzle((struct str){ seed, (size_t)n - 1 }, CHALLENGE_SALT, ret_salt);
	challenge_puzzle((struct str){ seed, (size_t)n }, CHALLENGE_TARGET, ret_target);
}

/* The hex SHA-256 of the salt and the solution's decimal digits starts with the target. */
static bool
is_solved(struct str token, size_t i, int64_t solution)
{
	char salt[CHALLENGE_SALT], target[CHALLENGE_TARGET], number[24], hex[2 * 32 + 1];
	uint8_t hash[32];
	puzzle(token, i, salt, target);
	int n = snprintf(number, sizeof(number), "%" PRId64, solution);
	const struct str parts[] = { { salt, sizeof(salt) }, { number, (size_t)n } };
	if (!secret_sha256(hash, parts, ARRAY_LEN(parts)))
		return false;
	sodium_bin2hex(hex, sizeof(hex), hash, sizeof(hash));
	return memcmp(hex, target, sizeof(target)) == 0;
}

enum status
challenge_check_solutions(struct task *t, struct str token, const int64_t *solutions, size_t n)
{
	if (n != CHALLENGE_COUNT || token.n > CHALLENGE_TOKEN_HEX)
		return fail(t, E_CHALLENGE_FAILED, "challenge: %zu solutions", n);
	for (size_t i = 0; i < n; i++) {
		if (solutions[i] < 0 || solutions[i] >= number_max)
			return fail(t, E_CHALLENGE_FAILED, "challenge: solution %zu is out of range", i + 1);
		if (!is_solved(token, i + 1, solutions[i]))
			return fail(t, E_CHALLENGE_FAILED, "challenge: solution %zu is wrong", i + 1);
	}
	return OK;
}
