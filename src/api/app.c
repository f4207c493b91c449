/* app.c - between the loop and the pipeline: requests in, answers out, one log line each. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/app.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "api/fast.h"
#include "api/pipeline.h"
#include "api/route.h"
#include "base/clock.h"
#include "base/secret.h"
#include "base/str.h"

/* Requests answered, per route (the last row: no route) and status class. Any thread; counts only. */
struct app_counters {
	size_t           n_routes;
	_Atomic uint64_t answers[][6];
};

/* What SIGHUP changes. `lock` guards it; readers hold it for a few comparisons. */
struct app_reload {
	pthread_rwlock_t lock;
	struct net_cidr *proxies;
	size_t           n_proxies;
};

bool
app_counters_init(struct app *app)
{
	size_t n = route_count() + 1;

	app->counters = calloc(1, sizeof(*app->counters) + n * sizeof(app->counters->answers[0]));
	app->reload = calloc(1, sizeof(*app->reload));
	if (!app->counters || !app->reload)
		return false;
	app->counters->n_routes = n;
	return pthread_rwlock_init(&app->reload->lock, NULL) == 0;
}

void
app_counters_done(struct app *app)
{
	free(app->counters);
	if (app->reload) {
		pthread_rwlock_destroy(&app->reload->lock);
		free(app->reload->proxies);
	}
	free(app->reload);
	app->counters = NULL;
	app->reload = NULL;
}

bool
app_is_proxy(const struct app *app, const struct net_addr *peer)
{
	struct app_reload *r = app->reload;
	bool is_proxy = false;

	pthread_rwlock_rdlock(&r->lock);
	for (size_t i = 0; i < r->n_proxies && !is_proxy; i++)
		is_proxy = net_cidr_has(&r->proxies[i], peer);
	pthread_rwlock_unlock(&r->lock);
	return is_proxy;
}

bool
app_first_proxy(const struct app *app, struct net_addr *ret_addr)
{
	struct app_reload *r = app->reload;
	bool is_any;

	pthread_rwlock_rdlock(&r->lock);
	is_any = r->n_proxies > 0;
	if (is_any)
		*ret_addr = r->proxies[0].base;
	pthread_rwlock_unlock(&r->lock);
	return is_any;
}

bool
app_set_proxies(struct app *app, const struct net_cidr *proxies, size_t n)
{
	struct net_cidr *copy = calloc(n + 1, sizeof(*copy));

	if (!copy)
		return false;
	if (n > 0)
		memcpy(copy, proxies, n * sizeof(*copy));
	pthread_rwlock_wrlock(&app->reload->lock);
	free(app->reload->proxies);
	app->reload->proxies = copy;
	app->reload->n_proxies = n;
	pthread_rwlock_unlock(&app->reload->lock);
	return true;
}

void *
app_worker_enter(void *arg)
{
	struct app *app = arg;
	struct task t = { .arena = arena_new(64 << 10) };
	struct db *db = NULL;

	if (t.arena)
		db = db_connect(&t, app->store);
	if (!db)
		log_event(LOG_ERROR, EV_STORE, "why=\"a worker has no connection: %s\"", t.why);
	arena_free(t.arena);
	return db;
}

void
app_worker_leave(void *worker)
{
	db_close(worker);
}

void
app_write_metrics(const struct app *app, struct buf *out)
{
	buf_put_str(out, S("# HELP sessiond_requests_total Requests answered, by route and status class.\n"
			   "# TYPE sessiond_requests_total counter\n"));
	for (size_t i = 0; i < app->counters->n_routes; i++)
		for (int class = 1; class < 6; class++) {
			uint64_t n = atomic_load_explicit(&app->counters->answers[i][class], memory_order_relaxed);

			if (n > 0)
				buf_printf(out, "sessiond_requests_total{route=\"%s\",status=\"%dxx\"} %llu\n",
				    routes[i] ? routes[i]->name : "none", class, (unsigned long long)n);
		}
}

static struct request *
request_new(struct app *app, struct exchange *x)
{
	struct arena *a = arena_new(app->arena_max);
	struct request *rq = a ? arena_one(a, struct request) : NULL;

	if (rq)
		rq->priv = arena_one(a, struct request_private);
	if (!rq || !rq->priv) {
		arena_free(a);
		return NULL;
	}
	rq->task.arena = a;
	rq->task.now = clock_now();
	rq->app = app;
	rq->x = x;
	x->user = rq;
	reply_reset(rq);
	return rq;
}

void
request_init_light(struct request *rq, struct request_private *p, struct app *app, struct exchange *x)
{
	*p = (struct request_private){ 0 };
	*rq = (struct request){ .task = { .now = clock_now() }, .app = app, .x = x, .priv = p };
}

/* Passwords came in through these bytes. */
static void
request_free(struct request *rq)
{
	if (rq->x->body.n > 0)
		secret_wipe((void *)(uintptr_t)rq->x->body.p, rq->x->body.n);
	params_wipe(&rq->body);
	snapshot_unref(rq->priv->snapshot);
	rope_free(rq->priv->list);
	deployment_unref(rq->deployment);
	arena_free(rq->task.arena);
}

/* One line a request. What was answered from the loop is too frequent to be news. */
static void
request_log(const struct request *rq, bool light)
{
	enum status st = rq->priv->outcome;
	enum log_level level = st != OK ? status_info[st].level : light ? LOG_DEBUG : LOG_INFO;

	refusal_log(rq);
	if (!log_is_on(level))
		return;
	log_event(level, EV_REQUEST, "request=%016llx deployment=%lld route=%s status=%d code=%s us=%lld ip=%s why=\"%s\"",
	    (unsigned long long)rq->x->id, rq->deployment ? (long long)rq->deployment->id.v : 0LL,
	    rq->route ? rq->route->name : "none", rq->priv->answer.status, st == OK ? "OK" : status_info[st].code,
	    (long long)(clock_mono() - rq->x->began_mono), rq->client_text, rq->task.why);
}

static void
request_count(const struct request *rq)
{
	struct app_counters *c = rq->app->counters;
	size_t i = rq->route ? route_index(rq->route) : c->n_routes - 1;

	atomic_fetch_add_explicit(&c->answers[i][rq->priv->answer.status / 100 % 6], 1, memory_order_relaxed);
}

/* When not even the refusal fits into memory. */
static const struct answer answer_out_of_memory = {
	.status = 503,
	.headers = S_INIT("Content-Type: application/json; charset=utf-8\r\nCache-Control: no-store\r\nRetry-After: 1\r\n"),
	.body = S_INIT("{\"status\":503,\"message\":\"The server is busy. Please try again in a moment.\",\"data\":null,"
		       "\"session\":null,\"errors\":[{\"code\":\"OVERLOADED\",\"message\":\"The server is busy. "
		       "Please try again in a moment.\"}]}"),
};

void
request_answer_light(struct request *rq)
{
	exchange_answer(rq->x, &rq->priv->answer);
	request_count(rq);
	request_log(rq, true);
}

static void
request_send(struct request *rq, bool light)
{
	const struct answer *a = &rq->priv->answer;

	if (arena_failed(rq->task.arena))
		a = &answer_out_of_memory;
	else
		rq->priv->list = NULL; /* net's, from here on */
	exchange_answer(rq->x, a);
	request_count(rq);
	request_log(rq, light);
	request_free(rq);
}

static void
request_sent(struct exchange *x)
{
	request_send(x->user, false);
}

static enum status
submit(struct request *rq)
{
	struct pool *pool = rq->route->lane == LANE_HASH ? rq->app->hash_lane : rq->app->workers;
	struct request_private *p = rq->priv;

	p->work = (struct work){ .run = request_work, .source = rq->source };
	p->job.arg = rq;
	if (pool_submit(pool, &p->work))
		return OK;
	log_event(LOG_WARN, EV_OVERLOAD, "request=%016llx ip=%s why=\"queue full: see %s\"", (unsigned long long)rq->x->id,
	    rq->client_text, rq->route->lane == LANE_HASH ? "hash-queue and hash-threads" : "queue and workers");
	return refuse(rq, E_OVERLOADED, NULL);
}

/* The leader is done. What it kept answers those who waited; otherwise each reads for itself. */
static void
land(struct request *rq)
{
	struct request_private *p = rq->priv;
	struct waiter *w = p->leads ? cache_land(rq->app->cache, rq->deployment->id, &p->hash) : NULL;

	while (w) {
		struct request_private *q = (struct request_private *)(void *)((char *)w - offsetof(struct request_private, waiter));
		struct request *other = q->job.arg;

		w = w->next;
		if (p->snapshot && snapshot_is_good(p->snapshot, other->task.now) && fast_answer_waiting(other, p->snapshot)) {
			exchange_post(other->x, request_sent);
			continue;
		}
		if (submit(other) != OK) {
			answer_build(other, E_OVERLOADED);
			exchange_post(other->x, request_sent);
		}
	}
}

void
request_finish(struct request *rq, enum status st)
{
	struct request_private *p = rq->priv;

	if (st == OK)
		audit_log(rq);
	/* What was read is true, also where this caller may not have it. */
	if (p->snapshot && (st == OK || rq->route->judge))
		cache_put(rq->app->cache, p->snapshot);
	land(rq);
	answer_build(rq, st);
	exchange_post(rq->x, request_sent);
}

static bool
is_light(const struct request *rq)
{
	if (rq->priv->preflight || rq->route->lane == LANE_LOOP)
		return true;
	return rq->route->light && !token_is_stored(rq->priv->token);
}

/* The first to miss reads; who misses the same meanwhile waits for it. true: this one waits. */
static bool
waits_for_another(struct request *rq)
{
	struct request_private *p = rq->priv;

	/* What is signed for one is not another's. */
	if (!rq->route->cached || p->ask.token || !token_is_stored(p->token) || token_hash(&rq->task, p->token, &p->hash) != OK)
		return false;
	p->job.arg = rq;
	/* Who has joined may be with another thread already: nothing of it is touched here any more. */
	if (!cache_join(rq->app->cache, rq->deployment->id, &p->hash, &p->waiter))
		return true;
	p->leads = true;
	return false;
}

static void
app_request(void *arg, struct exchange *x)
{
	struct request *rq = NULL;
	enum status st;

	if (fast_answer(arg, x))
		return;
	/* Kept first: from here on views of the request are taken, and they may go to a worker. */
	if (exchange_keep(x))
		rq = request_new(arg, x);
	if (!rq) {
		exchange_answer(x, &answer_out_of_memory);
		return;
	}
	st = request_admit(rq);
	if (rq->priv->ask.wrong)
		log_event(LOG_NOTICE, EV_CHECK, "request=%016llx ip=%s why=\"%s\"", (unsigned long long)x->id, rq->client_text,
		    rq->priv->ask.wrong);
	if (st == OK && !is_light(rq)) {
		if (waits_for_another(rq))
			return;
		st = submit(rq);
		if (st == OK)
			return;
		land(rq);
	} else if (st == OK && !rq->priv->preflight) {
		st = request_run_light(rq);
	}
	answer_build(rq, st);
	request_send(rq, true);
}

static bool
app_begin(void *arg, struct exchange *x, void *room)
{
	return fast_begin(arg, x, room);
}

static size_t
app_body_limit(void *arg, const struct http_head *head)
{
	const struct app *app = arg;
	struct str ids[ROUTE_IDS_MAX];
	const struct route *r;
	unsigned allow;

	if (route_find(head->method, head->path, &r, ids, &allow) == OK && r->big_body)
		return app->image_max;
	return app->body_max;
}

/* A request that the edge refused: only the envelope and, where the Origin is known, CORS. */
static void
app_refusal(void *arg, const struct exchange *x, enum status why, struct buf *ret_headers, struct buf *ret_body)
{
	struct exchange copy = *x;
	struct request *rq = request_new(arg, &copy);
	struct buf headers, body;

	if (!rq)
		return;
	/* Only for whose host and origin it is: what else is wrong with it does not matter any more. */
	if (request_admit(rq) != OK)
		rq->n_problems = 0;
	rq->retry_after_s = 0;
	rq->priv->preflight = false;
	buf_init_arena(&headers, rq->task.arena, 8192);
	buf_init_arena(&body, rq->task.arena, 8192);
	answer_headers(rq, &headers);
	answer_error_body(&body, rq, why);
	buf_put_str(ret_headers, buf_str(&headers));
	buf_put_str(ret_body, buf_str(&body));
	log_event(status_info[why].level, EV_REQUEST, "request=%016llx route=none status=%d code=%s ip=%s",
	    (unsigned long long)x->id, status_info[why].http, status_info[why].code, rq->client_text);
	deployment_unref(rq->deployment);
	arena_free(rq->task.arena);
}

struct handler
app_handler(struct app *app)
{
	return (struct handler){
		.arg = app, .body_limit = app_body_limit, .request = app_request, .refusal = app_refusal,
		.begin = app_begin, .begun_room = fast_room,
	};
}
