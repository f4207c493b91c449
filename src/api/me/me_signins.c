/* me_signins.c - where the user is signed in, on every device, and signing one of them out. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/api.h"
#include "store/store.gen.h"

/* An idle session is over before the sweep comes by, in this list as in the session itself. */
static bool
session_is_live(
    const struct request *rq, const struct user_sessions_row *sessions, size_t n, struct session_id id)
{
	struct session_rules rules = request_session_rules(rq);

	for (size_t i = 0; i < n; i++)
		if (sessions[i].id.v == id.v)
			return !session_is_over(
			    &rules, id, sessions[i].last_active_at, sessions[i].expires_at, rq->task.now);
	return false;
}

static enum status
me_signins(struct request *rq)
{
	struct deployment_id d = rq->deployment->id;
	struct user_sessions_row *sessions;
	struct signin_row *signins;
	size_t n_sessions, n;
	struct json *j;

	TRY(sql_user_sessions(&rq->task, d, rq->signin->user, &sessions, &n_sessions));
	TRY(sql_user_signins(&rq->task, d, rq->signin->user, rq->task.now, &signins, &n));
	j = reply(rq);
	json_array_begin(j, "data");
	for (size_t i = 0; i < n; i++)
		if (session_is_live(rq, sessions, n_sessions, signins[i].session))
			view_signin(j, NULL, &signins[i], NULL, NULL, 0);
	json_array_end(j);
	return OK;
}

const struct route route_me_signins = {
	.method = HTTP_GET,
	.path = "/me/signins",
	.name = "me_signins",
	.summary = "The user's live sign-ins on all devices, newest first.",
	.auth = AUTH_SIGNIN,
	.tx = TX_READ,
	.lane = LANE_WORKER,
	.run = me_signins,
};

/* Somebody else's sign-in, one that has ended and one that never was get the same answer. */
static enum status
me_signin_signout(struct request *rq)
{
	struct deployment_id d = rq->deployment->id;
	struct signin_of_user_find_row row;
	struct signin_id id;
	enum status st = E_NOT_FOUND;

	if (signin_id_parse(rq->ids[0], &id))
		st = sql_signin_of_user_find(&rq->task, d, rq->signin->user, id, &row);
	if (st == OK)
		st = session_end_signin(&rq->task, d, row.session, id);
	if (st == E_NOT_FOUND)
		return refuse(rq, E_NOT_FOUND, NULL);
	TRY(st);
	if (rq->session.active_signin.v == id.v)
		rq->session.active_signin.v = 0;
	TRY(audit(rq, AUDIT_SIGNIN_ENDED, rq->signin->user, STR_NONE));
	json_put_null(reply(rq), "data");
	return OK;
}

const struct route route_me_signin_signout = {
	.method = HTTP_POST,
	.path = "/me/signins/{id}/signout",
	.name = "me_signin_signout",
	.summary = "End one of the user's sign-ins, wherever it is.",
	.auth = AUTH_SIGNIN,
	.rule = RULE_OWN,
	.tx = TX_WRITE,
	.lane = LANE_WORKER,
	.credential = true,
	.fails = { E_NOT_FOUND },
	.run = me_signin_signout,
};
