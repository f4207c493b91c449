/* arena.h - memory that lives as long as one task, and is freed whole. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/base.h"

struct arena;

/*
 * An arena hands out zeroed memory until `limit` bytes are out. From then on,
 * or when the system has none, it has *failed*: every call returns NULL (or an
 * empty string), and arena_failed() says so. The failure is sticky, so text
 * may be built without checks; whoever commits or replies asks once, at the end.
 * One thread at a time; ownership may pass between threads through a queue.
 */
struct arena *arena_new(size_t limit);	/* NULL when out of memory */
struct arena *arena_free(struct arena *a);	/* NULL is fine; returns NULL */
void          arena_reset(struct arena *a);	/* everything is given back; deferred calls run */
bool          arena_failed(const struct arena *a);
size_t        arena_used(const struct arena *a);	/* in steps of 16 bytes */

void *arena_alloc(struct arena *a, size_t size);	/* zeroed, aligned to 16; NULL when failed */
void *arena_array(struct arena *a, size_t n, size_t size);	/* n * size, overflow is a failure */
#define arena_one(a, type) ((type *)arena_alloc((a), sizeof(type)))

/* Copies end with a NUL beyond .n, for calls that want one. Empty when failed. */
struct str arena_dup(struct arena *a, struct str s);
struct str arena_printf(struct arena *a, const char *fmt, ...) PRINTF(2, 3);

/*
 * Run fn(arg) when the arena is emptied, the latest first: for what is not
 * memory. What lies in the arena is still there then. false: not registered,
 * so the caller releases at once.
 */
bool arena_defer(struct arena *a, void (*fn)(void *), void *arg) MUST_CHECK;

/*
 * For tests only: the n-th allocation from now on fails, in whichever arena it
 * is asked for (arena_new counts too), and none after it. 0: none fails. Any thread.
 */
void arena_test_fail_after(long n);
