/* complete.c - the moment somebody is signed in. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/sign_in/complete.h"

#include "api/app.h"
#include "api/place.h"
#include "api/sign_in/known_device.h"
#include "api/user_agent.h"
#include "base/str.h"
#include "session/coherence.h"
#include "store/store.gen.h"

static enum status
make_room_in_session(struct request *rq)
{
	const struct settings *s = &rq->deployment->settings;
	struct signin_count_of_session_row count;
	struct task *t = &rq->task;
	int64_t rows;

	TRY(sql_session_lock(t, rq->deployment->id, rq->session.id, &rows));
	if (!s->auth.multi_session.enabled)
		return session_end_all_signins(t, rq->deployment->id, rq->session.id);
	TRY(sql_signin_count_of_session(t, rq->deployment->id, rq->session.id, t->now, &count));
	if (count.n < s->auth.multi_session.max_accounts_per_session)
		return OK;
	return refuse(rq, E_LIMIT_REACHED, "At most %lld accounts can be signed in here at once. Sign out of one first.",
	    (long long)s->auth.multi_session.max_accounts_per_session);
}

/* The account may have so many sign-ins; the least recently active ones give way to the new one. */
static enum status
make_room_for_user(struct request *rq, struct user_id user, struct signin_id new)
{
	struct signins_least_recent_of_user_row *old;
	struct task *t = &rq->task;
	size_t n;

	TRY(sql_signins_least_recent_of_user(t, rq->deployment->id, user, new,
	    rq->deployment->settings.auth.multi_session.max_sessions_per_account - 1, &old, &n));
	for (size_t i = 0; i < n; i++)
		TRY(session_end_signin(t, rq->deployment->id, old[i].session, old[i].id));
	return OK;
}

/* Where the user was last, if that is still one place. */
static enum status
last_scope(struct request *rq, struct user_id user, struct orgmem_id *ret_orgmem, struct wsmem_id *ret_wsmem)
{
	struct account_last_scope_row last;

	TRY(sql_account_last_scope(&rq->task, rq->deployment->id, user, &last));
	*ret_orgmem = last.orgmem;
	*ret_wsmem = last.org.v != 0 && last.org.v == last.workspace_org.v ? last.wsmem : (struct wsmem_id){ 0 };
	return OK;
}

/* Whose doing it is, and for how long. */
struct how {
	const char *method;
	struct str  actor;	/* who acts for the user; empty: they themselves */
	int64_t     ttl_us;
};

static struct how
by_user(const struct request *rq, const char *method)
{
	return (struct how){ method, S(""), rq->deployment->settings.auth.session_validity_period_s * SECOND_US };
}

static enum status
insert_signin(struct request *rq, struct user_id user, const struct how *how, struct signin_id *ret_id)
{
	struct str agent = http_field(&rq->x->head, S("User-Agent"));
	struct task *t = &rq->task;
	struct signin_id id = { id_next(t->now) };
	struct orgmem_id orgmem;
	struct wsmem_id wsmem;
	int64_t rows;

	agent.n = agent.n > 512 ? 512 : agent.n;
	if (!str_is_text(agent))
		agent = S("");
	TRY(last_scope(rq, user, &orgmem, &wsmem));
	TRY(sql_signin_insert(t, rq->deployment->id, id, rq->session.id, user, str_of(how->method), orgmem, wsmem,
	    str_of(rq->client_text), agent, user_agent_browser(agent), user_agent_device(agent), how->actor, t->now,
	    t->now + how->ttl_us, &rows));
	if (rows == 0)
		return refuse(rq, E_USER_ALREADY_SIGNED_IN, NULL);
	*ret_id = id;
	return OK;
}

/* Most servers have no file that tells. */
static enum status
set_place(struct request *rq, struct signin_id id)
{
	struct place p = place_find(rq->app->places, rq->task.arena, &rq->client);
	int64_t rows;

	if (p.country.n == 0 && p.country_code.n == 0 && p.city.n == 0)
		return OK;
	return sql_signin_set_place(
	    &rq->task, rq->deployment->id, id, p.city, p.region, p.region_code, p.country, p.country_code, &rows);
}

/* From here on the session is this sign-in's, and every token from before is worth nothing. */
static enum status
make_active(struct request *rq, struct user_id user, struct signin_id id)
{
	struct deployment_id d = rq->deployment->id;
	struct task *t = &rq->task;
	int64_t rows;

	TRY(sql_session_restart_clock(t, d, rq->session.id, id, t->now,
	    t->now + rq->deployment->settings.auth.session_validity_period_s * SECOND_US, &rows));
	TRY(request_renew_token(rq));
	rq->session.active_signin = id;
	rq->session.updated_at = t->now;
	TRY(cache_touch(t, d, SUBJECT_USER, user.v));
	return audit(rq, AUDIT_SIGNIN_CREATED, user, STR_NONE);
}

/* The account, locked and not disabled; the session, with its row. */
static enum status
begin(struct request *rq, struct user_id user)
{
	struct task *t = &rq->task;
	int64_t rows;

	TRY(sql_account_lock(t, rq->deployment->id, user, &rows));
	if (rows == 0)
		return refuse(rq, E_USER_DISABLED, NULL);
	TRY(request_store_session(rq));
	return sql_signin_delete_expired_of_user(t, rq->deployment->id, rq->session.id, user, t->now, &rows);
}

static enum status
add_signin(struct request *rq, struct user_id user, const struct how *how, struct signin_id *ret_id)
{
	TRY(make_room_in_session(rq));
	TRY(insert_signin(rq, user, how, ret_id));
	return set_place(rq, *ret_id);
}

enum status
sign_in_complete(struct request *rq, struct user_id user, const char *method)
{
	const struct how how = by_user(rq, method);
	struct signin_id id;

	TRY(begin(rq, user));
	TRY(add_signin(rq, user, &how, &id));
	TRY(make_room_for_user(rq, user, id));
	TRY(known_device_note(rq, user));
	return make_active(rq, user, id);
}

enum status
sign_in_complete_again(struct request *rq, struct user_id user, const char *method)
{
	const struct how how = by_user(rq, method);
	struct signin_of_session_find_row row;
	struct deployment_id d = rq->deployment->id;
	struct task *t = &rq->task;
	enum status st;
	int64_t rows;

	TRY(begin(rq, user));
	st = sql_signin_of_session_find(t, d, rq->session.id, user, t->now, &row);
	if (st == E_NOT_FOUND)
		return sign_in_complete(rq, user, method);
	TRY(st);
	TRY(sql_signin_reactivate(t, d, row.id, str_of(how.method), t->now, t->now + how.ttl_us, &rows));
	TRY(known_device_note(rq, user));
	return make_active(rq, user, row.id);
}

enum status
sign_in_on_behalf(struct request *rq, struct user_id user, struct str actor, int64_t ttl_us)
{
	const struct how how = { "impersonation", actor, ttl_us };
	struct signin_of_session_find_row row;
	struct deployment_id d = rq->deployment->id;
	enum status st;

	rq->on_behalf = actor;
	TRY(begin(rq, user));
	st = sql_signin_of_session_find(&rq->task, d, rq->session.id, user, rq->task.now, &row);
	if (st != OK && st != E_NOT_FOUND)
		return st;
	/* Another operator's must not go on under that one's name, nor this one's for longer than it is meant to. */
	if (st == OK && row.actor.n > 0)
		TRY(session_end_signin(&rq->task, d, rq->session.id, row.id));
	if (st == E_NOT_FOUND || row.actor.n > 0)
		TRY(add_signin(rq, user, &how, &row.id));
	return make_active(rq, user, row.id);
}
