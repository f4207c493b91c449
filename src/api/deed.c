/* deed.c - on a worker: body, session, sign-in, the handler and its transaction. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/pipeline.h"

#include "api/factor/credential.h"
#include "api/rules.h"
#include "base/clock.h"
#include "base/secret.h"
#include "base/str.h"
#include "notify/sender.h"
#include "session/coherence.h"
#include "store/store.gen.h"

/* ---- the body ---- */

static enum status
check_value(struct request *rq, const struct field *f, const struct param *p)
{
	if (f->kind == F_FILE)
		return OK;
	if (p->file_type.p)
		return refuse(rq, E_BAD_REQUEST_BODY, "The field %s takes text, not a file.", f->name);
	if (f->max > 0 && str_code_points(p->value) > f->max)
		return refuse(rq, E_BAD_REQUEST_BODY, "The field %s is longer than %u characters.", f->name, (unsigned)f->max);
	if (f->kind == F_BOOL && p->value.n > 0 && !str_eq(p->value, S("true")) && !str_eq(p->value, S("false")) &&
	    !str_eq(p->value, S("1")) && !str_eq(p->value, S("0")))
		return refuse(rq, E_BAD_REQUEST_BODY, "The field %s must be true or false.", f->name);
	return OK;
}

static enum status
check_missing(struct request *rq, const struct field *f)
{
	enum status st = f->missing ? f->missing : E_BAD_REQUEST_BODY;

	return refuse(rq, st, "The field %s is missing.", f->name);
}

/* Two readings of one field are refused, and so is a plain field spelled as a list. */
static enum status
check_field(struct request *rq, const struct params *ps, const struct field *f)
{
	struct str name = str_of(f->name);
	size_t seen = 0, filled = 0;

	for (size_t i = 0; i < ps->n; i++) {
		const struct param *p = &ps->items[i];

		/* {"name": {"x": 1}} comes as "name.x". */
		if (str_starts(p->name, name) && str_starts(str_from(p->name, name.n), S(".")))
			return refuse(rq, E_BAD_REQUEST_BODY, "The field %s does not take an object.", f->name);
		if (!str_eq(p->name, name))
			continue;
		if (f->kind != F_LIST && (++seen > 1 || p->is_list))
			return refuse(rq, E_BAD_REQUEST_BODY, "The field %s may be given only once.", f->name);
		filled += p->value.n > 0;
		TRY(check_value(rq, f, p));
	}
	return f->required && filled == 0 ? check_missing(rq, f) : OK;
}

static enum status
check_fields(struct request *rq, const struct params *ps, const struct field *fields, size_t n)
{
	for (size_t i = 0; i < n && fields[i].kind != F_END; i++)
		TRY(check_field(rq, ps, &fields[i]));
	return OK;
}

static enum status
read_body(struct request *rq)
{
	const char *sentence = NULL;
	enum status st = params_parse_body(&rq->task, &rq->x->head, rq->x->body, &rq->body, &sentence);

	return st == OK ? OK : refuse(rq, st, "%s", sentence ? sentence : status_info[st].text);
}

static enum status
check_declared(struct request *rq)
{
	TRY(check_fields(rq, &rq->query, rq->route->query, ARRAY_LEN(rq->route->query)));
	return check_fields(rq, &rq->body, rq->route->body, ARRAY_LEN(rq->route->body));
}

/* ---- how often ---- */

static enum status
take(struct request *rq, enum throttle_rule rule, uint64_t subject)
{
	int64_t wait_us;

	if (limiter_take(rq->app->limiter, rule, rq->deployment->id, subject, clock_mono(), &wait_us))
		return OK;
	rq->retry_after_s = wait_us / SECOND_US + 1;
	log_event(LOG_NOTICE, EV_THROTTLED, "request=%016llx rule=%s ip=%s", (unsigned long long)rq->x->id,
	    throttle_rule_info[rule].name, rq->client_text);
	return refuse(rq, E_RATE_LIMITED, NULL);
}

enum status
request_limit(struct request *rq, enum throttle_rule rule)
{
	return take(rq, rule, rq->source);
}

/* A stored session counts for itself, so that an office behind one address is not one caller. */
static enum status
check_rate(struct request *rq)
{
	uint64_t subject = rq->source;

	if (rq->session.stored)
		subject ^= (uint64_t)rq->session.id.v * UINT64_C(0x9e3779b97f4a7c15);
	if (rq->route->rate)
		TRY(take(rq, rq->route->rate, rq->source));
	return take(rq, RULE_REQUESTS, subject);
}

/* ---- the session ---- */

struct session_rules
request_session_rules(const struct request *rq)
{
	return (struct session_rules){ rq->app->keys, rq->deployment, rq->app->activity,
		.keeps_token = rq->route && rq->route->by_proxy && !rq->priv->ask.set_cookie };
}

static bool
route_stores(const struct request *rq)
{
	return rq->route->tx == TX_WRITE;
}

static enum status
resolve_read(struct task *t, void *arg)
{
	struct request *rq = arg;
	struct session_rules rules = request_session_rules(rq);
	enum session_action action;

	TRY(session_resolve(t, &rules, rq->priv->token, route_stores(rq), &rq->session, &action));
	return action == SESSION_READY ? OK : E_NEEDS_WRITE;
}

/* The event is the stolen session's; the request goes on with a new one. */
static enum status
audit_stolen(struct request *rq, struct session_id stolen)
{
	struct session_id own = rq->session.id;
	enum status st;

	rq->session.id = stolen;
	st = audit(rq, AUDIT_SESSION_TOKEN_REPLAYED, (struct user_id){ 0 }, STR_NONE);
	rq->session.id = own;
	return st;
}

static enum status
resolve_settle(struct task *t, void *arg)
{
	struct request *rq = arg;
	struct session_rules rules = request_session_rules(rq);
	struct session_id stolen;

	rq->priv->audits = NULL;
	TRY(session_settle(t, &rules, rq->priv->token, route_stores(rq), &rq->session, &stolen));
	return stolen.v ? audit_stolen(rq, stolen) : OK;
}

/* What is due (a rotation, the end of a stolen session) is committed whatever becomes of the request itself. */
static enum status
settle_session(struct request *rq, enum status st)
{
	if (st == E_NEEDS_WRITE)
		st = request_write(rq, resolve_settle, rq);
	TRY(st);
	if (rq->session.stored)
		activity_note(rq->app->activity, rq->deployment->id, rq->session.id, rq->session.active_signin,
		    rq->session.last_active_at, rq->task.now);
	rq->priv->settled = rq->session;
	return OK;
}

static enum status
check_session(struct request *rq)
{
	if (rq->route->auth == AUTH_NONE)
		return OK;
	/* Renewed by a sign-in elsewhere: it can look, signed out, but it can do nothing. */
	if (rq->session.superseded && !rq->route->renewed_too && (route_stores(rq) || rq->route->auth == AUTH_SIGNIN))
		return refuse(rq, E_UNAUTHORIZED, SESSION_RENEWED_TEXT);
	return OK;
}

static enum status
check_signin(struct request *rq)
{
	if (rq->route->auth != AUTH_SIGNIN)
		return OK;
	TRY(session_state_load(&rq->task, rq->deployment->id, &rq->session, (struct signin_attempt_id){ 0 },
	    (struct signup_attempt_id){ 0 }, &rq->state));
	rq->signin = rq->state.active;
	rq->priv->state_is_fresh = route_stores(rq) == false;
	return rq->signin ? OK : refuse(rq, E_UNAUTHORIZED, NULL);
}

/* Once a request: may this caller ask, so often, with these fields? */
static enum status
check_caller(struct request *rq)
{
	rq->priv->is_prepared = true;
	TRY(check_session(rq));
	TRY(check_rate(rq));
	/* Decided again inside the transaction; here it spares strangers the sentences about fields. */
	if (rq->route->auth == AUTH_SIGNIN && rq->session.active_signin.v == 0)
		return refuse(rq, E_UNAUTHORIZED, NULL);
	return check_declared(rq);
}

/* In the view at hand: who is signed in, and may they? */
static enum status
check_caller_now(struct request *rq, bool hold)
{
	TRY(check_signin(rq));
	TRY(rule_check(rq, hold));
	if (!rq->route->credential)
		return OK;
	return hold ? credential_hold(rq) : credential_check(rq);
}

/* ---- the deed ---- */

static enum status
run_route(struct request *rq)
{
	TRY(check_session(rq));
	TRY(check_caller_now(rq, rq->route->tx == TX_WRITE));
	TRY(rq->route->run(rq));
	return reply_complete(rq);
}

/* Only what a current token of a stored session gets may be kept: everything else changes with time alone. */
static void
keep_answer(struct request *rq)
{
	struct request_private *p = rq->priv;

	if (!rq->route->cached || !rq->session.stored || rq->session.token_out.n > 0)
		return;
	snapshot_unref(p->snapshot);
	p->snapshot = snapshot_new(p->moment, rq->deployment->id, &rq->session, rq->session.token_due_at, &rq->state,
	    buf_str(&rq->out), p->vouch);
}

/* What settling handed out goes with the answer, unless a sign-in elsewhere has superseded it since. */
static void
hand_out_settled(struct request *rq)
{
	if (rq->session.token_out.n == 0 && !rq->session.superseded)
		rq->session.token_out = rq->priv->settled.token_out;
}

/* Resolved, checked and read in one view. */
static enum status
run_read(struct task *t, void *arg)
{
	struct request *rq = arg;

	reply_reset(rq);
	rq->priv->state_is_fresh = false;
	if (rq->route->auth != AUTH_NONE) {
		TRY(resolve_read(t, rq));
		TRY(settle_session(rq, OK));
	}
	if (!rq->priv->is_prepared)
		TRY(check_caller(rq));
	TRY(run_route(rq));
	keep_answer(rq);
	return rq->route->judge ? rq->route->judge(rq) : OK;
}

static enum status
run_write(struct task *t, void *arg)
{
	struct request *rq = arg;
	struct session_rules rules = request_session_rules(rq);
	struct session_id stolen;

	reply_reset(rq);
	rq->priv->state_is_fresh = false;
	if (rq->route->auth != AUTH_NONE)
		TRY(session_settle(t, &rules, rq->priv->token, true, &rq->session, &stolen));
	TRY(run_route(rq));
	hand_out_settled(rq);
	return OK;
}

static void
write_done(struct task *t, enum status st, void *arg)
{
	const struct request *rq = arg;

	if (st == OK)
		coherence_publish(t);
	if (st == OK && t->wrote_message)
		sender_wake(rq->app->sender);
	request_finish(arg, st);
}

static enum status
submit_write(struct request *rq)
{
	struct request_private *p = rq->priv;

	p->job = (struct write_job){ .t = &rq->task, .run = run_write, .done = write_done, .arg = rq };
	if (store_write(rq->app->store, p->db, &p->job))
		return OK;
	log_event(LOG_WARN, EV_OVERLOAD, "request=%016llx why=\"too many writes wait\"", (unsigned long long)rq->x->id);
	return E_OVERLOADED;
}

/* The reader may find, at the last moment, that its token is due: then once more, in a view that has it settled. */
static enum status
read_settled(struct request *rq)
{
	for (int tries = 0; tries < 3; tries++) {
		enum status st;

		/* Before the view begins: what is published from here on makes the answer stale. */
		rq->priv->moment = coherence_now();
		st = db_read(&rq->task, rq->priv->db, run_read, rq);

		if (st != E_NEEDS_WRITE) {
			if (st == OK)
				hand_out_settled(rq);
			return st;
		}
		TRY(settle_session(rq, E_NEEDS_WRITE));
	}
	return fail(&rq->task, E_OVERLOADED, "the session's token never came to rest");
}

/* A view of its own, for what .prove and the write need to know before they begin. */
static enum status
resolve_before(struct request *rq)
{
	enum status st;

	if (rq->route->auth == AUTH_NONE)
		return OK;
	if (rq->priv->token.n > 0)
		st = db_read(&rq->task, rq->priv->db, resolve_read, rq);
	else
		st = resolve_read(&rq->task, rq);
	return settle_session(rq, st);
}

/* .prove sees its user, and nobody who may not change a credential gets to try one. Both are decided again in .run's view. */
static enum status
signin_before(struct task *t, void *arg)
{
	struct request *rq = arg;

	(void)t;
	return check_caller_now(rq, false);
}

static enum status
prove(struct request *rq)
{
	if (!rq->route->prove)
		return OK;
	if (rq->route->auth == AUTH_SIGNIN)
		TRY(request_read(rq, signin_before, rq));
	return rq->route->prove(rq);
}

static enum status
prepare(struct request *rq)
{
	/* What a proxy asks about may have one; it is not the question's. */
	if (!rq->route->by_proxy)
		TRY(read_body(rq));
	/* What only reads resolves in the view that it reads. */
	if (rq->route->tx == TX_READ && !rq->route->prove)
		return OK;
	TRY(resolve_before(rq));
	TRY(check_caller(rq));
	return prove(rq);
}

void
request_work(struct work *w, void *worker)
{
	struct request_private *p = (struct request_private *)(void *)((char *)w - offsetof(struct request_private, work));
	struct request *rq = p->job.arg;
	enum status st;

	p->db = worker;
	rq->task.now = clock_now();
	reply_reset(rq);
	st = rq->app->ending ? fail(&rq->task, E_OVERLOADED, "the server has ended, and the client is gone") : prepare(rq);
	if (st == OK && rq->route->tx == TX_WRITE) {
		st = submit_write(rq);
		if (st == OK)
			return;	/* write_done has it, or had it */
	} else if (st == OK && rq->route->tx == TX_READ) {
		st = read_settled(rq);
	} else if (st == OK) {
		st = run_route(rq);
	}
	request_finish(rq, st);
}

enum status
request_run_light(struct request *rq)
{
	reply_reset(rq);
	if (rq->route->lane == LANE_LOOP && rq->route->rate)
		TRY(take(rq, rq->route->rate, rq->source));
	TRY(check_declared(rq));
	if (rq->route->auth != AUTH_NONE)
		TRY(resolve_read(&rq->task, rq));
	TRY(run_route(rq));
	return rq->route->judge ? rq->route->judge(rq) : OK;
}
