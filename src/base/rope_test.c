/* rope_test.c - a rope is the text that was put into it, and all ropes together hold no more than they may. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/rope.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "test/unit.h"

enum { MAX = 16 << 20, MIB = 1 << 20 };

static void
write_text(struct rope *r, struct str text)
{
	struct buf b;

	rope_begin(r, text.n, &b);
	buf_put_str(&b, text);
	rope_end(r, &b);
}

static struct str
keep_text(struct rope *r, struct str text)
{
	struct buf b;

	rope_begin(r, text.n, &b);
	buf_put_str(&b, text);
	return rope_keep(r, &b);
}

static void
check_text(const struct rope *r, struct str expected)
{
	char *all = malloc(rope_bytes(r) + 1);
	const struct str *pieces;
	size_t n, at = 0;

	assert_int_equal(rope_bytes(r), expected.n);
	rope_copy(r, all);
	assert_memory_equal(all, expected.p, expected.n);
	pieces = rope_pieces(r, &n);
	for (size_t i = 0; i < n; i++) {
		assert_true(pieces[i].n > 0);
		assert_memory_equal(pieces[i].p, expected.p + at, pieces[i].n);
		at += pieces[i].n;
	}
	assert_int_equal(at, expected.n);
	free(all);
}

/* Written, kept and put several times, and wrapped; what lies side by side is one piece. */
static void
test_pieces_are_the_text(void **state)
{
	struct rope_pool *p = rope_pool_new(MAX);
	struct rope *r = rope_new(p);
	struct str kept;
	size_t n;
	(void)state;

	check_text(r, S(""));
	kept = keep_text(r, S("shared"));
	write_text(r, S("one "));
	write_text(r, S("two "));
	(void)rope_pieces(r, &n);
	assert_int_equal(n, 1);
	rope_put(r, kept);
	rope_put(r, S(""));
	write_text(r, S(" three "));
	rope_put(r, kept);
	rope_put(r, S(" constant"));
	check_text(r, S("one two shared three shared constant"));
	rope_wrap(r, S("<"), S(">"));
	check_text(r, S("<one two shared three shared constant>"));
	assert_false(rope_failed(r));
	assert_int_equal(rope_pool_used(p), 0);
	rope_free(r);
	rope_pool_free(p);
}

/* Across many chunks, and with one piece that is larger than any of them. */
static void
test_long_texts(void **state)
{
	static char expected[8 * MIB], large[3 * MIB];
	struct rope_pool *p = rope_pool_new(MAX);
	(void)state;

	memset(large, 'L', sizeof(large));
	for (int round = 0; round < 3; round++) {
		struct rope *r = rope_new(p);
		struct str shared = keep_text(r, S("what they share"));
		size_t n = 0;

		for (int i = 0; i < 40000; i++) {
			char line[64];
			int len = snprintf(line, sizeof(line), "line %d of its own, in a text of %d lines;", i, 40000);

			write_text(r, (struct str){ line, (size_t)len });
			rope_put(r, shared);
			n += (size_t)snprintf(expected + n, sizeof(expected) - n, "%s%s", line, "what they share");
			if (i != 20000)
				continue;
			write_text(r, (struct str){ large, sizeof(large) });
			memcpy(expected + n, large, sizeof(large));
			n += sizeof(large);
		}
		assert_false(rope_failed(r));
		check_text(r, (struct str){ expected, n });
		assert_true(rope_pool_used(p) > sizeof(large));
		rope_free(r);
		assert_int_equal(rope_pool_used(p), 0);
	}
	rope_pool_free(p);
}

/* Writes until it fails. How many bytes it took. */
static size_t
fill(struct rope *r)
{
	static char text[1000];

	memset(text, 'x', sizeof(text));
	while (!rope_failed(r))
		write_text(r, (struct str){ text, sizeof(text) });
	return rope_bytes(r);
}

/* What begins with more than a few kilobytes is charged for them. */
static void
test_a_large_beginning_counts(void **state)
{
	struct rope_pool *p = rope_pool_new(8 * MIB);
	struct rope *one = rope_new(p), *two = rope_new(p);
	struct buf b;
	(void)state;

	rope_begin(one, 6 * MIB, &b);
	rope_end(one, &b);
	assert_in_range(rope_pool_used(p), 6 * MIB, 8 * MIB);
	rope_begin(two, 6 * MIB, &b);
	assert_true(b.failed && rope_failed(two));
	rope_free(one);
	rope_free(two);
	assert_int_equal(rope_pool_used(p), 0);
	rope_pool_free(p);
}

/* The second finds what the first has left, and everything once the first has gone; small ones always find room. */
static void
test_all_together_hold_no_more(void **state)
{
	struct rope_pool *p = rope_pool_new(8 * MIB);
	struct rope *one = rope_new(p), *two = rope_new(p), *small = rope_new(p);
	size_t alone;
	(void)state;

	alone = fill(one);
	assert_in_range(alone, 5 * MIB, 8 * MIB);
	assert_true(rope_pool_used(p) <= 8 * MIB);
	assert_true(fill(two) < 3 * MIB);
	write_text(small, S("a few lines"));
	assert_false(rope_failed(small));
	rope_free(one);
	rope_free(two);
	assert_int_equal(rope_pool_used(p), 0);
	two = rope_new(p);
	assert_int_equal(fill(two), alone);
	rope_free(two);
	rope_free(small);
	rope_free(NULL);
	rope_pool_free(p);
	rope_pool_free(NULL);
}

/* Beyond the room that was asked for it fails, and stays so; nothing of it is sent then. */
static void
test_failure_stays(void **state)
{
	struct rope_pool *p = rope_pool_new(MAX);
	struct rope *r = rope_new(p);
	struct buf b;
	(void)state;

	rope_begin(r, 4, &b);
	buf_put_str(&b, S("five!"));
	assert_null(rope_keep(r, &b).p);
	assert_true(rope_failed(r));
	write_text(r, S("more"));
	rope_put(r, S("more"));
	rope_wrap(r, S("<"), S(">"));
	assert_true(rope_failed(r));
	assert_int_equal(rope_bytes(r), 0);
	rope_free(r);
	rope_pool_free(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pieces_are_the_text),
		cmocka_unit_test(test_long_texts),
		cmocka_unit_test(test_a_large_beginning_counts),
		cmocka_unit_test(test_all_together_hold_no_more),
		cmocka_unit_test(test_failure_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
