/* rope.c - a long text in pieces: what many of its lines share is written once, and it is sent from where it lies. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/rope.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
	CHUNK_FIRST = 8 * 1024,	/* a few lines, which is what most lists have */
	CHUNK_SECOND = 64 * 1024,
	CHUNK_LARGE = 2 * 1024 * 1024,	/* a huge page */
	SPARE_MAX = 4,	/* large chunks kept: faulting them in costs as much as writing them */
	PIECES_FIRST = 64,
};

struct chunk {
	struct chunk *next;
	size_t        size;	/* of bytes */
	char          bytes[];
};

struct rope_pool {
	size_t          max;
	atomic_size_t   used;	/* counts only */
	pthread_mutex_t lock;	/* of what follows */
	struct chunk   *spare;
	size_t          n_spare;
};

struct rope {
	struct rope_pool *pool;
	struct chunk     *chunks;	/* the one in use first */
	size_t            n_chunks;
	size_t            at;	/* where its free part begins */
	size_t            charged;	/* of the pool's memory */
	struct str       *pieces;	/* [0] is rope_wrap's: empty until then */
	size_t            n, cap;
	size_t            bytes;
	bool              failed;
};

/* ---- the pool ---- */

struct rope_pool *
rope_pool_new(size_t max)
{
	struct rope_pool *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->max = max;
	pthread_mutex_init(&p->lock, NULL);
	return p;
}

struct rope_pool *
rope_pool_free(struct rope_pool *p)
{
	struct chunk *next;

	if (p == NULL)
		return NULL;
	CHECK(atomic_load(&p->used) == 0);
	for (struct chunk *c = p->spare; c != NULL; c = next) {
		next = c->next;
		free(c);
	}
	pthread_mutex_destroy(&p->lock);
	free(p);
	return NULL;
}

size_t
rope_pool_used(const struct rope_pool *p)
{
	return atomic_load_explicit(&p->used, memory_order_relaxed);
}

static struct chunk *
take_spare(struct rope_pool *p)
{
	struct chunk *c;

	pthread_mutex_lock(&p->lock);
	c = p->spare;
	if (c != NULL) {
		p->spare = c->next;
		p->n_spare--;
	}
	pthread_mutex_unlock(&p->lock);
	return c;
}

/* false: there are enough. */
static bool
give_spare(struct rope_pool *p, struct chunk *c)
{
	bool kept;

	pthread_mutex_lock(&p->lock);
	kept = p->n_spare < SPARE_MAX;
	if (kept) {
		c->next = p->spare;
		p->spare = c;
		p->n_spare++;
	}
	pthread_mutex_unlock(&p->lock);
	return kept;
}

/* ---- memory of a rope ---- */

static void
fail_rope(struct rope *r)
{
	r->failed = true;
}

static bool
charge(struct rope *r, size_t more)
{
	if (atomic_fetch_add_explicit(&r->pool->used, more, memory_order_relaxed) + more > r->pool->max) {
		atomic_fetch_sub_explicit(&r->pool->used, more, memory_order_relaxed);
		return false;
	}
	r->charged += more;
	return true;
}

static struct chunk *
large_chunk(struct rope *r)
{
	struct chunk *c = take_spare(r->pool);
	void *p;

	if (c != NULL)
		return c;
	if (posix_memalign(&p, CHUNK_LARGE, CHUNK_LARGE) != 0)
		return NULL;
	/* A wish: without huge pages it is only slower. */
	(void)madvise(p, CHUNK_LARGE, MADV_HUGEPAGE);
	return p;
}

/* Room for need bytes. The first is small and costs the pool nothing; whoever needs a third needs many. */
static struct chunk *
new_chunk(struct rope *r, size_t need)
{
	size_t whole = r->n_chunks == 0 ? CHUNK_FIRST : r->n_chunks == 1 ? CHUNK_SECOND : CHUNK_LARGE;
	struct chunk *c;

	if (need > SIZE_MAX / 2)
		return NULL;
	if (need + sizeof(*c) > whole)
		whole = need + sizeof(*c);
	if ((r->n_chunks > 0 || whole > CHUNK_FIRST) && !charge(r, whole))
		return NULL;
	c = whole == CHUNK_LARGE ? large_chunk(r) : malloc(whole);
	if (c == NULL)
		return NULL;
	c->size = whole - sizeof(*c);
	return c;
}

static bool
reserve(struct rope *r, size_t room)
{
	struct chunk *c;

	if (r->failed)
		return false;
	if (r->chunks != NULL && room <= r->chunks->size - r->at)
		return true;
	c = new_chunk(r, room);
	if (c == NULL) {
		fail_rope(r);
		return false;
	}
	c->next = r->chunks;
	r->chunks = c;
	r->n_chunks++;
	r->at = 0;
	return true;
}

static bool
grow_pieces(struct rope *r)
{
	size_t cap = r->cap > 0 ? 2 * r->cap : PIECES_FIRST;
	struct str *pieces;

	if (r->cap > 0 && !charge(r, (cap - r->cap) * sizeof(*pieces)))
		return false;
	pieces = realloc(r->pieces, cap * sizeof(*pieces));
	if (pieces == NULL)
		return false;
	r->pieces = pieces;
	r->cap = cap;
	return true;
}

/* ---- writing ---- */

struct rope *
rope_new(struct rope_pool *p)
{
	struct rope *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->pool = p;
	if (!grow_pieces(r)) {
		free(r);
		return NULL;
	}
	r->pieces[r->n++] = STR_NONE;
	return r;
}

struct rope *
rope_free(struct rope *r)
{
	struct chunk *next;

	if (r == NULL)
		return NULL;
	for (struct chunk *c = r->chunks; c != NULL; c = next) {
		next = c->next;
		if (c->size != CHUNK_LARGE - sizeof(*c) || !give_spare(r->pool, c))
			free(c);
	}
	atomic_fetch_sub_explicit(&r->pool->used, r->charged, memory_order_relaxed);
	free(r->pieces);
	free(r);
	return NULL;
}

bool
rope_failed(const struct rope *r)
{
	return r->failed;
}

size_t
rope_bytes(const struct rope *r)
{
	return r->bytes;
}

void
rope_begin(struct rope *r, size_t room, struct buf *ret_b)
{
	/* One more: buf_printf's terminator. */
	if (!reserve(r, room + 1)) {
		*ret_b = (struct buf){ .failed = true };
		return;
	}
	*ret_b = (struct buf){ .p = r->chunks->bytes + r->at, .cap = room, .max = room };
}

/* What was written stays: the free part begins behind it. */
struct str
rope_keep(struct rope *r, const struct buf *b)
{
	if (b->failed)
		fail_rope(r);
	if (r->failed)
		return STR_NONE;
	r->at += b->n;
	return buf_str(b);
}

void
rope_put(struct rope *r, struct str kept)
{
	struct str *last = &r->pieces[r->n - 1];

	if (kept.n == 0 || r->failed)
		return;
	r->bytes += kept.n;
	if (r->n > 1 && last->p + last->n == kept.p) {
		last->n += kept.n;
		return;
	}
	if (r->n == r->cap && !grow_pieces(r)) {
		fail_rope(r);
		return;
	}
	r->pieces[r->n++] = kept;
}

void
rope_end(struct rope *r, const struct buf *b)
{
	rope_put(r, rope_keep(r, b));
}

static struct str
copied(struct rope *r, struct str s)
{
	struct buf b;

	rope_begin(r, s.n, &b);
	buf_put_str(&b, s);
	return rope_keep(r, &b);
}

void
rope_wrap(struct rope *r, struct str before, struct str behind)
{
	struct str first = copied(r, before);

	rope_put(r, copied(r, behind));
	CHECK(r->pieces[0].n == 0);
	if (r->failed)
		return;
	r->pieces[0] = first;
	r->bytes += first.n;
}

const struct str *
rope_pieces(const struct rope *r, size_t *ret_n)
{
	size_t first = r->pieces[0].n == 0 ? 1 : 0;

	*ret_n = r->n - first;
	return r->pieces + first;
}

void
rope_copy(const struct rope *r, char *to)
{
	for (size_t i = 0; i < r->n; i++) {
		if (r->pieces[i].n > 0)
			memcpy(to, r->pieces[i].p, r->pieces[i].n);
		to += r->pieces[i].n;
	}
}
