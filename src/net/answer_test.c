/* answer_test.c - that a handler's fields cannot frame or split an answer. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "net/answer.c"

#include "test/unit.h"

static void
test_fields_are_whole_lines_and_not_ours(void **state)
{
	static const struct {
		struct str lines;
		bool want;
	} cases[] = {
		{ S_INIT(""), true },
		{ S_INIT("A: b\r\n"), true },
		{ S_INIT("A:\r\nContent-Type: text/plain\r\nSet-Cookie: a=b; c\r\n"), true },
		{ S_INIT("A: b"), false },
		{ S_INIT("A: b\n"), false },
		{ S_INIT("A: b\r\n\r\n"), false },
		{ S_INIT("A: b\r\nC"), false },
		{ S_INIT("A: b\r\r\n"), false },
		{ S_INIT("A\r\n"), false },
		{ S_INIT(": b\r\n"), false },
		{ S_INIT("A : b\r\n"), false },
		{ S_INIT(" A: b\r\n"), false },
		{ S_INIT("A: b\r\nContent-Length: 0\r\n"), false },
		{ S_INIT("content-length: 0\r\n"), false },
		{ S_INIT("TRANSFER-ENCODING: chunked\r\n"), false },
		{ S_INIT("Connection: x\r\n"), false },
		{ S_INIT("Keep-Alive: x\r\n"), false },
		{ S_INIT("Trailer: x\r\n"), false },
		{ S_INIT("Date: x\r\n"), false },
		{ S_INIT("X-Request-Id: x\r\n"), false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (answer_is_fields(cases[i].lines) != cases[i].want)
			fail_msg("\"%s\"", cases[i].lines.p);
}

static void
write_one(int status, enum http_method method, int minor, bool close, const char *want)
{
	static struct exchange x;
	struct answer a = { .status = status, .headers = S("A: b\r\n"), .body = S("body") };
	struct buf out;

	x.head.method = method;
	x.head.minor = minor;
	x.id = UINT64_C(0x0123456789abcdef);
	buf_init(&out, 1024);
	answer_write(&out, &x, &a, close, S("Date: d\r\n"));
	buf_put_char(&out, '\0');
	assert_false(out.failed);
	assert_string_equal(out.p, want);
	buf_done(&out);
}

#define ID "X-Request-Id: 0123456789abcdef\r\n"

static void
test_framing(void **state)
{
	(void)state;
	write_one(200, HTTP_GET, 1, false,
	    "HTTP/1.1 200 OK\r\nDate: d\r\nContent-Length: 4\r\n" ID "A: b\r\n\r\nbody");
	write_one(200, HTTP_GET, 0, false,
	    "HTTP/1.1 200 OK\r\nDate: d\r\nContent-Length: 4\r\n" ID
	    "Connection: keep-alive\r\nA: b\r\n\r\nbody");
	write_one(404, HTTP_HEAD, 1, true,
	    "HTTP/1.1 404 Not Found\r\nDate: d\r\nContent-Length: 4\r\n" ID
	    "Connection: close\r\nA: b\r\n\r\n");
	write_one(204, HTTP_GET, 1, false, "HTTP/1.1 204 No Content\r\nDate: d\r\n" ID "A: b\r\n\r\n");
	write_one(304, HTTP_GET, 1, false, "HTTP/1.1 304 Not Modified\r\nDate: d\r\n" ID "A: b\r\n\r\n");
	/* A number nobody has heard of is a bug, and bugs are 500. */
	write_one(299, HTTP_GET, 1, false,
	    "HTTP/1.1 500 Internal Server Error\r\nDate: d\r\nContent-Length: 4\r\n" ID "A: b\r\n\r\nbody");
}

/* Every status of the table has its line. */
static void
test_every_status_has_a_line(void **state)
{
	(void)state;
	for (int st = OK + 1; st < E__COUNT; st++) {
		char want[32];
		struct str line = status_line(status_info[st].http);
		int n = snprintf(want, sizeof(want), "HTTP/1.1 %d ", status_info[st].http);

		if (strncmp(line.p, want, (size_t)n) != 0)
			fail_msg("no line for %d", status_info[st].http);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields_are_whole_lines_and_not_ours),
		cmocka_unit_test(test_framing),
		cmocka_unit_test(test_every_status_has_a_line),
	};

	return cmocka_run_group_tests_name("answer", tests, NULL, NULL);
}
