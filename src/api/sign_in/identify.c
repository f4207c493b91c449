/* identify.c - which way in an address has: by password always, since enterprise sign-in is the only other answer. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/api.h"
#include "auth/identifier.h"

/* Known and unknown addresses get the same answer: nothing is looked up. */
static enum status
identify(struct request *rq)
{
	struct str email, key;
	struct json *j;

	if (identifier_email(&rq->task, body_text(rq, "identifier"), &email, &key) != OK)
		return refuse(rq, E_BAD_REQUEST_BODY, "Enter a valid email address.");
	j = reply(rq);
	json_object_begin(j, "data");
	json_str(j, "strategy", S("password"));
	json_object_end(j);
	return OK;
}

const struct route route_identify = {
	.method = HTTP_POST, .path = "/auth/identify", .name = "auth_identify",
	.summary = "How somebody with this address signs in.",
	.auth = AUTH_SESSION, .tx = TX_READ, .lane = LANE_WORKER, .rate = RULE_LOOKUP,
	.body = { REQ_TEXT("identifier", 320, "an e-mail address"), OPT_TEXT("challenge_token", 256, "a redeemed challenge") },
	.fails = { E_CHALLENGE_REQUIRED, E_CHALLENGE_FAILED },
	.prove = challenge_prove, .run = identify,
};
