/* throttle.c - how often, and how long to wait after that. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/throttle.h"

#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"

const struct throttle_rule_info throttle_rule_info[THROTTLE_RULE__COUNT] = {
	[RULE_REQUESTS] = { "requests", 300, MINUTE_US },
	[RULE_CHALLENGE] = { "challenge", 30, MINUTE_US },
	[RULE_LOOKUP] = { "lookup", 30, MINUTE_US },
	[RULE_SIGN_IN_ACCOUNT] = { "sign_in_account", 10, MINUTE_US },
	[RULE_SIGN_IN_STREAK] = { "sign_in_streak", 100, 3650 * DAY_US },
	[RULE_SIGN_IN_SOURCE] = { "sign_in_source", 30, MINUTE_US },
	[RULE_SIGN_UP_SOURCE] = { "sign_up_source", 30, MINUTE_US },
	[RULE_CODE_GUESS] = { "code_guess", 5, 15 * MINUTE_US },
	[RULE_CODE_ACCOUNT] = { "code_account", 100, DAY_US },
	[RULE_CODE_SOURCE] = { "code_source", 60, MINUTE_US },
	[RULE_SEND_SOON] = { "send_soon", 1, 30 * SECOND_US },
	[RULE_SEND_TARGET] = { "send_target", 5, 10 * MINUTE_US },
	[RULE_SEND_TARGET_DAY] = { "send_target_day", 20, DAY_US },
	[RULE_SEND_PREFIX] = { "send_prefix", 100, HOUR_US },
	[RULE_SEND_SOURCE] = { "send_source", 30, 10 * MINUTE_US },
	[RULE_SEND_DEPLOYMENT] = { "send_deployment", 10000, HOUR_US },
	[RULE_INVITE_MEMBER] = { "invite_member", 200, DAY_US },
	[RULE_INVITE_ORGANIZATION] = { "invite_organization", 500, DAY_US },
	[RULE_INVITE_TARGET] = { "invite_target", 5, DAY_US },
	[RULE_INVITE_DEPLOYMENT] = { "invite_deployment", 5000, HOUR_US },
	[RULE_SECRET_KEY] = { "secret_key", 20, MINUTE_US },
	[RULE_BACKEND] = { "backend", 6000, MINUTE_US },
	[RULE_PICTURE] = { "picture", 10, MINUTE_US },
	[RULE_CREATE] = { "create", 200, HOUR_US },
	[RULE_DOMAIN_LOOK] = { "domain_look", 20, HOUR_US },
};

static _Atomic int64_t limit_set[THROTTLE_RULE__COUNT];	/* 0: the default */

int64_t
throttle_limit(enum throttle_rule rule)
{
	int64_t limit = atomic_load_explicit(&limit_set[rule], memory_order_relaxed);

	return limit != 0 ? limit : throttle_rule_info[rule].limit_default;
}

bool
throttle_set_limit(enum throttle_rule rule, int64_t limit)
{
	if (limit < 1 || limit > THROTTLE_LIMIT_MAX)
		return false;
	atomic_store_explicit(&limit_set[rule], limit, memory_order_relaxed);
	return true;
}

static uint64_t
big_endian(const uint8_t *p, size_t n)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n; i++)
		v = v << 8 | p[i];
	return v;
}

/* What is no network of IPv6 gets a number that no such network has: 0000::/8 is not routed. */
#define SOURCE_IPV4  (UINT64_C(1) << 32)
#define SOURCE_LOCAL (UINT64_C(2) << 32)

uint64_t
throttle_source(const uint8_t *bytes, size_t n)
{
	static const uint8_t mapped[12] = { [10] = 0xFF, [11] = 0xFF };
	uint64_t network;

	CHECK(n == 0 || n == 4 || n == 16);
	if (n == 0)
		return SOURCE_LOCAL;
	if (n == 4)
		return SOURCE_IPV4 | big_endian(bytes, 4);
	if (memcmp(bytes, mapped, sizeof(mapped)) == 0)
		return SOURCE_IPV4 | big_endian(bytes + 12, 4);
	network = big_endian(bytes, 8);
	return network != 0 ? network : SOURCE_LOCAL;
}

enum {
	TICKS = 12,	/* a window has */
	KEPT = TICKS + 1,	/* two moments within one window's length lie at most TICKS ticks apart */
	SHARDS_MAX = 64,
};

/* One count. Unused as long as nothing is counted. */
struct slot {
	uint64_t tag;	/* the keyed hash of whose it is */
	int64_t  taken_at;	/* the last time; how idle it is */
	int64_t  tick;	/* the latest that counts are for */
	uint32_t count[KEPT];	/* of tick i at i % KEPT */
	uint32_t rule;
};

struct set {
	struct slot ways[LIMITER_WAYS];
};

/* One lock for every n_shards-th set. */
struct shard {
	pthread_mutex_t lock;	/* of those sets' slots, and of the common ones below */
	struct slot     common[THROTTLE_RULE__COUNT];
};

struct limiter {
	uint8_t       key[crypto_shorthash_KEYBYTES];
	size_t        n_sets;
	size_t        n_shards;
	struct set   *sets;
	struct shard  shards[SHARDS_MAX];
};

struct limiter *
limiter_new(size_t slots)
{
	struct limiter *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return NULL;
	l->n_sets = slots < LIMITER_WAYS ? 1 : slots / LIMITER_WAYS;
	l->n_shards = l->n_sets < SHARDS_MAX ? l->n_sets : SHARDS_MAX;
	l->sets = calloc(l->n_sets, sizeof(*l->sets));
	if (l->sets == NULL || !secret_random(l->key, sizeof(l->key))) {
		free(l->sets);
		free(l);
		return NULL;
	}
	for (size_t i = 0; i < SHARDS_MAX; i++)
		pthread_mutex_init(&l->shards[i].lock, NULL);
	return l;
}

struct limiter *
limiter_free(struct limiter *l)
{
	if (l == NULL)
		return NULL;
	for (size_t i = 0; i < SHARDS_MAX; i++)
		pthread_mutex_destroy(&l->shards[i].lock);
	secret_wipe(l->key, sizeof(l->key));
	free(l->sets);
	free(l);
	return NULL;
}

static uint64_t
hash(const struct limiter *l, enum throttle_rule rule, struct deployment_id d, uint64_t subject)
{
	uint64_t whose[3] = { (uint64_t)rule, (uint64_t)d.v, subject };
	uint64_t tag;

	/* Keyed, or an attacker could choose addresses that fall into one set. */
	crypto_shorthash((uint8_t *)&tag, (const uint8_t *)whose, sizeof(whose), l->key);
	return tag;
}

static int64_t
tick_us(const struct slot *s)
{
	return throttle_rule_info[s->rule].window_us / TICKS;
}

/* Forget what is no longer within the window. A thread that read its clock earlier counts as now. */
static void
slot_advance(struct slot *s, int64_t now)
{
	int64_t tick = now / tick_us(s);

	if (tick - s->tick >= KEPT) {
		memset(s->count, 0, sizeof(s->count));
		s->tick = tick;
	}
	while (s->tick < tick)
		s->count[++s->tick % KEPT] = 0;
}

static int64_t
slot_used(const struct slot *s)
{
	int64_t used = 0;

	for (size_t i = 0; i < KEPT; i++)
		used += s->count[i];
	return used;
}

static bool
slot_is_at_limit(const struct slot *s)
{
	return slot_used(s) >= throttle_limit(s->rule);
}

/* Until enough of the oldest ticks have left the window. */
static int64_t
slot_wait(const struct slot *s, int64_t now)
{
	int64_t left = slot_used(s), limit = throttle_limit(s->rule);
	int64_t tick = s->tick - TICKS;

	/* + KEPT: right after the clock's beginning, ticks from before it are asked for; they are zero. */
	for (; left >= limit && tick <= s->tick; tick++)
		left -= s->count[(tick + KEPT) % KEPT];
	return (tick + TICKS) * tick_us(s) - now;
}

static bool
slot_take(struct slot *s, int64_t now, int64_t *ret_wait_us)
{
	slot_advance(s, now);
	if (slot_is_at_limit(s)) {
		*ret_wait_us = slot_wait(s, now);
		return false;
	}
	s->count[s->tick % KEPT]++;
	s->taken_at = now;
	return true;
}

/* Whether a should go rather than b. */
static bool
goes_before(const struct slot *a, const struct slot *b)
{
	int64_t used_a = slot_used(a), used_b = slot_used(b);

	return used_a != used_b ? used_a < used_b : a->taken_at < b->taken_at;
}

/* The slot of this tag, a free one, or the one that must make way; NULL: all are at their limits. */
static struct slot *
find_slot(struct set *set, uint64_t tag, enum throttle_rule rule, int64_t now)
{
	struct slot *out = NULL;

	for (size_t i = 0; i < LIMITER_WAYS; i++) {
		struct slot *s = &set->ways[i];

		if (s->tag == tag && s->rule == rule)
			return s;
		slot_advance(s, now);
		if (!slot_is_at_limit(s) && (out == NULL || goes_before(s, out)))
			out = s;
	}
	if (out != NULL)
		*out = (struct slot){ .tag = tag, .rule = rule };
	return out;
}

bool
limiter_take(struct limiter *l, enum throttle_rule rule, struct deployment_id d,
    uint64_t subject, int64_t now_mono, int64_t *ret_wait_us)
{
	uint64_t tag = hash(l, rule, d, subject);
	size_t i = (size_t)(tag % l->n_sets);
	struct shard *shard = &l->shards[i % l->n_shards];
	struct slot *s;
	bool taken;

	pthread_mutex_lock(&shard->lock);
	s = find_slot(&l->sets[i], tag, rule, now_mono);
	if (s == NULL) {
		s = &shard->common[rule];
		s->rule = rule;
	}
	taken = slot_take(s, now_mono, ret_wait_us);
	pthread_mutex_unlock(&shard->lock);
	return taken;
}
