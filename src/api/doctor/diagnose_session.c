/* diagnose_session.c - whose session the token is, by the resolver's own word, and what became of its people. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/doctor/examine.h"

#include "base/clock.h"
#include "base/str.h"
#include "store/store.gen.h"

enum { EVENTS_BACK = 20000, USER_EVENTS = 20, OTHERS_MAX = 500 };

/* ---- nobody's session ---- */

/* The same token, asked at another deployment. */
struct elsewhere {
	struct examination      *e;
	const struct deployment *deployment;
	bool                     is_there;
};

static enum status
elsewhere_read(struct task *t, void *arg)
{
	struct elsewhere *w = arg;
	struct session_rules rules = request_session_rules(&w->e->rq);
	struct session_ref ref;
	enum session_action action;

	rules.deployment = w->deployment;
	TRY(session_resolve(t, &rules, w->e->priv.token, false, &ref, &action));
	w->is_there = ref.lack == LACK_NONE || ref.lack == LACK_ANONYMOUS;
	return OK;
}

static enum status
look_elsewhere(struct examination *e, struct str *ret_host)
{
	const struct deployment **all;
	size_t n = directory_all(e->app->directory, e->t->arena, &all);
	struct elsewhere w = { .e = e };
	enum status st = OK;

	*ret_host = STR_NONE;
	for (size_t i = 0; i < n; i++) {
		w.deployment = all[i];
		if (st == OK && !ret_host->p && i < OTHERS_MAX && all[i]->id.v != e->rq.deployment->id.v)
			st = db_read(e->t, e->db, elsewhere_read, &w);
		if (st == OK && w.is_there && !ret_host->p)
			*ret_host = arena_dup(e->t->arena, all[i]->backend_host);
		deployment_unref(all[i]);
	}
	return st;
}

static const enum finding_code lack_findings[] = {
	[LACK_ANONYMOUS] = FINDING_NEVER_SIGNED_IN,
	[LACK_NO_TOKEN] = FINDING_TOKEN_MALFORMED,
	[LACK_UNKNOWN] = FINDING_TOKEN_UNKNOWN,
	[LACK_ANONYMOUS_BAD] = FINDING_ANONYMOUS_BAD,
	[LACK_EXPIRED] = FINDING_SESSION_EXPIRED,
	[LACK_IDLE] = FINDING_SESSION_IDLE,
	[LACK_SUPERSEDED] = FINDING_TOKEN_SUPERSEDED,
	[LACK_STORED_SINCE] = FINDING_TOKEN_SUPERSEDED,
};

static enum status
found_lack(struct examination *e)
{
	enum session_lack lack = e->rq.session.lack;
	struct str host = STR_NONE;

	if (e->priv.token.n == 0)
		return OK;
	if (lack == LACK_UNKNOWN || lack == LACK_ANONYMOUS_BAD)
		TRY(look_elsewhere(e, &host));
	if (host.p)
		examine_found(e, FINDING_TOKEN_OTHER_DEPLOYMENT, host);
	else
		examine_found(e, lack_findings[lack], lack == LACK_ANONYMOUS ? S("") : examine_masked(e, e->priv.token));
	return OK;
}

/* ---- a session without people ---- */

/* Events that end sign-ins, and what it means that one was the last. */
static const struct ending {
	enum audit_event  event;
	enum finding_code code;
} endings[] = {
	{ AUDIT_SESSION_REVOKED, FINDING_SESSION_REVOKED },
	{ AUDIT_USER_DISABLED, FINDING_USER_DISABLED },
	{ AUDIT_USER_DELETED, FINDING_USER_GONE },
	{ AUDIT_SESSION_SIGNED_OUT, FINDING_SIGNED_OUT },
	{ AUDIT_SIGNIN_ENDED, FINDING_SIGNED_OUT },
	{ AUDIT_SESSION_TOKEN_REPLAYED, FINDING_TOKEN_REPLACED },
	{ AUDIT_PASSWORD_CHANGED, FINDING_SIGN_IN_ENDED },
	{ AUDIT_PASSWORD_REMOVED, FINDING_SIGN_IN_ENDED },
	{ AUDIT_PASSWORD_RESET, FINDING_SIGN_IN_ENDED },
	{ AUDIT_USER_CLAIMED, FINDING_SIGN_IN_ENDED },
};

static const struct ending *
ending_find(struct str event)
{
	for (size_t i = 0; i < ARRAY_LEN(endings); i++)
		if (str_eq(event, str_of(audit_event_info[endings[i].event].name)))
			return &endings[i];
	return NULL;
}

static void
found_ending(struct examination *e, const struct ending *end, struct user_id user, int64_t at)
{
	struct str value = clock_rfc3339(e->t->arena, at);

	if (end->code == FINDING_USER_DISABLED || end->code == FINDING_USER_GONE)
		value = user_id_str(e->t->arena, user);
	else if (end->code == FINDING_SIGN_IN_ENDED)
		value = arena_printf(e->t->arena, "%s at " STR_FMT, audit_event_info[end->event].name, STR_ARG(value));
	examine_found(e, end->code, value);
}

/* What happened to whoever was signed in here, after that. */
static enum status
look_at_user(struct task *t, struct examination *e, struct user_id user, int64_t signed_in_at)
{
	struct deployment_id d = e->rq.deployment->id;
	struct audit_of_user_lately_row *rows;
	size_t n;

	if (user.v == 0)
		return OK;
	TRY(sql_audit_of_user_lately(t, d, user, (struct audit_id){ INT64_MAX }, USER_EVENTS, &rows, &n));
	for (size_t i = 0; i < n && rows[i].at >= signed_in_at; i++) {
		const struct ending *end = ending_find(rows[i].event);

		/* What is told of another session is that one's. */
		if (!end || (rows[i].session.v != 0 && rows[i].session.v != e->rq.session.id.v && end->code != FINDING_SIGN_IN_ENDED))
			continue;
		found_ending(e, end, user, rows[i].at);
		return OK;
	}
	return OK;
}

static enum status
look_at_session(struct task *t, struct examination *e)
{
	struct audit_of_session_lately_row *rows;
	size_t n;

	TRY(sql_audit_of_session_lately(t, e->rq.deployment->id, (struct audit_id){ INT64_MAX }, EVENTS_BACK, e->rq.session.id,
	    &rows, &n));
	for (size_t i = 0; i < n; i++) {
		const struct ending *end = ending_find(rows[i].event);

		if (end && end->code != FINDING_SIGN_IN_ENDED) {
			found_ending(e, end, rows[i].user, rows[i].at);
			return OK;
		}
		if (str_eq(rows[i].event, str_of(audit_event_info[AUDIT_SIGNIN_CREATED].name)))
			return look_at_user(t, e, rows[i].user, rows[i].at);
	}
	return OK;
}

static enum status
found_nobody(struct task *t, struct examination *e)
{
	size_t before = e->d->n_findings;

	TRY(look_at_session(t, e));
	if (e->d->n_findings > before)
		return OK;
	if (e->rq.session.updated_at == e->rq.session.created_at)
		examine_found(e, FINDING_NEVER_SIGNED_IN, S("1"));
	else
		examine_found(e, FINDING_SIGN_IN_ENDED, S(""));
	return OK;
}

/* ---- resolving ---- */

static const char *const lack_texts[] = {
	[LACK_NONE] = "the token is that of a stored session",
	[LACK_ANONYMOUS] = "a visitor's token: nothing is stored for it",
	[LACK_NO_TOKEN] = "no token, or nothing that looks like one: a new visitor",
	[LACK_UNKNOWN] = "no such token in this deployment: a new visitor",
	[LACK_ANONYMOUS_BAD] = "a visitor's token that is not good here: a new visitor",
	[LACK_EXPIRED] = "the session is past its absolute limit: a new visitor",
	[LACK_IDLE] = "the session is past its idle limit: a new visitor",
	[LACK_SUPERSEDED] = "the token was superseded by a security event",
	[LACK_STORED_SINCE] = "the session went on without this token: a new visitor",
};

static enum status
look_at_people(struct task *t, struct examination *e)
{
	struct request *rq = &e->rq;
	const struct session_state *s = &rq->state;

	TRY(session_state_load(t, rq->deployment->id, &rq->session, (struct signin_attempt_id){ 0 },
	    (struct signup_attempt_id){ 0 }, &rq->state));
	examine_saw(e, "sign-in", "%zu signed in, active: " STR_FMT, s->n_signins,
	    STR_ARG(s->active ? user_id_str(t->arena, s->active->user) : S("nobody")));
	if (s->active)
		e->d->verdict = DIAGNOSIS_SIGNED_IN;
	else if (s->n_signins > 0)
		examine_found(e, FINDING_NO_ACTIVE, arena_printf(t->arena, "%zu", s->n_signins));
	else
		return found_nobody(t, e);
	return OK;
}

static enum status
resolve_read(struct task *t, void *arg)
{
	struct examination *e = arg;
	struct session_rules rules = request_session_rules(&e->rq);

	TRY(session_resolve(t, &rules, e->priv.token, false, &e->rq.session, &e->action));
	examine_saw(e, "session", "%s", lack_texts[e->rq.session.lack]);
	if (e->action == SESSION_END_STOLEN) {
		examine_found(e, FINDING_TOKEN_REPLACED, S(""));
		return OK;
	}
	return e->rq.session.stored ? look_at_people(t, e) : OK;
}

enum status
examine_session(struct examination *e)
{
	e->d->verdict = DIAGNOSIS_SIGNED_OUT;
	if (e->rq.route->auth == AUTH_NONE) {
		e->d->verdict = DIAGNOSIS_NO_SESSION;
		examine_saw(e, "session", "this path looks at no session");
		return OK;
	}
	TRY(db_read(e->t, e->db, resolve_read, e));
	return e->rq.session.stored ? OK : found_lack(e);
}
