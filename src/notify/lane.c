/* lane.c - how much may be under way to one deployment's server at once. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "notify/lane.h"

#include <stdlib.h>

enum { ALL_MAX = 256, ALL_FAILING_MAX = ALL_MAX / 2 };

struct lane *
lane_get(struct lanes *all, struct deployment_id deployment, int64_t channel)
{
	struct lane *l = all->first;

	while (l && (l->deployment.v != deployment.v || l->channel != channel))
		l = l->next;
	if (l)
		return l;
	l = calloc(1, sizeof(*l));
	if (!l)
		return NULL;
	*l = (struct lane){ .next = all->first, .deployment = deployment, .channel = channel };
	all->first = l;
	return l;
}

int
lane_room(const struct lanes *all, const struct lane *lane, int64_t now)
{
	int room = (lane->failing ? 1 : all->lane_max) - lane->n_under_way;
	int all_room = (lane->failing ? ALL_FAILING_MAX : ALL_MAX) - all->n_under_way;

	if (now < lane->rests_until)
		return 0;
	if (room > all_room)
		room = all_room;
	return room < 0 ? 0 : room;
}

void
lane_begin(struct lanes *all, struct lane *lane)
{
	lane->n_under_way++;
	all->n_under_way++;
}

static int64_t
rest_us(const struct lanes *all, int failures)
{
	int64_t us = SECOND_US;

	for (int i = 1; i < failures && us < all->rest_max_us; i++)
		us *= 2;
	return us < all->rest_max_us ? us : all->rest_max_us;
}

void
lane_end(struct lanes *all, struct lane *lane, int64_t now, bool failed)
{
	lane->n_under_way--;
	all->n_under_way--;
	lane->failing = failed;
	lane->failed_in_a_row = failed ? lane->failed_in_a_row + 1 : 0;
	lane->rests_until = failed ? now + rest_us(all, lane->failed_in_a_row) : 0;
}

void
lanes_tidy(struct lanes *all)
{
	for (struct lane **at = &all->first; *at;) {
		struct lane *l = *at;

		if (l->n_under_way > 0 || l->failing) {
			at = &l->next;
			continue;
		}
		*at = l->next;
		free(l);
	}
}

void
lanes_done(struct lanes *all)
{
	while (all->first) {
		struct lane *next = all->first->next;

		free(all->first);
		all->first = next;
	}
}
