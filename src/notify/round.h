/* round.h - what is due is found, claimed and packed. For the sender's thread only. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "notify/lane.h"
#include "notify/parcel.h"
#include "notify/sender.h"
#include "store/store.gen.h"

/* So long a claimed message is ours: longer than any transfer takes. */
#define CLAIM_US MINUTE_US

enum pick_fate {
	PICK_SEND,
	PICK_KEEP,	/* no transport: it stays, to be shown */
	PICK_EXPIRED,	/* worth nothing any more, or tried too often */
	PICK_DROP,	/* for nobody */
};
struct pick {
	struct lane            *lane;
	const struct deployment *deployment;	/* a reference, released with the task's arena */
	struct message_due_row  row;
	enum pick_fate          fate;
	bool                    ours;	/* the conditional write succeeded */
};
enum { PICKS_MAX = 256 };
struct picks {
	const struct sender_config *c;
	struct lanes               *lanes;
	struct pick                 items[PICKS_MAX];
	size_t                      n;
	bool                        more;	/* somebody has more than fitted */
};

/* Find and claim; afterwards look at .ours. E_STORE. */
enum status round_claim(struct task *t, struct db *db, struct picks *p) MUST_CHECK;

/*
 * A claimed PICK_SEND as a parcel with its address and words. E_BAD_REQUEST_BODY when it can never be
 * sent; anything else may pass. t->why tells. Caller frees.
 */
enum status round_pack(struct task *t, struct db *db, const struct picks *p, const struct pick *pick,
    struct parcel **ret_parcel) MUST_CHECK;

/* Between three quarters and five quarters of it, so that an outage does not end in a wave. */
int64_t round_jitter(int64_t wait_us);
/* When to try again after so many tries; 0: not any more. With jitter. */
int64_t round_next_try(int64_t now, int64_t tries, int64_t created_at, int64_t expires_at);
