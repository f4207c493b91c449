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
	RULE_SIGN_IN_STREAK,	/* one account: passwords tried since one was right (NIST SP 800-63B-4 §3.2.2). In the database. */
	RULE_SIGN_IN_SOURCE,	/* one source: passwords tried. In the database. */
	RULE_SIGN_UP_SOURCE,	/* one source: accounts tried to make. In the database. */
	/* Guesses at codes, all in the database: of one code; of one account or target, in a day; of one source. */
	RULE_CODE_GUESS,
	RULE_CODE_ACCOUNT,
	RULE_CODE_SOURCE,
	/* Messages asked for, all in the database: to one recipient at once, in a while, in a day; to numbers that
	 * begin alike; by one source; in one deployment. */
	RULE_SEND_SOON,
	RULE_SEND_TARGET,
	RULE_SEND_TARGET_DAY,
	RULE_SEND_PREFIX,
	RULE_SEND_SOURCE,
	RULE_SEND_DEPLOYMENT,
	/* Invitations to organizations, all in the database: by one member; of one organization; to one address; in one
	 * deployment. Apart from the codes above, so that nobody is kept from a code by being invited. */
	RULE_INVITE_MEMBER,
	RULE_INVITE_ORGANIZATION,
	RULE_INVITE_TARGET,
	RULE_INVITE_DEPLOYMENT,
	RULE_SECRET_KEY,	/* one source: calls of the Backend API with a wrong key */
	RULE_BACKEND,	/* one secret key: calls of the Backend API */
	RULE_PICTURE,	/* one source: pictures to be made anew, which take a process each */
	RULE_CREATE,	/* one account: organizations and workspaces made. In the database. */
	RULE_DOMAIN_LOOK,	/* one organization, and one account: the DNS asked for domains. In the database. */
	THROTTLE_RULE__COUNT
};
struct throttle_rule_info {
	const char *name;	/* in logs, metrics and configuration keys */
	int64_t     limit_default;	/* throttle_limit() has the one in force */
	int64_t     window_us;
};
extern const struct throttle_rule_info throttle_rule_info[THROTTLE_RULE__COUNT];

/* How many are allowed in each window. Any thread. */
int64_t throttle_limit(enum throttle_rule rule);

/*
 * Take another limit from the configuration, at start or on reload; it holds from
 * the next count on. false, and nothing changes, unless 1 <= limit <= THROTTLE_LIMIT_MAX:
 * no rule can be switched off. Any thread.
 */
enum { THROTTLE_LIMIT_MAX = 1000000 };
bool throttle_set_limit(enum throttle_rule rule, int64_t limit) MUST_CHECK;

/*
 * The source of a request for counting: an IPv4 address, or the /64 of an IPv6 one
 * (a subscriber has a whole /64). `bytes` is 4 or 16 long, or none for a Unix socket.
 * An IPv4-mapped IPv6 address is the IPv4 one. Never 0.
 */
uint64_t throttle_source(const uint8_t *bytes, size_t n);

/*
 * In memory: at most `slots` (rule, deployment, subject) counts, all allocated at once,
 * in sets of LIMITER_WAYS by a keyed hash. It counts in twelfths of a rule's window and
 * looks at the last twelve and the current one, so in no span of a window's length more
 * than the limit is ever allowed; the whole limit may come in one burst.
 *
 * When a newcomer's set is full, the entry with the least counted goes, the longest
 * idle of equals: those who walk through addresses push out each other. One at its
 * limit never goes. When the whole set is at its limits, the newcomer takes from a
 * common allowance, one limit for all such newcomers of a rule in a few sets: an
 * attacker with many networks neither gets past uncounted nor shuts others out for good.
 */
enum { LIMITER_WAYS = 16 };
struct limiter;
struct limiter *limiter_new(size_t slots);	/* rounded down to whole sets, at least one; NULL: no memory or randomness */
struct limiter *limiter_free(struct limiter *l);	/* NULL is fine; returns NULL */
/*
 * Take one. false: over the limit, nothing is counted; *ret_wait_us until the next one is
 * allowed, more than 0. Any thread. `now_mono` is clock_mono().
 */
bool limiter_take(struct limiter *l, enum throttle_rule rule, struct deployment_id d,
    uint64_t subject, int64_t now_mono, int64_t *ret_wait_us) MUST_CHECK;
