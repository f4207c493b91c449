/* task.h - one unit of work on a worker thread: a request, a sweep, a command. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/arena.h"
#include "base/status.h"

struct db;
struct touch;

struct task {
	struct arena *arena;	/* everything allocated for this task; freed whole */
	struct db    *db;	/* the connection of the transaction we are in, else NULL */
	struct touch *touched;	/* what this transaction invalidates; see session/coherence.h */
	bool          wrote_message;	/* the sender wants a hint after the commit; see notify/outbox.h */
	int64_t       now;	/* read once, so a task sees one time; microseconds UTC */
	char          why[256];	/* the log's account of the failure; sent only where a header says that it is a sentence for people */
};

/* Record why (the first account wins) and return st: `return fail(…)` is one step. */
enum status fail(struct task *t, enum status st, const char *fmt, ...)
    PRINTF(3, 4) MUST_CHECK;

/* The arena has failed: nothing built in it may be committed or sent. */
#define TRY_MEM(t, p) \
	do { \
		if ((p) == NULL) \
			return fail((t), E_OVERLOADED, "out of memory for this task"); \
	} while (0)
