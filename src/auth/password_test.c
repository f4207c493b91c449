/* password_test.c - policy in code points, records that only the right key and password fit, a bounded line.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/auth_test.h"

#include <pthread.h>

#include "auth/password.c"

#define A60 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static struct keys *keys;
static struct hasher *hasher;

static int
hasher_begin(void **state)
{
	test_begin(state);
	keys = test_keys();
	hasher = hasher_new(keys, 1, 8);
	assert_non_null(hasher);
	return 0;
}

static int
hasher_end(void **state)
{
	hasher = hasher_free(hasher);
	keys = keys_free(keys);
	return test_end(state);
}

static struct str
record_of(struct str password)
{
	struct str record;
	assert_int_equal(password_hash(&test_task, hasher, first_deployment, password, &record), OK);
	return record;
}

static enum password_verdict
verdict(struct deployment_id d, struct str record, struct str password)
{
	enum password_verdict v;
	assert_int_equal(password_verify(&test_task, hasher, d, record, password, &v), OK);
	return v;
}

static struct str
repeat(const char *text, size_t n)
{
	size_t len = strlen(text);
	char *p = arena_array(test_task.arena, n, len);
	assert_non_null(p);
	for (size_t i = 0; i < n; i++)
		memcpy(p + i * len, text, len);
	return (struct str){ p, n * len };
}

/* --- policy --- */

static void
assert_policy(struct password_policy policy, struct str password, const char *want)
{
	const char *sentence = NULL;
	enum status st = password_check(&policy, password, &sentence);
	assert_int_equal(st, want == NULL ? OK : E_WEAK_PASSWORD);
	if (want != NULL && strstr(sentence, want) == NULL)
		fail_msg("'%s' does not say '%s'", sentence, want);
}

static void
test_PWD01_length(void **state)
{
	(void)state;
	static const struct {
		int64_t min;
		size_t n;
		const char *want;
	} rows[] = {
		{ 8, 0, "at least 8 " },
		{ 8, 7, "at least 8 " },
		{ 8, 8, NULL },
		{ 8, 14, NULL },
		{ 8, 15, NULL },
		{ 15, 8, "at least 15 " },
		{ 15, 14, "at least 15 " },
		{ 15, 15, NULL },
		{ 0, 7, "at least 8 " },
		{ -1, 7, "at least 8 " },
		{ 1, 8, NULL }, /* the floor is 8 */
		{ 8, 64, NULL },
		{ 8, 125, NULL },
		{ 8, 126, "at most 125 " },
		{ 1000, 124, "at least 125 " },
		{ 1000, 125, NULL },
		{ INT64_MAX, 125, NULL },
		{ INT64_MIN, 8, NULL },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_policy((struct password_policy){ .min_length = rows[i].min }, repeat("x", rows[i].n),
		    rows[i].want);
}

/* 125 characters of four bytes, each of them counted as one; 1024 bytes and no more are looked at. */
static void
test_PWD02_bounds(void **state)
{
	(void)state;
	const struct password_policy policy = { .min_length = 8 };
	assert_policy(policy, repeat("\xf0\x9f\x98\x80", 125), NULL);
	assert_policy(policy, repeat("\xf0\x9f\x98\x80", 126), "at most 125 ");
	assert_policy(policy, repeat("x", 1024), "at most 125 ");
	assert_policy(policy, repeat("x", 1025), "at most 125 ");
	assert_policy(policy, repeat("x", 100000), "at most 125 ");
	/* The longest decomposition there is fits. */
	assert_policy(policy, repeat("\xe1\xbe\x82", 341), "at most 125 ");
	assert_policy(policy, repeat("\xce\x90", 512), "at most 125 ");
	assert_policy(policy, repeat("\xcd\x84", 512), "at most 125 ");
}

static void
test_PWD05_code_points_after_nfc(void **state)
{
	(void)state;
	const struct password_policy policy = { .min_length = 8 };
	assert_policy(policy, S("\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"), "at least 8 ");
	/* 14 code points as typed, 7 after NFC. */
	assert_policy(policy, repeat("e\xcc\x81", 7), "at least 8 ");
	assert_policy(policy, repeat("e\xcc\x81", 8), NULL);
	assert_policy(policy, repeat("\xf0\x9f\x98\x80", 7), "at least 8 ");
	assert_policy(policy, repeat("\xf0\x9f\x98\x80", 8), NULL);
}

static void
test_PWD03_composition_only_when_asked(void **state)
{
	(void)state;
	const struct password_policy none = { .min_length = 8 };
	static const struct {
		struct password_policy policy;
		const char *password, *want;
	} rows[] = {
		{ { 8, true, false, false, false }, "ABCDEFG1", "lower-case" },
		{ { 8, true, false, false, false }, "ABCDEFGh", NULL },
		{ { 8, false, true, false, false }, "abcdefg1", "upper-case" },
		{ { 8, false, true, false, false }, "abcdef\xc3\x84x", NULL }, /* a letter of any script */
		{ { 8, false, false, true, false }, "abcdefgh", "number" },
		{ { 8, false, false, true, false }, "abcdefg7", NULL },
		{ { 8, false, false, false, true }, "abcdefg7", "special" },
		{ { 8, false, false, false, true }, "abcdefg\xc3\x9f", "special" },
		{ { 8, false, false, false, true }, "abcdefg!", NULL },
		{ { 8, false, false, false, true }, "abcd efg", NULL },
		{ { 8, false, false, false, true }, "abcdefg\xf0\x9f\x98\x80", NULL },
		{ { 8, true, true, true, true }, "aB3defg-", NULL },
	};
	assert_policy(none, S("a passphrase in lower case"), NULL);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_policy(rows[i].policy, str_of(rows[i].password), rows[i].want);
}

static void
test_PWD04_what_is_no_text_is_refused(void **state)
{
	(void)state;
	static const struct str rows[] = { S_INIT("abc\0defghijk"), S_INIT("abcdefghijk\0"),
		S_INIT("abcdefgh\xff"), S_INIT("abcdefgh\xed\xa0\x80"), S_INIT("abcdefgh\xc3") };
	const struct password_policy policy = { .min_length = 8 };
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *sentence = NULL;
		struct str record = STR_NONE;
		assert_int_equal(password_check(&policy, rows[i], &sentence), E_BAD_REQUEST_BODY);
		assert_null(sentence);
		assert_int_equal(password_hash(&test_task, hasher, first_deployment, rows[i], &record),
		    E_BAD_REQUEST_BODY);
		assert_int_equal(record.n, 0);
		test_next();
	}
	assert_int_equal(verdict(first_deployment, record_of(S("abc")), S("abc\0def")), PASSWORD_WRONG);
}

/* --- records --- */

static void
test_PWD10_record(void **state)
{
	(void)state;
	struct str a = record_of(S("correct-horse-battery-staple")),
		   b = record_of(S("correct-horse-battery-staple"));
	const struct str prefix = S("$argon2id$v=19$m=19456,t=2,p=1$");
	assert_true(str_starts(a, prefix) && str_starts(b, prefix));
	assert_int_equal(a.n, prefix.n + 22 + 1 + 43); /* a salt of 16 bytes, a hash of 32 */
	assert_false(str_eq((struct str){ a.p + prefix.n, 22 }, (struct str){ b.p + prefix.n, 22 }));
	assert_int_equal(crypto_pwhash_str_needs_rehash(a.p, HASH_PASSES, (size_t)HASH_MEMORY_KIB * 1024), 0);
	assert_int_equal(verdict(first_deployment, a, S("correct-horse-battery-staple")), PASSWORD_RIGHT);
	assert_int_equal(verdict(first_deployment, b, S("correct-horse-battery-staple")), PASSWORD_RIGHT);
	assert_int_equal(verdict(first_deployment, a, S("correct-horse-battery-stapl")), PASSWORD_WRONG);
	assert_int_equal(verdict(first_deployment, a, S("")), PASSWORD_WRONG);
}

/* A record as another policy would have made it, of the same keyed input. */
static struct str
record_with(struct str password, unsigned long long passes, size_t memory_kib)
{
	struct secret input;
	char record[crypto_pwhash_STRBYTES];
	assert_int_equal(hash_input(&test_task, hasher, first_deployment, S(""), password, &input), OK);
	assert_int_equal(
	    crypto_pwhash_str(record, (const char *)input.p, input.n, passes, memory_kib * 1024), 0);
	secret_done(&input);
	return arena_dup(test_task.arena, str_of(record));
}

static void
test_PWD10_weaker_records_are_made_anew(void **state)
{
	(void)state;
	static const struct {
		unsigned long long passes;
		size_t memory_kib;
		enum password_verdict want;
	} rows[] = {
		{ 2, 19456, PASSWORD_RIGHT },
		{ 1, 19456, PASSWORD_RIGHT_REHASH },
		{ 2, 8192, PASSWORD_RIGHT_REHASH },
		{ 3, 19456, PASSWORD_RIGHT }, /* stronger stays: a downgrade weakens nothing */
		{ 2, 32768, PASSWORD_RIGHT },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct str record = record_with(S("a password"), rows[i].passes, rows[i].memory_kib);
		assert_int_equal(verdict(first_deployment, record, S("a password")), rows[i].want);
		assert_int_equal(verdict(first_deployment, record, S("a passwore")), PASSWORD_WRONG);
	}
}

static void
test_PWD04_verified_whole(void **state)
{
	(void)state;
	struct str ab = arena_printf(test_task.arena, A60 "aaaaaaaaaaaab"),
		   ac = arena_printf(test_task.arena, A60 "aaaaaaaaaaaac");
	assert_int_equal(ab.n, 73);
	struct str record = record_of(ab);
	assert_int_equal(verdict(first_deployment, record, ab), PASSWORD_RIGHT);
	assert_int_equal(verdict(first_deployment, record, ac), PASSWORD_WRONG);
	assert_int_equal(verdict(first_deployment, record_of(S("Case")), S("case")), PASSWORD_WRONG);
	assert_int_equal(verdict(first_deployment, record_of(S(" space ")), S("space")), PASSWORD_WRONG);
	struct str longest = repeat("x", PASSWORD_BYTES_MAX);
	record = record_of(longest);
	assert_int_equal(verdict(first_deployment, record, longest), PASSWORD_RIGHT);
	assert_int_equal(
	    verdict(first_deployment, record, repeat("x", PASSWORD_BYTES_MAX - 1)), PASSWORD_WRONG);
	assert_int_equal(
	    verdict(first_deployment, record, repeat("x", PASSWORD_BYTES_MAX + 1)), PASSWORD_WRONG);
}

static void
test_PWD05_composed_and_decomposed_are_one(void **state)
{
	(void)state;
	struct str record = record_of(S("caf\xc3\xa9 \xf0\x9f\x98\x80"));
	assert_int_equal(
	    verdict(first_deployment, record, S("cafe\xcc\x81 \xf0\x9f\x98\x80")), PASSWORD_RIGHT);
	assert_int_equal(verdict(first_deployment, record, S("cafe \xf0\x9f\x98\x80")), PASSWORD_WRONG);
	/* Compatibility forms are other passwords: NFC, not NFKC. */
	assert_int_equal(
	    verdict(first_deployment, record_of(S("\xef\xac\x81sh")), S("fish")), PASSWORD_WRONG);
}

/* A copied database without its master key, or a row moved to another tenant, verifies nothing. */
static void
test_PWD11_the_key_is_needed(void **state)
{
	(void)state;
	struct keys *other_keys = test_keys();
	struct hasher *other = hasher_new(other_keys, 1, 8);
	enum password_verdict v;
	for (int i = 0; i < 5; i++) {
		struct str password = arena_printf(test_task.arena, "password %d", i);
		struct str record = record_of(password);
		assert_int_equal(verdict(first_deployment, record, password), PASSWORD_RIGHT);
		assert_int_equal(verdict(second_deployment, record, password), PASSWORD_WRONG);
		assert_int_equal(
		    password_verify(&test_task, other, first_deployment, record, password, &v), OK);
		assert_int_equal(v, PASSWORD_WRONG);
		assert_int_equal(crypto_pwhash_str_verify(record.p, password.p, password.n), -1);
	}
	hasher_free(other);
	keys_free(other_keys);
}

static void
test_unreadable_records_fit_nothing(void **state)
{
	(void)state;
#define SALT_AND_HASH "$YWFhYWFhYWFhYWFhYWFhYQ$YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE"
	static const char *const records[] = { "x", "$argon2id$", "$argon2id$v=19$m=19456,t=2,p=1",
		"$2b$12$abcdefghijklmnopqrstuv", "$argon2i$v=19$m=19456,t=2,p=1" SALT_AND_HASH,
		"$argon2id$v=16$m=19456,t=2,p=1" SALT_AND_HASH, "$argon2id$v=19$m=19456,t=2,p=1$$",
		"$argon2id$v=19$m=19456,t=2,p=1$YWFhYWFhYWFhYWFhYWFhYQ$!",
		"$argon2id$v=19$m=19456,t=2,p=1" SALT_AND_HASH "A",
		"$argon2id$v=19$m=19456,t=2,p=1" SALT_AND_HASH "$",
		"$argon2id$v=19$t=2,m=19456,p=1" SALT_AND_HASH,
		"$argon2id$v=19$m=+19456,t=2,p=1" SALT_AND_HASH,
		/* A changed database must not make us take all memory or time. */
		"$argon2id$v=19$m=4194304,t=2,p=1" SALT_AND_HASH,
		"$argon2id$v=19$m=19456,t=4000000,p=1" SALT_AND_HASH,
		"$argon2id$v=19$m=19456,t=2,p=99999999" SALT_AND_HASH,
		"$argon2id$v=19$m=19456,t=2,p=1," SALT_AND_HASH, "$argon2id$v=19$m=19456,t=2,p=1,keyid=" SALT_AND_HASH,
		"$argon2id$v=19$m=19456,t=2,p=1,data=0123456789abcdef" SALT_AND_HASH,
		"$argon2id$v=19$m=7,t=2,p=1" SALT_AND_HASH, "$argon2id$v=19$m=-1,t=2,p=1" SALT_AND_HASH,
		"$argon2id$v=19$m=99999999999999999999,t=2,p=1" SALT_AND_HASH };
	for (size_t i = 0; i < ARRAY_LEN(records); i++)
		assert_int_equal(
		    verdict(first_deployment, str_of(records[i]), S("password")), PASSWORD_WRONG);
	struct hash_job job;
	struct str key;
	assert_true(read_record(S("$argon2id$v=19$m=19456,t=2,p=1" SALT_AND_HASH), &job, &key));
	assert_int_equal(key.n, 0);
	assert_true(read_record(S("$argon2id$v=19$m=19456,t=2,p=1,keyid=0123456789abcdef" SALT_AND_HASH), &job, &key));
	test_equal(key, S("0123456789abcdef"));
	for (size_t i = 0; i < ARRAY_LEN(records); i++)
		assert_false(read_record(str_of(records[i]), &job, &key));
	assert_int_equal(verdict(first_deployment, repeat("$", 4000), S("password")), PASSWORD_WRONG);
}

/* --- what may not tell, and what may not happen --- */

static int64_t
cpu_us(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return ts.tv_sec * SECOND_US + ts.tv_nsec / 1000;
}

static int64_t
cost_of(struct str record, struct str password)
{
	int64_t least = INT64_MAX;
	for (int i = 0; i < 5; i++) {
		int64_t before = cpu_us();
		assert_int_equal(verdict(first_deployment, record, password), PASSWORD_WRONG);
		int64_t cost = cpu_us() - before;
		least = cost < least ? cost : least;
	}
	return least;
}

/* The statistics are the black box's work; here: nobody is answered without a hash. */
static void
test_ENU02_no_record_costs_the_same(void **state)
{
	(void)state;
	struct hasher_stats before, after;
	int64_t real = cost_of(record_of(S("a password")), S("another one"));
	hasher_stats(hasher, &before);
	int64_t none = cost_of(STR_NONE, S("another one"));
	int64_t unreadable = cost_of(S("x"), S("another one"));
	int64_t no_text = cost_of(record_of(S("a password")), S("an\0other"));
	hasher_stats(hasher, &after);
	assert_int_equal(after.hashes - before.hashes, 3 * 5 + 1);
	assert_true(none > real / 2 && none < real * 2);
	assert_true(unreadable > real / 2 && unreadable < real * 2);
	assert_true(no_text > real / 2 && no_text < real * 2);
	print_message("one verification: %.1f ms\n", (double)real / 1000);
}

static void
test_PWD02_too_long_costs_nothing(void **state)
{
	(void)state;
	struct hasher_stats before, after;
	struct str record = record_of(S("a password")), longer = repeat("x", PASSWORD_BYTES_MAX + 1);
	hasher_stats(hasher, &before);
	assert_int_equal(verdict(first_deployment, record, longer), PASSWORD_WRONG);
	assert_int_equal(
	    password_hash(&test_task, hasher, first_deployment, longer, &record), E_BAD_REQUEST_BODY);
	hasher_stats(hasher, &after);
	assert_int_equal(after.hashes, before.hashes);
}

static void
test_no_randomness_no_record(void **state)
{
	(void)state;
	struct str record = STR_NONE;
	secret_test_fail_random(true);
	assert_int_equal(
	    password_hash(&test_task, hasher, first_deployment, S("a password"), &record), E_INTERNAL);
	secret_test_fail_random(false);
	assert_int_equal(record.n, 0);
}

/* Memory that is short for a moment must not say "wrong password" to somebody. */
static void
test_no_memory_is_no_verdict(void **state)
{
	(void)state;
	/* More than argon2 can name stands for more than there is. */
	struct hash_job job = { .memory_kib = INT64_C(1) << 33, .passes = HASH_PASSES };
	assert_int_equal(run(&test_task, hasher, first_deployment, S(""), S("a password"), &job), E_OVERLOADED);
	assert_non_null(strstr(test_task.why, "memory"));
}

/* --- the line --- */

struct caller {
	pthread_t thread;
	struct str record;
	enum status st;
	enum password_verdict verdict;
};

static void *
call(void *arg)
{
	struct caller *c = arg;
	struct task t = { .arena = arena_new(1 << 16) };
	c->st = password_verify(&t, hasher, first_deployment, c->record, S("a password"), &c->verdict);
	arena_free(t.arena);
	return NULL;
}

/* More callers than places: each is answered rightly or told that the line is full, and all are counted. */
static void
test_PWD12_bounded_line(void **state)
{
	(void)state;
	enum { CALLERS = 24, PLACES = 4 };
	struct caller callers[CALLERS];
	struct hasher_stats stats;
	struct str record = record_of(S("a password"));
	uint64_t refused = 0;
	hasher_free(hasher);
	hasher = hasher_new(keys, 2, PLACES);
	for (size_t i = 0; i < CALLERS; i++) {
		callers[i] = (struct caller){ .record = record };
		assert_int_equal(pthread_create(&callers[i].thread, NULL, call, &callers[i]), 0);
	}
	for (size_t i = 0; i < CALLERS; i++) {
		pthread_join(callers[i].thread, NULL);
		assert_true(callers[i].st == OK || callers[i].st == E_OVERLOADED);
		assert_int_equal(callers[i].verdict, callers[i].st == OK ? PASSWORD_RIGHT : PASSWORD_WRONG);
		refused += callers[i].st == E_OVERLOADED;
	}
	hasher_stats(hasher, &stats);
	assert_int_equal(stats.refused, refused);
	assert_int_equal(stats.hashes, CALLERS - refused);
	assert_int_equal(stats.waiting, 0);
}

static void
test_PWD12_no_place_at_all(void **state)
{
	(void)state;
	enum password_verdict v = PASSWORD_RIGHT;
	hasher_free(hasher);
	hasher = hasher_new(keys, 1, 0);
	assert_int_equal(
	    password_verify(&test_task, hasher, first_deployment, STR_NONE, S("x"), &v), E_OVERLOADED);
	assert_int_equal(v, PASSWORD_RIGHT); /* untouched */
	assert_non_null(strstr(test_task.why, "--hash-threads"));
}

/* --- hashes of other programs --- */

static void
test_an_imported_hash_is_right_once_and_then_ours(void **state)
{
	(void)state;
	const struct str theirs = S("pbkdf2:sha256:1000$BfnytY8X6AMydvs2$02a988eecc1a52da9c34792d349dfb60b4c9584a67cd76c0129615325eb29406");
	/* The same form as our own, but nothing keyed in it. */
	const struct str alike = S("$argon2id$v=19$m=64,t=2,p=1$9pgjgK8/8zA$JZNCVU9pv4Mpedg6W9HENg");
	struct str record, second;
	const char *why = NULL;
	assert_int_equal(password_import(&test_task, theirs, &record, &why), OK);
	assert_int_equal(password_import(&test_task, alike, &second, &why), OK);
	assert_int_equal(verdict(first_deployment, record, S("violet-otter-climbs-granite")), PASSWORD_RIGHT_REHASH);
	assert_int_equal(verdict(first_deployment, record, S("violet-otter-climbs-granitf")), PASSWORD_WRONG);
	assert_int_equal(verdict(first_deployment, second, S("violet-otter-climbs-granite")), PASSWORD_RIGHT_REHASH);
	assert_int_equal(verdict(first_deployment, theirs, S("violet-otter-climbs-granite")), PASSWORD_WRONG);
	assert_int_equal(password_import(&test_task, S("secret"), &record, &why), E_BAD_REQUEST_BODY);
	assert_non_null(why);
}

static void
test_PWD06_what_anybody_tries_first_is_refused(void **state)
{
	(void)state;
	const struct str words[] = { S("Acme Corp"), S("mira.okafor") };
	const struct password_policy policy = { .strength_min = 1, .words = words, .n_words = ARRAY_LEN(words) };
	const struct str weak[] = { S("password1"), S("Iloveyou"), S("acmecorp2024"), S("Mira-Okafor1"), S("aaaaaaaaa") };
	const char *sentence;
	for (size_t i = 0; i < ARRAY_LEN(weak); i++) {
		sentence = NULL;
		assert_int_equal(password_check(&policy, weak[i], &sentence), E_WEAK_PASSWORD);
		assert_non_null(sentence);
	}
	assert_int_equal(password_check(&policy, S("violet-otter-climbs-granite"), &sentence), OK);
}

int
main(void)
{
#define TEST(name)        cmocka_unit_test_setup_teardown(name, hasher_begin, hasher_end)
#define POLICY_TEST(name) cmocka_unit_test_setup_teardown(name, test_begin, test_end)
	const struct CMUnitTest tests[] = {
		POLICY_TEST(test_PWD01_length),
		POLICY_TEST(test_PWD02_bounds),
		POLICY_TEST(test_PWD05_code_points_after_nfc),
		POLICY_TEST(test_PWD03_composition_only_when_asked),
		TEST(test_PWD04_what_is_no_text_is_refused),
		TEST(test_PWD10_record),
		TEST(test_PWD10_weaker_records_are_made_anew),
		TEST(test_PWD04_verified_whole),
		TEST(test_PWD05_composed_and_decomposed_are_one),
		TEST(test_PWD11_the_key_is_needed),
		TEST(test_unreadable_records_fit_nothing),
		TEST(test_ENU02_no_record_costs_the_same),
		TEST(test_PWD02_too_long_costs_nothing),
		TEST(test_no_randomness_no_record),
		TEST(test_no_memory_is_no_verdict),
		TEST(test_PWD12_bounded_line),
		TEST(test_PWD12_no_place_at_all),
		TEST(test_an_imported_hash_is_right_once_and_then_ours),
		TEST(test_PWD06_what_anybody_tries_first_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
