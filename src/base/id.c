/* id.c - identifiers: 63-bit numbers, a struct type for each kind, a prefix on the wire. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/id.h"

#include <stdatomic.h>

#include "base/secret.h"
#include "base/str.h"

static bool
parse(struct str text, struct str prefix, int64_t *ret_v)
{
	return str_starts(text, prefix) &&
	    str_int(str_from(text, prefix.n), 1, INT64_MAX, ret_v);
}

static struct str
format(struct arena *a, const char *prefix, int64_t v)
{
	if (v == 0)
		return STR_NONE;
	return arena_printf(a, "%s%lld", prefix, (long long)v);
}

#define ID_DEFINE(kind, prefix) \
	bool \
	kind##_id_parse(struct str text, struct kind##_id *ret_id) \
	{ \
		return parse(text, S(prefix), &ret_id->v); \
	} \
	struct str \
	kind##_id_str(struct arena *a, struct kind##_id id) \
	{ \
		return format(a, prefix, id.v); \
	}
ID_KINDS(ID_DEFINE)
#undef ID_DEFINE

#define EPOCH_US   (INT64_C(1735689600) * SECOND_US)	/* 2025-01-01T00:00:00Z */
#define COUNT_BITS 22
#define COUNT_MASK ((INT64_C(1) << COUNT_BITS) - 1)
#define MS_MAX     ((INT64_C(1) << 41) - 1)

/* The last number given. It holds the counter too: its low bits. */
static _Atomic int64_t last;

bool
id_init(void)
{
	uint32_t start;

	if (!secret_random(&start, sizeof(start)))
		return false;
	atomic_store(&last, (int64_t)start & COUNT_MASK);
	return true;
}

static int64_t
id_ms(int64_t now)
{
	int64_t ms = now <= EPOCH_US ? 0 : (now - EPOCH_US) / 1000;

	return ms < MS_MAX ? ms : MS_MAX;
}

/*
 * The count goes on over its 22 bits whatever the millisecond. Where that
 * would not be above the last number (the count wrapped in one millisecond, or
 * the clock went back) the next number is, and so borrows from the future.
 */
static int64_t
above(int64_t was, int64_t ms)
{
	int64_t next = ms << COUNT_BITS | ((was + 1) & COUNT_MASK);

	return next > was ? next : was + 1;
}

int64_t
id_next(int64_t now)
{
	int64_t ms = id_ms(now);
	int64_t was = atomic_load_explicit(&last, memory_order_relaxed);
	int64_t next;

	do {
		next = above(was, ms);
	} while (!atomic_compare_exchange_weak(&last, &was, next));
	return next;
}
