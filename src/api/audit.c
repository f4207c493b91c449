/* audit.c - audit events of requests: written down, and told the log once they are committed. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/pipeline.h"

#include "base/str.h"

/* Who did it: the user, or whoever acts for them with an impersonation ticket. */
static struct str
actor_of(const struct request *rq, struct user_id user)
{
	if (rq->signin && rq->signin->actor.n > 0)
		return arena_printf(rq->task.arena, "impersonation:" STR_FMT, STR_ARG(rq->signin->actor));
	return user.v ? user_id_str(rq->task.arena, user) : S("");
}

enum status
audit(struct request *rq, enum audit_event event, struct user_id user, struct str detail)
{
	struct audit_line *line = arena_one(rq->task.arena, struct audit_line);
	const struct audit_entry entry = {
		.event = event, .actor = actor_of(rq, user), .user = user, .session = rq->session.id,
		.ip = str_of(rq->client_text), .detail = detail,
	};

	TRY_MEM(&rq->task, line);
	*line = (struct audit_line){ rq->priv->audits, event, user };
	rq->priv->audits = line;
	return audit_write(&rq->task, rq->deployment->id, &entry);
}

void
audit_log(const struct request *rq)
{
	for (const struct audit_line *a = rq->priv->audits; a; a = a->next)
		log_event(LOG_INFO, EV_AUDIT, "request=%016llx event=%s deployment=%lld user=%lld ip=%s",
		    (unsigned long long)rq->x->id, audit_event_info[a->event].name, (long long)rq->deployment->id.v,
		    (long long)a->user.v, rq->client_text);
}
