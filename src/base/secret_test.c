/* secret_test.c - hashes by their published vectors, randomness that may fail. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/secret.h"

#include <string.h>

#include "base/str.h"
#include "test/unit.h"

static struct arena *arena;

static int
set_up(void **state)
{
	(void)state;
	arena = arena_new(1 << 20);
	return arena == NULL || !secret_init_libraries();
}

static int
tear_down(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

/* FIPS 180-2, appendix B; and the parts are one text, wherever it is cut. */
static void
test_sha256_vectors(void **state)
{
	static const struct str two_blocks = S_INIT("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq");
	static const struct str wanted = S_INIT("248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
	uint8_t hash[32];
	(void)state;

	assert_true(secret_sha256(hash, NULL, 0));
	assert_true(str_eq(str_hex(arena, hash, 32),
	    S("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")));
	assert_true(secret_sha256(hash, &S("abc"), 1));
	assert_true(str_eq(str_hex(arena, hash, 32),
	    S("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")));
	for (size_t at = 0; at <= two_blocks.n; at++) {
		struct str parts[] = { { two_blocks.p, at }, STR_NONE, str_from(two_blocks, at) };

		assert_true(secret_sha256(hash, parts, ARRAY_LEN(parts)));
		assert_true(str_eq(str_hex(arena, hash, 32), wanted));
	}
}

/* RFC 4231, cases 1, 2, 3 and 6: keys shorter and longer than a block. */
static void
test_hmac_vectors(void **state)
{
	uint8_t key[131], mac[32];
	char data[50];
	(void)state;

	memset(key, 0x0b, sizeof(key));
	assert_true(secret_hmac(mac, key, 20, &S("Hi There"), 1));
	assert_true(str_eq(str_hex(arena, mac, 32),
	    S("b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7")));
	assert_true(secret_hmac(mac, (const uint8_t *)"Jefe", 4,
	    (struct str[]){ S("what do ya want "), S("for nothing?") }, 2));
	assert_true(str_eq(str_hex(arena, mac, 32),
	    S("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")));
	memset(key, 0xaa, sizeof(key));
	memset(data, 0xdd, sizeof(data));
	assert_true(secret_hmac(mac, key, 20, &(struct str){ data, sizeof(data) }, 1));
	assert_true(str_eq(str_hex(arena, mac, 32),
	    S("773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe")));
	assert_true(secret_hmac(mac, key, 131, &S("Test Using Larger Than Block-Size Key - Hash Key First"), 1));
	assert_true(str_eq(str_hex(arena, mac, 32),
	    S("60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")));
}

/* Each of the 256 bits comes up about half of the time, and no draw comes twice. */
static void
test_SES02_random_bits(void **state)
{
	enum { DRAWS = 2000 };
	static uint8_t draw[DRAWS][32];
	int set[256] = { 0 };
	(void)state;

	for (int i = 0; i < DRAWS; i++) {
		assert_true(secret_random(draw[i], 32));
		for (int bit = 0; bit < 256; bit++)
			set[bit] += draw[i][bit / 8] >> bit % 8 & 1;
	}
	/* Six standard deviations: a false alarm once in two million runs. */
	for (int bit = 0; bit < 256; bit++)
		assert_in_range(set[bit], DRAWS / 2 - 135, DRAWS / 2 + 135);
	for (int i = 1; i < DRAWS; i++)
		assert_memory_not_equal(draw[i], draw[i - 1], 32);
}

/* More than getrandom(2) gives in one call while signals arrive (256 bytes), and nothing at all. */
static void
test_random_sizes(void **state)
{
	static uint8_t large[100000];
	int zeros = 0;
	(void)state;

	assert_true(secret_random(NULL, 0));
	assert_true(secret_random(large, sizeof(large)));
	for (size_t i = sizeof(large) - 1000; i < sizeof(large); i++)
		zeros += large[i] == 0;
	assert_true(zeros < 100);
}

/* Without randomness there is no value to go on with. */
static void
test_SES02_random_fails(void **state)
{
	uint8_t bytes[4] = { 1, 2, 3, 4 };
	(void)state;

	secret_test_fail_random(true);
	assert_false(secret_random(bytes, sizeof(bytes)));
	secret_test_fail_random(false);
	assert_memory_equal(bytes, "\1\2\3\4", 4);
	assert_true(secret_random(bytes, sizeof(bytes)));
}

static void
test_secret_memory(void **state)
{
	struct secret s = { NULL, 0 }, empty;
	(void)state;

	secret_done(&s);
	assert_true(secret_new(0, &empty));
	secret_done(&empty);
	assert_true(secret_new(33, &s));
	assert_int_equal(s.n, 33);
	for (size_t i = 0; i < s.n; i++)
		assert_int_equal(s.p[i], 0);
	memset(s.p, 1, s.n);
	secret_done(&s);
	assert_null(s.p);
	assert_int_equal(s.n, 0);
	assert_false(secret_new(SIZE_MAX, &s));
	assert_null(s.p);
}

static void
test_OPS04_equality_and_wiping(void **state)
{
	char a[] = "abc";
	(void)state;

	assert_true(secret_eq("abc", "abc", 3));
	assert_false(secret_eq("abc", "abd", 3));
	assert_false(secret_eq("bbc", "abc", 3));
	assert_true(secret_eq(NULL, NULL, 0));
	secret_wipe(a, 2);
	assert_memory_equal(a, "\0\0c", 3);
	secret_wipe(NULL, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sha256_vectors),
		cmocka_unit_test(test_hmac_vectors),
		cmocka_unit_test(test_SES02_random_bits),
		cmocka_unit_test(test_random_sizes),
		cmocka_unit_test(test_SES02_random_fails),
		cmocka_unit_test(test_secret_memory),
		cmocka_unit_test(test_OPS04_equality_and_wiping),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
