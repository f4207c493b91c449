/* ticket_exchange.c - GET /session/ticket/exchange: a link from an operator signs one user in, once. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/api.h"
#include "api/app.h"
#include "api/sign_in/complete.h"
#include "auth/ticket.h"
#include "base/str.h"
#include "store/store.gen.h"

/* A page that mounts twice exchanges twice: the second time finds the first one's work done. */
#define AGAIN_US (10 * SECOND_US)

static enum status
refuse_ticket(struct request *rq)
{
	return refuse(rq, E_INVALID_TICKET, NULL);
}

static enum status
write_down(struct request *rq, const struct ticket_find_row *k)
{
	struct buf detail;
	struct json j;

	buf_init_arena(&detail, rq->task.arena, 1024);
	json_init(&j, &detail);
	json_object_begin(&j, NULL);
	json_str(&j, "kind", k->kind == TICKET_IMPERSONATION ? S("impersonation") : S("sign-in"));
	json_str(&j, "actor", k->actor);
	json_object_end(&j);
	return audit(rq, AUDIT_TICKET_USED, k->user, buf_str(&detail));
}

static enum status
sign_in_by(struct request *rq, const struct ticket_find_row *k)
{
	rq->on_behalf = k->kind == TICKET_IMPERSONATION ? k->actor : S("");
	TRY(write_down(rq, k));
	if (k->kind == TICKET_IMPERSONATION)
		return sign_in_on_behalf(rq, k->user, k->actor, IMPERSONATION_TTL_US);
	return sign_in_complete_again(rq, k->user, "ticket");
}

/* Is its user signed in where it was used, still? */
static enum status
find_signin(struct request *rq, const struct ticket_find_row *k, bool *ret_found)
{
	struct signin_row *rows;
	size_t n;

	*ret_found = false;
	TRY(sql_session_signins(&rq->task, rq->deployment->id, k->used_by, rq->task.now, &rows, &n));
	for (size_t i = 0; i < n; i++)
		*ret_found = *ret_found || rows[i].user.v == k->user.v;
	return OK;
}

/*
 * Used a moment ago by this very session: that it is done is all there is to say. Two at once carry one token, which
 * the first has replaced by the time that the second is looked at.
 */
static enum status
use_again(struct request *rq, const struct ticket_find_row *k)
{
	bool was_renewed = rq->session.superseded, is_signed_in;

	TRY(find_signin(rq, k, &is_signed_in));
	if (is_signed_in && rq->task.now - k->used_at <= AGAIN_US &&
	    (request_is_renewed(rq, k->used_by) || k->used_by.v == rq->session.id.v))
		return OK;
	return was_renewed ? refuse(rq, E_UNAUTHORIZED, SESSION_RENEWED_TEXT) : refuse_ticket(rq);
}

/* Used now, if *ret_rows is 1, or found as it is; by whichever master key made it. E_NOT_FOUND: there is none. */
static enum status
take(struct request *rq, struct ticket_find_row *ret_row, int64_t *ret_rows)
{
	struct deployment_id d = rq->deployment->id;
	struct keys_each each = { 0 };
	uint8_t hash[32];
	struct str h = { (const char *)hash, sizeof(hash) };
	enum status st;

	*ret_rows = 0;
	do {
		TRY(ticket_hash(&rq->task, rq->app->keys, d, query_text(rq, "ticket"), &each, hash));
		if (!rq->session.superseded)
			TRY(sql_ticket_use(&rq->task, d, h, rq->session.id, rq->task.now, ret_rows));
		st = sql_ticket_find(&rq->task, d, h, ret_row);
	} while (st == E_NOT_FOUND);
	return st;
}

static enum status
use(struct request *rq)
{
	struct ticket_find_row k;
	int64_t rows;
	enum status st;

	request_tries(rq, (struct user_id){ 0 }, "ticket");
	st = take(rq, &k, &rows);
	if (st == E_NOT_FOUND)
		return refuse_ticket(rq);
	TRY(st);
	rq->tried = k.user;
	return rows == 1 ? sign_in_by(rq, &k) : use_again(rq, &k);
}

static enum status
ticket_exchange(struct request *rq)
{
	struct json *j;

	TRY(use(rq));
	TRY(session_state_load(&rq->task, rq->deployment->id, &rq->session, (struct signin_attempt_id){ 0 },
	    (struct signup_attempt_id){ 0 }, &rq->state));
	j = reply(rq);
	json_object_begin(j, "data");
	json_bool(j, "success", true);
	json_str(j, "message", S(""));
	json_session_id(j, "session_id", rq->session.id);
	view_session(j, "session", &rq->state);
	json_object_end(j);
	return OK;
}

const struct route route_ticket_exchange = {
	.method = HTTP_GET, .path = "/session/ticket/exchange", .name = "session_ticket_exchange",
	.summary = "Sign in with a ticket that an operator made; it works once, and only for a page's own call.",
	.auth = AUTH_SESSION, .tx = TX_WRITE, .lane = LANE_WORKER, .rate = RULE_LOOKUP, .no_navigation = true,
	.renewed_too = true,
	.query = { REQ_TEXT("ticket", 128, "as it came in the link") },
	.fails = { E_INVALID_TICKET, E_USER_DISABLED, E_LIMIT_REACHED },
	.run = ticket_exchange,
};
