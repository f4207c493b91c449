/* answer.c - from an outcome to status, headers and body. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/pipeline.h"

#include <stdarg.h>
#include <stdio.h>

#include "api/page.h"
#include "api/route.h"
#include "base/str.h"

enum {
	BODY_MAX = 4 << 20,
	HEADERS_MAX = 16384,
	LIST_COPIED = 128 << 10, /* a list up to here goes out as any other answer does */
};

void
reply_reset(struct request *rq)
{
	struct request_private *p = rq->priv;

	rq->task.why[0] = '\0';
	rq->n_problems = 0;
	rq->retry_after_s = 0;
	rq->replied = false;
	rq->told_signin_attempt.v = 0;
	rq->told_signup_attempt.v = 0;
	rq->on_behalf = S("");
	buf_init_arena(&rq->out, rq->task.arena, BODY_MAX);
	p->raw = false;
	p->list = rope_free(p->list);
	p->more_headers = NULL;
	p->vouch = p->own_headers = p->location = STR_NONE;
	p->redirects = false;
	p->audits = NULL;
	p->content_type = "application/json; charset=utf-8";
	p->cache_control = "no-store";
}

struct json *
reply(struct request *rq)
{
	CHECK(!rq->replied);
	rq->replied = true;
	json_init(&rq->json, &rq->out);
	json_object_begin(&rq->json, NULL);
	json_int(&rq->json, "status", 200);
	json_str(&rq->json, "message", S(""));
	return &rq->json;
}

enum status
reply_session(struct request *rq)
{
	struct json *j;

	if (!rq->priv->state_is_fresh || rq->route->tx == TX_WRITE)
		TRY(session_state_load(&rq->task, rq->deployment->id, &rq->session, rq->told_signin_attempt,
		    rq->told_signup_attempt, &rq->state));
	rq->priv->state_is_fresh = true;
	j = reply(rq);
	view_session(j, "data", &rq->state);
	return OK;
}

enum status
reply_text(struct request *rq, const char *text)
{
	json_str(reply(rq), "data", str_of(text));
	return OK;
}

enum status
reply_list(struct request *rq, struct rope **ret_rope)
{
	struct request_private *p = rq->priv;
	struct json *j = reply(rq);

	p->list = rope_new(rq->app->ropes);
	if (!p->list)
		return fail(&rq->task, E_OVERLOADED, "out of memory for a list");
	json_array_begin(j, "data");
	p->list_at = rq->out.n;
	json_array_end(j);
	*ret_rope = p->list;
	return OK;
}

enum status
reply_raw(struct request *rq, const char *content_type, const char *cache_control, struct str body)
{
	CHECK(!rq->replied);
	rq->replied = true;
	rq->priv->raw = true;
	rq->priv->content_type = content_type;
	rq->priv->cache_control = cache_control;
	rq->priv->raw_body = body;
	return OK;
}

void
reply_more_headers(struct request *rq, const char *lines)
{
	rq->priv->more_headers = lines;
}

enum status
refuse(struct request *rq, enum status st, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	if (rq->n_problems == PROBLEMS_MAX)
		return st;
	if (!fmt) {
		rq->problems[rq->n_problems++] = (struct problem){ st, str_of(status_info[st].text) };
		return st;
	}
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	rq->problems[rq->n_problems++] = (struct problem){ st, arena_dup(rq->task.arena, str_of(text)) };
	return st;
}

/* The envelope around the list: in one place, where that is little. */
static enum status
close_list(struct request *rq)
{
	struct request_private *p = rq->priv;
	struct str before = { rq->out.p, p->list_at }, behind = str_from(buf_str(&rq->out), p->list_at);
	struct buf whole;

	if (rope_bytes(p->list) > LIST_COPIED) {
		rope_wrap(p->list, before, behind);
		return rope_failed(p->list) ? fail(&rq->task, E_OVERLOADED, "a list finds no memory: see answer-memory") : OK;
	}
	buf_init_arena(&whole, rq->task.arena, BODY_MAX);
	if (!buf_reserve(&whole, rq->out.n + rope_bytes(p->list)))
		return fail(&rq->task, E_OVERLOADED, "the answer does not fit into memory");
	buf_put_str(&whole, before);
	rope_copy(p->list, whole.p + whole.n);
	whole.n += rope_bytes(p->list);
	buf_put_str(&whole, behind);
	rq->out = whole;
	p->list = rope_free(p->list);
	return OK;
}

enum status
reply_complete(struct request *rq)
{
	struct json *j = &rq->json;

	if (!rq->replied)
		return fail(&rq->task, E_BUG, "%s returned OK without a reply", rq->route->name);
	if (rq->priv->raw)
		return OK;
	if (rq->route->auth == AUTH_NONE) {
		json_put_null(j, "session");
	} else {
		if (!rq->priv->state_is_fresh)
			TRY(session_state_load(&rq->task, rq->deployment->id, &rq->session, rq->told_signin_attempt,
			    rq->told_signup_attempt, &rq->state));
		view_session_slim(j, "session", &rq->state);
	}
	json_array_begin(j, "errors");
	json_array_end(j);
	json_object_end(j);
	if (rq->out.failed)
		return fail(&rq->task, E_OVERLOADED, "the answer does not fit into memory");
	return rq->priv->list ? close_list(rq) : OK;
}

static void
put_cors(const struct request *rq, struct buf *h)
{
	bool is_public = rq->route && rq->route->auth == AUTH_NONE && rq->route->method == HTTP_GET;

	if (!rq->deployment || (rq->route && rq->route->page))
		return;
	if (is_public || rq->deployment->mode == MODE_STAGING) {
		buf_put_str(h, S("Access-Control-Allow-Origin: *\r\n"));
	} else {
		buf_put_str(h, S("Vary: Origin\r\n"));
		if (!rq->origin_allowed)
			return;
		buf_put_str(h, S("Access-Control-Allow-Origin: "));
		buf_put_str(h, rq->origin);
		buf_put_str(h, S("\r\nAccess-Control-Allow-Credentials: true\r\n"));
	}
	buf_put_str(h, S("Access-Control-Expose-Headers: X-Development-Session, Retry-After\r\n"));
}

static void
put_preflight(struct buf *h)
{
	buf_put_str(h, S("Access-Control-Allow-Methods: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n"
			 "Access-Control-Allow-Headers: Content-Type, Accept, Authorization, X-Development-Session\r\n"
			 "Access-Control-Max-Age: 600\r\n"));
}

static void
put_cookie(const struct request *rq, struct str token, struct buf *h)
{
	const struct settings *s = &rq->deployment->settings;

	buf_put_str(h, S("Set-Cookie: "));
	buf_put_str(h, rq->deployment->cookie_name);
	buf_put_char(h, '=');
	buf_put_str(h, token);
	buf_put_str(h, S("; Path=/; Max-Age="));
	buf_put_int(h, s->auth.session_validity_period_s);
	if (s->cookie_domain.n > 0) {
		buf_put_str(h, S("; Domain="));
		buf_put_str(h, s->cookie_domain);
	}
	buf_put_str(h, S("; HttpOnly; Secure; SameSite="));
	buf_put_str(h, s->cookie_same_site == SAME_SITE_NONE ? S("None") : S("Lax"));
	buf_put_str(h, S("\r\n"));
}

static void
put_token(const struct request *rq, struct str token, struct buf *h)
{
	if (token.n == 0 || !rq->deployment)
		return;
	if (rq->deployment->mode == MODE_PRODUCTION) {
		put_cookie(rq, token, h);
		return;
	}
	buf_put_str(h, S("X-Development-Session: "));
	buf_put_str(h, token);
	buf_put_str(h, S("\r\n"));
}

void
answer_headers(struct request *rq, struct buf *h)
{
	struct request_private *p = rq->priv;

	buf_put_str(h, S("Content-Type: "));
	buf_put_str(h, str_of(p->content_type));
	buf_put_str(h, S("\r\nCache-Control: "));
	buf_put_str(h, str_of(p->cache_control));
	buf_put_str(h, S("\r\nX-Content-Type-Options: nosniff\r\n"));
	if (rq->https)
		buf_put_str(h, S("Strict-Transport-Security: max-age=31536000; includeSubDomains\r\n"));
	if (p->more_headers)
		buf_put_str(h, str_of(p->more_headers));
	put_cors(rq, h);
	if (p->preflight)
		put_preflight(h);
	if (rq->retry_after_s > 0)
		buf_printf(h, "Retry-After: %lld\r\n", (long long)rq->retry_after_s);
}

static struct problem
problem_first(const struct request *rq, enum status st)
{
	if (rq->n_problems > 0)
		return rq->problems[0];
	return (struct problem){ st, str_of(status_info[st].text) };
}

static void
put_problem(struct json *j, const struct problem *p)
{
	json_object_begin(j, NULL);
	json_str(j, "code", str_of(status_info[p->st].code));
	json_str(j, "message", p->text);
	json_object_end(j);
}

void
answer_error_body(struct buf *out, const struct request *rq, enum status st)
{
	struct problem first = problem_first(rq, st);
	struct json j;

	json_init(&j, out);
	json_object_begin(&j, NULL);
	if (rq->route && rq->route->page) {
		page_write(out, S("This did not work"), first.text, NULL);
		return;
	}
	if (rq->route && rq->route->no_envelope) {
		json_bool(&j, "success", false);
		json_str(&j, "message", first.text);
		json_object_end(&j);
		return;
	}
	json_int(&j, "status", status_info[first.st].http);
	json_str(&j, "message", first.text);
	json_put_null(&j, "data");
	json_put_null(&j, "session");
	json_array_begin(&j, "errors");
	if (rq->n_problems == 0)
		put_problem(&j, &first);
	for (size_t i = 0; i < rq->n_problems; i++)
		put_problem(&j, &rq->problems[i]);
	json_array_end(&j);
	json_object_end(&j);
}

/* Our own failures say nothing about what was found wrong before them. */
static void
answer_failure(struct request *rq, enum status st)
{
	struct request_private *p = rq->priv;

	if (status_info[st].http >= 500 && st != E_MAINTENANCE)
		rq->n_problems = 0;
	if (status_info[st].http == 503 && rq->retry_after_s == 0)
		rq->retry_after_s = 1;
	p->raw = false;
	p->list = rope_free(p->list);
	p->own_headers = STR_NONE;
	p->more_headers = rq->route && rq->route->page ? page_headers : NULL;
	p->content_type = rq->route && rq->route->page ? "text/html; charset=utf-8" : "application/json; charset=utf-8";
	p->cache_control = "no-store";
	/* Its token would overwrite the one that superseded it. */
	if (rq->session.superseded)
		p->settled.token_out = STR_NONE;
	rq->session = p->settled;
	buf_init_arena(&rq->out, rq->task.arena, BODY_MAX);
	answer_error_body(&rq->out, rq, st);
}

/* An anonymous session's token would overwrite what somebody else has just been given by the page itself. */
static bool
may_hand_out(const struct request *rq)
{
	return !rq->route || !rq->route->by_proxy || (rq->priv->ask.set_cookie && rq->session.stored);
}

static int
answer_status(const struct request *rq, enum status st)
{
	const struct request_private *p = rq->priv;

	if (p->preflight)
		return 204;
	if (st == OK)
		return 200;
	return st == E_UNAUTHORIZED && p->redirects ? 303 : status_info[problem_first(rq, st).st].http;
}

static struct str
answer_body(const struct request *rq)
{
	const struct request_private *p = rq->priv;

	if (p->list || p->own_headers.p || answer_status(rq, p->outcome) == 303)
		return STR_NONE;
	return p->raw ? p->raw_body : buf_str(&rq->out);
}

void
answer_build(struct request *rq, enum status st)
{
	struct request_private *p = rq->priv;

	p->outcome = st;
	if (st != OK)
		answer_failure(rq, st);
	buf_init_arena(&p->headers, rq->task.arena, p->own_headers.n + HEADERS_MAX);
	if (p->own_headers.p)
		buf_put_str(&p->headers, p->own_headers);
	else
		answer_headers(rq, &p->headers);
	if (st == E_UNAUTHORIZED && p->location.n > 0)
		buf_printf(&p->headers, "Location: " STR_FMT "\r\n", STR_ARG(p->location));
	if (st == E_METHOD_NOT_ALLOWED) {
		struct str allow = route_allow_text(rq->task.arena, p->allow);

		buf_printf(&p->headers, "Allow: " STR_FMT "\r\n", STR_ARG(allow));
	}
	if (may_hand_out(rq))
		put_token(rq, rq->session.token_out, &p->headers);
	p->answer = (struct answer){
		.status = answer_status(rq, st),
		.headers = buf_str(&p->headers),
		.body = answer_body(rq),
		.rope = p->list,
	};
}
