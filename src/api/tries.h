/* tries.h - counting tries in the database, whoever makes them. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "auth/keys.h"
#include "auth/throttle.h"
#include "base/task.h"

/* The row that a rule counts this subject in: a MAC, so that the table names nobody. */
enum status tries_bucket(struct task *t, const struct keys *k, struct deployment_id d, enum throttle_rule rule, struct str subject,
    uint8_t ret_bucket[static 32]) MUST_CHECK;
/* In a write transaction: one more. E_RATE_LIMITED: there are as many as may be; *ret_wait_us until there may be another. */
enum status tries_take(struct task *t, const struct keys *k, struct deployment_id d, enum throttle_rule rule, struct str subject,
    int64_t *ret_wait_us) MUST_CHECK;
