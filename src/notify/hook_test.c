/* hook_test.c - signatures, types and waits of what endpoints are told: what needs no other server to be tried. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit.h"

#include <string.h>

#include "base/str.h"
#include "notify/hook_keep.h"
#include "notify/hook_round.h"
#include "notify/signature.h"

static struct secret
secret_of(const char *text)
{
	struct secret s;

	assert_true(secret_new(strlen(text), &s));
	memcpy(s.p, text, s.n);
	return s;
}

/* The first is the example of the specification on www.standardwebhooks.com. */
static const struct {
	const char *secret, *id, *at, *body, *signature;
} signatures[] = {
	{ "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", "{\"test\": 2432232314}",
	    "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=" },
	{ "whsec_", "event_1", "1", "{}", NULL },
	{ "", "event_1", "1", "{}", NULL },
	{ "whsec_not base64!", "event_1", "1", "{}", NULL },
};

static void
test_signatures(void **state)
{
	struct task t = { .arena = arena_new(1 << 20) };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(signatures); i++) {
		struct secret secret = secret_of(signatures[i].secret);
		struct str made = S("");
		enum status st = signature_make(&t, &secret, str_of(signatures[i].id), str_of(signatures[i].at),
		    str_of(signatures[i].body), &made);

		secret_done(&secret);
		assert_int_equal(st, signatures[i].signature ? OK : E_INTERNAL);
		if (st == OK && !str_eq(made, str_of(signatures[i].signature)))
			fail_msg("%s became " STR_FMT, signatures[i].body, STR_ARG(made));
	}
	arena_free(t.arena);
}

/* A secret that is made is one that signs. */
static void
test_secrets_are_keys(void **state)
{
	struct task t = { .arena = arena_new(1 << 20) };
	struct str one, two, signature;
	struct secret secret;

	(void)state;
	assert_int_equal(hook_secret_make(&t, &one), OK);
	assert_int_equal(hook_secret_make(&t, &two), OK);
	assert_true(str_starts(one, S("whsec_")) && one.n == 6 + 44 && !str_eq(one, two));
	secret = secret_of(one.p);
	assert_int_equal(signature_make(&t, &secret, S("event_1"), S("1"), S("{}"), &signature), OK);
	secret_done(&secret);
	secret_test_fail_random(true);
	assert_int_equal(hook_secret_make(&t, &one), E_INTERNAL);
	secret_test_fail_random(false);
	arena_free(t.arena);
}

static const struct {
	const char *types;
	bool good, wants_user_created, wants_org_member_created;
} filters[] = {
	{ "", true, true, true },
	{ "*", true, true, true },
	{ "user.created", true, true, false },
	{ "user.updated", true, false, false },
	{ "user.*", true, true, false },
	{ "session.* organization_membership.*", true, false, true },
	{ "organization.*", true, false, false },
	{ "user.createdx", false, false, false },
	{ "user", false, false, false },
	{ "use*", false, true, false },
	{ ".*", false, false, false },
	{ "user.created painted.*", false, true, false },
};

static void
test_types(void **state)
{
	struct task t = { .arena = arena_new(1 << 20) };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(filters); i++) {
		struct hook_row hook = { .types = str_of(filters[i].types) };

		if ((hook_types_check(&t, hook.types) == OK) != filters[i].good ||
		    hook_wants(&hook, HOOK_USER_CREATED) != filters[i].wants_user_created ||
		    hook_wants(&hook, HOOK_ORG_MEMBER_CREATED) != filters[i].wants_org_member_created)
			fail_msg("\"%s\"", filters[i].types);
	}
	arena_free(t.arena);
}

static void
test_every_type_has_a_name(void **state)
{
	(void)state;
	for (size_t i = HOOK_NONE + 1; i < HOOK_TYPE__COUNT; i++)
		for (size_t k = HOOK_NONE + 1; k < i; k++)
			assert_string_not_equal(hook_type_info[i].name, hook_type_info[k].name);
}

/* Ten tries within four days, each later than the one before by about what the schedule says. */
static void
test_waits(void **state)
{
	int64_t at = 0, next, wait = 0;
	int tries = 1;

	(void)state;
	for (; (next = hook_next_try(at, tries)) > 0; tries++, at = next) {
		assert_true(next - at > wait / 2);
		wait = next - at;
		assert_true(wait <= 30 * HOUR_US);
	}
	assert_int_equal(tries, 10);
	assert_true(at > 56 * HOUR_US && at < 96 * HOUR_US);
	assert_int_equal(hook_next_try(0, 0), 0);
	assert_int_equal(hook_next_try(0, 1000), 0);
}

static const struct {
	const char *url;
	bool good;
} urls[] = {
	{ "https://example.com/hooks?a=b", true }, { "https://8.8.8.8/", true }, { "https://[2606:4700::1]:8443/", true },
	{ "http://127.0.0.1:8080/", true }, { "http://localhost:8080/", true }, { "https://hooks.localhost/", true },
	{ "http://[::1]:8080/", true }, { "http://example.com/", false }, { "http://8.8.8.8/", false }, { "https://10.0.0.1/", false },
	{ "https://169.254.169.254/", false }, { "https://[::ffff:7f00:1]/", false }, { "https://[::]/", false }, { "https://0x7f.1/", false },
	{ "https://2130706433/", false }, { "https://0177.0.0.1/", false }, { "https://a@example.com/", false }, { "ftp://example.com/", false },
	{ "", false },
};

static void
test_where_an_endpoint_may_be(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
		const char *sentence = NULL;

		if (parcel_may_post_to(str_of(urls[i].url), &sentence) != urls[i].good || (sentence == NULL) != urls[i].good)
			fail_msg("%s", urls[i].url);
	}
}

/* What somebody brings along: 24 to 64 bytes, in the one spelling that base64 has. */
static const struct {
	const char *secret;
	bool        good;
} brought[] = {
	{ "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", true },
	{ "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa", false },	/* 22 bytes */
	{ "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLQ==", false },
	{ "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", false },
	{ "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2 aLaSw", false },
	{ "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==", true },
	{ "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", false },	/* 65 */
	{ "whsec_", false },
	{ "", false },
};

static void
test_secrets_that_are_brought_along(void **state)
{
	struct task t = { .arena = arena_new(1 << 20) };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(brought); i++) {
		t.why[0] = '\0';
		if ((hook_secret_check(&t, str_of(brought[i].secret)) == OK) != brought[i].good)
			fail_msg("%s", brought[i].secret);
		assert_true(brought[i].good || !strstr(t.why, "MfKQ"));
	}
	arena_free(t.arena);
}

/* Lists as they are stored: each word once, and nothing for all. */
static const struct {
	const char *words[4], *stored;	/* NULL: refused */
} lists[] = {
	{ { NULL }, "" },
	{ { "*" }, "" },
	{ { "user.*", "*" }, "" },
	{ { "user.*", "session.created", "user.*" }, "user.* session.created" },
	{ { "", "user.created", "" }, "user.created" },
	{ { "user.creatd" }, NULL },
	{ { "user.* session.created" }, NULL },
};

static void
test_lists_of_types(void **state)
{
	struct task t = { .arena = arena_new(1 << 20) };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		struct str words[4], stored = S("?");
		size_t n = 0;

		for (; n < 4 && lists[i].words[n]; n++)
			words[n] = str_of(lists[i].words[n]);
		t.why[0] = '\0';
		assert_int_equal(hook_types_read(&t, words, n, &stored), lists[i].stored ? OK : E_BAD_REQUEST_BODY);
		assert_true(str_eq(stored, str_of(lists[i].stored ? lists[i].stored : "?")));
	}
	arena_free(t.arena);
}

/* What a key may not name, and an operator may. */
static void
test_who_may_name_this_machine(void **state)
{
	struct task t = { .arena = arena_new(1 << 20) };
	static const char *const here[] = { "http://127.0.0.1/", "https://localhost/", "http://a.localhost:9/x", "https://[::1]/" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(here); i++) {
		t.why[0] = '\0';
		assert_int_equal(hook_url_check(&t, HOOK_OF_OPERATOR, str_of(here[i])), OK);
		assert_int_equal(hook_url_check(&t, HOOK_OF_KEY, str_of(here[i])), E_BAD_REQUEST_BODY);
	}
	assert_int_equal(hook_url_check(&t, HOOK_OF_KEY, S("https://example.com/")), OK);
	arena_free(t.arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_signatures),
		cmocka_unit_test(test_secrets_are_keys),
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_every_type_has_a_name),
		cmocka_unit_test(test_waits),
		cmocka_unit_test(test_where_an_endpoint_may_be),
		cmocka_unit_test(test_secrets_that_are_brought_along),
		cmocka_unit_test(test_lists_of_types),
		cmocka_unit_test(test_who_may_name_this_machine),
	};

	if (!secret_init_libraries())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
