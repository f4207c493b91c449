/* slug.c - a slug that nobody else has, or had. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "org/slug.h"

#include "base/id.h"

enum { SLUG_TRIES = 100 };
/* More namesakes than this are made up: somebody gave out just the names that are looked up. */
#define NAMESAKES_MAX (INT64_C(1) << 40)

static struct str
slug_nth(struct task *t, struct str base, int64_t n)
{
	return n == 1 ? base : arena_printf(t->arena, STR_FMT "-%lld", STR_ARG(base), (long long)n);
}

static enum status
nth_taken(struct task *t, struct str base, const struct slug_place *place, int64_t n, bool *ret_taken)
{
	struct str slug = slug_nth(t, base, n);

	TRY_MEM(t, slug.p);
	return place->taken(t, place->arg, slug, ret_taken);
}

/*
 * Doubling, then halving: whoever calls ten thousand organizations "test" must not
 * make the writer look up ten thousand names for the next one. Where some are
 * free in between, it may pass over them. Where all that doubling comes to are taken, an id is a
 * number that nobody else draws.
 */
static enum status
first_free(struct task *t, struct str base, const struct slug_place *place, int64_t *ret_n)
{
	int64_t below = 0, above = 1;
	bool taken;

	for (;;) {
		TRY(nth_taken(t, base, place, above, &taken));
		if (!taken)
			break;
		below = above;
		above *= 2;
		if (above > NAMESAKES_MAX) {
			*ret_n = id_next(t->now);
			return OK;
		}
	}
	while (above - below > 1) {
		int64_t mid = below + (above - below) / 2;

		TRY(nth_taken(t, base, place, mid, &taken));
		if (taken)
			below = mid;
		else
			above = mid;
	}
	*ret_n = above;
	return OK;
}

enum status
slug_claim(struct task *t, struct str base, const struct slug_place *place, struct str *ret_slug)
{
	struct str slug;
	int64_t n;
	bool done;

	for (int i = 0; i < SLUG_TRIES; i++) {
		TRY(first_free(t, base, place, &n));
		slug = slug_nth(t, base, n);
		TRY_MEM(t, slug.p);
		TRY(place->claim(t, place->arg, slug, &done));
		if (done) {
			*ret_slug = slug;
			return OK;
		}
	}
	return fail(
	    t, E_CONFLICT, "slug " STR_FMT ": somebody else was faster %d times", STR_ARG(base), SLUG_TRIES);
}
