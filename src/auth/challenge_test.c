/* challenge_test.c - tokens of our own that expire, and puzzles that agree with the protocol's vector. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/auth_test.h"

#include "auth/challenge.c"

static void
assert_puzzle(const char *seed, size_t n, const char *want)
{
	char hex[64];
	challenge_puzzle(str_of(seed), n, hex);
	test_equal(((struct str){ hex, n }), str_of(want));
}

static void
test_protocol_vector(void **state)
{
	(void)state;
	const struct str token = S("0123456789abcdef");
	assert_puzzle("0123456789abcdef1", 32, "75209df8b56a7857b67c4987d6da7201");
	assert_puzzle("0123456789abcdef1d", 4, "5e47");
	assert_puzzle("0123456789abcdef2", 32, "3aacce76cf29a727826a62e108f29aba");
	assert_puzzle("0123456789abcdef2d", 4, "472f");
	assert_puzzle("0123456789abcdef1", 11, "75209df8b56");
	assert_true(is_solved(token, 1, 44101));
	for (int64_t i = 0; i < 44101; i++) {
		if (is_solved(token, 1, i))
			fail_msg("%d comes before the smallest solution", (int)i);
	}
}

static void
solve(struct str token, int64_t solutions[CHALLENGE_COUNT])
{
	for (size_t i = 0; i < CHALLENGE_COUNT; i++) {
		char salt[CHALLENGE_SALT], target[CHALLENGE_TARGET];
		puzzle(token, i + 1, salt, target);
		crypto_hash_sha256_state salted, s;
		crypto_hash_sha256_init(&salted);
		crypto_hash_sha256_update(&salted, (uint8_t *)salt, sizeof(salt));
		int64_t v = -1;
		char hex[65] = "";
		do {
			char number[24];
			uint8_t hash[32];
			size_t n = (size_t)snprintf(number, sizeof(number), "%" PRId64, ++v);
			s = salted;
			crypto_hash_sha256_update(&s, (uint8_t *)number, n);
			crypto_hash_sha256_final(&s, hash);
			sodium_bin2hex(hex, 5, hash, 2);
		} while (memcmp(hex, target, sizeof(target)) != 0);
		solutions[i] = v;
	}
}

static void
assert_fails(struct str token, const int64_t *solutions, size_t n)
{
	test_next();
	assert_int_equal(challenge_check_solutions(&test_task, token, solutions, n), E_CHALLENGE_FAILED);
}

static void
test_all_solutions_must_be_right(void **state)
{
	(void)state;
	struct keys *k = test_keys();
	struct str token, other;
	int64_t expires, solutions[CHALLENGE_COUNT], kept;
	assert_int_equal(challenge_new(&test_task, k, first_deployment, &token, &expires), OK);
	assert_int_equal(challenge_new(&test_task, k, first_deployment, &other, &expires), OK);
	solve(token, solutions);
	assert_int_equal(challenge_check_solutions(&test_task, token, solutions, CHALLENGE_COUNT), OK);
	assert_fails(other, solutions, CHALLENGE_COUNT);
	assert_fails(token, solutions, CHALLENGE_COUNT - 1);
	assert_fails(token, solutions, 0);
	assert_fails(str_from(token, 1), solutions, CHALLENGE_COUNT);
	for (size_t i = 0; i < CHALLENGE_COUNT; i += 7) {
		kept = solutions[i];
		const int64_t wrong[] = { kept + 1, -kept - 1, number_max, INT64_MAX, INT64_MIN };
		for (size_t w = 0; w < ARRAY_LEN(wrong); w++) {
			solutions[i] = wrong[w];
			/* One in 65536 neighbours happens to solve it too. */
			if (!is_solved(token, i + 1, wrong[w]) || wrong[w] < 0 || wrong[w] >= number_max)
				assert_fails(token, solutions, CHALLENGE_COUNT);
		}
		solutions[i] = kept;
	}
	keys_free(k);
}

static enum status
check(const struct keys *k, struct deployment_id d, struct str token)
{
	test_next();
	return challenge_check_token(&test_task, k, d, token);
}

static void
test_tokens_are_ours_and_expire(void **state)
{
	(void)state;
	struct keys *k = test_keys(), *other = test_keys();
	struct str token, second;
	int64_t expires;
	assert_int_equal(challenge_new(&test_task, k, first_deployment, &token, &expires), OK);
	assert_int_equal(challenge_new(&test_task, k, first_deployment, &second, &expires), OK);
	assert_false(str_eq(token, second));
	assert_int_equal(token.n, CHALLENGE_TOKEN_HEX);
	assert_int_equal(expires, test_task.now + 600 * SECOND_US);
	assert_int_equal(check(k, first_deployment, token), OK);
	assert_int_equal(check(k, second_deployment, token), E_CHALLENGE_FAILED);
	assert_int_equal(check(other, first_deployment, token), E_CHALLENGE_FAILED);
	test_task.now = expires - 1;
	assert_int_equal(check(k, first_deployment, token), OK);
	test_task.now = expires;
	assert_int_equal(check(k, first_deployment, token), E_CHALLENGE_FAILED);
	keys_free(k);
	keys_free(other);
}

/* Neither its expiry nor its spelling can be changed, so one redemption stays one. */
static void
test_changed_tokens_fail(void **state)
{
	(void)state;
	struct keys *k = test_keys();
	struct str token;
	int64_t expires;
	assert_int_equal(challenge_new(&test_task, k, first_deployment, &token, &expires), OK);
	for (size_t i = 0; i < token.n; i++) {
		char copy[CHALLENGE_TOKEN_HEX];
		static const char with[] = "0fFg \n:";
		for (size_t w = 0; w < sizeof(with); w++) {
			memcpy(copy, token.p, sizeof(copy));
			if (copy[i] == with[w])
				continue;
			copy[i] = with[w];
			assert_int_equal(check(k, first_deployment, (struct str){ copy, sizeof(copy) }),
			    E_CHALLENGE_FAILED);
		}
		assert_int_equal(check(k, first_deployment, (struct str){ token.p, i }), E_CHALLENGE_FAILED);
	}
	char upper[CHALLENGE_TOKEN_HEX];
	bool changed = false;
	for (size_t i = 0; i < token.n; i++) {
		upper[i] = token.p[i] >= 'a' ? (char)(token.p[i] - 32) : token.p[i];
		changed |= upper[i] != token.p[i];
	}
	if (changed)
		assert_int_equal(
		    check(k, first_deployment, (struct str){ upper, sizeof(upper) }), E_CHALLENGE_FAILED);
	assert_int_equal(
	    check(k, first_deployment, arena_printf(test_task.arena, STR_FMT "00", STR_ARG(token))),
	    E_CHALLENGE_FAILED);
	assert_int_equal(check(k, first_deployment, STR_NONE), E_CHALLENGE_FAILED);
	keys_free(k);
}

static void
test_no_randomness_no_challenge(void **state)
{
	(void)state;
	struct keys *k = test_keys();
	struct str token = STR_NONE;
	int64_t expires = 0;
	secret_test_fail_random(true);
	assert_int_equal(challenge_new(&test_task, k, first_deployment, &token, &expires), E_INTERNAL);
	secret_test_fail_random(false);
	assert_int_equal(token.n, 0);
	keys_free(k);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, test_begin, test_end)
	const struct CMUnitTest tests[] = {
		TEST(test_protocol_vector),
		TEST(test_all_solutions_must_be_right),
		TEST(test_tokens_are_ours_and_expire),
		TEST(test_changed_tokens_fail),
		TEST(test_no_randomness_no_challenge),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
