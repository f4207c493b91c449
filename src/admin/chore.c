/* chore.c - commands and sweeps that came in over the admin listener. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/chore.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "admin/command.h"
#include "base/clock.h"
#include "base/str.h"

enum { CHORE_ARENA = 64 * 1024 * 1024, CHORE_OUT_MAX = 8 * 1024 * 1024 };

void *
chore_worker_enter(void *app)
{
	struct task t = { .arena = arena_new(CHORE_ARENA), .now = clock_now() };
	struct chore_worker *w = calloc(1, sizeof(*w));

	if (w && t.arena) {
		w->app = app;
		w->db = db_connect(&t, w->app->store);
	}
	if (w && !w->db) {
		log_event(LOG_ERROR, EV_STORE, "admin why=\"%s\"", t.why);
		free(w);
		w = NULL;
	}
	arena_free(t.arena);
	return w;
}

void
chore_worker_leave(void *worker)
{
	struct chore_worker *w = worker;

	db_close(w->db);
	free(w);
}

struct chore *
chore_new(struct exchange *x, const struct admin_config *c, void (*run)(struct chore *ch, struct chore_worker *worker))
{
	struct chore *ch = calloc(1, sizeof(*ch));

	if (!ch)
		return NULL;
	ch->x = x;
	ch->c = c;
	ch->run = run;
	ch->t.arena = arena_new(CHORE_ARENA);
	if (!ch->t.arena) {
		free(ch);
		return NULL;
	}
	ch->http = 500;
	buf_init(&ch->out, CHORE_OUT_MAX);
	return ch;
}

void
chore_free(struct chore *ch)
{
	if (ch->out.p)
		secret_wipe(ch->out.p, ch->out.n);
	buf_done(&ch->out);
	arena_free(ch->t.arena);
	free(ch);
}

void
chore_error(struct chore *ch, int http, struct str why)
{
	struct json j;

	ch->http = http;
	buf_clear(&ch->out);
	json_init(&j, &ch->out);
	json_object_begin(&j, NULL);
	json_str(&j, "error", why);
	json_object_end(&j);
}

/* ---- a command ---- */

/* {"args": [...], "input": "...", "database": "..."} as jansson has it. */
struct order {
	json_t     *json;
	struct str  args[COMMAND_ARGS_MAX];
	size_t      n_args;
	struct str  input, database;
};

static struct str
text_of(const json_t *v)
{
	return (struct str){ json_string_value(v), json_string_length(v) };
}

static bool
order_read_args(struct order *o)
{
	const json_t *args = json_object_get(o->json, "args");

	o->n_args = json_array_size(args);
	if (o->n_args > COMMAND_ARGS_MAX)
		return false;
	for (size_t i = 0; i < o->n_args; i++) {
		if (!json_is_string(json_array_get(args, i)))
			return false;
		o->args[i] = text_of(json_array_get(args, i));
	}
	return true;
}

static bool
order_read(struct str body, struct order *o)
{
	json_error_t error;

	*o = (struct order){ .json = json_loadb(body.p, body.n, JSON_REJECT_DUPLICATES, &error) };
	if (!json_is_object(o->json))
		return false;
	o->input = text_of(json_object_get(o->json, "input"));
	o->database = text_of(json_object_get(o->json, "database"));
	return order_read_args(o);
}

/* The body and jansson's copy of it: a password may be in them. */
static void
order_done(struct order *o, struct str body)
{
	if (o->input.p)
		secret_wipe((void *)(uintptr_t)o->input.p, o->input.n);
	json_decref(o->json);
	if (body.p)
		secret_wipe((void *)(uintptr_t)body.p, body.n);
}

static enum status
command_prepare(struct chore *ch, const struct chore_worker *w, const struct order *o, struct command *c)
{
	struct task *t = &ch->t;
	const struct command_row *row;
	size_t used;

	row = command_find(t, o->args, o->n_args, &used);
	if (!row)
		return E_BAD_REQUEST_BODY;
	TRY(command_parse(t, row, o->args + used, o->n_args - used, c));
	c->input = o->input;
	c->store = w->app->store;
	c->db = w->db;
	c->keys = w->app->keys;
	c->hasher = w->app->hasher;
	c->directory = w->app->directory;
	c->sender = w->app->sender;
	c->app = w->app;
	return OK;
}

static void
command_answer(struct chore *ch, int exit_code, const struct command *c)
{
	bool done = exit_code == 0 || c->found_problems;
	struct json j;

	ch->http = 200;
	json_init(&j, &ch->out);
	json_object_begin(&j, NULL);
	json_int(&j, "status", exit_code);
	json_str(&j, "out", done ? buf_str(&c->out) : STR_NONE);
	json_str(&j, "err", done ? buf_str(&c->err) : str_of(ch->t.why));
	json_object_end(&j);
	if (ch->out.failed)
		chore_error(ch, 503, S("the answer is too long; use --limit"));
}

static void
command_do(struct chore *ch, const struct chore_worker *w, const struct order *o)
{
	struct command c = { 0 };

	if (command_prepare(ch, w, o, &c) != OK)
		command_answer(ch, 2, &c);
	else if (command_run(&c) != OK)
		command_answer(ch, 1, &c);
	else
		command_answer(ch, c.found_problems ? 1 : 0, &c);
	command_done(&c);
}

void
chore_command(struct chore *ch, struct chore_worker *worker)
{
	struct order o;

	ch->t.now = clock_now();
	if (!order_read(ch->x->body, &o))
		chore_error(ch, 400, S("the body is not {\"args\": [...], \"input\": \"...\", \"database\": \"...\"}"));
	else if (o.database.n > 0 && !str_eq(o.database, ch->c->database_tag))
		chore_error(ch, 409, S("this server has another database"));
	else
		command_do(ch, worker, &o);
	order_done(&o, ch->x->body);
}

/* ---- a sweep ---- */

void
chore_sweep(struct chore *ch, struct chore_worker *worker)
{
	struct json j;

	ch->t.now = clock_now();
	if (background_sweep(&ch->t, ch->c->background, worker->db) != OK) {
		chore_error(ch, 503, str_of(ch->t.why));
		return;
	}
	ch->http = 200;
	json_init(&j, &ch->out);
	json_object_begin(&j, NULL);
	json_str(&j, "status", S("ok"));
	json_object_end(&j);
}
