/* ticket.h - tickets: links that sign one user in, once. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "auth/keys.h"

/* As stored: never renumbered. */
enum ticket_kind {
	TICKET_SIGN_IN,		/* the user's own way in, handed over by an operator */
	TICKET_IMPERSONATION,	/* an operator acts for the user: marked, short, and without power over credentials */
};

#define TICKET_TTL_US        (12 * HOUR_US)	/* of the ticket, when nothing else is said */
#define IMPERSONATION_TTL_US HOUR_US		/* of the sign-in that it gives */

/* 256 random bits as base64url: shown once, to whoever hands it on. E_INTERNAL without randomness. Task's arena. */
enum status ticket_new(struct task *t, struct str *ret_text) MUST_CHECK;
/* What the store knows it by: a MAC of its text, by each master key in turn (keys_mac_each()). Any thread. */
enum status ticket_hash(struct task *t, const struct keys *k, struct deployment_id d, struct str text,
    struct keys_each *each, uint8_t ret_hash[32]) MUST_CHECK;
