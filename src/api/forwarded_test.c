/* forwarded_test.c - API-03: forwarded headers only from listed proxies, right-most hop first. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/forwarded.h"

#include <string.h>

#include "base/str.h"
#include "test/unit.h"

/* The proxies of this test: 10.0.0.0/8. */
static bool
is_proxy(const struct app *app, const struct net_addr *a)
{
	(void)app;
	return a->family == AF_INET && a->bytes[0] == 10;
}

struct hop {
	const char *name;
	const char *value;
};

struct claim {
	const char *what;
	const char *peer;
	struct hop  fields[4];
	const char *client;
	bool        https;
	bool        rfc7239;
};

static const struct claim claims[] = {
	{ "an unlisted peer is not believed", "192.0.2.1",
	    { { "X-Forwarded-For", "198.51.100.7" }, { "X-Forwarded-Proto", "https" } }, "192.0.2.1", false },
	{ "nor its Forwarded", "192.0.2.1", { { "Forwarded", "for=198.51.100.7;proto=https" } }, "192.0.2.1", false, true },
	{ "a listed peer is", "10.0.0.1",
	    { { "X-Forwarded-For", "198.51.100.7" }, { "X-Forwarded-Proto", "https" } }, "198.51.100.7", true },
	{ "the right-most address counts", "10.0.0.1", { { "X-Forwarded-For", "1.1.1.1, 198.51.100.7" } }, "198.51.100.7", false },
	{ "listed hops are passed over", "10.0.0.1",
	    { { "X-Forwarded-For", "1.1.1.1, 198.51.100.7, 10.0.0.9, 10.0.0.2" } }, "198.51.100.7", false },
	{ "the last of several fields is the nearest hop's", "10.0.0.1",
	    { { "X-Forwarded-For", "1.1.1.1" }, { "X-Forwarded-For", "198.51.100.7" } }, "198.51.100.7", false },
	{ "garbage ends the walk at what is known", "10.0.0.1",
	    { { "X-Forwarded-For", "1.1.1.1, unknown, 10.0.0.2" } }, "10.0.0.2", false },
	{ "an underscore twin is another name (V-75)", "10.0.0.1",
	    { { "X_Forwarded_For", "1.1.1.1" }, { "X_Forwarded_Proto", "https" } }, "10.0.0.1", false },
	{ "the last proto of a chain is the proxy's own word", "10.0.0.1",
	    { { "X-Forwarded-Proto", "https, http" } }, "10.0.0.1", false },
	{ "Forwarded: for, proto, quotes, IPv6 and a port", "10.0.0.1",
	    { { "Forwarded", "for=1.1.1.1;proto=http, for=\"[2001:db8::1]:4711\";proto=https" } }, "2001:db8::1", true, true },
	{ "a client's Forwarded passes through proxies that write the other kind", "10.0.0.1",
	    { { "Forwarded", "for=1.1.1.1;proto=https" }, { "X-Forwarded-For", "198.51.100.7" } }, "198.51.100.7", false },
	{ "and the reverse", "10.0.0.1",
	    { { "X-Forwarded-For", "1.1.1.1" }, { "X-Forwarded-Proto", "https" }, { "Forwarded", "for=198.51.100.7" } },
	    "198.51.100.7", false, true },
	{ "a port is dropped", "10.0.0.1", { { "X-Forwarded-For", "198.51.100.7:5000" } }, "198.51.100.7", false },
	{ "no header: the proxy itself, and no https", "10.0.0.1", { { 0 } }, "10.0.0.1", false },
};

static void
test_API03_forwarded(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(claims); i++) {
		const struct claim *c = &claims[i];
		struct http_head head = { 0 };
		struct net_addr peer;
		const struct forwarded_rules rules = { is_proxy, NULL, c->rfc7239 };
		struct forwarded f;
		char text[46];

		for (size_t k = 0; k < ARRAY_LEN(c->fields) && c->fields[k].name; k++)
			head.fields[head.n_fields++] = (struct http_field){ str_of(c->fields[k].name), str_of(c->fields[k].value) };
		assert_true(net_addr_parse(str_of(c->peer), &peer));
		f = forwarded_read(&head, &peer, &rules);
		(void)net_addr_format(&f.client, text);
		if (strcmp(text, c->client) != 0 || f.https != c->https)
			fail_msg("%s: %s %d", c->what, text, (int)f.https);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_API03_forwarded) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
