/* switch_scope.c - the deed behind every change of the active organization or workspace. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/org/switch_scope.h"

#include "base/str.h"
#include "session/coherence.h"
#include "store/store.gen.h"

bool
switch_is_personal(struct str id)
{
	return id.n == 0 || str_eq(id, S("0"));
}

static enum status
hold_memberships(struct request *rq, struct scope to)
{
	struct deployment_id d = rq->deployment->id;
	int64_t rows = 1;

	if (to.orgmem.v != 0)
		TRY(sql_orgmem_lock(&rq->task, d, to.orgmem, &rows));
	if (rows == 1 && to.wsmem.v != 0)
		TRY(sql_wsmem_lock(&rq->task, d, to.wsmem, &rows));
	return rows == 1 ? OK : refuse(rq, E_FORBIDDEN, NULL);
}

enum status
switch_scope(struct request *rq, enum scope_event event, struct scope to)
{
	struct deployment_id d = rq->deployment->id;
	struct task *t = &rq->task;
	struct signin_scope_row row;
	struct scope next;
	enum status st;
	int64_t rows;

	TRY(hold_memberships(rq, to));
	st = sql_signin_scope(t, d, rq->signin->id, &row);
	if (st == E_NOT_FOUND)
		return refuse(rq, E_UNAUTHORIZED, NULL);
	TRY(st);
	next = scope_after((struct scope){ row.orgmem, row.wsmem, row.wsmem_in }, event, to);
	/*
	 * The account before the sign-in, as everywhere: two orders would wait for each other. Where somebody went
	 * on the user's behalf is not where the user was.
	 */
	if (rq->signin->actor.n == 0)
		TRY(sql_account_set_last_scope(t, d, rq->signin->user, next.orgmem, next.wsmem, &rows));
	TRY(sql_signin_set_scope(t, d, rq->signin->id, next.orgmem, next.wsmem, t->now, &rows));
	if (rows == 0)
		return refuse(rq, E_UNAUTHORIZED, NULL);
	return cache_touch(t, d, SUBJECT_SESSION, rq->session.id.v);
}
