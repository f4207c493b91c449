/* sign_out.c - sign one account out of this session, or all of them. The session itself lives on. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/api.h"
#include "base/str.h"

static enum status
sign_out_one(struct request *rq, const struct session_state *s, struct str text)
{
	const struct signin_row *signin = NULL;
	struct signin_id id;

	if (signin_id_parse(text, &id))
		signin = session_state_find_signin(s, id);
	if (!signin)
		return refuse(rq, E_BAD_REQUEST_BODY, "This account is not signed in here.");
	TRY(session_end_signin(&rq->task, rq->deployment->id, rq->session.id, id));
	/* Promoting another account silently would surprise: nobody is active now. */
	if (rq->session.active_signin.v == id.v)
		rq->session.active_signin.v = 0;
	return audit(rq, AUDIT_SIGNIN_ENDED, signin->user, STR_NONE);
}

/* A second sign-out ends nothing and still answers 200. */
static enum status
sign_out_all(struct request *rq, const struct session_state *s)
{
	if (!rq->session.stored)
		return OK;
	TRY(session_end_all_signins(&rq->task, rq->deployment->id, rq->session.id));
	rq->session.active_signin.v = 0;
	for (size_t i = 0; i < s->n_signins; i++)
		TRY(audit(rq, AUDIT_SESSION_SIGNED_OUT, s->signins[i].user, STR_NONE));
	return OK;
}

static enum status
sign_out(struct request *rq)
{
	struct str text = query_text(rq, "sign_in_id");
	struct session_state s;

	TRY(session_state_load(&rq->task, rq->deployment->id, &rq->session, rq->told_signin_attempt, rq->told_signup_attempt, &s));
	if (text.n > 0)
		TRY(sign_out_one(rq, &s, text));
	else
		TRY(sign_out_all(rq, &s));
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
