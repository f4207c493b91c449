/* org_deed.c - a request as the deeds of org/ take it. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/org/org_deed.h"

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
