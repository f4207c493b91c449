/* addr_test.c - one address has one form, and a network holds what its bits say. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/str.h"
#include "net/listen.h"
#include "test/unit.h"

static void
test_parse_and_format(void **state)
{
	static const struct {
		const char *text, *want; /* NULL: refused */
	} cases[] = {
		{ "127.0.0.1", "127.0.0.1" },
		{ "::1", "::1" },
		{ "2001:DB8::0:1", "2001:db8::1" },
		{ "::ffff:10.1.2.3", "10.1.2.3" },
		{ "::FFFF:a01:203", "10.1.2.3" },
		{ "", NULL },
		{ "127.1", NULL },
		{ "127.0.0.256", NULL },
		{ "127.0.0.1 ", NULL },
		{ "01.2.3.4", NULL },
		{ "[::1]", NULL },
		{ "fe80::1%eth0", NULL },
		{ "localhost", NULL },
		{ "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct net_addr a;
		char text[46];
		bool ok = net_addr_parse(str_of(cases[i].text), &a);

		if (ok != (cases[i].want != NULL))
			fail_msg("\"%s\" is %s", cases[i].text, ok ? "taken" : "refused");
		if (!ok)
			continue;
		assert_int_equal(net_addr_format(&a, text), strlen(cases[i].want));
		assert_string_equal(text, cases[i].want);
	}
}

static void
test_a_nul_does_not_cut_an_address(void **state)
{
	struct net_addr a;

	(void)state;
	assert_false(net_addr_parse((struct str){ "10.0.0.1\0x", 10 }, &a));
}

static void
test_loopback(void **state)
{
	static const struct {
		const char *text;
		bool want;
	} cases[] = {
		{ "127.0.0.1", true },
		{ "127.255.0.9", true },
		{ "::1", true },
		{ "::ffff:127.0.0.1", true },
		{ "128.0.0.1", false },
		{ "::", false },
		{ "::2", false },
		{ "10.0.0.1", false },
	};
	struct net_addr a = { .family = AF_UNIX };

	(void)state;
	assert_true(net_addr_is_loopback(&a));
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_true(net_addr_parse(str_of(cases[i].text), &a));
		assert_int_equal(net_addr_is_loopback(&a), cases[i].want);
	}
}

/* API-03: which peers are proxies must not depend on how their address is written. */
static void
test_API03_networks(void **state)
{
	static const struct {
		const char *cidr, *addr;
		bool want;
	} cases[] = {
		{ "10.0.0.0/8", "10.255.1.2", true },
		{ "10.0.0.0/8", "11.0.0.0", false },
		{ "10.0.0.0/8", "::ffff:10.1.1.1", true },
		{ "::ffff:10.0.0.0/104", "10.1.1.1", true },
		{ "192.168.1.128/25", "192.168.1.200", true },
		{ "192.168.1.128/25", "192.168.1.127", false },
		{ "1.2.3.4", "1.2.3.4", true },
		{ "1.2.3.4", "1.2.3.5", false },
		{ "0.0.0.0/0", "9.9.9.9", true },
		{ "0.0.0.0/0", "::1", false },
		{ "::/0", "::1", true },
		{ "::/0", "1.2.3.4", false },
		{ "2001:db8::/33", "2001:db8:7fff::1", true },
		{ "2001:db8::/33", "2001:db8:8000::1", false },
		{ "::1", "::1", true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct net_cidr c;
		struct net_addr a;

		assert_true(net_cidr_parse(str_of(cases[i].cidr), &c));
		assert_true(net_addr_parse(str_of(cases[i].addr), &a));
		if (net_cidr_has(&c, &a) != cases[i].want)
			fail_msg("%s in %s", cases[i].addr, cases[i].cidr);
	}
}

static void
test_API03_no_networks(void **state)
{
	static const char *const bad[] = { "", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/08",
		"::/129", "10.0.0.0/8/8", "::ffff:10.0.0.0/8", "10.0.0.0 /8" };
	struct net_cidr c;
	struct net_addr unix_peer = { .family = AF_UNIX };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (net_cidr_parse(str_of(bad[i]), &c))
			fail_msg("\"%s\" is taken", bad[i]);
	assert_true(net_cidr_parse(S("0.0.0.0/0"), &c));
	assert_false(net_cidr_has(&c, &unix_peer));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse_and_format),
		cmocka_unit_test(test_a_nul_does_not_cut_an_address),
		cmocka_unit_test(test_loopback),
		cmocka_unit_test(test_API03_networks),
		cmocka_unit_test(test_API03_no_networks),
	};

	return cmocka_run_group_tests_name("addr", tests, NULL, NULL);
}
