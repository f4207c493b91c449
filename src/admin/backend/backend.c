/* backend.c - one call of the Backend API, from its bytes to its answer, on a thread of its own pool. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/backend/backend.h"

#include <ctype.h>
#include <string.h>

#include "admin/chore.h"
#include "api/route.h"
#include "base/clock.h"
#include "base/str.h"

enum { OUT_MAX = 4 * 1024 * 1024, HEADERS_MAX = 1024 };

/* ---- the deed ---- */

/* A transaction may run again, and a second run begins from scratch. */
static void
begin_again(struct call *c)
{
	buf_init_arena(&c->out, c->t->arena, OUT_MAX);
	c->problem = STR_NONE;
	c->param = NULL;
	c->replayed = false;
}

static enum status
run_plain(struct task *t, void *arg)
{
	struct call *c = arg;

	(void)t;
	begin_again(c);
	return c->route->run(c);
}

static enum status
run_once(struct task *t, void *arg)
{
	struct call *c = arg;

	(void)t;
	begin_again(c);
	TRY(idempotency_begin(c));
	if (c->replayed)
		return OK;
	TRY(c->route->run(c));
	return idempotency_keep(c);
}

struct deed_desk
call_desk(const struct call *c)
{
	return (struct deed_desk){ .store = c->app->store, .db = c->db, .sender = c->app->sender };
}

static enum status
transact(struct call *c)
{
	const struct deed_desk desk = call_desk(c);

	switch (c->route->tx) {
	case CALL_READ:
		return db_read(c->t, c->db, run_plain, c);
	case CALL_WRITE:
		return deed_write(c->t, &desk, c->idempotency_key.p ? run_once : run_plain, c);
	case CALL_STEPS:
		begin_again(c);
		return c->route->run(c);
	}
	return E_BUG;
}

/* Browsers have no business here, and what a page could have one send is refused before it is looked at. */
static enum status
check_origin(struct call *c)
{
	if (!http_field(&c->x->head, S("Origin")).p)
		return OK;
	return call_refuse(c, E_FORBIDDEN, "Origin", "The Backend API is for servers. A secret key has no place in a browser.");
}

static enum status
perform(struct call *c)
{
	TRY(check_origin(c));
	TRY(key_admit(c));
	TRY(backend_route_find(c));
	TRY(idempotency_read_key(c));
	TRY(call_read_fields(c));
	if (c->route->prove)
		TRY(c->route->prove(c));
	TRY(transact(c));
	if (c->route->after && !c->replayed)
		TRY(c->route->after(c));
	if (c->out.failed || arena_failed(c->t->arena))
		return fail(c->t, E_OVERLOADED, "the answer does not fit into memory");
	return OK;
}

/* ---- the answer ---- */

/* What a deed says is a clause for the command line; here it is a sentence. A setting's key stays as it is. */
static struct str
sentence_of(struct call *c, enum status st)
{
	size_t word = strcspn(c->t->why, " _.");
	bool is_key = c->t->why[word] != ' ';
	struct str text;

	if (c->problem.p)
		return c->problem;
	if (status_info[st].http != 400 || c->t->why[0] == '\0')
		return str_of(status_info[st].text);
	text = arena_printf(c->t->arena, "%c%s%s", is_key ? c->t->why[0] : toupper((unsigned char)c->t->why[0]), c->t->why + 1,
	    strchr(".?!", c->t->why[strlen(c->t->why) - 1]) ? "" : ".");
	return text.n > 0 ? text : str_of(status_info[st].text);
}

static void
put_problem(struct buf *out, struct call *c, enum status st)
{
	struct json j;

	json_init(&j, out);
	json_object_begin(&j, NULL);
	json_array_begin(&j, "errors");
	json_object_begin(&j, NULL);
	json_str(&j, "code", str_of(status_info[st].code));
	json_str(&j, "message", sentence_of(c, st));
	if (c->param && status_info[st].http < 500)
		json_str(&j, "param", str_of(c->param));
	json_object_end(&j);
	json_array_end(&j);
	json_object_end(&j);
}

static const char *
headers_of(struct call *c, enum status st)
{
	struct buf h;

	buf_init_arena(&h, c->t->arena, HEADERS_MAX);
	buf_put_str(&h, S("Content-Type: application/json; charset=utf-8\r\nCache-Control: no-store\r\n"
			  "X-Content-Type-Options: nosniff\r\n"));
	if (st == E_UNAUTHORIZED)
		buf_put_str(&h, S("WWW-Authenticate: Bearer\r\n"));
	if (st == E_METHOD_NOT_ALLOWED)
		buf_printf(&h, "Allow: " STR_FMT "\r\n", STR_ARG(route_allow_text(c->t->arena, c->allow)));
	if (c->retry_after_s > 0 || (st != OK && status_info[st].http == 503))
		buf_printf(&h, "Retry-After: %lld\r\n", (long long)(c->retry_after_s > 0 ? c->retry_after_s : 1));
	if (c->replayed)
		buf_put_str(&h, S("Idempotent-Replayed: true\r\n"));
	buf_put_char(&h, '\0');
	return h.failed ? NULL : h.p;
}

/* 204 when there is nothing to tell. */
static int
http_of(const struct call *c, enum status st)
{
	return st == OK ? route_http(c->route) : status_info[st].http;
}

static void
log_call(const struct call *c, enum status st)
{
	log_event(status_info[st].level, EV_BACKEND, "request=%016llx call=%s deployment=%lld key=" STR_FMT " status=%d us=%lld%s%s%s",
	    (unsigned long long)c->x->id, c->route ? c->route->name : "-", (long long)(c->by.d ? c->by.d->id.v : 0),
	    STR_ARG(c->by.actor.n > 0 ? c->by.actor : S("-")), http_of(c, st), (long long)(clock_mono() - c->x->began_mono),
	    st != OK && c->t->why[0] ? " why=\"" : "", st != OK ? c->t->why : "", st != OK && c->t->why[0] ? "\"" : "");
}

static void
answer(struct chore *ch, struct call *c, enum status st)
{
	ch->http = http_of(c, st);
	ch->headers = headers_of(c, st);
	if (st != OK)
		put_problem(&ch->out, c, st);
	else
		buf_put_str(&ch->out, buf_str(&c->out));
	log_call(c, st);
}

void
chore_backend(struct chore *ch, struct chore_worker *worker)
{
	char ip[46];
	struct call c = {
		.t = &ch->t, .app = worker->app, .db = worker->db, .x = ch->x,
		.by = { .keys = worker->app->keys, .ip = { ip, net_addr_format(&ch->x->peer, ip) } },
	};
	enum status st;

	ch->t.now = clock_now();
	begin_again(&c);
	st = perform(&c);
	answer(ch, &c, st);
	/* A password may be in it; jansson wipes its own copy. */
	if (ch->x->body.n > 0)
		secret_wipe((void *)(uintptr_t)ch->x->body.p, ch->x->body.n);
}

void
backend_refusal(enum status why, struct buf *ret_headers, struct buf *ret_body)
{
	buf_put_str(ret_headers, S("Content-Type: application/json; charset=utf-8\r\nCache-Control: no-store\r\n"));
	buf_printf(ret_body, "{\"errors\":[{\"code\":\"%s\",\"message\":\"%s\"}]}", status_info[why].code, status_info[why].text);
}
