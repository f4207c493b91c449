/* fast.c - GET /session from memory. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/fast.h"

#include "api/pipeline.h"
#include "base/clock.h"
#include "base/str.h"
#include "session/cache.h"

/* The longest origin and the standing headers fit many times; a longer one takes the slow way. */
enum { HEADERS_ROOM = 2048 };

extern const struct route route_session_get;

static bool
is_session_get(const struct http_head *h)
{
	return (h->method == HTTP_GET || h->method == HTTP_HEAD) && str_eq(h->path, S("/session"));
}

/* Staging: exactly `__dev_session__=<token>` and nothing to decode; anything else is for the parser. */
static struct str
query_token(struct str query)
{
	struct str prefix = S("__dev_session__="), token;

	if (!str_starts(query, prefix))
		return STR_NONE;
	token = str_from(query, prefix.n);
	return token_is_stored(token) ? token : STR_NONE;
}

static struct str
fast_token(const struct request *rq)
{
	const struct http_head *h = &rq->x->head;
	bool twice;

	if (rq->deployment->mode == MODE_STAGING)
		return query_token(h->query);
	return h->query.n == 0 ? cookie_get(h, rq->deployment->cookie_name, &twice) : STR_NONE;
}

/* Idleness is judged with the times that are still in memory; a use is remembered once a minute. */
static bool
note_use(const struct request *rq, const struct snapshot *s)
{
	struct session_rules rules = request_session_rules(rq);
	int64_t now = rq->task.now, noted = atomic_load_explicit(&s->noted_at, memory_order_relaxed);

	if (session_is_over(&rules, s->session, noted, INT64_MAX, now))
		return false;
	if (now - noted < MINUTE_US)
		return true;
	activity_note(rq->app->activity, s->deployment, s->session, s->active, s->last_active_at, now);
	atomic_store_explicit((_Atomic int64_t *)(uintptr_t)&s->noted_at, now, memory_order_relaxed);
	return true;
}

static void
answer_snapshot(struct request *rq, const struct snapshot *s)
{
	rq->priv->content_type = "application/json; charset=utf-8";
	rq->priv->cache_control = "no-store";
	rq->priv->outcome = OK;
	answer_headers(rq, &rq->priv->headers);
	rq->priv->answer = (struct answer){
		.status = 200, .headers = buf_str(&rq->priv->headers), .body = { s->json, s->json_n },
	};
}

bool
fast_answer_waiting(struct request *rq, const struct snapshot *s)
{
	if (!note_use(rq, s))
		return false;
	/* The snapshot may go before the answer has been sent. */
	buf_init_arena(&rq->priv->headers, rq->task.arena, HEADERS_ROOM);
	answer_snapshot(rq, s);
	rq->priv->answer.body = arena_dup(rq->task.arena, rq->priv->answer.body);
	return true;
}

/* Everything but the deployment's reference is on this stack. */
static bool
fast_serve(struct request *rq)
{
	struct token_hash hash;
	struct str token = fast_token(rq);
	struct snapshot *s;
	bool served;

	if (!token_is_stored(token) || token_hash(&rq->task, token, &hash) != OK)
		return false;
	s = cache_find(rq->app->cache, rq->deployment->id, &hash, rq->task.now);
	if (!s)
		return false;
	served = note_use(rq, s);
	if (served)
		answer_snapshot(rq, s);
	served = served && !rq->priv->headers.failed;
	if (served)
		request_answer_light(rq);
	snapshot_unref(s);
	return served;
}

bool
fast_answer(struct app *app, struct exchange *x)
{
	/* Written before it is read, so it is spared the zeroing of the stack. */
	char headers[HEADERS_ROOM] __attribute__((uninitialized));
	struct request_private p;
	struct request rq;
	bool served;

	if (!is_session_get(&x->head) || !coherence_lease_holds())
		return false;
	request_init_light(&rq, &p, app, x);
	p.headers = (struct buf){ .p = headers, .cap = sizeof(headers), .max = sizeof(headers) };
	rq.route = &route_session_get;
	served = request_admit_light(&rq) && fast_serve(&rq);
	deployment_unref(rq.deployment);
	return served;
}
