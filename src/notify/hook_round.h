/* hook_round.h - what is due to endpoints outside is found, claimed, packed and settled. For the sender's thread only. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "notify/hook.h"
#include "notify/lane.h"
#include "notify/parcel.h"
#include "notify/sender.h"

enum hook_fate {
	HOOK_FATE_SEND,
	HOOK_FATE_WAIT,		/* an earlier one about the same goes first */
	HOOK_FATE_GIVE_UP,	/* the endpoint is disabled, or it was tried too often */
};
struct hook_pick {
	struct lane            *lane;
	struct deployment_id    deployment;
	const struct hook_row  *hook;
	struct hook_due_row     row;
	enum hook_fate          fate;
	const char             *why;	/* of HOOK_FATE_GIVE_UP */
	bool                    ours;	/* the conditional write succeeded */
};
enum { HOOK_PICKS_MAX = 512 };
struct hook_picks {
	const struct sender_config *c;
	struct lanes               *lanes;	/* by endpoint */
	unsigned                    turn;	/* whose turn it is to be first: goes up with each round */
	struct hook_pick            items[HOOK_PICKS_MAX];
	size_t                      n;
	bool                        more;	/* somebody has more than was looked at */
};

/* Find and claim; afterwards look at .ours. E_STORE. */
enum status hook_round_claim(struct task *t, struct db *db, struct hook_picks *p) MUST_CHECK;

/*
 * A claimed HOOK_FATE_SEND as a parcel, signed. E_BAD_REQUEST_BODY when it can never be sent; anything else may
 * pass. t->why tells. Caller frees.
 */
enum status hook_round_pack(struct task *t, struct db *db, const struct hook_picks *p, const struct hook_pick *pick,
    struct parcel **ret_parcel) MUST_CHECK;

/*
 * In a write transaction: what became of it. Sets again_at, and gave_out when the endpoint was disabled for it; the
 * one behind it is due. Nothing is written when somebody else has it by now.
 */
enum status hook_round_settle(struct task *t, const struct sender_config *c, struct parcel *p) MUST_CHECK;

/* When to try again after so many tries, as Standard Webhooks suggests, with jitter; 0: not any more. */
int64_t hook_next_try(int64_t now, int64_t tries);
