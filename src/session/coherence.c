/* coherence.c - 65,536 counters, one per hashed subject. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "session/coherence.h"

#include <stdatomic.h>

#include "store/store.gen.h"

enum { GENERATIONS = 65536 };

/* Shared by all threads; each counter is its own synchronisation: bumped with release after a commit, loaded with acquire. */
static _Atomic uint64_t generations[GENERATIONS];

static _Atomic uint64_t *
generation_of(struct deployment_id d, enum subject_kind kind, int64_t subject)
{
	uint64_t h = (uint64_t)subject * UINT64_C(0x9e3779b97f4a7c15);

	h ^= ((uint64_t)d.v + (uint64_t)kind) * UINT64_C(0xc2b2ae3d27d4eb4f);
	h ^= h >> 29;
	h *= UINT64_C(0xbf58476d1ce4e5b9);
	return &generations[(h >> 32) % GENERATIONS];
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
	return sql_revocation_insert(t, d, (int64_t)kind, subject, t->now);
}

void
coherence_publish(const struct task *t)
{
	for (const struct touch *touch = t->touched; touch; touch = touch->next)
		atomic_fetch_add_explicit(generation_of(touch->deployment, touch->kind, touch->subject), 1,
		    memory_order_release);
}

uint64_t
coherence_generation(struct deployment_id d, enum subject_kind kind, int64_t subject)
{
	return atomic_load_explicit(generation_of(d, kind, subject), memory_order_acquire);
}
