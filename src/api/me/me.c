/* me.c - the person asking: their account as they see it themselves. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/me/me.h"

const struct account_row *
me_account(const struct request *rq)
{
	const struct session_state *s = &rq->state;

	for (size_t i = 0; i < s->n_accounts; i++)
		if (s->accounts[i].id.v == rq->signin->user.v)
			return &s->accounts[i];
	check_failed("an active sign-in has its account", __FILE__, __LINE__);
}

/* The session's people are read already, to know who is asking. */
static enum status
me(struct request *rq)
{
	view_user(reply(rq), "data", me_account(rq), rq->state.contacts, rq->state.n_contacts);
	return OK;
}

const struct route route_me_get = {
	.method = HTTP_GET,
	.path = "/me",
	.name = "me",
	.summary = "The active sign-in's user.",
	.auth = AUTH_SIGNIN,
	.tx = TX_READ,
	.lane = LANE_WORKER,
	.run = me,
};
