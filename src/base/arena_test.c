/* arena_test.c - what an arena promises, above all when memory is short. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <stdlib.h>
#include <string.h>

#include "test/unit.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define UNDER_ASAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define UNDER_ASAN 1
#endif
#ifdef UNDER_ASAN
#include <sanitizer/asan_interface.h>
#endif

/* Every piece is aligned, zeroed, and no other's, in all sizes and after a reset too. */
static void
test_pieces_are_zeroed_and_apart(void **state)
{
	struct arena *a = arena_new(4 << 20);
	unsigned char *p[300];
	(void)state;

	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < ARRAY_LEN(p); i++) {
			p[i] = arena_alloc(a, i * 17);
			assert_non_null(p[i]);
			assert_int_equal((uintptr_t)p[i] % 16, 0);
			for (size_t k = 0; k < i * 17; k++)
				assert_int_equal(p[i][k], 0);
			memset(p[i], (int)(i % 255 + 1), i * 17);
		}
		for (size_t i = 1; i < ARRAY_LEN(p); i++) {
			assert_int_equal(p[i][0], i % 255 + 1);
			assert_int_equal(p[i][i * 17 - 1], i % 255 + 1);
		}
		arena_reset(a);
		assert_int_equal(arena_used(a), 0);
	}
	arena_free(a);
}

/* A piece larger than any chunk has one of its own, and the small ones go on where they were. */
static void
test_large_piece_leaves_the_chunk_in_use(void **state)
{
	struct arena *a = arena_new(4 << 20);
	char *before = arena_alloc(a, 16), *large, *after;
	(void)state;

	large = arena_alloc(a, 300 * 1024);
	after = arena_alloc(a, 16);
	assert_non_null(large);
	memset(large, 1, 300 * 1024);
	assert_true(after > before && after - before <= 64);
	arena_free(a);
}

/* The last byte of the limit is given, the next one fails the arena until it is reset. */
static void
test_F19_limit_is_a_sticky_failure(void **state)
{
	struct arena *a = arena_new(1024);
	(void)state;

	assert_non_null(arena_alloc(a, 1024));
	assert_false(arena_failed(a));
	assert_null(arena_alloc(a, 1));
	assert_true(arena_failed(a));
	assert_null(arena_dup(a, S("x")).p);
	assert_int_equal(arena_printf(a, "%d", 12).n, 0);
	assert_false(arena_defer(a, free, NULL));
	arena_reset(a);
	assert_false(arena_failed(a));
	assert_non_null(arena_alloc(a, 1));
	arena_free(a);
}

/* Sizes that no machine has are a failure, not an overflow. */
static void
test_F19_absurd_sizes_fail(void **state)
{
	static const size_t sizes[] = { SIZE_MAX, SIZE_MAX - 1, SIZE_MAX - 15, SIZE_MAX - 16, SIZE_MAX / 2 + 1 };
	(void)state;

	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		struct arena *a = arena_new(SIZE_MAX);

		assert_null(arena_alloc(a, sizes[i]));
		assert_true(arena_failed(a));
		arena_reset(a);
		assert_null(arena_array(a, sizes[i], 2));
		assert_true(arena_failed(a));
		arena_free(a);
	}
}

/* The room for the NUL must not wrap the size to nothing. */
static void
test_F19_dup_of_everything_fails(void **state)
{
	struct arena *a = arena_new(SIZE_MAX);
	(void)state;

	assert_null(arena_dup(a, (struct str){ "", SIZE_MAX }).p);
	assert_true(arena_failed(a));
	arena_free(a);
}

/* Exactly the n-th allocation fails, and what fails with it is that arena alone. */
static void
test_F19_nth_allocation_fails(void **state)
{
	struct arena *a, *b;
	(void)state;

	arena_test_fail_after(1);
	assert_null(arena_new(1024));
	a = arena_new(1024);
	b = arena_new(1024);
	arena_test_fail_after(3);
	assert_non_null(arena_alloc(a, 1));
	assert_non_null(arena_alloc(b, 1));
	assert_null(arena_alloc(a, 1));
	assert_null(arena_alloc(a, 1));
	assert_non_null(arena_alloc(b, 1));
	arena_test_fail_after(1);
	arena_test_fail_after(0);
	assert_non_null(arena_alloc(b, 1));
	arena_free(a);
	arena_free(b);
}

static void
test_copies_end_with_nul(void **state)
{
	struct arena *a = arena_new(1 << 20);
	struct str empty = arena_dup(a, STR_NONE), s = arena_dup(a, (struct str){ "abcdef", 3 });
	struct str printed = arena_printf(a, "%s-%d", "ab", 7);
	(void)state;

	assert_int_equal(empty.n, 0);
	assert_string_equal(empty.p, "");
	assert_int_equal(s.n, 3);
	assert_string_equal(s.p, "abc");
	assert_int_equal(printed.n, 4);
	assert_string_equal(printed.p, "ab-7");
	arena_free(a);
}

struct trace {
	struct arena *a;
	char          order[8];
	size_t        n;
};

struct step {
	struct trace *trace;
	char          name;
};

static void
note(void *arg)
{
	struct step *s = arg;

	s->trace->order[s->trace->n++] = s->name;
}

static void
note_and_defer(void *arg)
{
	static struct step more;
	struct step *s = arg;

	note(s);
	more = (struct step){ s->trace, 'm' };
	assert_true(arena_defer(s->trace->a, note, &more));
}

static struct step *
step(struct trace *t, char name)
{
	struct step *s = arena_one(t->a, struct step);

	*s = (struct step){ t, name };
	return s;
}

/* The latest first, once each, with what lies in the arena still there; and on free as on reset. */
static void
test_deferred_calls_run_in_reverse(void **state)
{
	struct trace t = { .a = arena_new(1 << 20) };
	(void)state;

	assert_true(arena_defer(t.a, note, step(&t, 'a')));
	assert_true(arena_defer(t.a, note_and_defer, step(&t, 'b')));
	arena_reset(t.a);
	assert_string_equal(t.order, "bma");
	assert_true(arena_defer(t.a, note, step(&t, 'c')));
	arena_free(t.a);
	assert_string_equal(t.order, "bmac");
	assert_null(arena_free(NULL));
}

/* A task that fits the memory of the one before it allocates none. */
static void
test_reset_keeps_one_chunk(void **state)
{
	struct arena *a = arena_new(1 << 20);
	char *first = arena_alloc(a, 100);
	(void)state;

	arena_reset(a);
	assert_ptr_equal(arena_alloc(a, 100), first);
	arena_free(a);
}

/* The sanitizer must see a write past one piece, and a use after the reset. */
static void
test_sanitizer_sees_the_pieces(void **state)
{
#ifdef UNDER_ASAN
	struct arena *a = arena_new(1 << 20);
	char *p = arena_alloc(a, 21), *q = arena_alloc(a, 32);

	assert_false(__asan_address_is_poisoned(p + 20));
	assert_true(__asan_address_is_poisoned(p + 21));
	assert_false(__asan_address_is_poisoned(q + 31));
	assert_true(__asan_address_is_poisoned(q + 32));
	arena_reset(a);
	assert_true(__asan_address_is_poisoned(p));
	arena_free(a);
#else
	skip();
#endif
	(void)state;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pieces_are_zeroed_and_apart),
		cmocka_unit_test(test_large_piece_leaves_the_chunk_in_use),
		cmocka_unit_test(test_F19_limit_is_a_sticky_failure),
		cmocka_unit_test(test_F19_absurd_sizes_fail),
		cmocka_unit_test(test_F19_dup_of_everything_fails),
		cmocka_unit_test(test_F19_nth_allocation_fails),
		cmocka_unit_test(test_copies_end_with_nul),
		cmocka_unit_test(test_deferred_calls_run_in_reverse),
		cmocka_unit_test(test_reset_keeps_one_chunk),
		cmocka_unit_test(test_sanitizer_sees_the_pieces),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
