/* audit_chain.h - audit events as a chain: none can be changed, added or taken out unnoticed. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "api/app.h"
#include "base/task.h"
#include "store/store.gen.h"

/*
 * An event is written in the transaction of its cause, without a place in the chain: a common
 * counter there would make every write of a deployment wait for the one before. The background
 * gives it its place within a second or two. docs/decisions/audit-chain.md.
 */

enum { CHAIN_MAC_N = 32, CHAIN_STEP = 200 };

/* The MAC of a row in the chain: over its place, all it says, and the MAC before. Any thread. */
enum status audit_chain_mac(struct task *t, const struct keys *k, struct deployment_id d, const struct audit_row *row,
    const uint8_t before[CHAIN_MAC_N], uint8_t ret_mac[CHAIN_MAC_N]) MUST_CHECK;

/* What the first row of a deployment's chain follows. */
extern const uint8_t audit_chain_start[CHAIN_MAC_N];

/*
 * Chain what has been committed since, in steps of CHAIN_STEP rows and a transaction each, until
 * clock_mono() passes `until_mono`. *ret_n: how many. E_STORE. Not inside a transaction; any
 * number of nodes may try at once.
 */
enum status audit_chain_run(struct task *t, struct app *app, struct db *db, int64_t until_mono, uint64_t *ret_n) MUST_CHECK;
