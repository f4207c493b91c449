/* id.c - identifiers: 63-bit numbers, a struct type for each kind, a prefix on the wire. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/id.h"

#include <sodium.h>
#include <stdatomic.h>
#include <string.h>

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

/* Where a millisecond begins, and how far one step goes: room for a thousand numbers in each. */
#define START_MASK ((INT64_C(1) << 21) - 1)
#define STEP_MASK  ((INT64_C(1) << 12) - 1)

/* The last number given. */
static _Atomic int64_t last;
/* This process's own: who cannot compute scrambled() cannot count. Written once, before there are threads. */
static uint8_t key[crypto_shorthash_KEYBYTES];

bool
id_init(void)
{
	if (!secret_random(key, sizeof(key)))
		return false;
	atomic_store(&last, 0);
	return true;
}

static int64_t
scrambled(int64_t of, int64_t mask)
{
	uint8_t out[crypto_shorthash_BYTES];
	uint64_t v;

	crypto_shorthash(out, (const uint8_t *)&of, sizeof(of), key);
	memcpy(&v, out, sizeof(v));
	return (int64_t)(v & (uint64_t)mask);
}

static int64_t
id_ms(int64_t now)
{
	int64_t ms = now <= EPOCH_US ? 0 : (now - EPOCH_US) / 1000;

	return ms < MS_MAX ? ms : MS_MAX;
}

/*
 * Each millisecond begins somewhere else, and steps within one are of any length: two numbers tell little of how many
 * were given in between, to anybody (ENU-03). Where the clock stands or has gone back, the last number is stepped on
 * from, and so the future is borrowed from.
 */
static int64_t
above(int64_t was, int64_t ms)
{
	if (ms > was >> COUNT_BITS)
		return ms << COUNT_BITS | scrambled(ms, START_MASK);
	return was + 1 + scrambled(was, STEP_MASK);
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
