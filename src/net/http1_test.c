/* http1_test.c - what the reader takes, what it refuses, and that it makes no difference how bytes arrive. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/http1.h"
#include "net/http1_vectors.h"
#include "test/unit.h"

static const struct http1_limits limits = { .request_line = 8192, .head = 16384 };

struct reading {
	int want; /* as in the vectors */
	size_t used;
	struct http_head head;
};

/* From memory of exactly that size, so that the address sanitizer sees one byte too far. */
static void
read_once(struct str bytes, struct reading *ret)
{
	static char *exact;
	enum status why = OK;

	free(exact);
	exact = malloc(bytes.n > 0 ? bytes.n : 1);
	assert_non_null(exact);
	memcpy(exact, bytes.p, bytes.n);
	ret->used = 0;
	switch (http1_head((struct str){ exact, bytes.n }, &limits, &ret->head, &ret->used, &why)) {
	case HTTP1_MORE:
		ret->want = 0;
		break;
	case HTTP1_DONE:
		ret->want = 200;
		break;
	case HTTP1_REFUSED:
		ret->want = why == E_URI_TOO_LONG ? 414 : why == E_HEADERS_TOO_LARGE ? 431 : 400;
		assert_true(ret->want != 400 || why == E_BAD_REQUEST_BODY);
		break;
	}
}

/* Bytes come one by one; the first verdict counts. Every `step`th prefix is tried. */
static void
read_slowly(struct str bytes, size_t step, struct reading *ret)
{
	for (size_t n = 0; n < bytes.n; n += step) {
		read_once((struct str){ bytes.p, n }, ret);
		if (ret->want != 0)
			return;
	}
	read_once(bytes, ret);
}

static void
assert_vector(const struct http1_vector *v, const struct reading *r, const char *how)
{
	if (r->want != v->want || (r->want == 200 && v->bytes.n - r->used != v->rest))
		fail_msg("%s (%s): got %d, %zu used of %zu", v->name, how, r->want, r->used, v->bytes.n);
}

/* F-21, API-01: one reading of where a message ends, or none. */
static void
test_F21_vectors(void **state)
{
	struct reading r;

	(void)state;
	assert_true(ARRAY_LEN(http1_vectors) >= 60);
	for (size_t i = 0; i < ARRAY_LEN(http1_vectors); i++) {
		read_once(http1_vectors[i].bytes, &r);
		assert_vector(&http1_vectors[i], &r, "whole");
	}
}

/* Where the network cuts a head must not change its meaning. */
static void
test_F21_vectors_byte_by_byte(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(http1_vectors); i++) {
		struct http1_vector v = http1_vectors[i];
		struct reading r;

		read_slowly(v.bytes, 1, &r);
		/* The verdict comes before what follows the head has arrived. */
		if (v.want == 200)
			v.bytes.n -= v.rest;
		v.rest = 0;
		assert_vector(&v, &r, "byte by byte");
	}
}

static void
assert_str(struct str got, const char *want)
{
	if (got.n != strlen(want) || memcmp(got.p, want, got.n) != 0)
		fail_msg("got \"%.*s\", want \"%s\"", (int)got.n, got.p, want);
}

static void
test_head_is_views(void **state)
{
	struct reading r;

	(void)state;
	read_once(S("POST /a%20b?c=d?e HTTP/1.1\r\nHOST: A.example:8080\r\nCookie: x=1\r\ncookie:  y=2 \r\n"
		    "Content-Length: 12\r\nExpect: 100-continue\r\n\r\n"),
	    &r);
	assert_int_equal(r.want, 200);
	assert_int_equal(r.head.method, HTTP_POST);
	assert_str(r.head.method_text, "POST");
	assert_str(r.head.path, "/a%20b");
	assert_str(r.head.query, "c=d?e");
	assert_str(r.head.host, "A.example:8080");
	assert_int_equal(r.head.n_fields, 5);
	assert_int_equal(r.head.content_length, 12);
	assert_true(r.head.keep_alive && r.head.expect_continue && !r.head.chunked);
	assert_str(http_field(&r.head, S("Cookie")), "x=1");
	assert_int_equal(http_field_count(&r.head, S("COOKIE")), 2);
	assert_str(r.head.fields[2].value, "y=2");
	assert_null(http_field(&r.head, S("Origin")).p);
}

static void
test_methods(void **state)
{
	static const struct {
		const char *text;
		enum http_method method;
	} cases[] = {
		{ "GET", HTTP_GET },
		{ "HEAD", HTTP_HEAD },
		{ "POST", HTTP_POST },
		{ "PUT", HTTP_PUT },
		{ "PATCH", HTTP_PATCH },
		{ "DELETE", HTTP_DELETE },
		{ "OPTIONS", HTTP_OPTIONS },
		{ "get", HTTP_OTHER },
		{ "TRACE", HTTP_OTHER },
		{ "CONNECT", HTTP_OTHER },
		{ "GETS", HTTP_OTHER },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct reading r;
		char text[64];
		int n = snprintf(text, sizeof(text), "%s / HTTP/1.1\r\nHost: a\r\n\r\n", cases[i].text);

		read_once((struct str){ text, (size_t)n }, &r);
		assert_int_equal(r.want, 200);
		assert_int_equal(r.head.method, cases[i].method);
		assert_int_equal(r.head.keep_alive, strcmp(cases[i].text, "CONNECT") != 0);
	}
}

static void
test_absolute_targets_are_split(void **state)
{
	struct reading r;

	(void)state;
	read_once(S("GET http://a:81/b/c?d HTTP/1.1\r\nHost: a:81\r\n\r\n"), &r);
	assert_str(r.head.path, "/b/c");
	assert_str(r.head.query, "d");
	read_once(S("GET https://a?d HTTP/1.1\r\nHost: a\r\n\r\n"), &r);
	assert_str(r.head.path, "/");
	assert_str(r.head.query, "d");
	read_once(S("GET https://[::1]:443 HTTP/1.1\r\nHost: [::1]\r\n\r\n"), &r);
	assert_int_equal(r.want, 200);
	assert_str(r.head.path, "/");
}

static void
test_keep_alive(void **state)
{
	static const struct {
		const char *version, *connection;
		bool keep;
	} cases[] = {
		{ "1.1", "x", true },
		{ "1.1", "close", false },
		{ "1.1", "keep-alive, Close", false },
		{ "1.1", "\t close\t,x", false },
		{ "1.1", "closed", true },
		{ "1.1", "", true },
		{ "1.0", "x", false },
		{ "1.0", "Keep-Alive", true },
		{ "1.0", "keep-alive,close", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct reading r;
		char text[128];
		int n = snprintf(text, sizeof(text), "GET / HTTP/%s\r\nHost: a\r\nConnection:%s\r\n\r\n",
		    cases[i].version, cases[i].connection);

		read_once((struct str){ text, (size_t)n }, &r);
		assert_int_equal(r.want, 200);
		if (r.head.keep_alive != cases[i].keep)
			fail_msg("HTTP/%s Connection: %s", cases[i].version, cases[i].connection);
	}
}

static char big[64 * 1024];

/* `GET /aaa… HTTP/1.1` with a request line of n bytes. */
static struct str
long_line(size_t n)
{
	struct str tail = S(" HTTP/1.1\r\nHost: a\r\n\r\n");
	size_t line_tail = sizeof(" HTTP/1.1") - 1;

	memset(big, 'a', sizeof(big));
	memcpy(big, "GET /", 5);
	memcpy(big + n - line_tail, tail.p, tail.n);
	return (struct str){ big, n - line_tail + tail.n };
}

static void
test_F22_request_line(void **state)
{
	struct reading r;

	(void)state;
	read_once(long_line(8192), &r);
	assert_int_equal(r.want, 200);
	read_once(long_line(8193), &r);
	assert_int_equal(r.want, 414);
	read_slowly(long_line(8192), 61, &r);
	assert_int_equal(r.want, 200);
	read_slowly(long_line(8193), 61, &r);
	assert_int_equal(r.want, 414);
	/* A line that never ends is refused at the limit, whatever is still to come. */
	memset(big, 'A', sizeof(big));
	read_once((struct str){ big, 8193 }, &r);
	assert_int_equal(r.want, 0);
	read_once((struct str){ big, 8194 }, &r);
	assert_int_equal(r.want, 414);
}

/* A whole head of n bytes. */
static struct str
long_head(size_t n)
{
	struct str start = S("GET / HTTP/1.1\r\nHost: a\r\nOrigin: https://a\r\nX: ");

	memset(big, 'a', sizeof(big));
	memcpy(big, start.p, start.n);
	memcpy(big + n - 4, "\r\n\r\n", 4);
	return (struct str){ big, n };
}

static void
test_F22_head(void **state)
{
	struct reading r;

	(void)state;
	read_once(long_head(16384), &r);
	assert_int_equal(r.want, 200);
	read_once(long_head(16385), &r);
	assert_int_equal(r.want, 431);
	read_slowly(long_head(16384), 127, &r);
	assert_int_equal(r.want, 200);
	read_slowly(long_head(16385), 127, &r);
	assert_int_equal(r.want, 431);
	/* The answer can still say to whom it may be shown. */
	assert_str(http_field(&r.head, S("origin")), "https://a");
	assert_str(r.head.host, "a");
}

/* Eight bytes are judged at a time: each byte at each of their places is what it is alone. */
static void
test_every_byte_at_every_place(void **state)
{
	struct reading r;

	(void)state;
	for (int c = 0; c < 256; c++) {
		bool in_target = c > 0x20 && c < 0x7f && c != '#';
		bool in_value = c == '\t' || (c >= 0x20 && c != 0x7f);

		for (size_t place = 0; place < 24; place++) {
			size_t n = (size_t)snprintf(big, sizeof(big), "GET /%025d HTTP/1.1\r\nHost: a\r\n\r\n", 7);

			/* A space ends the target, and what follows is no version. */
			big[5 + place] = (char)c;
			read_once((struct str){ big, n }, &r);
			assert_int_equal(r.want, in_target ? 200 : 400);
			n = (size_t)snprintf(big, sizeof(big), "GET / HTTP/1.1\r\nHost: a\r\nX: %025d\r\n\r\n", 7);
			big[28 + place] = (char)c;
			read_once((struct str){ big, n }, &r);
			assert_int_equal(r.want, in_value ? 200 : 400);
		}
	}
}

static void
test_F22_fields(void **state)
{
	struct reading r;

	(void)state;
	for (size_t n = 63; n <= 65; n++) {
		size_t at = (size_t)snprintf(big, sizeof(big), "GET / HTTP/1.1\r\nHost: a\r\n");

		for (size_t i = 1; i < n; i++)
			at += (size_t)snprintf(big + at, sizeof(big) - at, "X-%zu: y\r\n", i);
		at += (size_t)snprintf(big + at, sizeof(big) - at, "\r\n");
		read_once((struct str){ big, at }, &r);
		assert_int_equal(r.want, n <= 64 ? 200 : 431);
		assert_int_equal(r.head.n_fields, n <= 64 ? n : 64);
		read_slowly((struct str){ big, at }, 1, &r);
		assert_int_equal(r.want, n <= 64 ? 200 : 431);
	}
}

struct chunk_vector {
	const char *name;
	struct str bytes;
	int want;
	const char *data;
	size_t rest;
};

/* clang-format off */
static const struct chunk_vector chunk_vectors[] = {
	{ "one chunk", S_INIT("3\r\nabc\r\n0\r\n\r\n"), 200, "abc", 0 },
	{ "two chunks", S_INIT("3\r\nabc\r\n02\r\nde\r\n0\r\n\r\n"), 200, "abcde", 0 },
	{ "hex in both cases", S_INIT("a\r\n0123456789\r\nB\r\n0123456789a\r\n0\r\n\r\n"), 200, "01234567890123456789a", 0 },
	{ "empty", S_INIT("0\r\n\r\n"), 200, "", 0 },
	{ "sixteen digits", S_INIT("0000000000000001\r\nx\r\n0\r\n\r\n"), 200, "x", 0 },
	{ "next request left alone", S_INIT("1\r\nx\r\n0\r\n\r\nGET"), 200, "x", 3 },
	{ "CRLF in the data", S_INIT("4\r\n\r\n\r\n\r\n0\r\n\r\n"), 200, "\r\n\r\n", 0 },
	{ "trailers", S_INIT("1\r\nx\r\n0\r\nA: b\r\nC:\r\n\r\n"), 200, "x", 0 },
	{ "half a chunk", S_INIT("5\r\nab"), 0, "ab", 0 },
	{ "no last chunk", S_INIT("1\r\nx\r\n"), 0, "x", 0 },
	{ "no end of trailers", S_INIT("0\r\nA: b\r\n"), 0, "", 0 },
	{ "nothing", S_INIT(""), 0, "", 0 },

	{ "seventeen digits", S_INIT("00000000000000001\r\nx\r\n0\r\n\r\n"), 400, NULL, 0 },
	{ "no digit", S_INIT("\r\nx\r\n0\r\n\r\n"), 400, NULL, 0 },
	{ "0x", S_INIT("0x1\r\nx\r\n0\r\n\r\n"), 400, NULL, 0 },
	{ "plus", S_INIT("+1\r\nx\r\n0\r\n\r\n"), 400, NULL, 0 },
	{ "minus", S_INIT("-1\r\nx\r\n0\r\n\r\n"), 400, NULL, 0 },
	{ "underscore", S_INIT("1_0\r\nx\r\n0\r\n\r\n"), 400, NULL, 0 },
	{ "not hex", S_INIT("g\r\nx\r\n0\r\n\r\n"), 400, NULL, 0 },
	{ "space before the size", S_INIT(" 1\r\nx\r\n0\r\n\r\n"), 400, NULL, 0 },
	{ "space after the size", S_INIT("1 \r\nx\r\n0\r\n\r\n"), 400, NULL, 0 },
	{ "tab after the size", S_INIT("1\t\r\nx\r\n0\r\n\r\n"), 400, NULL, 0 },
	{ "extension", S_INIT("1;a=b\r\nx\r\n0\r\n\r\n"), 400, NULL, 0 },
	{ "empty extension", S_INIT("1;\r\nx\r\n0\r\n\r\n"), 400, NULL, 0 },
	{ "extension with LF", S_INIT("1;\nx\r\n0\r\n\r\n"), 400, NULL, 0 },
	{ "bare LF after the size", S_INIT("1\nx\r\n0\r\n\r\n"), 400, NULL, 0 },
	{ "bare CR after the size", S_INIT("1\rx\r\n0\r\n\r\n"), 400, NULL, 0 },
	{ "bare LF after the data", S_INIT("1\r\nx\n0\r\n\r\n"), 400, NULL, 0 },
	{ "data longer than its size", S_INIT("1\r\nxy\r\n0\r\n\r\n"), 400, NULL, 0 },
	{ "no CRLF after the data", S_INIT("1\r\nx0\r\n\r\n"), 400, NULL, 0 },
	{ "bare LF at the end", S_INIT("0\r\n\n"), 400, NULL, 0 },
	{ "bare LF after the last chunk", S_INIT("0\n\r\n"), 400, NULL, 0 },
	{ "bare LF in a trailer", S_INIT("0\r\nA: b\n\r\n"), 400, NULL, 0 },
	{ "space in a trailer's name", S_INIT("0\r\nA : b\r\n\r\n"), 400, NULL, 0 },
	{ "folded trailer", S_INIT("0\r\nA: b\r\n c\r\n\r\n"), 400, NULL, 0 },
	{ "trailer without a name", S_INIT("0\r\n: b\r\n\r\n"), 400, NULL, 0 },
	{ "trailer without a colon", S_INIT("0\r\nA\r\n\r\n"), 400, NULL, 0 },
	{ "NUL in a trailer", S_INIT("0\r\nA: \0\r\n\r\n"), 400, NULL, 0 },
	{ "request behind no end", S_INIT("0\r\nGET / HTTP/1.1\r\n\r\n"), 400, NULL, 0 },
};
/* clang-format on */

/* Decode in place, in pieces of `step` bytes. */
static void
run_chunks(const struct chunk_vector *v, size_t step)
{
	struct http1_chunks c = { 0 };
	char bytes[256], data[256];
	size_t at = 0, n_data = 0;
	int got = 0;

	memcpy(bytes, v->bytes.p, v->bytes.n);
	while (at < v->bytes.n && got == 0) {
		size_t n = v->bytes.n - at < step ? v->bytes.n - at : step;
		size_t out = 0, used = 0;
		enum status why = OK;
		enum http1_result r =
		    http1_chunked(&c, (struct str){ bytes + at, n }, bytes + at, &out, &used, &why);

		got = r == HTTP1_MORE ? 0 : r == HTTP1_DONE ? 200 : 400;
		assert_true(got != 400 || why == E_BAD_REQUEST_BODY);
		assert_true(used <= n && out <= used && (got != 0 || used == n));
		memcpy(data + n_data, bytes + at, out);
		n_data += out;
		at += used;
	}
	if (got != v->want)
		fail_msg("%s by %zu: got %d", v->name, step, got);
	if (got == 400)
		return;
	assert_int_equal(v->bytes.n - at, v->rest);
	assert_str((struct str){ data, n_data }, v->data);
}

static void
test_F21_chunks(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(chunk_vectors); i++)
		for (size_t step = 1; step <= 256; step = step < 8 ? step + 1 : 256 * (step / 256 + 1))
			run_chunks(&chunk_vectors[i], step);
}

/* Trailers, and chunks of one byte, cost the sender more than us only up to a bound. */
static void
test_F21_chunk_overhead_is_bounded(void **state)
{
	static const struct str floods[] = { S_INIT("1\r\nx\r\n"), S_INIT("0\r\nA: b\r\n"),
		S_INIT("A: b\r\n") };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct http1_chunks c = { 0 };
		enum http1_result r = HTTP1_MORE;
		enum status why = OK;
		size_t out, used, fed = 0;

		for (struct str in = floods[i]; r == HTTP1_MORE && fed < sizeof(big) * 2; fed += in.n) {
			char bytes[16];

			memcpy(bytes, in.p, in.n);
			r = http1_chunked(&c, (struct str){ bytes, in.n }, bytes, &out, &used, &why);
			in = i == 0 ? floods[0] : floods[2];
		}
		assert_int_equal(r, HTTP1_REFUSED);
		assert_true(c.overhead == HTTP1_CHUNK_OVERHEAD_MAX + 1);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_F21_vectors),
		cmocka_unit_test(test_F21_vectors_byte_by_byte),
		cmocka_unit_test(test_head_is_views),
		cmocka_unit_test(test_methods),
		cmocka_unit_test(test_absolute_targets_are_split),
		cmocka_unit_test(test_keep_alive),
		cmocka_unit_test(test_F22_request_line),
		cmocka_unit_test(test_F22_head),
		cmocka_unit_test(test_F22_fields),
		cmocka_unit_test(test_every_byte_at_every_place),
		cmocka_unit_test(test_F21_chunks),
		cmocka_unit_test(test_F21_chunk_overhead_is_bounded),
	};

	return cmocka_run_group_tests_name("http1", tests, NULL, NULL);
}
