/* request.c - what handlers read from a request, and the deeds most of them share. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/pipeline.h"

#include "api/tries.h"
#include "base/str.h"
#include "session/coherence.h"
#include "store/store.gen.h"

struct str
query_text(const struct request *rq, const char *name)
{
	struct str v = params_get(&rq->query, str_of(name));

	return v.n > 0 ? v : S("");
}

struct str
body_text(const struct request *rq, const char *name)
{
	struct str v = params_get(&rq->body, str_of(name));

	return v.n > 0 ? v : S("");
}

bool
body_has(const struct request *rq, const char *name)
{
	return params_get(&rq->body, str_of(name)).p != NULL;
}

bool
body_bool(const struct request *rq, const char *name, bool dflt)
{
	struct str v = body_text(rq, name);

	if (v.n == 0)
		return dflt;
	return str_eq(v, S("true")) || str_eq(v, S("1"));
}

size_t
body_list(const struct request *rq, const char *name, const struct str **ret_items)
{
	struct str wanted = str_of(name);
	struct str *items = arena_array(rq->task.arena, rq->body.n + 1, sizeof(*items));
	size_t n = 0;

	for (size_t i = 0; items && i < rq->body.n; i++)
		if (str_eq(rq->body.items[i].name, wanted))
			items[n++] = rq->body.items[i].value;
	*ret_items = items;
	return n;
}

const struct param *
body_file(const struct request *rq, const char *name)
{
	for (size_t i = 0; i < rq->body.n; i++)
		if (str_eq(rq->body.items[i].name, str_of(name)) && rq->body.items[i].file_type.p)
			return &rq->body.items[i];
	return NULL;
}

enum status
request_read(struct request *rq, enum status (*fn)(struct task *t, void *arg), void *arg)
{
	return db_read(&rq->task, rq->priv->db, fn, arg);
}

enum status
request_write(struct request *rq, enum status (*fn)(struct task *t, void *arg), void *arg)
{
	enum status st = store_write_wait(&rq->task, rq->app->store, rq->priv->db, fn, arg);

	if (st == OK) {
		coherence_publish(&rq->task);
		audit_log(rq);
	}
	rq->task.touched = NULL;
	rq->priv->audits = NULL;
	return st;
}

enum status
request_store_session(struct request *rq)
{
	struct session_rules rules = request_session_rules(rq);

	return session_store(&rq->task, &rules, &rq->session);
}

enum status
request_renew_token(struct request *rq)
{
	struct session_rules rules = request_session_rules(rq);
	enum status st = session_renew(&rq->task, &rules, &rq->session);

	return st == E_UNAUTHORIZED ? refuse(rq, st, SESSION_RENEWED_TEXT) : st;
}

/* What its token was good for: one from before anything was stored names its session for ever. */
static struct session_id
session_sent(struct request *rq)
{
	struct token_anonymous a = { .session = { 0 } };

	if (rq->session.superseded)
		return rq->session.id;
	if (token_is_anonymous(rq->priv->token) &&
	    token_anonymous_open(&rq->task, rq->app->keys, rq->deployment->id, rq->priv->token, &a) != OK)
		return (struct session_id){ 0 };
	return a.session;
}

bool
request_is_renewed(struct request *rq, struct session_id session)
{
	if (rq->session.stored || session_sent(rq).v != session.v)
		return false;
	rq->session.id = session;
	rq->session.superseded = true;
	rq->session.token_out = STR_NONE;
	return true;
}

void
request_tries(struct request *rq, struct user_id user, const char *factor)
{
	rq->tried = user;
	rq->factor = factor;
}

struct str
request_source(const struct request *rq)
{
	return arena_printf(rq->task.arena, "%016llx", (unsigned long long)rq->source);
}

struct reservation {
	struct request   *rq;
	const struct try *tries;
	size_t            n;
	enum status     (*also)(struct task *t, void *arg);
	void             *arg;
	int64_t           wait_us;
	enum throttle_rule over;
};

static enum status
try_bucket(struct request *rq, const struct try *tried, uint8_t ret_bucket[static 32])
{
	return tries_bucket(&rq->task, rq->app->keys, rq->deployment->id, tried->rule, tried->subject, ret_bucket);
}

static enum status
reserve_one(struct task *t, struct reservation *r, const struct try *tried)
{
	r->over = tried->rule;
	return tries_take(t, r->rq->app->keys, r->rq->deployment->id, tried->rule, tried->subject, &r->wait_us);
}

static enum status
reserve_all(struct task *t, void *arg)
{
	struct reservation *r = arg;

	for (size_t i = 0; i < r->n; i++)
		TRY(reserve_one(t, r, &r->tries[i]));
	return r->also ? r->also(t, r->arg) : OK;
}

enum status
request_reserve_with(struct request *rq, const struct try *tries, size_t n, enum status (*also)(struct task *t, void *arg),
    void *arg)
{
	struct reservation r = { rq, tries, n, also, arg, 0, RULE_REQUESTS };
	enum status st = request_write(rq, reserve_all, &r);

	if (st != E_RATE_LIMITED)
		return st;
	/* A row of wrong passwords ends by other means than waiting; nobody is told to wait for years. */
	rq->retry_after_s = (r.wait_us < DAY_US ? r.wait_us : DAY_US) / SECOND_US + 1;
	log_event(LOG_NOTICE, EV_THROTTLED, "request=%016llx rule=%s ip=%s", (unsigned long long)rq->x->id,
	    throttle_rule_info[r.over].name, rq->client_text);
	return refuse(rq, E_RATE_LIMITED, NULL);
}

enum status
request_reserve(struct request *rq, const struct try *tries, size_t n)
{
	return request_reserve_with(rq, tries, n, NULL, NULL);
}

enum status
request_take(struct request *rq, const struct try *tries, size_t n)
{
	return reserve_all(&rq->task, &(struct reservation){ .rq = rq, .tries = tries, .n = n });
}

enum status
request_give_back(struct request *rq, const struct try *tried)
{
	uint8_t bucket[32];
	int64_t rows;

	TRY(try_bucket(rq, tried, bucket));
	return sql_throttle_give_back(&rq->task, rq->deployment->id, (struct str){ (const char *)bucket, sizeof(bucket) },
	    &rows);
}

enum status
request_end_streak(struct request *rq, const struct try *tried, int64_t *ret_tries)
{
	struct throttle_find_row row;
	uint8_t bucket[32];
	struct str b = { (const char *)bucket, sizeof(bucket) };
	enum status st;
	int64_t rows;

	*ret_tries = 0;
	TRY(try_bucket(rq, tried, bucket));
	st = sql_throttle_find(&rq->task, rq->deployment->id, b, &row);
	if (st == E_NOT_FOUND)
		return OK;
	TRY(st);
	*ret_tries = row.used;
	return sql_throttle_clear(&rq->task, rq->deployment->id, b, &rows);
}
