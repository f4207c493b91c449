/* listener.c - the operator's listener: few routes, none of which blocks its loop. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/admin.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/chore.h"
#include "base/clock.h"
#include "base/str.h"
#include "deployment/origin.h"
#include "net/pool.h"
#include "notify/sender.h"

enum {
	METRICS_MAX = 4 * 1024 * 1024,
	ADMIN_BODY_MAX = 256 * 1024,
	ADMIN_THREADS = 2,
	ADMIN_QUEUE = 64,
	BACKEND_THREADS = 4,
	BACKEND_QUEUE = 256,
};

struct admin {
	struct admin_config c;
	struct pool        *pool;	/* commands and sweeps */
	struct pool        *backend;	/* the Backend API's: a busy product keeps no operator waiting */
	atomic_bool         draining;
};

static void
answer_text(struct exchange *x, int status, const char *headers, struct str body)
{
	const struct answer a = { .status = status, .headers = str_of(headers), .body = body };

	exchange_answer(x, &a);
}

#define JSON_HEADERS "Content-Type: application/json\r\nCache-Control: no-store\r\n"

static void
answer_json(struct exchange *x, int status, struct str body)
{
	answer_text(x, status, JSON_HEADERS, body);
}

/*
 * Not for a name that somebody's DNS has led to this address, whose pages a browser would then take for
 * their own.
 */
static bool
is_asked_by_address(const struct exchange *x)
{
	struct host host;

	return host_parse(http_field(&x->head, S("Host")), &host) && (host.kind != HOST_NAME || host.is_loopback);
}

static void
refuse_name(struct exchange *x)
{
	answer_json(x, 403, S("{\"error\":\"ask for this page by an address, or as localhost\"}\n"));
}

/* ---- at once, on the loop ---- */

static void
get_health(struct admin *a, struct exchange *x)
{
	(void)a;
	answer_json(x, 200, S("{\"status\":\"ok\"}\n"));
}

static void
get_ready(struct admin *a, struct exchange *x)
{
	if (atomic_load(&a->draining))
		answer_json(x, 503, S("{\"status\":\"stopping\"}\n"));
	else if (!background_store_is_up(a->c.background))
		answer_json(x, 503, S("{\"status\":\"the database does not answer\"}\n"));
	else
		answer_json(x, 200, S("{\"status\":\"ready\"}\n"));
}

/* On an address of the network it may well be scraped by name. On loopback only a browser that was led astray has another. */
static void
get_metrics(struct admin *a, struct exchange *x)
{
	struct buf out;

	if (x->local.family != AF_UNIX && net_addr_is_loopback(&x->local) && !is_asked_by_address(x)) {
		refuse_name(x);
		return;
	}
	buf_init(&out, METRICS_MAX);
	metrics_write(&a->c, &out);
	if (out.failed)
		answer_json(x, 503, S("{\"error\":\"no memory for the metrics\"}\n"));
	else
		answer_text(x, 200, "Content-Type: text/plain; version=0.0.4\r\nCache-Control: no-store\r\n",
		    buf_str(&out));
	buf_done(&out);
}

static void
post_clock(struct admin *a, struct exchange *x)
{
	struct str name, seconds;
	int64_t s;

	if (!str_cut(x->head.query, '=', &name, &seconds) || !str_eq(name, S("advance")) ||
	    !str_int(seconds, 0, 10 * 366 * (DAY_US / SECOND_US), &s)) {
		answer_json(x, 400, S("{\"error\":\"?advance=SECONDS\"}\n"));
		return;
	}
	clock_advance(s * SECOND_US);
	/* What has become due by that. */
	sender_wake(a->c.app->sender);
	answer_json(x, 200, S("{\"status\":\"ok\"}\n"));
}

/* ---- on the admin's own threads ---- */

static void
chore_answer(struct exchange *x)
{
	struct chore *ch = x->user;

	answer_text(x, ch->http, ch->headers ? ch->headers : JSON_HEADERS, buf_str(&ch->out));
	chore_free(ch);
}

static void
chore_work(struct work *w, void *worker)
{
	struct chore *ch = (struct chore *)(void *)w;

	ch->run(ch, worker);
	exchange_post(ch->x, chore_answer);
}

/* false: out of memory, or too many wait; nothing has been answered. */
static bool
submit(struct admin *a, struct pool *pool, struct exchange *x, void (*run)(struct chore *ch, struct chore_worker *worker))
{
	struct chore *ch = exchange_keep(x) ? chore_new(x, &a->c, run) : NULL;

	if (!ch)
		return false;
	x->user = ch;
	ch->work.run = chore_work;
	if (pool_submit(pool, &ch->work))
		return true;
	chore_free(ch);
	return false;
}

static void
post_chore(struct admin *a, struct exchange *x, void (*run)(struct chore *ch, struct chore_worker *worker))
{
	if (!submit(a, a->pool, x, run))
		answer_json(x, 503, S("{\"error\":\"too many commands wait\"}\n"));
}

static void
any_backend(struct admin *a, struct exchange *x)
{
	struct buf headers, body;

	if (submit(a, a->backend, x, chore_backend))
		return;
	buf_init(&headers, 1024);
	buf_init(&body, 1024);
	backend_refusal(E_OVERLOADED, &headers, &body);
	buf_put_str(&headers, S("Retry-After: 1\r\n"));
	exchange_answer(x, &(struct answer){ .status = 503, .headers = buf_str(&headers), .body = buf_str(&body) });
	buf_done(&headers);
	buf_done(&body);
}

static void
post_command(struct admin *a, struct exchange *x)
{
	post_chore(a, x, chore_command);
}

static void
post_sweep(struct admin *a, struct exchange *x)
{
	post_chore(a, x, chore_sweep);
}

static void
post_page(struct admin *a, struct exchange *x, void (*run)(struct chore *ch, struct chore_worker *worker))
{
	if (is_asked_by_address(x))
		post_chore(a, x, run);
	else
		refuse_name(x);
}

static void
get_outbox(struct admin *a, struct exchange *x)
{
	post_page(a, x, chore_outbox);
}

static void
get_doctor(struct admin *a, struct exchange *x)
{
	post_page(a, x, chore_doctor_page);
}

static void
post_doctor(struct admin *a, struct exchange *x)
{
	post_page(a, x, chore_doctor);
}

/* ---- which one ---- */

struct admin_route {
	enum http_method method;
	const char      *path;
	bool             and_below;	/* the path, or one segment more */
	bool             socket_only;	/* commands may delete people: only who may open the socket file */
	bool             test_only;
	void           (*run)(struct admin *a, struct exchange *x);
};

static const struct admin_route routes[] = {
	{ .method = HTTP_GET, .path = "/healthz", .run = get_health },
	{ .method = HTTP_GET, .path = "/readyz", .run = get_ready },
	{ .method = HTTP_GET, .path = "/metrics", .run = get_metrics },
	{ .method = HTTP_GET, .path = "/outbox", .and_below = true, .run = get_outbox },
	{ .method = HTTP_GET, .path = "/doctor", .run = get_doctor },
	{ .method = HTTP_POST, .path = "/doctor/request", .run = post_doctor },
	{ .method = HTTP_POST, .path = "/command", .socket_only = true, .run = post_command },
	{ .method = HTTP_POST, .path = "/test/clock", .test_only = true, .run = post_clock },
	{ .method = HTTP_POST, .path = "/test/sweep", .test_only = true, .run = post_sweep },
};

static bool
path_is(const struct admin_route *r, struct str path)
{
	struct str own = str_of(r->path), rest = str_from(path, own.n);

	if (str_eq(own, path))
		return true;
	return r->and_below && str_starts(path, own) && rest.n > 1 && rest.p[0] == '/';
}

static const struct admin_route *
route_find(const struct admin *a, const struct exchange *x)
{
	for (size_t i = 0; i < ARRAY_LEN(routes); i++) {
		const struct admin_route *r = &routes[i];

		if (r->method != x->head.method || !path_is(r, x->head.path))
			continue;
		if ((r->socket_only && x->local.family != AF_UNIX) || (r->test_only && !a->c.test_clock))
			return NULL;
		return r;
	}
	return NULL;
}

static bool
is_backend(const struct http_head *head)
{
	return str_starts(head->path, S("/v1/"));
}

static void
request(void *arg, struct exchange *x)
{
	struct admin *a = arg;
	const struct admin_route *r = route_find(a, x);

	if (is_backend(&x->head))
		any_backend(a, x);
	else if (r)
		r->run(a, x);
	else
		answer_json(x, 404, S("{\"error\":\"there is nothing here\"}\n"));
}

static size_t
body_limit(void *arg, const struct http_head *head)
{
	(void)arg;
	if (is_backend(head))
		return backend_body_limit(head);
	return str_eq(head->path, S("/command")) ? ADMIN_COMMAND_MAX : ADMIN_BODY_MAX;
}

static void
refusal(void *arg, const struct exchange *x, enum status why, struct buf *ret_headers, struct buf *ret_body)
{
	(void)arg;
	if (is_backend(&x->head)) {
		backend_refusal(why, ret_headers, ret_body);
		return;
	}
	buf_put_str(ret_headers, S(JSON_HEADERS));
	buf_printf(ret_body, "{\"error\":\"%s\"}\n", status_info[why].code);
}

struct handler
admin_handler(struct admin *a)
{
	return (struct handler){ .arg = a, .body_limit = body_limit, .request = request, .refusal = refusal };
}

/* ---- its life ---- */

static struct pool *
new_pool(const struct admin_config *c, const char *name, unsigned threads, size_t queue)
{
	const struct pool_config pool = {
		.name = name, .n_threads = threads, .queue_max = queue,
		.enter = chore_worker_enter, .leave = chore_worker_leave, .arg = c->app,
	};

	return pool_new(&pool);
}

struct admin *
admin_new(struct task *t, const struct admin_config *c)
{
	struct admin *a = calloc(1, sizeof(*a));

	if (!a) {
		(void)!fail(t, E_OVERLOADED, "out of memory");
		return NULL;
	}
	a->c = *c;
	a->pool = new_pool(c, "admin", ADMIN_THREADS, ADMIN_QUEUE);
	a->backend = new_pool(c, "backend", BACKEND_THREADS, BACKEND_QUEUE);
	a->c.backend = a->backend;
	if (a->pool && a->backend)
		return a;
	(void)!fail(t, E_INTERNAL, "the admin threads could not start");
	return admin_free(a);
}

struct admin *
admin_free(struct admin *a)
{
	if (!a)
		return NULL;
	pool_free(a->backend);
	pool_free(a->pool);
	free(a);
	return NULL;
}

void
admin_set_draining(struct admin *a)
{
	atomic_store(&a->draining, true);
}
