/* slab.c - memory for answers: segments of equal blocks, on huge pages. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "session/slab.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "base/poison.h"

enum {
	LINE = 64,
	PAGE = 4096,
	REGION = 2 * 1024 * 1024,	/* a huge page */
	SEGMENT = 64 * 1024,
	SEGMENTS = REGION / SEGMENT,
	BLOCKS_MIN = 4,
	BLOCKS_FINE = 32,	/* up to here any number of blocks to a segment, then steps of four */
	BLOCKS_MAX = 128,
	LARGEST = (SEGMENT - LINE) / BLOCKS_MIN / LINE * LINE,
};

/* What is asked of the system. Segments of any kind share one, so that few sessions need few of them. */
struct region {
	struct region *prev, *next;	/* in regions with free segments */
	char          *base;
	uint32_t       free;	/* a bit for each segment */
};

/* The first line of a segment; its blocks follow. They are all of one size: so many as go into it. */
struct segment {
	struct segment *prev, *next;	/* in segments of its kind with free blocks */
	struct region  *region;
	uint64_t        free[2];	/* a bit for each block */
	uint16_t        blocks, used;
};
_Static_assert(sizeof(struct segment) <= LINE, "a segment's first line");

/* `lock` guards everything but `held`, which is read without it. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct region *regions;	/* that have free segments */
static size_t n_regions;
static struct segment *segments[BLOCKS_MAX + 1];	/* that have free blocks, by their number of blocks */
static atomic_size_t held;

/* ---- sizes ---- */

static size_t
round_up(size_t n, size_t to)
{
	return (n + to - 1) / to * to;
}

/* How many blocks of that size make a segment. */
static size_t
blocks_of(size_t size)
{
	size_t n = (SEGMENT - LINE) / round_up(size > 0 ? size : 1, LINE);

	if (n > BLOCKS_FINE)
		n -= n % 4;
	return n < BLOCKS_MAX ? n : BLOCKS_MAX;
}

static size_t
block_size(size_t blocks)
{
	return (SEGMENT - LINE) / blocks / LINE * LINE;
}

size_t
slab_room(size_t size)
{
	return size > LARGEST ? round_up(size, PAGE) : block_size(blocks_of(size));
}

size_t
slab_held(void)
{
	return atomic_load_explicit(&held, memory_order_relaxed);
}

/* ---- from the system ---- */

static void *
map(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

/* Ten thousand answers are ten thousand pages or more: more than the processor remembers the places of. */
static char *
map_region(void)
{
	char *p = map(2 * REGION), *base;
	size_t before;

	if (!p)
		return NULL;
	before = round_up((uintptr_t)p, REGION) - (uintptr_t)p;
	base = p + before;
	if (before > 0)
		munmap(p, before);
	munmap(base + REGION, REGION - before);
	/* A server with few sessions need not pay for a whole huge page: its first region grows page by page. */
	if (n_regions > 0)
		(void)madvise(base, REGION, MADV_HUGEPAGE);
	return base;
}

static void *
alloc_large(size_t size)
{
	void *p = map(size);

	if (p)
		atomic_fetch_add_explicit(&held, size, memory_order_relaxed);
	return p;
}

static void
free_large(void *p, size_t size)
{
	munmap(p, size);
	atomic_fetch_sub_explicit(&held, size, memory_order_relaxed);
}

/* ---- regions; lock held ---- */

static void
region_list(struct region *r)
{
	r->prev = NULL;
	r->next = regions;
	if (r->next)
		r->next->prev = r;
	regions = r;
}

static void
region_unlist(struct region *r)
{
	*(r->prev ? &r->prev->next : &regions) = r->next;
	if (r->next)
		r->next->prev = r->prev;
}

static struct region *
region_new(void)
{
	struct region *r = malloc(sizeof(*r));

	if (!r)
		return NULL;
	r->base = map_region();
	if (!r->base) {
		free(r);
		return NULL;
	}
	r->free = UINT32_MAX;
	n_regions++;
	region_list(r);
	return r;
}

/* One that is wholly free goes back to the system, unless it is the only one with room. */
static void
region_settle(struct region *r)
{
	if (r->free != UINT32_MAX || (regions == r && !r->next))
		return;
	region_unlist(r);
	UNPOISON(r->base, REGION);
	munmap(r->base, REGION);
	n_regions--;
	free(r);
}

/* ---- segments; lock held ---- */

static void
segment_list(struct segment *g)
{
	struct segment **first = &segments[g->blocks];

	g->prev = NULL;
	g->next = *first;
	if (g->next)
		g->next->prev = g;
	*first = g;
}

static void
segment_unlist(struct segment *g)
{
	*(g->prev ? &g->prev->next : &segments[g->blocks]) = g->next;
	if (g->next)
		g->next->prev = g->prev;
}

static uint64_t
ones(size_t n)
{
	return n >= 64 ? UINT64_MAX : (UINT64_C(1) << n) - 1;
}

static struct segment *
segment_new(size_t blocks)
{
	struct region *r = regions ? regions : region_new();
	struct segment *g;
	unsigned at;

	if (!r)
		return NULL;
	at = (unsigned)__builtin_ctz(r->free);
	r->free &= ~(UINT32_C(1) << at);
	if (r->free == 0)
		region_unlist(r);
	g = (struct segment *)(void *)(r->base + (size_t)at * SEGMENT);
	UNPOISON(g, LINE);
	POISON((char *)g + LINE, SEGMENT - LINE);
	*g = (struct segment){
		.region = r, .free = { ones(blocks), blocks > 64 ? ones(blocks - 64) : 0 }, .blocks = (uint16_t)blocks,
	};
	segment_list(g);
	atomic_fetch_add_explicit(&held, SEGMENT, memory_order_relaxed);
	return g;
}

static void
segment_free(struct segment *g)
{
	struct region *r = g->region;

	segment_unlist(g);
	if (r->free == 0)
		region_list(r);
	r->free |= UINT32_C(1) << ((size_t)((char *)g - r->base) / SEGMENT);
	atomic_fetch_sub_explicit(&held, SEGMENT, memory_order_relaxed);
	region_settle(r);
}

/* ---- blocks; lock held ---- */

static void *
block_take(size_t blocks)
{
	struct segment *g = segments[blocks] ? segments[blocks] : segment_new(blocks);
	size_t word, at;

	if (!g)
		return NULL;
	word = g->free[0] ? 0 : 1;
	at = (size_t)__builtin_ctzll(g->free[word]);
	g->free[word] &= ~(UINT64_C(1) << at);
	if (++g->used == g->blocks)
		segment_unlist(g);
	return (char *)g + LINE + (word * 64 + at) * block_size(blocks);
}

static void
block_give_back(char *p)
{
	struct segment *g = (struct segment *)((uintptr_t)p & ~(uintptr_t)(SEGMENT - 1));
	size_t at = (size_t)(p - (char *)g - LINE) / block_size(g->blocks);

	CHECK(!(g->free[at / 64] >> at % 64 & 1));
	g->free[at / 64] |= UINT64_C(1) << at % 64;
	if (g->used-- == g->blocks)
		segment_list(g);
	if (g->used == 0)
		segment_free(g);
}

void *
slab_alloc(size_t size)
{
	void *p;

	if (size > LARGEST)
		return alloc_large(round_up(size, PAGE));
	pthread_mutex_lock(&lock);
	p = block_take(blocks_of(size));
	pthread_mutex_unlock(&lock);
	if (p)
		UNPOISON(p, size);
	return p;
}

void
slab_free(void *p, size_t size)
{
	if (size > LARGEST) {
		free_large(p, round_up(size, PAGE));
		return;
	}
	POISON(p, slab_room(size));
	pthread_mutex_lock(&lock);
	block_give_back(p);
	pthread_mutex_unlock(&lock);
}
