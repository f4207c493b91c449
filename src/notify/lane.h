/* lane.h - how much may be under way to one deployment's server at once. For the sender's thread only. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/id.h"

/*
 * A lane is a deployment's mail, or its text messages. One whose last try failed gets one transfer at
 * a time: thousands of messages to a server that swallows them hold up nobody else's.
 */
struct lane {
	struct lane         *next;
	struct deployment_id deployment;
	int64_t              channel;
	int                  n_under_way;
	bool                 failing;
};
struct lanes {
	struct lane *first;
	int          n_under_way;
};

/* Made when it is not there. NULL: out of memory. */
struct lane *lane_get(struct lanes *all, struct deployment_id deployment, int64_t channel);
/* How many more transfers may begin now. */
int lane_room(const struct lanes *all, const struct lane *lane);
void lane_begin(struct lanes *all, struct lane *lane);
void lane_end(struct lanes *all, struct lane *lane, bool failed);	/* failed: it is the server, not the message */
void lanes_tidy(struct lanes *all);	/* forget those without anything to remember */
void lanes_done(struct lanes *all);
