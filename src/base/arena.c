/* arena.c - memory that lives as long as one task, and is freed whole. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/poison.h"

/*
 * The address sanitizer sees a chunk as one allocation. Poisoning what is not
 * handed out, with a gap after each piece, lets it see the pieces.
 */
#ifdef UNDER_ASAN
enum { GAP = 16 };
#else
enum { GAP = 0 };
#endif

enum {
	ALIGN = 16,
	CHUNK_FIRST = 4 * 1024,	/* with the header: a malloc size that is a round number */
	CHUNK_LARGEST = 64 * 1024,
};

struct chunk {
	struct chunk *next;
	size_t        size;	/* of bytes */
	size_t        at;	/* where the free part of bytes begins */
	alignas(ALIGN) char bytes[];
};

struct deferred {
	struct deferred *next;
	void           (*fn)(void *);
	void            *arg;
};

struct arena {
	struct chunk    *chunks;	/* the one in use first */
	struct deferred *deferred;	/* the latest first */
	size_t           used;
	size_t           limit;
	bool             failed;
};

/* How many allocations are left until one is made to fail; 0: none is. */
static atomic_long test_fail_in;

void
arena_test_fail_after(long n)
{
	atomic_store(&test_fail_in, n);
}

static bool
fails_for_test(void)
{
	long n = atomic_load_explicit(&test_fail_in, memory_order_relaxed);

	while (n > 0) {
		if (atomic_compare_exchange_weak(&test_fail_in, &n, n - 1))
			return n == 1;
	}
	return false;
}

struct arena *
arena_new(size_t limit)
{
	struct arena *a;

	if (fails_for_test() || (a = calloc(1, sizeof(*a))) == NULL)
		return NULL;
	a->limit = limit;
	return a;
}

static void
run_deferred(struct arena *a)
{
	struct deferred *d;

	/* One at a time: a deferred call may itself defer another. */
	while ((d = a->deferred) != NULL) {
		a->deferred = d->next;
		d->fn(d->arg);
	}
}

static void
free_chunks(struct chunk *c)
{
	struct chunk *next;

	for (; c != NULL; c = next) {
		next = c->next;
		UNPOISON(c->bytes, c->size);
		free(c);
	}
}

struct arena *
arena_free(struct arena *a)
{
	if (a == NULL)
		return NULL;
	run_deferred(a);
	free_chunks(a->chunks);
	free(a);
	return NULL;
}

/* Unlink the largest chunk of regular size, so that the next task starts without malloc. */
static struct chunk *
take_spare(struct arena *a)
{
	struct chunk **best = NULL, **c, *spare;

	for (c = &a->chunks; *c != NULL; c = &(*c)->next) {
		if ((*c)->size < CHUNK_LARGEST && (best == NULL || (*c)->size > (*best)->size))
			best = c;
	}
	if (best == NULL)
		return NULL;
	spare = *best;
	*best = spare->next;
	return spare;
}

void
arena_reset(struct arena *a)
{
	struct chunk *spare;

	run_deferred(a);
	spare = take_spare(a);
	free_chunks(a->chunks);
	if (spare != NULL) {
		spare->next = NULL;
		spare->at = 0;
		POISON(spare->bytes, spare->size);
	}
	a->chunks = spare;
	a->used = 0;
	a->failed = false;
}

bool
arena_failed(const struct arena *a)
{
	return a->failed;
}

size_t
arena_used(const struct arena *a)
{
	return a->used;
}

static void *
fail_arena(struct arena *a)
{
	a->failed = true;
	return NULL;
}

/* The next chunk's size: double the last one's, and enough for `need` bytes. */
static size_t
chunk_bytes(const struct arena *a, size_t need)
{
	size_t whole = CHUNK_FIRST;

	if (a->chunks != NULL)
		whole = 2 * (a->chunks->size + sizeof(struct chunk));
	if (whole > CHUNK_LARGEST)
		whole = CHUNK_LARGEST;
	return need > whole - sizeof(struct chunk) ? need : whole - sizeof(struct chunk);
}

static struct chunk *
add_chunk(struct arena *a, size_t need)
{
	size_t size = chunk_bytes(a, need);
	struct chunk *c = malloc(sizeof(*c) + size);

	if (c == NULL)
		return NULL;
	c->size = size;
	c->at = 0;
	POISON(c->bytes, size);
	/* Behind the one in use when it is for one big piece: that one may have room left. */
	if (size == need && a->chunks != NULL) {
		c->next = a->chunks->next;
		a->chunks->next = c;
	} else {
		c->next = a->chunks;
		a->chunks = c;
	}
	return c;
}

/* size is a multiple of ALIGN within the limit. */
static void *
carve(struct arena *a, size_t size)
{
	struct chunk *c = a->chunks;
	void *p;

	if (c == NULL || size + GAP > c->size - c->at) {
		c = add_chunk(a, size + GAP);
		if (c == NULL)
			return NULL;
	}
	p = c->bytes + c->at;
	c->at += size + GAP;
	return p;
}

void *
arena_alloc(struct arena *a, size_t size)
{
	size_t whole;
	void *p;

	if (a->failed)
		return NULL;
	if (fails_for_test() || size > a->limit - a->used)
		return fail_arena(a);
	/* An empty piece has an address of its own too. */
	whole = size == 0 ? ALIGN : (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	if (whole < size || whole > a->limit - a->used || whole > SIZE_MAX / 2)
		return fail_arena(a);
	p = carve(a, whole);
	if (p == NULL)
		return fail_arena(a);
	a->used += whole;
	UNPOISON(p, size);
	return memset(p, 0, size);
}

void *
arena_array(struct arena *a, size_t n, size_t size)
{
	size_t whole;

	if (__builtin_mul_overflow(n, size, &whole))
		return fail_arena(a);
	return arena_alloc(a, whole);
}

struct str
arena_dup(struct arena *a, struct str s)
{
	char *p = s.n == SIZE_MAX ? fail_arena(a) : arena_alloc(a, s.n + 1);

	if (p == NULL)
		return STR_NONE;
	if (s.n > 0)
		memcpy(p, s.p, s.n);
	return (struct str){ p, s.n };
}

struct str
arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list args;
	char *p;
	int n;

	va_start(args, fmt);
	n = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	p = n < 0 ? fail_arena(a) : arena_alloc(a, (size_t)n + 1);
	if (p == NULL)
		return STR_NONE;
	va_start(args, fmt);
	vsnprintf(p, (size_t)n + 1, fmt, args);
	va_end(args);
	return (struct str){ p, (size_t)n };
}

bool
arena_defer(struct arena *a, void (*fn)(void *), void *arg)
{
	struct deferred *d = arena_one(a, struct deferred);

	if (d == NULL)
		return false;
	d->fn = fn;
	d->arg = arg;
	d->next = a->deferred;
	a->deferred = d;
	return true;
}
