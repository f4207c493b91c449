/* org_deed.c - a request as the deeds of org/ take it. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/org/org_deed.h"

#include <string.h>

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
	char why[sizeof(rq->task.why)];

	if (st == OK || status_info[st].http >= 500)
		return st;
	if (st == E_NOT_FOUND || rq->task.why[0] == '\0')
		return refuse(rq, st, NULL);
	memcpy(why, rq->task.why, sizeof(why));
	return refuse(rq, st, "%s", why);
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
