/* slab.h - memory for answers, from the system and not from malloc. docs/decisions/answers-in-memory.md. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/base.h"

/*
 * Any thread; one short lock for all. Whoever frees a block says the size it was
 * allocated with. A block begins a cache line; its bytes are whatever they were.
 */
void *slab_alloc(size_t size);	/* NULL: out of memory */
void  slab_free(void *p, size_t size);
size_t slab_room(size_t size);	/* what a block of that size takes up */

/* What all blocks and the segments they lie in hold at the moment. */
size_t slab_held(void);
/* One block of every kind holds no more than this: a segment each. */
enum { SLAB_BEGUN_MAX = 4 * 1024 * 1024 };
