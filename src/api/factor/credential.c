/* credential.c - what holds whenever somebody changes how they prove who they are. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/factor/credential.h"

#include "api/notice.h"
#include "base/str.h"

#define PROOF_FRESH_US (10 * MINUTE_US)

enum status
credential_check(struct request *rq)
{
	if (rq->signin->actor.n > 0)
		return refuse(rq, E_FORBIDDEN, "This cannot be done on somebody else's behalf.");
	if (rq->deployment->settings.step_up_required && rq->task.now - rq->signin->proved_at > PROOF_FRESH_US)
		return refuse(rq, E_REAUTH_REQUIRED, NULL);
	return OK;
}

enum status
credential_hold(struct request *rq)
{
	struct deployment_id d = rq->deployment->id;
	struct user_id user = rq->signin->user;
	struct signin_of_session_find_row row;
	int64_t rows;
	enum status st;

	TRY(credential_check(rq));
	TRY(sql_account_lock(&rq->task, d, user, &rows));
	st = rows == 1 ? sql_signin_of_session_find(&rq->task, d, rq->session.id, user, rq->task.now, &row) : E_NOT_FOUND;
	return st == E_NOT_FOUND ? refuse(rq, E_UNAUTHORIZED, NULL) : st;
}

enum status
credential_changed(struct request *rq, enum audit_event event, const char *sentence)
{
	struct deployment_id d = rq->deployment->id;
	struct user_id user = rq->signin->user;

	TRY(session_end_user_others(&rq->task, d, user, rq->signin->id));
	TRY(request_renew_token(rq));
	TRY(audit(rq, event, user, STR_NONE));
	return notice_put(rq, user, sentence, S(""));
}
