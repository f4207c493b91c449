/* sign_out.c - sign one account out of this session, or all of them. The session itself lives on. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/api.h"

#include "base/str.h"

static enum status
sign_out_one(struct request *rq, struct str text)
{
	struct signin_id id;
	enum status st;

	if (!signin_id_parse(text, &id))
		return refuse(rq, E_BAD_REQUEST_BODY, "This account is not signed in here.");
	st = session_end_signin(&rq->task, rq->deployment->id, rq->session.id, id);
	if (st == E_NOT_FOUND)
		return refuse(rq, E_BAD_REQUEST_BODY, "This account is not signed in here.");
	TRY(st);
	/* Promoting another account silently would surprise: nobody is active now. */
	if (rq->session.active_signin.v == id.v)
		rq->session.active_signin.v = 0;
	return audit(rq, AUDIT_SIGNIN_ENDED, (struct user_id){ 0 }, STR_NONE);
}

/* A second sign-out ends nothing and still answers 200. */
static enum status
sign_out_all(struct request *rq)
{
	if (!rq->session.stored)
		return OK;
	TRY(session_end_all_signins(&rq->task, rq->deployment->id, rq->session.id));
	rq->session.active_signin.v = 0;
	return audit(rq, AUDIT_SESSION_SIGNED_OUT, (struct user_id){ 0 }, STR_NONE);
}

static enum status
sign_out(struct request *rq)
{
	struct str text = query_text(rq, "sign_in_id");

	if (text.n > 0)
		TRY(sign_out_one(rq, text));
	else
		TRY(sign_out_all(rq));
	rq->session.updated_at = rq->session.stored ? rq->task.now : rq->session.updated_at;
	return reply_session(rq);
}

const struct route route_sign_out = {
	.method = HTTP_POST, .path = "/session/sign-out", .name = "session_sign_out",
	.summary = "Sign one account out of this session, or all of them.",
	.auth = AUTH_SESSION, .tx = TX_WRITE, .lane = LANE_WORKER,
	.query = { OPT_TEXT("sign_in_id", 64, "the sign-in to end; absent: all") },
	.run = sign_out,
};
