/* sender.h - the thread that delivers what waits: messages out of the outbox, and events to endpoints. Each at least once. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "auth/keys.h"
#include "base/task.h"
#include "deployment/directory.h"
#include "notify/outbox.h"
#include "store/db.h"

struct sender;

struct sender_config {
	struct store     *store;
	struct keys      *keys;
	struct directory *directory;
	const char       *ca_file;	/* who signs certificates of mail servers and webhooks; empty: the system's */
	/* Inside the transaction that disables an endpoint: write it down where operators look. NULL: nowhere. */
	enum status     (*hook_given_out)(struct task *t, struct deployment_id d, struct hook_id hook, const char *why);
};

/*
 * Start its thread, with a connection of its own. Several nodes may run one each on a database: whoever
 * moves a due message's time on has it, for a minute. NULL, with a sentence in t->why. Start-up thread.
 */
struct sender *sender_new(struct task *t, const struct sender_config *c);
/* Ends the thread: what is under way has a few seconds, then it is due again. NULL is fine; returns NULL. */
struct sender *sender_free(struct sender *s);

/* There may be something to send: look now, not within the second. Any thread, at once. NULL is fine. */
void sender_wake(struct sender *s);

/* Is there another server that takes this deployment's messages of that channel? Otherwise they stay in the outbox. */
bool sender_has_transport(const struct deployment *d, enum message_channel channel);

enum message_result {
	RESULT_SENT,	/* another server has it */
	RESULT_KEPT,	/* no transport: it is in the outbox, to be shown */
	RESULT_FAILED,	/* a try failed, and another will be made */
	RESULT_GIVEN_UP,
	MESSAGE_RESULT__COUNT
};
struct sender_stats {
	uint64_t results[CHANNEL__COUNT][MESSAGE_RESULT__COUNT];	/* by enum message_channel */
	uint64_t due;		/* messages that wait, as counted within the last seconds */
	int64_t  oldest_us;	/* since the oldest of them was written; 0: none waits */
	uint64_t hooks_due;	/* the same of events for endpoints */
	int64_t  hooks_oldest_us;
	uint64_t hooks_given_out;	/* endpoints that were disabled */
	uint64_t failures;	/* rounds that the store failed */
};
void sender_stats(const struct sender *s, struct sender_stats *ret_stats);	/* any thread */
