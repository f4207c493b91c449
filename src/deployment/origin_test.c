/* origin_test.c - hosts, origins and URLs: exact, or none. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit.h"

#include <string.h>

#include "base/str.h"
#include "deployment/origin.h"

static const struct {
	const char *text;
	bool fine, loopback;
	int port;
} hosts[] = {
	{ "example.com", true, false, 0 },
	{ "a-b.example.com:8443", true, false, 8443 },
	{ "xn--bcher-kva.example", true, false, 0 },
	{ "localhost", true, true, 0 },
	{ "t1.localhost:8080", true, true, 8080 },
	{ "notlocalhost", true, false, 0 },
	{ "127.0.0.1:1", true, true, 1 },
	{ "127.255.0.1", true, true, 0 },
	{ "128.0.0.1", true, false, 0 },
	{ "[::1]", true, true, 0 },
	{ "[::1]:65535", true, true, 65535 },
	{ "[2001:db8::1]", true, false, 0 },
	{ "", false, false, 0 },
	{ ".", false, false, 0 },
	{ "example.com.", false, false, 0 },
	{ ".example.com", false, false, 0 },
	{ "a..b", false, false, 0 },
	{ "Example.com", false, false, 0 },
	{ "-a.com", false, false, 0 },
	{ "a-.com", false, false, 0 },
	{ "a_b.com", false, false, 0 },
	{ "a b", false, false, 0 },
	{ "b\xc3\xbc"
	  "cher.example",
	    false, false, 0 },
	{ "user@example.com", false, false, 0 },
	{ "example.com/", false, false, 0 },
	{ "example.com:", false, false, 0 },
	{ "example.com:0", false, false, 0 },
	{ "example.com:080", false, false, 0 },
	{ "example.com:65536", false, false, 0 },
	{ "example.com:80:80", false, false, 0 },
	{ ":80", false, false, 0 },
	{ "127.1", false, false, 0 },
	{ "127.0.0.01", false, false, 0 },
	{ "256.0.0.1", false, false, 0 },
	{ "1.2.3.4.5", false, false, 0 },
	{ "2130706433", false, false, 0 },
	{ "0x7f.1", false, false, 0 },
	{ "a.0x7f", false, false, 0 },
	{ "::1", false, false, 0 },
	{ "[::1", false, false, 0 },
	{ "[0:0::1]", false, false, 0 },
	{ "[::A]", false, false, 0 },
	{ "[fe80::1%25eth0]", false, false, 0 },
	{ "[]", false, false, 0 },
};

static void
test_hosts(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(hosts); i++) {
		struct host h;
		bool fine = host_parse(str_of(hosts[i].text), &h);

		if (fine != hosts[i].fine)
			fail_msg("\"%s\" was %s", hosts[i].text, fine ? "taken" : "refused");
		if (fine && (h.is_loopback != hosts[i].loopback || h.port != hosts[i].port))
			fail_msg("\"%s\": port %d, loopback %d", hosts[i].text, h.port, h.is_loopback);
	}
}

static void
test_long_names(void **state)
{
	char name[300];
	struct host h;

	(void)state;
	memset(name, 'a', sizeof(name));
	assert_true(host_parse((struct str){ name, 63 }, &h));
	assert_false(host_parse((struct str){ name, 64 }, &h));
	for (size_t i = 50; i < sizeof(name); i += 50)
		name[i] = '.';
	assert_true(host_parse((struct str){ name, 253 }, &h));
	assert_false(host_parse((struct str){ name, 254 }, &h));
}

static const struct {
	const char *host, *parent;
	bool within;
} families[] = {
	{ "example.com", "example.com", true },
	{ "a.example.com", "example.com", true },
	{ "a.b.example.com", "example.com", true },
	{ "aexample.com", "example.com", false },
	{ "com", "example.com", false },
	{ "example.com.evil", "example.com", false },
	{ "127.0.0.1", "127.0.0.1", true },
	{ "127.0.0.1", "0.0.1.example", false },
};

static void
test_families(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(families); i++) {
		struct host h, parent;

		assert_true(host_parse(str_of(families[i].host), &h));
		assert_true(host_parse(str_of(families[i].parent), &parent));
		if (host_is_within(&h, &parent) != families[i].within)
			fail_msg("%s in %s", families[i].host, families[i].parent);
	}
}

static const struct {
	const char *text;
	bool https;
	const char *folded;
} folds[] = {
	{ "Example.COM", true, "example.com" },
	{ "example.com.", true, "example.com" },
	{ "example.com.:443", true, "example.com" },
	{ "example.com..", true, "example.com." },
	{ "example.com:443", true, "example.com" },
	{ "example.com:443", false, "example.com:443" },
	{ "example.com:80", false, "example.com" },
	{ "example.com:80", true, "example.com:80" },
	{ "example.com:0443", true, "example.com:0443" },
	{ "[::1]:80", false, "[::1]" },
	{ "[::443]", true, "[::443]" },
	{ "a@b:443", true, "a@b" },
	{ "", true, "" },
	{ ":443", true, "" },
	{ ".", true, "" },
};

static void
test_folding(void **state)
{
	char buf[HOST_MAX], longest[HOST_MAX + 1];
	size_t n;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(folds); i++) {
		assert_true(host_fold(str_of(folds[i].text), folds[i].https, buf, &n));
		if (!str_eq((struct str){ buf, n }, str_of(folds[i].folded)))
			fail_msg("\"%s\" became \"%.*s\"", folds[i].text, (int)n, buf);
	}
	memset(longest, 'a', sizeof(longest));
	assert_true(host_fold((struct str){ longest, HOST_MAX }, true, buf, &n));
	assert_false(host_fold((struct str){ longest, HOST_MAX + 1 }, true, buf, &n));
}

static const struct {
	const char *text;
	bool origin, url;
} texts[] = {
	{ "https://example.com", true, true },
	{ "http://localhost:3000", true, true },
	{ "http://[::1]:3000", true, true },
	{ "capacitor://localhost", true, false },
	{ "https://example.com/", false, true },
	{ "https://example.com/a?b=c|d#e@f", false, true },
	{ "https://example.com?x", false, true },
	{ "https://example.com#x", false, true },
	{ "https://example.com:443", false, false },
	{ "http://example.com:80/", false, false },
	{ "https://example.com:80", true, true },
	{ "null", false, false },
	{ "", false, false },
	{ "https://", false, false },
	{ "https:///x", false, false },
	{ "//example.com", false, false },
	{ "/path", false, false },
	{ "https:example.com", false, false },
	{ "https:/example.com", false, false },
	{ "HTTPS://example.com", false, false },
	{ "https://EXAMPLE.com/", false, false },
	{ "https://user@example.com/", false, false },
	{ "https://user:pw@example.com/", false, false },
	{ "http://localhost:80@evil.example/", false, false },
	{ "https://example.com\\@evil.example/", false, false },
	{ "https://example.com\\evil", false, false },
	{ "https://example.com/\\evil", false, false },
	{ "https://example.com /", false, false },
	{ " https://example.com", false, false },
	{ "https://example.com/\t", false, false },
	{ "https://example.com/\r\nSet-Cookie: a=b", false, false },
	{ "https://example.com/\xc3\xbc", false, false },
	{ "javascript://example.com/%0aalert(1)", false, false },
	{ "javascript:alert(1)", false, false },
	{ "data:text/html,x", false, false },
	{ "https://example.com.", false, false },
	{ "https://example.com,https://evil.example", false, false },
	{ "https://example.com https://evil.example", false, false },
};

static void
test_origins_and_urls(void **state)
{
	struct origin o;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		if (origin_parse(str_of(texts[i].text), &o) != texts[i].origin)
			fail_msg("origin \"%s\"", texts[i].text);
		if (url_parse(str_of(texts[i].text), &o) != texts[i].url)
			fail_msg("url \"%s\"", texts[i].text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hosts),
		cmocka_unit_test(test_long_names),
		cmocka_unit_test(test_families),
		cmocka_unit_test(test_folding),
		cmocka_unit_test(test_origins_and_urls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
