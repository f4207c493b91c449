/* tries.c - counting tries in the database, whoever makes them. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/tries.h"

#include "base/str.h"
#include "store/store.gen.h"

enum status
tries_bucket(struct task *t, const struct keys *k, struct deployment_id d, enum throttle_rule rule, struct str subject,
    uint8_t ret_bucket[static 32])
{
	const struct str parts[] = { str_of(throttle_rule_info[rule].name), subject };

	return keys_mac(t, k, KEY_THROTTLE, d, parts, ARRAY_LEN(parts), ret_bucket);
}

enum status
tries_take(struct task *t, const struct keys *k, struct deployment_id d, enum throttle_rule rule, struct str subject, int64_t *ret_wait_us)
{
	const struct throttle_rule_info *info = &throttle_rule_info[rule];
	struct throttle_find_row row;
	uint8_t bucket[32];
	struct str b = { (const char *)bucket, sizeof(bucket) };
	int64_t rows;

	TRY(tries_bucket(t, k, d, rule, subject, bucket));
	TRY(sql_throttle_take(t, d, b, t->now, t->now - info->window_us, throttle_limit(rule), t->now + info->window_us, &rows));
	if (rows == 1)
		return OK;
	TRY(sql_throttle_find(t, d, b, &row));
	*ret_wait_us = row.window_at + info->window_us - t->now;
	return E_RATE_LIMITED;
}
