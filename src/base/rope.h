/* rope.h - a long text in pieces: what many of its lines share is written once, and it is sent from where it lies. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/base.h"
#include "base/buf.h"

/*
 * What all ropes of a process may hold. rope_pool_new: NULL when out of memory.
 * rope_pool_free: when the last rope has gone; NULL is fine; returns NULL. The rest: any thread.
 */
struct rope_pool;
struct rope_pool *rope_pool_new(size_t max);
struct rope_pool *rope_pool_free(struct rope_pool *p);
size_t            rope_pool_used(const struct rope_pool *p);	/* bytes that ropes hold; their first kilobytes do not count */

/*
 * Memory of its own, so that it outlives the task that writes it, until whoever holds
 * it frees it. Without memory, or when all ropes together would hold more than their
 * pool's max, a rope has *failed*: nothing more is taken, and whoever sends it asks
 * once, at the end. One thread at a time; it may pass between threads through a queue.
 */
struct rope;
struct rope *rope_new(struct rope_pool *p);	/* NULL: out of memory */
struct rope *rope_free(struct rope *r);	/* NULL is fine; returns NULL. Any thread */
bool         rope_failed(const struct rope *r);
size_t       rope_bytes(const struct rope *r);	/* how long the text is */

/*
 * Write up to `room` bytes: into *ret_b, which fails beyond that; then either rope_end(), and they
 * are the text's next bytes, or rope_keep(), and they only lie in the rope, to be put any number of times.
 * Nothing else is begun in between.
 */
void       rope_begin(struct rope *r, size_t room, struct buf *ret_b);
void       rope_end(struct rope *r, const struct buf *b);
struct str rope_keep(struct rope *r, const struct buf *b);
/* The next bytes of the text, which are not copied: kept here, or a constant. */
void       rope_put(struct rope *r, struct str kept);
/* These bytes before and behind the text; both are copied, once a rope at most. */
void       rope_wrap(struct rope *r, struct str before, struct str behind);

/* The pieces in order; none is empty. They are good until the rope is written to or freed. */
const struct str *rope_pieces(const struct rope *r, size_t *ret_n);
/* All of it in one place, which has room for rope_bytes(). */
void              rope_copy(const struct rope *r, char *to);
