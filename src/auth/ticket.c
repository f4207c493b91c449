/* ticket.c - tickets: links that sign one user in, once. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/ticket.h"

#include "base/str.h"

enum { TICKET_BYTES = 32 };

enum status
ticket_new(struct task *t, struct str *ret_text)
{
	uint8_t bytes[TICKET_BYTES];

	if (!secret_random(bytes, sizeof(bytes)))
		return fail(t, E_INTERNAL, "ticket: no randomness");
	*ret_text = str_b64url(t->arena, bytes, sizeof(bytes));
	secret_wipe(bytes, sizeof(bytes));
	return OK;
}

enum status
ticket_hash(struct task *t, const struct keys *k, struct deployment_id d, struct str text, struct keys_each *each,
    uint8_t ret_hash[32])
{
	struct str parts[] = { S("ticket"), text };

	return keys_mac_each(t, k, KEY_CODE, d, parts, ARRAY_LEN(parts), each, ret_hash);
}
