/* body_test.c - a body is read by its type, in one way, or refused with a sentence. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/fields_test.h"

#include <jansson.h>
#include <malloc.h>
#include <stdlib.h>

#define FORM  "application/x-www-form-urlencoded"
#define JSON  "application/json"
#define MULTI "multipart/form-data; boundary=b"
#define PART(headers, content) "--b\r\n" headers "\r\n\r\n" content "\r\n"
#define FIELD(name, content) PART("Content-Disposition: form-data; name=\"" name "\"", content)
#define END "--b--\r\n"

/* type NULL: no Content-Type. The body is copied to where it may be written. */
static enum status
parse(const char *type, struct str body, struct params *ret_params, const char **ret_sentence)
{
	static struct http_head head;

	head.n_fields = type != NULL;
	head.fields[0] = (struct http_field){ S("content-type"), str_of(type) };
	test_next();
	return params_parse_body(&test_task, &head, arena_dup(test_task.arena, body), ret_params, ret_sentence);
}

struct reading {
	const char *type;
	struct str  body;
	const char *want;
};

static void
check_read(const struct reading *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct params ps = { 0 };
		const char *sentence = "unset";
		struct str got;

		if (parse(cases[i].type, cases[i].body, &ps, &sentence) != OK)
			fail_msg("case %zu refused: %s", i, sentence);
		assert_null(sentence);
		got = test_show(&ps);
		if (!str_eq(got, str_of(cases[i].want)))
			fail_msg("case %zu is read as '" STR_FMT "'", i, STR_ARG(got));
	}
}

struct refusal {
	const char *type;
	struct str  body;
};

static void
check_refused(const struct refusal *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct params ps = { 0 };
		const char *sentence = NULL;

		if (parse(cases[i].type, cases[i].body, &ps, &sentence) != E_BAD_REQUEST_BODY)
			fail_msg("case %zu is not refused: '" STR_FMT "'", i, STR_ARG(cases[i].body));
		assert_non_null(sentence);
		assert_null(ps.items);
	}
}

static void
test_types(void **state)
{
	static const struct reading read[] = {
		/* An empty body has no fields, whatever it says it is. */
		{ NULL, S_INIT(""), "" },
		{ "text/plain", S_INIT(""), "" },
		{ JSON, S_INIT(""), "" },
		{ "multipart/form-data", S_INIT(""), "" },
		{ FORM, S_INIT("a=1&b[]=2"), "a=1 b[]=2" },
		{ "Application/X-WWW-Form-URLencoded ; Charset=UTF-8", S_INIT("a=1"), "a=1" },
		{ FORM ";charset=\"utf-8\"; ; x=y;", S_INIT("a=1"), "a=1" },
		{ "APPLICATION/JSON;charset=utf-8", S_INIT("{\"a\":1}"), "a=1" },
		{ "Multipart/Form-Data; BOUNDARY=\"b\"", S_INIT(END), "" },
	};
	static const struct refusal refused[] = {
		{ NULL, S_INIT("a=1") },
		{ "", S_INIT("a=1") },
		{ "text/plain", S_INIT("a=1") },
		{ "application", S_INIT("a=1") },
		{ "application/", S_INIT("a=1") },
		{ "/json", S_INIT("{}") },
		{ FORM "; charset=iso-8859-1", S_INIT("a=1") },
		{ FORM "; charset=utf-8; charset=utf-8", S_INIT("a=1") },
		{ FORM "; charset", S_INIT("a=1") },
		{ FORM "; charset=", S_INIT("a=1") },
		{ FORM "; charset =utf-8", S_INIT("a=1") },
		{ FORM "; charset=\"utf-8", S_INIT("a=1") },
		{ FORM "; charset=\"utf-8\\\"", S_INIT("a=1") },
		{ FORM "; charset=utf-8 x", S_INIT("a=1") },
		{ FORM ", " JSON, S_INIT("{}") },
		{ JSON "; charset=utf-16", S_INIT("{}") },
	};

	(void)state;
	check_read(read, ARRAY_LEN(read));
	check_refused(refused, ARRAY_LEN(refused));
}

static void
test_WEB05_json_only_under_its_type(void **state)
{
	static const struct refusal refused[] = {
		{ "text/plain", S_INIT("{\"a\":\"1\"}") },
		{ "text/plain;application/json", S_INIT("{\"a\":\"1\"}") },
		{ "text/json", S_INIT("{\"a\":\"1\"}") },
		{ "application/json2", S_INIT("{\"a\":\"1\"}") },
		{ "multipart/mixed; boundary=b", S_INIT(END) },
	};

	(void)state;
	check_refused(refused, ARRAY_LEN(refused));
}

static void
test_two_content_types(void **state)
{
	struct http_head head = { .n_fields = 2 };
	const char *sentence = NULL;
	struct params ps;

	(void)state;
	head.fields[0] = head.fields[1] = (struct http_field){ S("Content-Type"), S(FORM) };
	assert_int_equal(params_parse_body(&test_task, &head, S("a=1"), &ps, &sentence), E_BAD_REQUEST_BODY);
	assert_non_null(sentence);
}

static void
test_multipart_is_read(void **state)
{
	static const struct reading read[] = {
		/* The client posts forms without any field: just the closing boundary. */
		{ MULTI, S_INIT("--b--\r\n"), "" },
		{ MULTI, S_INIT("--b--"), "" },
		{ MULTI, S_INIT("--b--\r\n\r\n"), "" },
		{ MULTI, S_INIT(FIELD("a", "1") END), "a=1" },
		{ MULTI, S_INIT(FIELD("a", "") FIELD("b", "") END), "a= b=" },
		{ MULTI, S_INIT(FIELD("a", "x\r\ny\n--b\r--b--") END), "a=x\r\ny\n--b\r--b--" },
		{ MULTI, S_INIT(FIELD("a", "\r\n") END), "a=\r\n" },
		{ MULTI, S_INIT(FIELD("p[0]", "x") FIELD("p[]", "y") END), "p[]=x p[]=y" },
		{ MULTI, S_INIT(FIELD("\xC3\xBC", "\xE2\x82\xAC") END), "\xC3\xBC=\xE2\x82\xAC" },
		{ MULTI, S_INIT(PART("content-disposition:form-data;name=a", "1") END), "a=1" },
		{ MULTI, S_INIT(PART("X-Other: y\r\nContent-Disposition: form-data; name=\"a\"\r\n"
			"Content-Type: text/plain; charset=UTF-8\r\nContent-Transfer-Encoding: 8BIT", "1") END), "a=1" },
		{ MULTI, S_INIT(PART("Content-Disposition: form-data; name=\"f\"; filename=\"a.png\"\r\n"
			"Content-Type: image/png", "\x89PNG\r\n\x1A\n\xFF") END), "f=<image/png>\x89PNG\r\n\x1A\n\xFF" },
		{ MULTI, S_INIT(PART("Content-Disposition: form-data; name=\"f\"; filename=\"\"", "") END),
			"f=<application/octet-stream>" },
		{ MULTI, S_INIT(PART("Content-Disposition: form-data; name=\"f\"; filename=\"c:\\x\\y\"", "z") END),
			"f=<application/octet-stream>z" },
		{ MULTI, S_INIT(PART("Content-Disposition: form-data; name=\"f\"; filename*=UTF-8''%C3%BC", "z") END),
			"f=<application/octet-stream>z" },
		{ "multipart/form-data; boundary=\"(a b)'+_,-./:=?z\"", S_INIT("--(a b)'+_,-./:=?z--\r\n"), "" },
		{ "multipart/form-data; boundary=----WebKitFormBoundaryABC",
			S_INIT("------WebKitFormBoundaryABC\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n1\r\n"
			"------WebKitFormBoundaryABC--\r\n"), "x=1" },
	};

	(void)state;
	check_read(read, ARRAY_LEN(read));
}

#define SEVENTY "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggggggggg"

static void
test_boundary_length(void **state)
{
	struct params ps;
	const char *sentence;

	(void)state;
	assert_int_equal(parse("multipart/form-data; boundary=" SEVENTY, S("--" SEVENTY "--"), &ps, &sentence), OK);
	assert_int_equal(parse("multipart/form-data; boundary=" SEVENTY "x", S("--" SEVENTY "x--"), &ps, &sentence),
	    E_BAD_REQUEST_BODY);
}

static void
test_F23_bent_multipart_is_refused(void **state)
{
	static const struct refusal refused[] = {
		{ "multipart/form-data", S_INIT(END) },
		{ "multipart/form-data; boundary=\"\"", S_INIT("----") },
		{ "multipart/form-data; boundary=\"b \"", S_INIT("--b --") },
		{ "multipart/form-data; boundary=\"b\xC3\xBC\"", S_INIT("--b\xC3\xBC--") },
		{ "multipart/form-data; boundary=b; boundary=b", S_INIT(END) },
		{ MULTI, S_INIT("\r\n" END) },
		{ MULTI, S_INIT("preamble\r\n" END) },
		{ MULTI, S_INIT("--b") },
		{ MULTI, S_INIT("--b-") },
		{ MULTI, S_INIT("--b--x") },
		{ MULTI, S_INIT("--b--\n") },
		{ MULTI, S_INIT("--b--\r\nepilogue") },
		{ MULTI, S_INIT(END FIELD("a", "1") END) },
		{ MULTI, S_INIT("--b --\r\n") },
		{ MULTI, S_INIT("--b \r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--b--") },
		{ MULTI, S_INIT("--b\nContent-Disposition: form-data; name=\"a\"\n\n1\n--b--") },
		{ MULTI, S_INIT("--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1--b--") },
		{ MULTI, S_INIT(FIELD("a", "1")) },
		{ MULTI, S_INIT(FIELD("a", "1") "--b") },
		{ MULTI, S_INIT("--b\r\n" END) },
		{ MULTI, S_INIT("--b\r\n\r\n" END) },
		{ MULTI, S_INIT("--b\r\nContent-Disposition: form-data; name=\"a\"\r\n" END) },
		/* A line that is nearly the boundary: readers differ. */
		{ MULTI, S_INIT(FIELD("a", "1\r\n--bc") END) },
		{ MULTI, S_INIT(PART("Content-Type: text/plain", "1") END) },
		{ MULTI, S_INIT(PART("Content-Disposition: form-data", "1") END) },
		{ MULTI, S_INIT(PART("Content-Disposition: attachment; name=\"a\"", "1") END) },
		{ MULTI, S_INIT(PART("Content-Disposition: form-data; name=\"a\"; name=\"b\"", "1") END) },
		{ MULTI, S_INIT(PART("Content-Disposition: form-data; name=\"a", "1") END) },
		{ MULTI, S_INIT(PART("Content-Disposition: form-data; name=\"a\"x", "1") END) },
		{ MULTI, S_INIT(PART("Content-Disposition: form-data; name=\"a\\\"; x=\"b\"", "1") END) },
		{ MULTI, S_INIT(PART("Content-Disposition: form-data; name=\"a\"; filename=\"x\"; filename=\"y\"", "1") END) },
		{ MULTI, S_INIT(PART("Content-Disposition: form-data; name=\"a\"\r\nContent-Disposition: form-data; name=\"a\"",
			"1") END) },
		{ MULTI, S_INIT(PART("Content-Disposition: form-data;\r\n name=\"a\"", "1") END) },
		{ MULTI, S_INIT(PART("Content-Disposition : form-data; name=\"a\"", "1") END) },
		{ MULTI, S_INIT(PART("Content-Disposition: form-data; name=\"a\nb\"", "1") END) },
		{ MULTI, S_INIT(PART("Content-Disposition: form-data; name=\"a\0b\"", "1") END) },
		{ MULTI, S_INIT(FIELD("", "1") END) },
		{ MULTI, S_INIT(FIELD("\xFF", "1") END) },
		{ MULTI, S_INIT(FIELD("a", "\xFF") END) },
		{ MULTI, S_INIT(FIELD("a", "x\0y") END) },
		{ MULTI, S_INIT(PART("Content-Disposition: form-data; name=\"a\"\r\nContent-Type: text/plain; charset=utf-16",
			"1") END) },
		{ MULTI, S_INIT(PART("Content-Disposition: form-data; name=\"a\"\r\nContent-Type:", "1") END) },
		{ MULTI, S_INIT(PART("Content-Disposition: form-data; name=\"a\"\r\nContent-Type: a/b\r\nContent-Type: a/b",
			"1") END) },
		{ MULTI, S_INIT(PART("Content-Disposition: form-data; name=\"a\"\r\nContent-Transfer-Encoding: base64",
			"MQ==") END) },
		{ MULTI, S_INIT(PART("Content-Disposition: form-data; name=\"a\"\r\n"
			"Content-Transfer-Encoding: quoted-printable", "1") END) },
	};

	(void)state;
	check_refused(refused, ARRAY_LEN(refused));
}

static void
test_multipart_values_are_views(void **state)
{
	char body[] = FIELD("password", "hunter2") END;
	struct http_head head = { .n_fields = 1 };
	struct params ps;
	const char *sentence;

	(void)state;
	head.fields[0] = (struct http_field){ S("Content-Type"), S(MULTI) };
	assert_int_equal(params_parse_body(&test_task, &head, str_of(body), &ps, &sentence), OK);
	assert_ptr_equal(ps.items[0].value.p, strstr(body, "hunter2"));
	params_wipe(&ps);
	assert_null(memmem(body, sizeof(body), "hunter2", 7));
}

/* n parts of `part`, and the end. Caller frees. */
static struct str
many_parts(struct str part, size_t n)
{
	char *p = malloc(n * part.n + sizeof(END));

	assert_non_null(p);
	for (size_t i = 0; i < n; i++)
		memcpy(p + i * part.n, part.p, part.n);
	memcpy(p + n * part.n, END, sizeof(END));
	return (struct str){ p, n * part.n + sizeof(END) - 1 };
}

static void
test_multipart_is_bounded(void **state)
{
	struct str full = many_parts(S(FIELD("a", "1")), FIELDS_MAX);
	struct str over = many_parts(S(FIELD("a", "1")), FIELDS_MAX + 1);
	struct str lines = many_parts(S("X: y\r\n"), 100);
	struct params ps;
	const char *sentence;
	char *long_line = calloc(1, 8192);

	(void)state;
	assert_int_equal(parse(MULTI, full, &ps, &sentence), OK);
	assert_int_equal(ps.n, FIELDS_MAX);
	assert_int_equal(parse(MULTI, over, &ps, &sentence), E_BAD_REQUEST_BODY);
	memcpy((char *)(uintptr_t)lines.p, "--b\r\n", 5);
	assert_int_equal(parse(MULTI, lines, &ps, &sentence), E_BAD_REQUEST_BODY);
	assert_non_null(long_line);
	memset(long_line, 'a', 8192);
	memcpy(long_line, "--b\r\nX: ", 8);
	memcpy(long_line + 8192 - sizeof(FIELD("a", "1") END), "\r\n" FIELD("a", "1") END, sizeof(FIELD("a", "1") END));
	assert_int_equal(parse(MULTI, (struct str){ long_line, 8192 }, &ps, &sentence), E_BAD_REQUEST_BODY);
	free(long_line);
	free((void *)(uintptr_t)full.p);
	free((void *)(uintptr_t)over.p);
	free((void *)(uintptr_t)lines.p);
}

/* Two MiB of near misses of the boundary are one pass, not one for each. */
static void
test_F23_multipart_near_misses_are_linear(void **state)
{
	static const struct str head = S_INIT("--bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\r\n"
	    "Content-Disposition: form-data; name=\"f\"; filename=\"x\"\r\n\r\n");
	static const struct str miss = S_INIT("\r\n--bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\r");
	size_t n = (2 << 20) / miss.n * miss.n;
	struct arena *a = arena_new(8 << 20);
	struct task t = { .arena = a };
	char *p = arena_alloc(a, head.n + n);
	struct http_head h = { .n_fields = 1 };
	struct params ps;
	const char *sentence;

	(void)state;
	assert_non_null(p);
	memcpy(p, head.p, head.n);
	for (size_t i = 0; i < n; i += miss.n)
		memcpy(p + head.n + i, miss.p, miss.n);
	h.fields[0] = (struct http_field){ S("Content-Type"),
		S("multipart/form-data; boundary=bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb") };
	assert_int_equal(params_parse_body(&t, &h, (struct str){ p, head.n + n }, &ps, &sentence), E_BAD_REQUEST_BODY);
	assert_string_equal(sentence, "The multipart body ends before its closing boundary.");
	arena_free(a);
}

static void
test_json_is_read(void **state)
{
	static const struct reading read[] = {
		{ JSON, S_INIT("{}"), "" },
		{ JSON, S_INIT(" \r\n\t{ } \n"), "" },
		{ JSON, S_INIT("{\"a\":\"1\",\"b\":2,\"c\":true,\"d\":false,\"e\":null,\"f\":\"\"}"),
			"a=1 b=2 c=true d=false f=" },
		{ JSON, S_INIT("{\"b\":1,\"a\":2}"), "b=1 a=2" },
		{ JSON, S_INIT("{\"a\":-9223372036854775808,\"b\":9223372036854775807}"),
			"a=-9223372036854775808 b=9223372036854775807" },
		{ JSON, S_INIT("{\"a\":\"\\u00fc\\ud83d\\ude00\\n\\\"}{\"}"), "a=\xC3\xBC\xF0\x9F\x98\x80\n\"}{" },
		{ JSON, S_INIT("{\"a\":[\"x\",1,true,null]}"), "a[]=x a[]=1 a[]=true" },
		/* No entries is an answer too: the form's way to say it is one empty value. */
		{ JSON, S_INIT("{\"a\":[]}"), "a[]=" },
		{ JSON, S_INIT("{\"id\":\"x\",\"response\":{\"clientDataJSON\":\"y\",\"transports\":[\"usb\",\"nfc\"]}}"),
			"id=x response.clientDataJSON=y response.transports[]=usb response.transports[]=nfc" },
		/* Browsers send this with a passkey; no field can be declared that deep. */
		{ JSON, S_INIT("{\"clientExtensionResults\":{\"credProps\":{\"rk\":true}},\"a\":1}"), "a=1" },
		{ JSON, S_INIT("{\"a\":{\"b\":{\"c\":{\"d\":{\"e\":{\"f\":{\"g\":1}}}}}}}"), "" },
		{ JSON, S_INIT("{\"a\":\"[[[[[[[[[[\\\"[[[[[[[[\"}"), "a=[[[[[[[[[[\"[[[[[[[[" },
	};

	(void)state;
	check_read(read, ARRAY_LEN(read));
}

static void
test_F23_API04_one_json_reading(void **state)
{
	static const struct refusal refused[] = {
		{ JSON, S_INIT(" ") },
		{ JSON, S_INIT("{") },
		{ JSON, S_INIT("{}x") },
		{ JSON, S_INIT("{}{}") },
		{ JSON, S_INIT("{}\0") },
		{ JSON, S_INIT("[]") },
		{ JSON, S_INIT("[{\"a\":1}]") },
		{ JSON, S_INIT("\"a\"") },
		{ JSON, S_INIT("null") },
		{ JSON, S_INIT("{'a':1}") },
		{ JSON, S_INIT("{a:1}") },
		{ JSON, S_INIT("{\"a\":1,}") },
		{ JSON, S_INIT("{\"a\":01}") },
		{ JSON, S_INIT("{\"a\":+1}") },
		{ JSON, S_INIT("{\"a\":NaN}") },
		{ JSON, S_INIT("{/**/\"a\":1}") },
		{ JSON, S_INIT("{\"a\":1,\"a\":2}") },
		{ JSON, S_INIT("{\"a\":1,\"\\u0061\":2}") },
		{ JSON, S_INIT("{\"a\":{\"b\":1,\"b\":2}}") },
		{ JSON, S_INIT("{\"a.b\":1}") },
		{ JSON, S_INIT("{\"a[0]\":1}") },
		{ JSON, S_INIT("{\"a\":{\"b.c\":1}}") },
		{ JSON, S_INIT("{\"\":1}") },
		{ JSON, S_INIT("{\"\":{\"a\":1}}") },
		{ JSON, S_INIT("{\"a\":{\"\":1}}") },
		{ JSON, S_INIT("{\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\":1}") },
		{ JSON, S_INIT("\xEF\xBB\xBF{\"a\":1}") },
		{ JSON, S_INIT("{\0\"\0a\0\"\0:\0001\0}\0") },
		{ JSON, S_INIT("\xFF\xFE{\0}\0") },
		{ JSON, S_INIT("{\"a\":\"\\u0000\"}") },
		{ JSON, S_INIT("{\"a\\u0000b\":1}") },
		{ JSON, S_INIT("{\"a\":\"\0\"}") },
		{ JSON, S_INIT("{\"a\":\"\n\"}") },
		{ JSON, S_INIT("{\"a\":\"\xFF\"}") },
		{ JSON, S_INIT("{\"a\":\"\xED\xA0\x80\"}") },
		{ JSON, S_INIT("{\"a\":\"\\ud800\"}") },
		{ JSON, S_INIT("{\"a\":\"\\udc00\\ud800\"}") },
		{ JSON, S_INIT("{\"a\":1.5}") },
		{ JSON, S_INIT("{\"a\":1.0}") },
		{ JSON, S_INIT("{\"a\":1e3}") },
		{ JSON, S_INIT("{\"a\":1e999}") },
		{ JSON, S_INIT("{\"a\":9223372036854775808}") },
		{ JSON, S_INIT("{\"a\":[[1]]}") },
		{ JSON, S_INIT("{\"a\":[{\"b\":1}]}") },
		{ JSON, S_INIT("{\"a\":{\"b\":[[1]]}}") },
		{ JSON, S_INIT("{\"a\":[1.5]}") },
		{ JSON, S_INIT("{\"a\":{\"b\":{\"c\":{\"d\":{\"e\":{\"f\":{\"g\":{\"h\":{\"i\":1}}}}}}}}}") },
		{ JSON, S_INIT("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]") },
	};

	(void)state;
	check_refused(refused, ARRAY_LEN(refused));
}

/* `{"a":[`, n times `piece`, `0]}`: in the task's arena. */
static struct str
json_of(const char *begin, const char *piece, size_t n, const char *end)
{
	size_t size = strlen(begin) + n * strlen(piece) + strlen(end);
	char *p = arena_alloc(test_task.arena, size + 1), *at = p;

	assert_non_null(p);
	at = stpcpy(at, begin);
	for (size_t i = 0; i < n; i++)
		at = stpcpy(at, piece);
	stpcpy(at, end);
	return (struct str){ p, size };
}

static enum status
parse_json(struct str text)
{
	struct http_head head = { .n_fields = 1 };
	struct params ps;
	const char *sentence;

	head.fields[0] = (struct http_field){ S("Content-Type"), S(JSON) };
	return params_parse_body(&test_task, &head, text, &ps, &sentence);
}

static void
test_API04_json_is_bounded(void **state)
{
	char keys[16 * (FIELDS_MAX + 1) + 2];
	size_t n = 0;

	(void)state;
	test_next();
	assert_int_equal(parse_json(json_of("{\"a\":[", "1,", FIELDS_MAX - 1, "0]}")), OK);
	assert_int_equal(parse_json(json_of("{\"a\":[", "1,", FIELDS_MAX, "0]}")), E_BAD_REQUEST_BODY);
	assert_int_equal(parse_json(json_of("", "[", 60000, "")), E_BAD_REQUEST_BODY);
	assert_int_equal(parse_json(json_of("{\"a\":\"", "x", FIELDS_TEXT_MAX - 8, "\"}")), OK);
	assert_int_equal(parse_json(json_of("{\"a\":\"", "x", FIELDS_TEXT_MAX - 7, "\"}")), E_PAYLOAD_TOO_LARGE);
	/* Absent fields are looked at too. */
	for (int i = 0; i <= FIELDS_MAX; i++)
		n += (size_t)snprintf(keys + n, sizeof(keys) - n, "%s\"%d\":null", i == 0 ? "{" : ",", i);
	snprintf(keys + n, sizeof(keys) - n, "}");
	assert_int_equal(parse_json(str_of(keys)), E_BAD_REQUEST_BODY);
}

static void
test_without_memory(void **state)
{
	static const struct str text = S_INIT("{\"a\":\"x\",\"b\":[1,true,\"y\"],\"c\":{\"d\":1,\"e\":[2]}}");
	enum status st = E_OVERLOADED;

	(void)state;
	for (long n = 1; st == E_OVERLOADED; n++) {
		assert_true(n < 100);
		test_next();
		arena_test_fail_after(n);
		st = parse_json(text);
		arena_test_fail_after(0);
	}
	assert_int_equal(st, OK);
}

static bool
holds(struct str memory, const char *text)
{
	return memmem(memory.p, memory.n, text, strlen(text)) != NULL;
}

/* The copies are looked at where they lie: one piece of the arena before the reading, one after. */
static void
test_refused_bodies_leave_no_copies(void **state)
{
	static const struct refusal cases[] = {
		{ FORM, S_INIT("password=hun%74er2&a=%") },
		{ FORM, S_INIT("password=hun%74er2&a=%FF") },
		{ JSON, S_INIT("{\"password\":\"hun\\u0074er2\",\"a\":1.5}") },
		{ JSON, S_INIT("{\"password\":\"hun\\u0074er2\",\"a\":[[]]}") },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct http_head head = { .n_fields = 1 };
		struct arena *a = test_task.arena;
		const char *begin, *sentence;
		struct params ps;

		test_next();
		begin = arena_alloc(a, 1);
		head.fields[0] = (struct http_field){ S("Content-Type"), str_of(cases[i].type) };
		assert_int_equal(params_parse_body(&test_task, &head, cases[i].body, &ps, &sentence), E_BAD_REQUEST_BODY);
		/* A sanitizer's gaps may not be looked into. */
#if !defined(__SANITIZE_ADDRESS__) && !defined(__clang__)
		assert_false(holds((struct str){ begin, (size_t)((char *)arena_alloc(a, 1) - begin) }, "hunter2"));
#else
		(void)begin;
		(void)holds;
#endif
	}
}

static void
test_jansson_wipes_what_it_frees(void **state)
{
	json_malloc_t take;
	json_free_t give;
	char *p;

	(void)state;
	json_get_alloc_funcs(&take, &give);
	assert_true(give != free);
	/* It can also be given what plain malloc made, and NULL. */
	p = malloc(100);
	assert_non_null(p);
	give(p);
	give(NULL);
	p = take(100);
	assert_non_null(p);
	free(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_WEB05_json_only_under_its_type),
		cmocka_unit_test(test_two_content_types),
		cmocka_unit_test(test_multipart_is_read),
		cmocka_unit_test(test_boundary_length),
		cmocka_unit_test(test_F23_bent_multipart_is_refused),
		cmocka_unit_test(test_multipart_values_are_views),
		cmocka_unit_test(test_multipart_is_bounded),
		cmocka_unit_test(test_F23_multipart_near_misses_are_linear),
		cmocka_unit_test(test_json_is_read),
		cmocka_unit_test(test_F23_API04_one_json_reading),
		cmocka_unit_test(test_API04_json_is_bounded),
		cmocka_unit_test(test_without_memory),
		cmocka_unit_test(test_refused_bodies_leave_no_copies),
		cmocka_unit_test(test_jansson_wipes_what_it_frees),
	};

	return cmocka_run_group_tests(tests, test_begin, test_end);
}
