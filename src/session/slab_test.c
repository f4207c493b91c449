/* slab_test.c - blocks that do not overlap, no holes that stay, and what is held. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "session/slab.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "test/unit.h"

/* What a block takes is never less than was asked for, and never more than a quarter and a line above it. */
static void
test_room(void **state)
{
	(void)state;
	for (size_t size = 512; size < 200 * 1024; size++) {
		size_t room = slab_room(size), most = size + size / 4 + 64;

		assert_true(room >= size);
		assert_true(room <= most);
	}
	assert_true(slab_room(0) >= 1);
}

struct piece {
	unsigned char *p;
	size_t size;
	unsigned char mark;
};

static uint64_t
draw(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static void
piece_new(struct piece *x, uint64_t *seed)
{
	static const size_t most[] = { 600, 5000, 17000, 40000 };

	x->size = 1 + draw(seed) % most[draw(seed) % ARRAY_LEN(most)];
	x->mark = (unsigned char)draw(seed);
	x->p = slab_alloc(x->size);
	assert_non_null(x->p);
	assert_int_equal((uintptr_t)x->p % 64, 0);
	memset(x->p, x->mark, x->size);
}

static void
piece_free(struct piece *x)
{
	for (size_t i = 0; i < x->size; i++)
		if (x->p[i] != x->mark)
			fail_msg("byte %zu of %zu was overwritten", i, x->size);
	slab_free(x->p, x->size);
	x->p = NULL;
}

/* One block of every kind: each begins a segment, and they are few enough. */
static void
test_begun(void **state)
{
	void *p[256];
	size_t sizes[256], n = 0, room = 0;

	(void)state;
	for (size_t size = 1; size <= 16320; size++) {
		if (slab_room(size) == room)
			continue;
		assert_true(n < ARRAY_LEN(p));
		room = slab_room(size);
		sizes[n] = size;
		assert_non_null(p[n++] = slab_alloc(size));
	}
	assert_true(n > 40);
	assert_true(slab_held() <= SLAB_BEGUN_MAX);
	while (n-- > 0)
		slab_free(p[n], sizes[n]);
	assert_int_equal(slab_held(), 0);
}

enum { PIECES = 400, TURNS = 20000 };

static void *
churn(void *arg)
{
	uint64_t seed = (uintptr_t)arg;
	struct piece *pieces = calloc(PIECES, sizeof(*pieces));

	assert_non_null(pieces);
	for (int i = 0; i < TURNS; i++) {
		struct piece *x = &pieces[draw(&seed) % PIECES];

		if (x->p)
			piece_free(x);
		else
			piece_new(x, &seed);
	}
	for (size_t i = 0; i < PIECES; i++)
		if (pieces[i].p)
			piece_free(&pieces[i]);
	free(pieces);
	return NULL;
}

/* Threads that come and go with blocks of all sizes never get each other's, and leave nothing behind. */
static void
test_churn(void **state)
{
	pthread_t threads[4];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, churn, (void *)(uintptr_t)(i + 1)), 0);
	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(slab_held(), 0);
}

/* Ten thousand blocks of one size hold little more than themselves, and what one size gave back another takes. */
static void
test_held(void **state)
{
	enum { N = 10000, SIZE = 4900 };
	void **p = calloc(N, sizeof(*p));
	size_t held;

	(void)state;
	assert_non_null(p);
	for (size_t i = 0; i < N; i++)
		assert_non_null(p[i] = slab_alloc(SIZE));
	held = slab_held();
	assert_true(held < (size_t)N * slab_room(SIZE) * 102 / 100 + 64 * 1024);
	for (size_t i = 0; i < N; i++) {
		slab_free(p[i], SIZE);
		assert_non_null(p[i] = slab_alloc(SIZE / 2));
	}
	assert_true(slab_held() < held * 60 / 100);
	for (size_t i = 0; i < N; i++)
		slab_free(p[i], SIZE / 2);
	assert_int_equal(slab_held(), 0);
	free(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_begun),
		cmocka_unit_test(test_held),
		cmocka_unit_test(test_churn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
