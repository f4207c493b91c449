/* invitation_validate.c - GET /deployment/invitations/validate: what the sign-up form asks about its invite_token. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/sign_up/invitation.h"

static enum status
prove(struct request *rq)
{
	struct invitation *inv = arena_one(rq->task.arena, struct invitation);

	TRY_MEM(&rq->task, inv);
	rq->proof = inv;
	return invitation_find(rq, query_text(rq, "token"), inv);
}

/* Always 200: the form reads the answer, and shows the message. Who holds the token has the mail that tells the rest. */
static enum status
validate(struct request *rq)
{
	const struct invitation *inv = rq->proof;
	struct json *j = reply(rq);

	json_object_begin(j, "data");
	json_bool(j, "valid", inv->id.v != 0);
	if (inv->id.v) {
		if (!inv->to_organization) {
			json_str(j, "first_name", inv->first_name);
			json_str(j, "last_name", inv->last_name);
		}
		json_str(j, "email", inv->email);
	} else {
		json_str(j, "message", S("This invitation is not valid any more."));
		json_str(j, "error_code", S("INVALID_INVITATION"));
	}
	json_object_end(j);
	return OK;
}

const struct route route_invitation_validate = {
	.method = HTTP_GET, .path = "/deployment/invitations/validate", .name = "deployment_invitation_validate",
	.summary = "Is this invitation, to sign up or to an organization, still good, and whose is it? Always 200.",
	.auth = AUTH_SESSION, .tx = TX_READ, .lane = LANE_WORKER, .rate = RULE_LOOKUP,
	.query = { OPT_TEXT("token", 256, "the invite_token of the sign-up page's URL") },
	.prove = prove, .run = validate,
};
