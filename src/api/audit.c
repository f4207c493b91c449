/* audit.c - the table of audit events; writing them down, and telling the log once they are committed. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/pipeline.h"

#include "base/str.h"
#include "store/store.gen.h"

#define AUDIT_ROW(id, name, hook, help) [id] = { name, hook, help },
const struct audit_event_info audit_event_info[AUDIT__COUNT] = { AUDIT_EVENTS(AUDIT_ROW) };
#undef AUDIT_ROW

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
	struct task *t = &rq->task;
	struct audit_line *line = arena_one(t->arena, struct audit_line);
	struct str actor = actor_of(rq, user);

	TRY_MEM(t, line);
	*line = (struct audit_line){ rq->priv->audits, event, user };
	rq->priv->audits = line;
	return sql_audit_insert(t, rq->deployment->id, (struct audit_id){ id_next(t->now) }, t->now,
	    str_of(audit_event_info[event].name), actor, user, rq->session.id, str_of(rq->client_text),
	    detail.n > 0 ? detail : S("{}"));
}

void
audit_log(const struct request *rq)
{
	for (const struct audit_line *a = rq->priv->audits; a; a = a->next)
		log_event(LOG_INFO, EV_AUDIT, "request=%016llx event=%s deployment=%lld user=%lld ip=%s",
		    (unsigned long long)rq->x->id, audit_event_info[a->event].name, (long long)rq->deployment->id.v,
		    (long long)a->user.v, rq->client_text);
}
