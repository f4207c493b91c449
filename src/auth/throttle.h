/* throttle.h - how often, and how long to wait after that. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/id.h"
#include "base/task.h"

/*
 * One row a rule. Rules that guard secrets are *counted* in the database by a
 * conditional write before the costly thing happens, and survive a restart;
 * rules that guard the machine are kept in memory by a limiter.
 */
enum throttle_rule {
	RULE_REQUESTS,		/* one session and source: everything that is not answered from memory */
	RULE_CHALLENGE,		/* one source: proof-of-work challenges */
	RULE_LOOKUP,		/* one source: identifier availability and identify */
	RULE_SIGN_IN_ACCOUNT,	/* one account, whatever it was called: passwords tried. In the database. */
	RULE_SIGN_IN_SOURCE,	/* one source: passwords tried. In the database. */
	RULE_SIGN_UP_SOURCE,	/* one source: accounts tried to make. In the database. */
	THROTTLE_RULE__COUNT
};
struct throttle_rule_info {
	const char *name;	/* in logs and metrics */
	int64_t     limit;
	int64_t     window_us;
};
extern const struct throttle_rule_info throttle_rule_info[THROTTLE_RULE__COUNT];

/*
 * The source of a request for counting: an IPv4 address, or the /64 of an IPv6 one
 * (a subscriber has a whole /64). `bytes` is 4 or 16 long. Never 0.
 */
uint64_t throttle_source(const uint8_t *bytes, size_t n);

/*
 * In memory: at most `slots` (rule, subject) pairs. When full the one idle longest
 * goes; one that is over its limit is never evicted to let a new one in.
 */
struct limiter;
struct limiter *limiter_new(size_t slots);	/* NULL: no memory or randomness (its hash is keyed) */
struct limiter *limiter_free(struct limiter *l);
/* Take one. false: over the limit; *ret_wait_us until the next one is allowed. Any thread. `now` is monotonic. */
bool limiter_take(struct limiter *l, enum throttle_rule rule, struct deployment_id d,
    uint64_t subject, int64_t now_mono, int64_t *ret_wait_us) MUST_CHECK;
