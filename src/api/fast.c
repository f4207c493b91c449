/* fast.c - GET /session, and what reverse proxies ask, from memory. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/fast.h"

#include <string.h>

#include "api/pipeline.h"
#include "base/clock.h"
#include "base/str.h"
#include "session/cache.h"

/* The longest origin and the standing headers fit many times; a longer one takes the slow way. */
enum { HEADERS_ROOM = 2048, LAST_ROOM = 256 };
/* Of a snapshot, in bytes: what any look-up reads, what a check reads besides, and what is fetched of the largest. */
enum { HEAD_READS = 1024, CHECK_READS = 640, MOST_READS = 8192 };

extern const struct route route_session_get, route_session_check;

static const struct route *
fast_route(const struct http_head *h)
{
	if ((h->method == HTTP_GET || h->method == HTTP_HEAD) && str_eq(h->path, S("/session")))
		return &route_session_get;
	return check_is_path(h->path) ? &route_session_check : NULL;
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

/* A check's query is its own: no token is in it. */
static struct str
fast_token(const struct request *rq)
{
	const struct http_head *h = &rq->x->head;
	bool is_check = rq->route->by_proxy, twice;

	if (rq->deployment->mode == MODE_STAGING)
		return is_check ? http_field(h, S("X-Development-Session")) : query_token(h->query);
	return is_check || h->query.n == 0 ? cookie_get(h, rq->deployment->cookie_name, &twice) : STR_NONE;
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
answer_session(struct request *rq, const struct snapshot *s)
{
	rq->priv->content_type = "application/json; charset=utf-8";
	rq->priv->cache_control = "no-store";
	rq->priv->outcome = OK;
	answer_headers(rq, &rq->priv->headers);
	rq->priv->answer = (struct answer){
		.status = 200, .headers = buf_str(&rq->priv->headers), .body = { s->json, s->json_n },
	};
}

/* Headers and body share the room that there is for headers. */
static void
answer_refusal(struct request *rq, enum status st)
{
	struct request_private *p = rq->priv;
	struct buf *h = &p->headers;

	p->content_type = "application/json; charset=utf-8";
	p->cache_control = "no-store";
	p->outcome = refuse(rq, st, NULL);
	answer_headers(rq, h);
	rq->out = (struct buf){ .p = h->p + h->n, .cap = h->cap - h->n, .max = h->cap - h->n };
	answer_error_body(&rq->out, rq, st);
	h->failed |= rq->out.failed;
	p->answer = (struct answer){ .status = status_info[st].http, .headers = buf_str(h), .body = buf_str(&rq->out) };
}

/* With where to sign in, it takes memory; the slow way has it. */
static bool
answer_check(struct request *rq, struct str vouch)
{
	struct request_private *p = rq->priv;
	struct str lines;
	enum status st = check_judge(&p->ask, vouch, &rq->client, &lines);

	if (st == E_UNAUTHORIZED && p->ask.sign_in != CHECK_REFUSE)
		return false;
	if (st != OK) {
		answer_refusal(rq, st);
		return true;
	}
	p->outcome = OK;
	p->answer = (struct answer){ .status = 200, .headers = lines, .is_vetted = true };
	return true;
}

/* A token that is due is replaced by an answer that can carry another: not from here. */
static bool
answer_snapshot(struct request *rq, const struct snapshot *s)
{
	bool is_check = rq->route->by_proxy, is_due = rq->task.now >= s->due_at;

	if (is_due && (!is_check || rq->priv->ask.set_cookie))
		return false;
	if (is_check && s->vouch_n == 0)
		return false;
	if (!note_use(rq, s))
		return false;
	if (is_check)
		return answer_check(rq, (struct str){ s->vouch, s->vouch_n });
	answer_session(rq, s);
	return true;
}

bool
fast_answer_waiting(struct request *rq, const struct snapshot *s)
{
	struct answer *a = &rq->priv->answer;

	buf_init_arena(&rq->priv->headers, rq->task.arena, HEADERS_ROOM);
	if (!answer_snapshot(rq, s))
		return false;
	/* The snapshot may go before the answer has been sent. */
	a->headers = arena_dup(rq->task.arena, a->headers);
	a->body = arena_dup(rq->task.arena, a->body);
	return true;
}

/* Views of one text become views of another that is the same. */
static void
move(struct check_ask *ask, const char *from, const char *to)
{
	for (size_t i = 0; i < CHECK_RULE__COUNT; i++)
		if (ask->rules[i].p)
			ask->rules[i].p = to + (ask->rules[i].p - from);
	if (ask->template.p)
		ask->template.p = to + (ask->template.p - from);
}

/*
 * A proxy's configuration asks the same few questions all the time: the one that this thread
 * read last is kept, with a copy of the text that it is made of. What is returned are views into
 * `h`: others are read before this one is judged.
 */
static struct check_ask
read_again(const struct http_head *h)
{
	static _Thread_local struct {
		char             text[LAST_ROOM];
		size_t           n;
		struct check_ask ask;
	} last;
	struct check_ask ask;

	if (h->path.n != S(CHECK_PATH).n || h->query.n == 0 || h->query.n > sizeof(last.text))
		return check_read(h);
	if (h->query.n != last.n || memcmp(h->query.p, last.text, last.n) != 0) {
		memcpy(last.text, h->query.p, h->query.n);
		last.n = h->query.n;
		last.ask = check_read_query((struct str){ last.text, last.n });
	}
	ask = last.ask;
	move(&ask, last.text, h->query.p);
	return ask;
}

/* What is to be signed, or cannot be read, is for the slow way. */
static bool
fast_ask(struct request *rq)
{
	if (!rq->route->by_proxy)
		return true;
	rq->priv->ask = read_again(&rq->x->head);
	return !rq->priv->ask.wrong && !rq->priv->ask.token;
}

/* ---- in two halves: up to the look-up, and from there ---- */

/* How near to the processor that is which answers a request. */
enum nearness { FAR, PLACED, HEADED, NEAR };

/* Such a request up to the look-up; it holds a reference to its deployment. */
struct begun {
	struct request         rq;
	struct request_private p;
	struct begun          *next;	/* begun after this one, in the same turn */
	enum nearness          nearness;
	bool                   has_token;
	char                   headers[HEADERS_ROOM];
};

const size_t fast_room = sizeof(struct begun);

/* The one begun last in this turn, by this loop. */
static _Thread_local struct begun *newest;

/*
 * One step nearer. What a step asks for comes while the kernel is at work for other connections, and the
 * next step reads it; asking for all of an answer at once would wait for the first of its lines.
 */
static void
fetch(struct begun *b)
{
	struct cache *c = b->rq.app->cache;
	bool is_check = b->rq.route->by_proxy;

	if (!b->has_token || b->nearness == NEAR)
		return;
	if (b->nearness == FAR)
		cache_fetch_place(c, &b->p.hash);
	else if (b->nearness == PLACED)
		cache_fetch(c, &b->p.hash, 0, is_check ? CHECK_READS : HEAD_READS);
	else if (!is_check)
		cache_fetch(c, &b->p.hash, HEAD_READS, MOST_READS);
	b->nearness++;
}

/* false: nothing is held. */
static bool
fast_open(struct begun *b, struct app *app, struct exchange *x)
{
	const struct route *route = fast_route(&x->head);
	struct request *rq = &b->rq;
	struct str token;

	if (!route || !coherence_lease_holds())
		return false;
	request_init_light(rq, &b->p, app, x);
	b->p.headers = (struct buf){ .p = b->headers, .cap = sizeof(b->headers), .max = sizeof(b->headers) };
	b->next = NULL;
	b->nearness = FAR;
	rq->route = route;
	if (fast_ask(rq) && request_admit_light(rq)) {
		token = fast_token(rq);
		b->has_token = token_is_stored(token);
		if (!b->has_token || token_hash(&rq->task, token, &b->p.hash) == OK)
			return true;
	}
	deployment_unref(rq->deployment);
	return false;
}

/* No token that is stored: nobody is signed in. */
static bool
serve_nobody(struct begun *b)
{
	return b->rq.route->by_proxy && answer_check(&b->rq, STR_NONE);
}

static bool
fast_serve(struct begun *b)
{
	struct request *rq = &b->rq;
	struct snapshot *s = NULL;
	bool served;

	if (b->has_token)
		s = cache_find(rq->app->cache, rq->deployment->id, &b->p.hash, rq->task.now);
	served = s ? answer_snapshot(rq, s) : !b->has_token && serve_nobody(b);
	served = served && !b->p.headers.failed;
	if (served)
		request_answer_light(rq);
	snapshot_unref(s);
	deployment_unref(rq->deployment);
	return served;
}

bool
fast_begin(struct app *app, struct exchange *x, void *room)
{
	struct begun *b = room, *before = newest;

	if (!fast_open(b, app, x))
		return false;
	x->user = b;
	newest = b;
	fetch(b);
	if (before) {
		before->next = b;
		fetch(before);
	}
	return true;
}

/* A lease may have ended since. */
static bool
fast_finish(struct begun *b)
{
	b->rq.x->user = NULL;
	if (newest == b)
		newest = NULL;
	while (b->has_token && b->nearness < NEAR)
		fetch(b);
	if (b->next)
		fetch(b->next);
	if (coherence_lease_holds())
		return fast_serve(b);
	deployment_unref(b->rq.deployment);
	return false;
}

bool
fast_answer(struct app *app, struct exchange *x)
{
	/* Written before it is read, so it is spared the zeroing of the stack. */
	struct begun b __attribute__((uninitialized));

	if (x->user)
		return fast_finish(x->user);
	return fast_open(&b, app, x) && fast_serve(&b);
}
