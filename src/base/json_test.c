/* json_test.c - what is written reads back as the same, and is inert as HTML. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "test/unit.h"

static int
set_up(void **state)
{
	static struct buf b;

	buf_init(&b, 1 << 20);
	*state = &b;
	return 0;
}

static int
tear_down(void **state)
{
	buf_done(*state);
	return 0;
}

static void
test_every_kind_of_value(void **state)
{
	struct buf *b = *state;
	struct json j;

	json_init(&j, b);
	json_object_begin(&j, NULL);
	json_str(&j, "s", S("x"));
	json_str(&j, "none", STR_NONE);
	json_str_or_null(&j, "null", STR_NONE);
	json_str_or_null(&j, "text", S("y"));
	json_int(&j, "min", INT64_MIN);
	json_bool(&j, "yes", true);
	json_bool(&j, "no", false);
	json_object_begin(&j, "empty");
	json_object_end(&j);
	json_array_begin(&j, "list");
	json_int(&j, NULL, 1);
	json_array_begin(&j, NULL);
	json_array_end(&j);
	json_object_begin(&j, NULL);
	json_put_null(&j, "n");
	json_object_end(&j);
	json_array_end(&j);
	json_raw(&j, "raw", S("[1,2]"));
	json_time(&j, "at", 1704110400 * SECOND_US + 999999);
	json_time(&j, "never", 0);
	json_user_id(&j, "user", (struct user_id){ 12 });
	json_org_id(&j, "org", (struct org_id){ 0 });
	json_object_end(&j);
	assert_true(str_eq(buf_str(b), S(
	    "{\"s\":\"x\",\"none\":\"\",\"null\":null,\"text\":\"y\",\"min\":-9223372036854775808,"
	    "\"yes\":true,\"no\":false,\"empty\":{},\"list\":[1,[],{\"n\":null}],\"raw\":[1,2],"
	    "\"at\":\"2024-01-01T12:00:00Z\",\"never\":null,\"user\":\"user_12\",\"org\":null}")));
}

static void
write_text(struct buf *b, struct str text)
{
	struct json j;

	json_init(&j, b);
	json_str(&j, NULL, text);
}

static void
test_escapes(void **state)
{
	write_text(*state, S("a\"\\/\x01\n\x1f\x7f<>&'\xc3\xa4z"));
	assert_true(str_eq(buf_str(*state),
	    S("\"a\\\"\\\\/\\u0001\\u000a\\u001f\x7f\\u003c\\u003e\\u0026'\xc3\xa4z\"")));
}

/* Another reader finds exactly the text again, whatever stands in it. */
static void
test_every_character_reads_back(void **state)
{
	struct buf *b = *state;

	for (unsigned c = 1; c < 0x80; c++) {
		char text[] = { 'x', (char)c, (char)c, 'y' };
		json_t *read;

		buf_clear(b);
		write_text(b, (struct str){ text, sizeof(text) });
		assert_null(memchr(b->p, '<', b->n));
		read = json_loadb(b->p, b->n, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
		assert_non_null(read);
		assert_int_equal(json_string_length(read), sizeof(text));
		assert_memory_equal(json_string_value(read), text, sizeof(text));
		json_decref(read);
	}
}

static void
test_keys_are_escaped_too(void **state)
{
	struct json j;

	json_init(&j, *state);
	json_object_begin(&j, NULL);
	json_put_null(&j, "a\"b");
	json_object_end(&j);
	assert_true(str_eq(buf_str(*state), S("{\"a\\\"b\":null}")));
}

/* A body that does not fit is no body at all, rather than the first half of one. */
static void
test_F19_full_buffer_stays_empty(void **state)
{
	struct buf b;
	struct json j;
	(void)state;

	buf_init(&b, 10);
	json_init(&j, &b);
	json_array_begin(&j, NULL);
	json_str(&j, NULL, S("0123456789"));
	json_array_end(&j);
	assert_true(b.failed);
	assert_int_equal(b.n, 0);
	buf_done(&b);
}

static void
test_depth(void **state)
{
	(void)state;
	assert_true(json_is_shallow(S("{\"a\":[1]}"), 2));
	assert_false(json_is_shallow(S("{\"a\":[1]}"), 1));
	assert_true(json_is_shallow(S("{\"[[\":\"\\\"[[\"}"), 1));
	assert_true(json_is_shallow(S("[[][]]"), 2));
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

/* Text is looked at eight bytes at a time: whatever has to be escaped is, wherever it stands, and nothing else. */
static void
test_escapes_at_every_place(void **state)
{
	struct arena *a = arena_new(1 << 20);
	struct buf *b = *state;

	for (size_t n = 1; n <= 20; n++)
		for (size_t at = 0; at < n; at++)
			for (int c = 0; c < 128; c++) {
				bool escaped = c < 0x20 || strchr("\"\\<>&", c);
				char text[20], expected[32] = "\"", *end = expected + 1;
				struct json j;
				struct str v;

				memset(text, 'a', n);
				text[at] = (char)c;
				end = (char *)memset(end, 'a', at) + at;
				if (c == '"' || c == '\\')
					end += snprintf(end, 8, "\\%c", c);
				else
					end += snprintf(end, 8, escaped ? "\\u%04x" : "%c", (unsigned)c);
				end = (char *)memset(end, 'a', n - at - 1) + n - at - 1;
				*end++ = '"';
				buf_clear(b);
				json_init(&j, b);
				json_str(&j, NULL, (struct str){ text, n });
				assert_int_equal(b->n, end - expected);
				assert_memory_equal(b->p, expected, b->n);
				v = json_escaped(a, (struct str){ text, n });
				assert_int_equal(v.n, b->n - 2);
				assert_memory_equal(v.p, expected + 1, v.n);
				assert_true(escaped || v.p == text);
				arena_reset(a);
			}
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_every_kind_of_value),
		CASE(test_escapes),
		CASE(test_escapes_at_every_place),
		CASE(test_every_character_reads_back),
		CASE(test_keys_are_escaped_too),
		CASE(test_F19_full_buffer_stays_empty),
		CASE(test_depth),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
