/* org_deed.c - a request as the deeds of org/ take it. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/org/org_deed.h"

#include "base/str.h"

static enum status
write_down(const struct org_deed *deed, enum audit_event event, struct user_id user, struct str detail)
{
	struct request *rq = deed->arg;

	return audit(rq, event, rq->signin ? rq->signin->user : user, detail);
}

struct org_deed
org_deed_of(struct request *rq)
{
	return (struct org_deed){ &rq->task, rq->deployment, write_down, rq };
}

enum status
org_deed_told(struct request *rq, enum status st)
{
	if (st == OK || status_info[st].http >= 500)
		return st;
	if (st == E_NOT_FOUND || rq->task.why[0] == '\0')
		return refuse(rq, st, NULL);
	return refuse(rq, st, "%s", rq->task.why);
}

enum status
org_outcome(struct request *rq, enum status st)
{
	if (st == E_NOT_FOUND)
		return refuse(rq, E_FORBIDDEN, NULL);
	if (st == E_FORBIDDEN || st == E_BAD_REQUEST_BODY)
		return refuse(rq, st, "%s", rq->task.why);
	return st;
}

struct str
org_event_detail(struct arena *a, const struct org_event *e)
{
	struct json j;
	struct buf b;

	buf_init_arena(&b, a, 1024);
	json_init(&j, &b);
	json_object_begin(&j, NULL);
	json_org_id(&j, "organization_id", e->org);
	if (e->workspace.v != 0)
		json_workspace_id(&j, "workspace_id", e->workspace);
	if (e->orgmem.v != 0)
		json_orgmem_id(&j, "membership_id", e->orgmem);
	if (e->wsmem.v != 0)
		json_wsmem_id(&j, "membership_id", e->wsmem);
	if (e->user.v != 0)
		json_user_id(&j, "user_id", e->user);
	if (e->orgrole.v != 0)
		json_orgrole_id(&j, "role_id", e->orgrole);
	if (e->wsrole.v != 0)
		json_wsrole_id(&j, "role_id", e->wsrole);
	json_object_end(&j);
	return buf_str(&b);
}

enum status
org_audit(struct request *rq, enum audit_event event, const struct org_event *e)
{
	struct str detail = org_event_detail(rq->task.arena, e);

	TRY_MEM(&rq->task, detail.p);
	return audit(rq, event, rq->signin->user, detail);
}

enum status
reply_done(struct request *rq, const char *message)
{
	struct json *j = reply(rq);

	json_object_begin(j, "data");
	json_bool(j, "success", true);
	json_str(j, "message", str_of(message));
	json_object_end(j);
	return OK;
}
