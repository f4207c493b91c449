/* tenancy_fixture.c - what handlers need of the pipeline, as small as it can be. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/tenancy_test.h"

#include <ftw.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/me/picture.h"
#include "api/notice.h"
#include "api/sign_in/code.h"
#include "base/clock.h"
#include "base/str.h"

/* ---- the pipeline's half of api.h ---- */

static struct fixture *running;

struct str
query_text(const struct request *rq, const char *name)
{
	return body_text(rq, name);
}

struct str
body_text(const struct request *rq, const char *name)
{
	for (size_t i = 0; i < rq->body.n; i++)
		if (str_eq(rq->body.items[i].name, str_of(name)) && !rq->body.items[i].file_type.p)
			return rq->body.items[i].value;
	return S("");
}

bool
body_bool(const struct request *rq, const char *name, bool dflt)
{
	struct str v = body_text(rq, name);

	return v.n == 0 ? dflt : str_eq(v, S("true"));
}

/* Here a field called image is a file. */
const struct param *
body_file(const struct request *rq, const char *name)
{
	for (size_t i = 0; i < rq->body.n; i++)
		if (str_eq(rq->body.items[i].name, str_of(name)))
			return &rq->body.items[i];
	return NULL;
}

struct json *
reply(struct request *rq)
{
	buf_init_arena(&rq->out, rq->task.arena, 64 << 20);
	json_init(&rq->json, &rq->out);
	json_object_begin(&rq->json, NULL);
	rq->replied = true;
	return &rq->json;
}

enum status
reply_list(struct request *rq, struct rope **ret_rope)
{
	struct json *j = reply(rq);

	running->list = rope_new(running->ropes);
	assert_non_null(running->list);
	json_array_begin(j, "data");
	running->list_at = rq->out.n;
	json_array_end(j);
	*ret_rope = running->list;
	return OK;
}

enum status
reply_session(struct request *rq)
{
	TRY(session_state_load(&rq->task, rq->deployment->id, &rq->session, (struct signin_attempt_id){ 0 },
	    (struct signup_attempt_id){ 0 }, &rq->state));
	view_session(reply(rq), "data", &rq->state);
	return OK;
}

enum status
reply_text(struct request *rq, const char *text)
{
	json_str(reply(rq), "data", str_of(text));
	return OK;
}

enum status
refuse(struct request *rq, enum status st, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	(void)snprintf(text, sizeof(text), "%s", status_info[st].text);
	va_start(ap, fmt);
	if (fmt)
		(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	CHECK(rq->n_problems < PROBLEMS_MAX);
	rq->problems[rq->n_problems++] = (struct problem){ st, arena_dup(rq->task.arena, str_of(text)) };
	return st;
}

enum status
audit(struct request *rq, enum audit_event event, struct user_id user, struct str detail)
{
	(void)rq, (void)user;
	assert_true(detail.n == 0 || detail.p[0] == '{');
	running->event = event;
	return OK;
}

/* Who is asking is a given here, and so is their token; nothing is counted, and nobody told. */

enum status
request_read(struct request *rq, enum status (*fn)(struct task *t, void *arg), void *arg)
{
	return fn(&rq->task, arg);
}

enum status
request_renew_token(struct request *rq)
{
	(void)rq;
	return OK;
}

enum status
request_reserve(struct request *rq, const struct try *tries, size_t n)
{
	(void)rq, (void)tries, (void)n;
	return OK;
}

enum status
request_take(struct request *rq, const struct try *tries, size_t n)
{
	(void)rq, (void)tries, (void)n;
	return OK;
}

struct str
request_source(const struct request *rq)
{
	(void)rq;
	return S("here");
}

enum status
request_give_back(struct request *rq, const struct try *tried)
{
	(void)rq, (void)tried;
	return OK;
}

enum status
notice_put(struct request *rq, struct user_id user, const char *what, struct str also)
{
	(void)rq, (void)user, (void)what, (void)also;
	return OK;
}

/* .prove is not run here. */
enum status
picture_make_if_sent(struct request *rq, const char *name, struct picture **ret_picture)
{
	(void)rq, (void)name;
	*ret_picture = NULL;
	return OK;
}

struct str
code_mask_phone(struct arena *a, struct str digits)
{
	(void)a;
	return digits;
}

struct session_rules
request_session_rules(const struct request *rq)
{
	return (struct session_rules){ NULL, rq->deployment, running->activity };
}

/* ---- a request ---- */

static enum status
run(struct task *t, void *arg)
{
	struct request *rq = arg;
	struct session_find_row row;

	rq->n_problems = 0;
	rq->replied = false;
	TRY(sql_session_find(t, rq->deployment->id, rq->session.id, &row));
	rq->session.stored = true;
	rq->session.active_signin = row.active_signin;
	TRY(session_state_load(t, rq->deployment->id, &rq->session, (struct signin_attempt_id){ 0 },
	    (struct signup_attempt_id){ 0 }, &rq->state));
	rq->signin = rq->state.active;
	if (!rq->signin)
		return E_UNAUTHORIZED;
	TRY(rq->route->run(rq));
	assert_true(rq->replied);
	json_object_end(&rq->json);
	return OK;
}

static enum status
run_request(struct fixture *f, struct request *rq)
{
	if (rq->route->tx == TX_READ)
		return db_read(&rq->task, f->db, run, rq);
	return store_write_wait(&rq->task, f->store, f->db, run, rq);
}

/* The answer with its list in place. */
static char *
whole_text(struct fixture *f, const struct request *rq)
{
	size_t n = f->list ? rope_bytes(f->list) : 0, at = f->list ? f->list_at : 0;
	char *text = calloc(rq->out.n + n + 1, 1);

	assert_non_null(text);
	memcpy(text, rq->out.p, at);
	if (f->list)
		rope_copy(f->list, text + at);
	memcpy(text + at + n, rq->out.p + at, rq->out.n - at);
	return text;
}

static void
keep_outcome(struct fixture *f, const struct request *rq)
{
	struct buf problems;

	free(f->text);
	if (f->st == OK && arena_failed(rq->task.arena))
		f->st = E_OVERLOADED; /* as the pipeline does it */
	if (f->st == OK) {
		f->text = whole_text(f, rq);
	} else {
		buf_init_arena(&problems, f->arena, 4096);
		buf_printf(&problems, "%d", (int)f->st);
		for (size_t i = 0; i < rq->n_problems; i++)
			buf_printf(&problems, " %s: " STR_FMT, status_info[rq->problems[i].st].code,
			    STR_ARG(rq->problems[i].text));
		f->text = strndup(problems.p, problems.n);
	}
	f->list = rope_free(f->list);
	f->why = arena_dup(f->arena, str_of(rq->task.why)).p;
	json_decref(f->body);
	f->body = f->st == OK ? json_loads(f->text, JSON_REJECT_DUPLICATES, NULL) : NULL;
	if (f->st == OK && !f->body)
		fail_msg("not JSON: %s", f->text);
}

enum status
call(struct fixture *f, int user, const struct route *r, const char *id, ...)
{
	struct param pairs[PAIRS_MAX];
	struct request rq = {
		.task = { .arena = arena_new(256 << 20), .now = clock_now() },
		.route = r,
		.deployment = &f->deployments[user == ADA ? 1 : 0],
		.session = { .id = { 100 + user } },
		.body = { pairs, 0 },
	};
	int64_t began;
	va_list ap;

	va_start(ap, id);
	for (const char *name = va_arg(ap, const char *); name; name = va_arg(ap, const char *)) {
		assert_true(rq.body.n < PAIRS_MAX);
		pairs[rq.body.n++] =
		    (struct param){ .name = str_of(name), .value = str_of(va_arg(ap, const char *)) };
	}
	va_end(ap);
	rq.ids[0] = str_of(id);
	assert_true(net_addr_parse(str_of(f->client), &rq.client));
	running = f;
	f->event = AUDIT__COUNT;
	arena_test_fail_after(f->fail_alloc);
	(void)store_test_fail_after(f->fail_store);
	began = clock_mono();
	f->st = run_request(f, &rq);
	f->took_us = clock_mono() - began;
	f->failed = f->fail_store > 0 && store_test_fail_after(0) == 0;
	arena_test_fail_after(0);
	f->failed |= arena_failed(rq.task.arena);
	keep_outcome(f, &rq);
	arena_free(rq.task.arena);
	return f->st;
}

/* ---- looking at answers ---- */

static json_t *
find(struct fixture *f, const char *path)
{
	json_t *v = f->body;
	struct str rest = str_of(path), part;
	char key[64];

	while (rest.n > 0 && v) {
		(void)str_cut(rest, '.', &part, &rest);
		(void)snprintf(key, sizeof(key), STR_FMT, STR_ARG(part));
		v = json_is_array(v) ? json_array_get(v, strtoul(key, NULL, 10)) : json_object_get(v, key);
	}
	return v;
}

const char *
at(struct fixture *f, const char *path)
{
	json_t *v = find(f, path);

	if (json_is_string(v))
		return json_string_value(v);
	if (json_is_integer(v))
		return arena_printf(f->arena, "%lld", (long long)json_integer_value(v)).p;
	return !v                 ? ""
	       : json_is_null(v)  ? "null"
	       : json_is_true(v)  ? "true"
	       : json_is_false(v) ? "false"
				  : "{}";
}

size_t
count(struct fixture *f, const char *path)
{
	json_t *v = find(f, path);

	assert_true(json_is_array(v));
	return json_array_size(v);
}

/* ---- the database ---- */

static void
open_store(struct fixture *f)
{
	struct task t = { .arena = f->arena, .now = clock_now() };
	struct store_config c = { .url = f->dir };

	if (store_open(&t, &c, &f->store) != OK)
		fail_msg("%s", t.why);
	f->db = db_connect(&t, f->store);
	assert_non_null(f->db);
}

static void
close_store(struct fixture *f)
{
	f->db = db_close(f->db);
	f->store = store_close(f->store);
}

void
sql(struct fixture *f, const char *text)
{
	char path[96], *why = NULL;
	sqlite3 *h;

	close_store(f);
	(void)snprintf(path, sizeof(path), "%s/sessiond.db", f->dir);
	assert_int_equal(sqlite3_open(path, &h), SQLITE_OK);
	if (sqlite3_exec(h, text, NULL, NULL, &why) != SQLITE_OK)
		fail_msg("%s: %s", text, why);
	assert_int_equal(sqlite3_close(h), SQLITE_OK);
	open_store(f);
}

static void
add_people(struct fixture *f)
{
	FILE *file = fopen(FIXTURES "/people.sql", "re");
	char text[8192];
	size_t n;

	assert_non_null(file);
	n = fread(text, 1, sizeof(text) - 1, file);
	(void)fclose(file);
	text[n] = '\0';
	sql(f, text);
}

static void
make_deployment(struct fixture *f, struct deployment *d, int64_t id)
{
	struct task t = { .arena = f->arena };
	static const struct settings_home home = {
		S_INIT("Lumen"),
		S_INIT("lumen.example"),
		S_INIT("https://lumen.example"),
	};

	*d = (struct deployment){ .id = { id }, .orgrole_creator = { 51 }, .wsrole_creator = { 61 } };
	if (settings_parse(&t, f->arena, &home, S("{}"), &d->settings) != OK)
		fail_msg("%s", t.why);
}

int
tenancy_setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	assert_true(id_init());
	f->arena = arena_new(64 << 20);
	f->activity = activity_new();
	f->ropes = rope_pool_new(64 << 20);
	assert_true(f->activity && f->ropes);
	(void)snprintf(f->dir, sizeof(f->dir), "/tmp/sessiond-tenancy-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	f->client = "203.0.113.9";
	make_deployment(f, &f->deployments[0], 1);
	make_deployment(f, &f->deployments[1], 2);
	open_store(f);
	add_people(f);
	*state = f;
	return 0;
}

static int
remove_entry(const char *path, const struct stat *sb, int kind, struct FTW *where)
{
	(void)sb, (void)kind, (void)where;
	return remove(path);
}

int
tenancy_teardown(void **state)
{
	struct fixture *f = *state;

	close_store(f);
	nftw(f->dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
	activity_free(f->activity);
	rope_pool_free(f->ropes);
	json_decref(f->body);
	free(f->text);
	arena_free(f->arena);
	free(f);
	return 0;
}
