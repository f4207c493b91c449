/* lane.h - how much may be under way to one deployment's server at once. For the sender's thread only. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/id.h"

/*
 * A lane is a deployment's mail, its text messages, or one of its endpoints. One whose last try failed gets one transfer at
 * a time: thousands of messages to a server that swallows them hold up nobody else's.
 */
struct lane {
	struct lane         *next;
	struct deployment_id deployment;
	int64_t              channel;	/* enum message_channel; an endpoint's id among those of endpoints */
	int                  n_under_way;
	int                  failed_in_a_row;
	int64_t              rests_until;
	bool                 failing;	/* these have at most half of all transfers, whoever they are */
};
struct lanes {
	struct lane *first;
	int          lane_max;	/* transfers of one lane at once, until one fails */
	int64_t      rest_max_us;	/* one that fails again and again rests, a second at first, so long at most; 0: never */
	int          n_under_way;
};

/* Made when it is not there. NULL: out of memory. */
struct lane *lane_get(struct lanes *all, struct deployment_id deployment, int64_t channel);
/* How many more transfers may begin now. */
int lane_room(const struct lanes *all, const struct lane *lane, int64_t now);
void lane_begin(struct lanes *all, struct lane *lane);
void lane_end(struct lanes *all, struct lane *lane, int64_t now, bool failed);	/* failed: it is the server, not the message */
void lanes_tidy(struct lanes *all);	/* forget those without anything to remember */
void lanes_done(struct lanes *all);
