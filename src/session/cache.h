/* cache.h - ready answers by token, within a ceiling of memory; and one fill for many who ask at once. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "session/snapshot.h"

struct cache;

/*
 * `ceiling` bytes of snapshots, table and all; what the process holds for them is more by an eighth
 * and SLAB_BEGUN_MAX at most, when their sizes change all the time. NULL: out of memory.
 */
struct cache *cache_new(size_t ceiling);
struct cache *cache_free(struct cache *c);	/* NULL is fine; nobody else may use it any more */

/* A reference to a snapshot that may be served now, or NULL. One that is stale is dropped. Any thread; one short lock. */
struct snapshot *cache_find(struct cache *c, struct deployment_id d, const struct token_hash *token, int64_t now);

/*
 * Ten thousand answers fit in no processor's cache. Who knows beforehand what will be looked up can have it
 * fetched while something else is done: first the place where the table tells of it, then bytes `from` to `to` of the
 * snapshot (to its end at most, where `from` is not 0). Only ever a hint. Any thread; one short lock.
 */
void cache_fetch_place(struct cache *c, const struct token_hash *token);
void cache_fetch(struct cache *c, const struct token_hash *token, size_t from, size_t to);

/* Keep it (takes a reference of its own), in the place of the token's older one; the least used go when memory is short. Any thread. */
void cache_put(struct cache *c, struct snapshot *s);

/*
 * Single flight. Whoever misses joins the token's flight: the first becomes its leader and
 * reads the store; the others are kept, and come back from cache_land() when the leader is
 * done, whatever came of it. A waiter is linked by its own `next`; the cache looks at nothing else.
 */
struct waiter {
	struct waiter *next;
};
bool           cache_join(struct cache *c, struct deployment_id d, const struct token_hash *token, struct waiter *w);	/* true: lead */
struct waiter *cache_land(struct cache *c, struct deployment_id d, const struct token_hash *token);	/* in order of joining */

struct cache_stats {
	uint64_t hits, misses, stale, fills, evictions, joined;
	size_t   entries, bytes, ceiling;
};
void cache_stats(struct cache *c, struct cache_stats *ret_stats);
