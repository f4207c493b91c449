/* audit.c - audit events of requests: written down, and told the log once they are committed. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/pipeline.h"

#include "base/str.h"

/* Who did it: the user, or whoever acts for them with an impersonation ticket. */
static struct str
actor_of(const struct request *rq, struct user_id user)
{
	if (rq->on_behalf.n > 0)
		return arena_printf(rq->task.arena, "impersonation:" STR_FMT, STR_ARG(rq->on_behalf));
	if (rq->signin && rq->signin->actor.n > 0)
		return arena_printf(rq->task.arena, "impersonation:" STR_FMT, STR_ARG(rq->signin->actor));
	return user.v ? user_id_str(rq->task.arena, user) : S("");
}

static const char *
factor_of(const struct request *rq)
{
	return rq->factor ? rq->factor : "session";
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
	*line = (struct audit_line){ rq->priv->audits, event, user, entry.actor };
	rq->priv->audits = line;
	return audit_write(&rq->task, rq->deployment->id, &entry);
}

void
audit_log(const struct request *rq)
{
	for (const struct audit_line *a = rq->priv->audits; a; a = a->next)
		log_event(LOG_NOTICE, EV_AUDIT,
		    "request=%016llx event=%s result=success deployment=%lld user=%lld actor=%s factor=%s ip=%s",
		    (unsigned long long)rq->x->id, audit_event_info[a->event].name, (long long)rq->deployment->id.v,
		    (long long)a->user.v, log_quote(a->actor).text, factor_of(rq), rq->client_text);
}

/* What a refusal is, when it is about who somebody is and what they may. */
static const char *const results[E__COUNT] = {
	[E_INVALID_CREDENTIALS] = "failure",
	[E_USER_NOT_FOUND] = "failure",
	[E_INVALID_CODE] = "failure",
	[E_VERIFICATION_CODE_EXPIRED] = "failure",
	[E_BAD_SIGN_IN_ATTEMPT] = "failure",
	[E_INVALID_TICKET] = "failure",
	[E_INVALID_STATE] = "failure",
	[E_OAUTH_COMPLETION_FAILED] = "failure",
	[E_CHALLENGE_FAILED] = "failure",
	[E_CHALLENGE_REQUIRED] = "denial",
	[E_PASSWORD_CHANGE_REQUIRED] = "denial",
	[E_USER_DISABLED] = "denial",
	[E_UNAUTHORIZED] = "denial",
	[E_FORBIDDEN] = "denial",
	[E_REAUTH_REQUIRED] = "denial",
	[E_MFA_REQUIRED] = "denial",
	[E_IP_NOT_ALLOWED] = "denial",
	[E_LIMIT_REACHED] = "denial",
	[E_RATE_LIMITED] = "denial",
	[E_SIGNUP_RESTRICTED] = "denial",
	[E_SIGNUP_WAITLIST_ONLY] = "denial",
	[E_EMAIL_NOT_ALLOWED] = "denial",
	[E_EMAIL_BLOCKED] = "denial",
	[E_DISPOSABLE_EMAIL_BLOCKED] = "denial",
	[E_COUNTRY_RESTRICTED] = "denial",
	[E_VOIP_NUMBER_BLOCKED] = "denial",
};

void
refusal_log(const struct request *rq)
{
	enum status st = rq->n_problems > 0 ? rq->problems[0].st : rq->priv->outcome;
	struct user_id user = rq->tried.v == 0 && rq->signin ? rq->signin->user : rq->tried;

	if (rq->priv->outcome == OK || !results[st])
		return;
	log_event(LOG_NOTICE, EV_AUTH_REFUSED,
	    "request=%016llx result=%s code=%s route=%s deployment=%lld user=%lld actor=%s factor=%s ip=%s",
	    (unsigned long long)rq->x->id, results[st], status_info[st].code, rq->route ? rq->route->name : "none",
	    rq->deployment ? (long long)rq->deployment->id.v : 0LL, (long long)user.v, log_quote(actor_of(rq, user)).text,
	    factor_of(rq), rq->client_text);
}
