/* coherence.c - one clock of publications, and 65,536 stamps by hashed subject. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "session/coherence.h"

#include <stdatomic.h>

#include "base/clock.h"
#include "store/store.gen.h"

enum { STAMPS = 65536 };

/*
 * Shared by all threads, without a lock. `clock` counts publications; a stamp is the
 * clock's value at its subject's last one. Sequentially consistent: the promise is about
 * the order of the two across threads, and a serve costs a handful of loads either way.
 */
static _Atomic uint64_t clock_of_publications;
static _Atomic uint64_t stamps[STAMPS];
static _Atomic uint64_t stamp_of_all;	/* the last coherence_publish_all() */

static int64_t         node;	/* set before there are threads */
static _Atomic int64_t read_at;	/* monotonic: when the log was last read, from before the question */

static _Atomic uint64_t *
stamp_of(struct deployment_id d, enum subject_kind kind, int64_t subject)
{
	uint64_t h = (uint64_t)subject * UINT64_C(0x9e3779b97f4a7c15);

	h ^= ((uint64_t)d.v + (uint64_t)kind) * UINT64_C(0xc2b2ae3d27d4eb4f);
	h ^= h >> 29;
	h *= UINT64_C(0xbf58476d1ce4e5b9);
	return &stamps[(h >> 32) % STAMPS];
}

enum status
cache_touch(struct task *t, struct deployment_id d, enum subject_kind kind, int64_t subject)
{
	struct touch *touch;

	for (touch = t->touched; touch; touch = touch->next)
		if (touch->deployment.v == d.v && touch->kind == kind && touch->subject == subject)
			return OK;
	touch = arena_one(t->arena, struct touch);
	TRY_MEM(t, touch);
	*touch = (struct touch){ t->touched, d, kind, subject };
	t->touched = touch;
	return sql_revocation_insert(t, d, (int64_t)kind, subject, node, t->now);
}

/* Two publishers of one subject may come in either order: the later moment stays. */
static void
stamp_raise(_Atomic uint64_t *stamp, uint64_t moment)
{
	uint64_t seen = atomic_load(stamp);

	while (seen < moment && !atomic_compare_exchange_weak(stamp, &seen, moment))
		;
}

void
coherence_publish(const struct task *t)
{
	uint64_t moment;

	if (!t->touched)
		return;
	moment = atomic_fetch_add(&clock_of_publications, 1) + 1;
	for (const struct touch *touch = t->touched; touch; touch = touch->next)
		stamp_raise(stamp_of(touch->deployment, touch->kind, touch->subject), moment);
}

void
coherence_publish_one(struct deployment_id d, enum subject_kind kind, int64_t subject)
{
	stamp_raise(stamp_of(d, kind, subject), atomic_fetch_add(&clock_of_publications, 1) + 1);
}

void
coherence_publish_all(void)
{
	stamp_raise(&stamp_of_all, atomic_fetch_add(&clock_of_publications, 1) + 1);
}

uint64_t
coherence_now(void)
{
	return atomic_load(&clock_of_publications);
}

bool
coherence_is_fresh(uint64_t moment, struct deployment_id d, enum subject_kind kind, int64_t subject)
{
	return atomic_load(stamp_of(d, kind, subject)) <= moment && atomic_load(&stamp_of_all) <= moment;
}

void
coherence_lease_begin(int64_t own_node)
{
	node = own_node;
}

void
coherence_lease_renew(int64_t read_mono)
{
	atomic_store(&read_at, read_mono);
}

bool
coherence_lease_holds(void)
{
	return node == 0 || clock_mono() - atomic_load(&read_at) <= COHERENCE_LEASE_US;
}

int64_t
coherence_lag_us(void)
{
	return node == 0 ? 0 : clock_mono() - atomic_load(&read_at);
}

int64_t
coherence_node(void)
{
	return node;
}
