/* notify_test.c - words, headers and waits: what needs no other server to be tried. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "notify/letter.h"
#include "notify/mime.h"
#include "notify/parcel.h"
#include "notify/round.h"
#include "notify/template.h"

static const struct template_var vars[] = {
	{ "code", S_INIT("123456") }, { "app_name", S_INIT("<b>\"L&G's\"</b>") }, { "evil", S_INIT("a\r\nBcc: x@y.example") },
};

static const struct {
	const char *text;
	enum template_form form;
	const char *becomes;
} renderings[] = {
	{ "", TEMPLATE_PLAIN, "" },
	{ "{{code}} is { your } code", TEMPLATE_PLAIN, "123456 is { your } code" },
	{ "{{ code }}", TEMPLATE_PLAIN, "123456" },
	{ "{{app_name}}", TEMPLATE_PLAIN, "<b>\"L&G's\"</b>" },
	{ "{{app_name}}", TEMPLATE_HTML, "&lt;b&gt;&quot;L&amp;G&#39;s&quot;&lt;/b&gt;" },
	{ "{{evil}}", TEMPLATE_PLAIN, "a  Bcc: x@y.example" },
	{ "{{missing}}.", TEMPLATE_PLAIN, "." },
	{ "{{#code}}[{{code}}]{{/code}}", TEMPLATE_PLAIN, "[123456]" },
	{ "{{#missing}}[{{code}}]{{/missing}}.", TEMPLATE_PLAIN, "." },
	{ "{{^missing}}none{{/missing}}{{^code}}none{{/code}}", TEMPLATE_PLAIN, "none" },
	{ "{{code", TEMPLATE_PLAIN, "{{code" },
	{ "{{CODE}}", TEMPLATE_PLAIN, "{{CODE}}" },
};

static void
test_rendering(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(renderings); i++) {
		struct buf out;

		buf_init(&out, 4096);
		template_render(str_of(renderings[i].text), renderings[i].form, vars, ARRAY_LEN(vars), &out);
		if (!str_eq(buf_str(&out), str_of(renderings[i].becomes)))
			fail_msg("%s became " STR_FMT, renderings[i].text, STR_ARG(buf_str(&out)));
		buf_done(&out);
	}
}

/* What is built in passes what an operator's own would have to. */
static void
test_built_in_templates_are_good(void **state)
{
	struct task t = { .arena = arena_new(1 << 20) };

	(void)state;
	for (int kind = 0; kind < MESSAGE_KIND__COUNT; kind++) {
		struct letter l;

		letter_defaults((enum message_kind)kind, &l);
		assert_true(l.parts[LETTER_TEXT].n > 0);
		for (int part = 0; part < LETTER_PART__COUNT; part++)
			if (l.parts[part].n > 0 && letter_check(&t, (enum message_kind)kind, (enum letter_part)part, l.parts[part]) != OK)
				fail_msg("%s %s: %s", message_kind_info[kind].name, letter_part_names[part], t.why);
		assert_int_equal(l.parts[LETTER_HTML].n > 0, message_kind_info[kind].channel == CHANNEL_MAIL);
	}
	arena_free(t.arena);
}

static const struct {
	const char *text, *written;
} words[] = {
	{ "Plain words", "Plain words" },
	{ "Größe", "=?UTF-8?B?R3LDtsOfZQ==?=" },
	{ "a\r\nBcc: b", "=?UTF-8?B?YSAgQmNjOiBi?=" },
	{ "=?UTF-8?B?eA==?=", "=?UTF-8?B?PT9VVEYtOD9CP2VBPT0/PQ==?=" },
};

static void
test_header_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		struct buf out;

		buf_init(&out, 4096);
		mime_put_words(&out, str_of(words[i].text));
		buf_put_char(&out, '\0');
		assert_string_equal(out.p, words[i].written);
		buf_done(&out);
	}
}

static void
test_quoted_printable(void **state)
{
	struct buf out, text;
	struct str line, rest;

	(void)state;
	buf_init(&out, 65536);
	mime_put_quoted_printable(&out, S("a=b \n.\r\nGr\xC3\xB6\xC3\x9F" "e\tx\n"));
	buf_put_char(&out, '\0');
	assert_string_equal(out.p, "a=3Db=20\r\n=2E\r\nGr=C3=B6=C3=9Fe\tx\r\n");
	buf_clear(&out);
	buf_init(&text, 65536);
	for (int i = 0; i < 100; i++)
		buf_put_str(&text, S("https://app.example.com/a?b=c&d=e/ \xC3\xB6."));
	mime_put_quoted_printable(&out, buf_str(&text));
	buf_done(&text);
	for (rest = buf_str(&out); rest.n > 0;) {
		(void)str_cut(rest, '\n', &line, &rest);
		assert_true(line.n <= 78);
	}
	buf_done(&out);
}

/* API-07: whatever the names, the headers are ours. */
static void
test_API07_no_value_begins_a_header(void **state)
{
	const struct mail m = {
		.id = S("message_1"), .domain = S("mail.example"), .from_name = S("A\r\nBcc: x@y.example\r\n\r\n"),
		.from = S("no-reply@mail.example"), .to = S("mira@example.org"), .subject = S("S\nBcc: x@y.example"),
		.text = S("text"), .html = S("<p>html"), .at = INT64_C(1704067200) * SECOND_US,
	};
	struct str line, rest;
	struct buf out;
	int n = 0;

	(void)state;
	buf_init(&out, 65536);
	mime_write(&m, &out);
	assert_null(memmem(out.p, out.n, "Bcc", 3));
	assert_non_null(memmem(out.p, out.n, "Date: Mon, 1 Jan 2024 00:00:00 +0000\r\n", 38));
	assert_non_null(memmem(out.p, out.n, "Message-ID: <message_1@mail.example>\r\n", 38));
	for (rest = buf_str(&out); str_cut(rest, '\n', &line, &rest) && line.n > 1;)
		n += line.p[0] != ' ';
	assert_int_equal(n, 8);
	buf_done(&out);
}

static const struct {
	const char *address;
	bool plain;
} addresses[] = {
	{ "mira@example.org", true }, { "m\xC3\xB6" "@example.org", true }, { "a@b.example\r\nRCPT TO:<c@d.example>", false },
	{ "a@b.example,c@d.example", false }, { "<a@b.example>", false }, { "a b@c.example", false }, { "a@b@c", false },
	{ "@b", false }, { "a@", false }, { "", false },
};

static void
test_addresses(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(addresses); i++)
		assert_int_equal(mime_address_is_plain(str_of(addresses[i].address)), addresses[i].plain);
}

static const struct {
	const char *address;
	bool is_public, is_loopback;
} places[] = {
	{ "8.8.8.8", true, false }, { "10.1.2.3", false, false }, { "127.0.0.1", false, true }, { "127.9.9.9", false, true },
	{ "169.254.169.254", false, false }, { "172.31.255.255", false, false }, { "172.32.0.1", true, false },
	{ "192.168.0.1", false, false }, { "100.64.0.1", false, false }, { "0.0.0.0", false, false }, { "224.0.0.1", false, false },
	{ "255.255.255.255", false, false }, { "::1", false, true }, { "::", false, false }, { "2606:4700::1", true, false },
	{ "fc00::1", false, false }, { "fe80::1", false, false }, { "::ffff:10.0.0.1", false, false },
	{ "::ffff:127.0.0.1", false, true }, { "::ffff:8.8.8.8", true, false }, { "64:ff9b::a00:1", false, false },
	{ "2002:a00:1::1", false, false }, { "2001:0:1::1", false, false }, { "2001:db8::1", false, false },
	{ "168.63.129.16", false, false }, { "168.63.129.17", true, false }, { "192.88.99.1", false, false },
	{ "3fff:fff::1", false, false }, { "3fff:1000::1", true, false },
};

static void
test_where_a_name_may_lead(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		struct sockaddr_in in4 = { .sin_family = AF_INET };
		struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
		const struct sockaddr *a = (const void *)&in4;

		if (inet_pton(AF_INET, places[i].address, &in4.sin_addr) != 1) {
			assert_int_equal(inet_pton(AF_INET6, places[i].address, &in6.sin6_addr), 1);
			a = (const void *)&in6;
		}
		if (parcel_scope_allows(SCOPE_PUBLIC, a) != places[i].is_public ||
		    parcel_scope_allows(SCOPE_LOOPBACK, a) != places[i].is_loopback)
			fail_msg("%s", places[i].address);
		assert_true(parcel_scope_allows(SCOPE_ANY, a));
	}
}

/* Sooner first, later not for ever: a code's server may greylist for five minutes, a notice's be away for a day. */
static void
test_waits(void **state)
{
	int64_t at = 0, next = 0, longest = 0;
	int n = 0;

	(void)state;
	for (; (next = round_next_try(at, ++n, 0, 10 * MINUTE_US)) > 0; at = next)
		assert_true(next > at && next - at <= 150 * SECOND_US);
	assert_true(n >= 7 && at > 5 * MINUTE_US);
	for (at = 0, n = 0; (next = round_next_try(at, ++n, 0, 2 * DAY_US)) > 0; at = next)
		longest = next - at > longest ? next - at : longest;
	assert_true(at > DAY_US && longest <= 38 * MINUTE_US);
	assert_int_equal(round_next_try(0, 120, 0, 2 * DAY_US), 0);
}

/* It goes to an address that nobody has proved, and its name is a stranger's: fifty characters of whatever they like. */
static void
test_a_waitlist_mail_says_nothing_of_a_strangers(void **state)
{
	struct letter l;

	(void)state;
	letter_defaults(MESSAGE_WAITLIST, &l);
	for (int part = 0; part < LETTER_PART__COUNT; part++)
		assert_false(template_shows(l.parts[part], "first_name") || template_shows(l.parts[part], "last_name"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rendering),
		cmocka_unit_test(test_built_in_templates_are_good),
		cmocka_unit_test(test_a_waitlist_mail_says_nothing_of_a_strangers),
		cmocka_unit_test(test_header_words),
		cmocka_unit_test(test_quoted_printable),
		cmocka_unit_test(test_API07_no_value_begins_a_header),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_where_a_name_may_lead),
		cmocka_unit_test(test_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
