/* rules_test.c - whose pages may read answers, and where browsers are sent. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit.h"

#include <stdlib.h>

#include "base/str.h"
#include "deployment/deployment.h"

static struct str listed[] = { S_INIT("https://partner.example"), S_INIT("http://localhost:9000") };

/* Which deployment a row is about. */
enum which { PRODUCTION, STAGING, WITH_PORT, LOOPBACK, ONE_LABEL, ADDRESS, WHICH__COUNT };

static const struct {
	enum deployment_mode mode;
	const char *backend, *frontend;
} specs[WHICH__COUNT] = {
	[PRODUCTION] = { MODE_PRODUCTION, "api.t1.test", "t1.test" },
	[STAGING] = { MODE_STAGING, "api.t2.test", "t2.test" },
	[WITH_PORT] = { MODE_PRODUCTION, "api.t3.test", "t3.test:8443" },
	[LOOPBACK] = { MODE_PRODUCTION, "localhost:8080", "localhost:3000" },
	[ONE_LABEL] = { MODE_PRODUCTION, "api.intranet", "intranet" },
	[ADDRESS] = { MODE_PRODUCTION, "192.0.2.1:8443", "192.0.2.1" },
};

static struct deployment
make(enum which which)
{
	struct deployment d = {
		.mode = specs[which].mode,
		.backend_host = str_of(specs[which].backend),
		.frontend_host = str_of(specs[which].frontend),
		.settings.allowed_origins = { listed, ARRAY_LEN(listed) },
	};
	struct host backend;

	assert_true(host_parse(d.backend_host, &backend));
	assert_true(host_parse(d.frontend_host, &d.frontend));
	d.is_loopback = backend.is_loopback;
	return d;
}

static const struct {
	enum which which;
	const char *origin;
	bool allowed;
} origins[] = {
	{ PRODUCTION, "https://t1.test", true },
	{ PRODUCTION, "https://app.t1.test", true },
	{ PRODUCTION, "https://a.b.t1.test", true },
	{ PRODUCTION, "https://partner.example", true },
	{ PRODUCTION, "http://localhost:9000", true },
	{ PRODUCTION, "null", false },
	{ PRODUCTION, "", false },
	{ PRODUCTION, "*", false },
	{ PRODUCTION, "https://t1.test.evil", false },
	{ PRODUCTION, "https://t1.test.", false },
	{ PRODUCTION, "https://evilt1.test", false },
	{ PRODUCTION, "https://evil-t1.test", false },
	{ PRODUCTION, "https://t1.tes", false },
	{ PRODUCTION, "https://1.test", false },
	{ PRODUCTION, "https://test", false },
	{ PRODUCTION, "https://.t1.test", false },
	{ PRODUCTION, "https://evil.example", false },
	{ PRODUCTION, "https://partner.example.evil", false },
	{ PRODUCTION, "https://sub.partner.example", false },
	{ PRODUCTION, "http://t1.test", false },
	{ PRODUCTION, "http://app.t1.test", false },
	{ PRODUCTION, "ftp://t1.test", false },
	{ PRODUCTION, "capacitor://t1.test", false },
	{ PRODUCTION, "//t1.test", false },
	{ PRODUCTION, "t1.test", false },
	{ PRODUCTION, "https://t1.test/", false },
	{ PRODUCTION, "https://t1.test/x", false },
	{ PRODUCTION, "https://t1.test?x", false },
	{ PRODUCTION, "https://t1.test#x", false },
	{ PRODUCTION, "https://t1.test:443", false },
	{ PRODUCTION, "https://t1.test:8443", false },
	{ PRODUCTION, "https://evil@t1.test", false },
	{ PRODUCTION, "https://t1.test@evil.example", false },
	{ PRODUCTION, "https://t1.test:x@evil.example", false },
	{ PRODUCTION, "HTTPS://t1.test", false },
	{ PRODUCTION, "https://T1.test", false },
	{ PRODUCTION, "https://t1.TEST", false },
	{ PRODUCTION, " https://t1.test", false },
	{ PRODUCTION, "https://t1.test ", false },
	{ PRODUCTION, "https://t1.test,https://evil.example", false },
	{ PRODUCTION, "https://t1.test https://evil.example", false },
	{ PRODUCTION, "https://evil.example\\.t1.test", false },
	{ PRODUCTION, "https://evil.example%2e.t1.test", false },
	{ PRODUCTION, "https://evil.example\n.t1.test", false },
	{ PRODUCTION, "https://[::1].t1.test", false },
	{ PRODUCTION, "http://localhost", false },
	{ PRODUCTION, "http://127.0.0.1:3000", false },
	{ STAGING, "https://anything.example", true },
	{ STAGING, "http://localhost:3000", true },
	{ STAGING, "capacitor://localhost", true },
	{ STAGING, "null", false },
	{ STAGING, "https://anything.example/", false },
	{ STAGING, "https://user@anything.example", false },
	{ STAGING, "anything", false },
	{ WITH_PORT, "https://t3.test:8443", true },
	{ WITH_PORT, "https://app.t3.test:8443", true },
	{ WITH_PORT, "https://t3.test", false },
	{ WITH_PORT, "https://t3.test:8444", false },
	{ LOOPBACK, "http://localhost:3000", true },
	{ LOOPBACK, "http://localhost", true },
	{ LOOPBACK, "http://127.0.0.1:5173", true },
	{ LOOPBACK, "http://[::1]:5173", true },
	{ LOOPBACK, "http://app.localhost:5173", true },
	{ LOOPBACK, "https://localhost:3000", true },
	{ LOOPBACK, "http://localhost.evil.example:3000", false },
	{ LOOPBACK, "http://127.0.0.1.evil.example", false },
	{ LOOPBACK, "http://evil.example", false },
	{ LOOPBACK, "http://localhost:80@evil.example", false },
	{ LOOPBACK, "http://10.0.0.1:3000", false },
	{ LOOPBACK, "null", false },
	{ ONE_LABEL, "https://intranet", true },
	{ ONE_LABEL, "https://evil.intranet", false },
	{ ADDRESS, "https://192.0.2.1", true },
	{ ADDRESS, "https://1.192.0.2.1", false },
	{ ADDRESS, "http://192.0.2.1", false },
};

static void
test_WEB04_origins(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(origins); i++) {
		struct deployment d = make(origins[i].which);

		if (deployment_allows_origin(&d, str_of(origins[i].origin)) != origins[i].allowed)
			fail_msg("%s with %s", specs[origins[i].which].backend, origins[i].origin);
	}
}

static const struct {
	enum which which;
	const char *url;
	bool allowed;
} urls[] = {
	{ PRODUCTION, "https://t1.test", true },
	{ PRODUCTION, "https://app.t1.test/welcome?a=b#c", true },
	{ PRODUCTION, "https://app.t1.test/welcome@evil", true },
	{ PRODUCTION, "http://t1.test/", false },
	{ PRODUCTION, "https://partner.example/", false },
	{ PRODUCTION, "https://t1.test.evil/", false },
	{ PRODUCTION, "https://evil.example/https://t1.test", false },
	{ PRODUCTION, "https://evil.example?.t1.test", false },
	{ PRODUCTION, "https://evil.example#.t1.test", false },
	{ PRODUCTION, "https://evil.example\\.t1.test", false },
	{ PRODUCTION, "https://t1.test@evil.example/", false },
	{ PRODUCTION, "https:t1.test", false },
	{ PRODUCTION, "//t1.test/", false },
	{ PRODUCTION, "/welcome", false },
	{ PRODUCTION, "", false },
	{ PRODUCTION, "javascript:alert(1)//https://t1.test", false },
	{ PRODUCTION, "https://t1.test/\r\nLocation: https://evil.example", false },
	{ PRODUCTION, "https://t1.test./", false },
	{ PRODUCTION, "https://T1.test/", false },
	{ PRODUCTION, "http://localhost/", false },
	{ STAGING, "http://anything.example:3000/x", true },
	{ STAGING, "https://anything.example/x", true },
	{ STAGING, "capacitor://localhost/x", false },
	{ STAGING, "javascript:alert(1)", false },
	{ STAGING, "/x", false },
	{ LOOPBACK, "http://localhost:3000/x", true },
	{ LOOPBACK, "http://127.0.0.1:5173/", true },
	{ LOOPBACK, "http://localhost:80@evil/", false },
	{ LOOPBACK, "http://evil.example/", false },
};

static void
test_V20_redirects(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
		struct deployment d = make(urls[i].which);

		if (deployment_allows_redirect(&d, str_of(urls[i].url)) != urls[i].allowed)
			fail_msg("%s with %s", specs[urls[i].which].backend, urls[i].url);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_WEB04_origins),
		cmocka_unit_test(test_V20_redirects),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
