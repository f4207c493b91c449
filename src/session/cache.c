/* cache.c - ready answers by token, within a ceiling of memory. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "session/cache.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "session/slab.h"

enum { SHARDS = 64, BUCKETS_MIN = 64, LINE = 64 };

/* A fill under way. */
struct flight {
	struct flight       *next;
	struct deployment_id deployment;
	struct token_hash    token;
	struct waiter       *first, **last;
};

/*
 * `lock` guards everything in a shard; it is held for a look-up or a change of links,
 * never across SQL or a write to a socket. Snapshots hang in buckets by their token's
 * hash, which is uniform already. `hand` is the clock hand of eviction.
 */
struct shard {
	_Alignas(64) pthread_mutex_t lock;
	_Atomic(struct snapshot **) buckets;
	atomic_size_t     n_buckets;	/* a power of two */
	size_t            n;
	size_t            bytes;	/* of snapshots and buckets */
	size_t            hand;
	struct flight    *flights;
	uint64_t          hits, misses, stale, fills, evictions, joined;
};

struct cache {
	struct shard shards[SHARDS];
	size_t       shard_ceiling;
	size_t       held_max;
};

struct cache *
cache_new(size_t ceiling)
{
	struct cache *c = aligned_alloc(64, sizeof(*c));

	if (!c)
		return NULL;
	memset(c, 0, sizeof(*c));
	c->shard_ceiling = ceiling / SHARDS;
	c->held_max = ceiling + ceiling / 32 + SLAB_BEGUN_MAX;
	for (size_t i = 0; i < SHARDS; i++)
		pthread_mutex_init(&c->shards[i].lock, NULL);
	return c;
}

struct cache *
cache_free(struct cache *c)
{
	if (!c)
		return NULL;
	for (size_t i = 0; i < SHARDS; i++) {
		struct shard *sh = &c->shards[i];

		for (size_t b = 0; b < sh->n_buckets; b++)
			while (sh->buckets[b]) {
				struct snapshot *s = sh->buckets[b];

				sh->buckets[b] = s->next;
				snapshot_unref(s);
			}
		free(sh->buckets);
		pthread_mutex_destroy(&sh->lock);
	}
	free(c);
	return NULL;
}

/* The first eight bytes of a SHA-256 are as good a hash as any. */
static uint64_t
hash_of(const struct token_hash *token)
{
	uint64_t h;

	memcpy(&h, token->b, sizeof(h));
	return h;
}

static struct shard *
shard_of(struct cache *c, const struct token_hash *token)
{
	return &c->shards[hash_of(token) % SHARDS];
}

static bool
is_of(const struct snapshot *s, struct deployment_id d, const struct token_hash *token)
{
	return s->deployment.v == d.v && memcmp(s->token.b, token->b, sizeof(token->b)) == 0;
}

/* ---- the table; lock held ---- */

static struct snapshot **
shard_bucket(const struct shard *sh, const struct token_hash *token)
{
	return &sh->buckets[hash_of(token) / SHARDS & (sh->n_buckets - 1)];
}

static struct snapshot **
shard_slot(struct shard *sh, struct deployment_id d, const struct token_hash *token)
{
	struct snapshot **at = shard_bucket(sh, token);

	while (*at && !is_of(*at, d, token))
		at = &(*at)->next;
	return at;
}

/* Unlink; the caller drops the reference that the table had. */
static struct snapshot *
shard_take(struct shard *sh, struct snapshot **at)
{
	struct snapshot *s = *at;

	*at = s->next;
	sh->n--;
	sh->bytes -= slab_room(s->size);
	return s;
}

static void
shard_grow(struct shard *sh)
{
	size_t n = sh->n_buckets ? sh->n_buckets * 2 : BUCKETS_MIN;
	struct snapshot **buckets = calloc(n, sizeof(struct snapshot *));

	if (!buckets)
		return;
	for (size_t b = 0; b < sh->n_buckets; b++)
		while (sh->buckets[b]) {
			struct snapshot *s = sh->buckets[b];
			struct snapshot **to = &buckets[hash_of(&s->token) / SHARDS & (n - 1)];

			sh->buckets[b] = s->next;
			s->next = *to;
			*to = s;
		}
	free(sh->buckets);
	sh->bytes += (n - sh->n_buckets) * sizeof(struct snapshot *);
	sh->buckets = buckets;
	sh->n_buckets = n;
	sh->hand = 0;
}

/* The clock: what was served since the hand last passed stays once more. */
static void
shard_evict(struct shard *sh, size_t ceiling)
{
	while (sh->n > 0 && sh->bytes > ceiling) {
		struct snapshot **at = &sh->buckets[sh->hand++ & (sh->n_buckets - 1)];

		while (*at && sh->bytes > ceiling) {
			if (atomic_exchange_explicit(&(*at)->hot, false, memory_order_relaxed)) {
				at = &(*at)->next;
				continue;
			}
			snapshot_unref(shard_take(sh, at));
			sh->evictions++;
		}
	}
}

struct snapshot *
cache_find(struct cache *c, struct deployment_id d, const struct token_hash *token, int64_t now)
{
	struct shard *sh = shard_of(c, token);
	struct snapshot *found = NULL, *dropped = NULL, **at;

	pthread_mutex_lock(&sh->lock);
	at = sh->n > 0 ? shard_slot(sh, d, token) : NULL;
	if (at && *at && snapshot_is_good(*at, now)) {
		found = snapshot_ref(*at);
		sh->hits++;
	} else {
		if (at && *at) {
			dropped = shard_take(sh, at);
			sh->stale++;
		}
		sh->misses++;
	}
	pthread_mutex_unlock(&sh->lock);
	snapshot_unref(dropped);
	if (found && !atomic_load_explicit(&found->hot, memory_order_relaxed))
		atomic_store_explicit(&found->hot, true, memory_order_relaxed);
	return found;
}

/* ---- for who knows beforehand what will be looked up ---- */

/* An address is all that is made of what is read here, so it need not be true any more when it is used. */
void
cache_fetch_place(struct cache *c, const struct token_hash *token)
{
	struct shard *sh = shard_of(c, token);
	size_t n = atomic_load_explicit(&sh->n_buckets, memory_order_relaxed);
	struct snapshot **buckets = atomic_load_explicit(&sh->buckets, memory_order_relaxed);

	if (n > 0)
		__builtin_prefetch(&buckets[hash_of(token) / SHARDS & (n - 1)], 0, 2);
}

/* The first of a bucket is nearly always the one that is wanted. */
void
cache_fetch(struct cache *c, const struct token_hash *token, size_t from, size_t to)
{
	struct shard *sh = shard_of(c, token);
	struct snapshot *s;
	size_t end = to;

	pthread_mutex_lock(&sh->lock);
	s = sh->n > 0 ? *shard_bucket(sh, token) : NULL;
	if (s && from > 0 && s->size < to)
		end = s->size;
	pthread_mutex_unlock(&sh->lock);
	for (size_t at = from; s && at < end; at += LINE)
		__builtin_prefetch((const char *)s + at, 0, 2);
}

/*
 * When answers change their size, those of the old size leave room that the new ones cannot
 * use until a whole segment is free of them. What is held for it beyond a measure comes off
 * the ceiling eightfold, so that there are soon fewer answers in fewer segments.
 */
static size_t
ceiling_now(const struct cache *c)
{
	size_t held = slab_held(), less = held > c->held_max ? 8 * (held - c->held_max) / SHARDS : 0;

	return less < c->shard_ceiling ? c->shard_ceiling - less : 0;
}

void
cache_put(struct cache *c, struct snapshot *s)
{
	struct shard *sh = shard_of(c, &s->token);
	struct snapshot *old = NULL, **at;

	if (slab_room(s->size) > c->shard_ceiling / 4)
		return;
	pthread_mutex_lock(&sh->lock);
	if (2 * sh->n >= sh->n_buckets)
		shard_grow(sh);
	if (sh->n_buckets > 0) {
		at = shard_slot(sh, s->deployment, &s->token);
		if (*at)
			old = shard_take(sh, at);
		s->next = *at;
		*at = snapshot_ref(s);
		sh->n++;
		sh->bytes += slab_room(s->size);
		sh->fills++;
		shard_evict(sh, ceiling_now(c));
	}
	pthread_mutex_unlock(&sh->lock);
	snapshot_unref(old);
}

/* ---- single flight ---- */

static struct flight **
flight_slot(struct shard *sh, struct deployment_id d, const struct token_hash *token)
{
	struct flight **at = &sh->flights;

	while (*at && !((*at)->deployment.v == d.v && memcmp((*at)->token.b, token->b, sizeof(token->b)) == 0))
		at = &(*at)->next;
	return at;
}

bool
cache_join(struct cache *c, struct deployment_id d, const struct token_hash *token, struct waiter *w)
{
	struct shard *sh = shard_of(c, token);
	struct flight **at, *f;

	pthread_mutex_lock(&sh->lock);
	at = flight_slot(sh, d, token);
	if (*at) {
		w->next = NULL;
		*(*at)->last = w;
		(*at)->last = &w->next;
		sh->joined++;
		pthread_mutex_unlock(&sh->lock);
		return false;
	}
	/* Without memory everybody leads: more SQL, the same answers. */
	f = calloc(1, sizeof(*f));
	if (f) {
		f->deployment = d;
		f->token = *token;
		f->last = &f->first;
		*at = f;
	}
	pthread_mutex_unlock(&sh->lock);
	return true;
}

struct waiter *
cache_land(struct cache *c, struct deployment_id d, const struct token_hash *token)
{
	struct shard *sh = shard_of(c, token);
	struct flight **at, *f;
	struct waiter *first = NULL;

	pthread_mutex_lock(&sh->lock);
	at = flight_slot(sh, d, token);
	f = *at;
	if (f) {
		*at = f->next;
		first = f->first;
	}
	pthread_mutex_unlock(&sh->lock);
	free(f);
	return first;
}

void
cache_stats(struct cache *c, struct cache_stats *ret_stats)
{
	struct cache_stats sum = { .ceiling = c->shard_ceiling * SHARDS };

	for (size_t i = 0; i < SHARDS; i++) {
		struct shard *sh = &c->shards[i];

		pthread_mutex_lock(&sh->lock);
		sum.hits += sh->hits;
		sum.misses += sh->misses;
		sum.stale += sh->stale;
		sum.fills += sh->fills;
		sum.evictions += sh->evictions;
		sum.joined += sh->joined;
		sum.entries += sh->n;
		sum.bytes += sh->bytes;
		pthread_mutex_unlock(&sh->lock);
	}
	*ret_stats = sum;
}
