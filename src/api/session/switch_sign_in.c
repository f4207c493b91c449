/* switch_sign_in.c - make another account of this session the active one. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/api.h"
#include "session/coherence.h"
#include "store/store.gen.h"

static enum status
switch_sign_in(struct request *rq)
{
	struct deployment_id d = rq->deployment->id;
	struct task *t = &rq->task;
	struct session_state s;
	struct signin_id id;
	int64_t rows;

	TRY(session_state_load(t, d, &rq->session, rq->told_signin_attempt, rq->told_signup_attempt, &s));
	if (!signin_id_parse(query_text(rq, "sign_in_id"), &id) || !session_state_find_signin(&s, id))
		return refuse(rq, E_BAD_REQUEST_BODY, "This account is not signed in here.");
	TRY(sql_session_set_active(t, d, rq->session.id, id, t->now, &rows));
	rq->session.active_signin = id;
	rq->session.updated_at = t->now;
	TRY(cache_touch(t, d, SUBJECT_SESSION, rq->session.id.v));
	return reply_session(rq);
}

const struct route route_switch_sign_in = {
	.method = HTTP_POST, .path = "/session/switch-sign-in", .name = "session_switch_sign_in",
	.summary = "Make another account of this session the active one.",
	.auth = AUTH_SESSION, .tx = TX_WRITE, .lane = LANE_WORKER,
	.query = { REQ_TEXT("sign_in_id", 64, "the sign-in to make active") },
	.run = switch_sign_in,
};
