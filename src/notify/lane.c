/* lane.c - how much may be under way to one deployment's server at once. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "notify/lane.h"

#include <stdlib.h>

enum { LANE_MAX = 4, ALL_MAX = 256 };

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
lane_room(const struct lanes *all, const struct lane *lane)
{
	int room = (lane->failing ? 1 : LANE_MAX) - lane->n_under_way;

	if (room > ALL_MAX - all->n_under_way)
		room = ALL_MAX - all->n_under_way;
	return room < 0 ? 0 : room;
}

void
lane_begin(struct lanes *all, struct lane *lane)
{
	lane->n_under_way++;
	all->n_under_way++;
}

void
lane_end(struct lanes *all, struct lane *lane, bool failed)
{
	lane->n_under_way--;
	all->n_under_way--;
	lane->failing = failed;
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
