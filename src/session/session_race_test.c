/*
 * session_race_test.c - one session, two transactions at one instant. PostgreSQL only: SQLite has one writer.
 *
 * One transaction has done its part and not committed; the other has been let go and
 * is seen to wait for a lock; then the first commits.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include "session/session.h"

#include <libpq-fe.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/secret.h"
#include "base/str.h"
#include "store/db.h"
#include "store/store.gen.h"
#include "test/unit.h"

enum { LIFETIME_S = 1800 };
#define T0 (INT64_C(1770000000) * SECOND_US)

/* Somebody whose transactions run at once, on a connection of their own. */
struct racer {
	struct world      *w;
	struct task        task;
	struct db         *db;
	pthread_t          thread;
	struct str         token;	/* what they present */
	enum status      (*deed)(struct task *t, struct racer *r);
	struct racer      *next;	/* let go when the deed is done, before the commit; NULL: nobody */
	struct session_ref ref;
	enum status        st;
};

struct world {
	char                 schema[64], key[64], url[512];
	struct task          task;
	struct store        *store;
	struct keys         *keys;
	struct deployment    deployment;
	struct session_rules rules;
	struct racer         a, b;
};

/* One column of one row, as a number; -1: none. On a connection of the test's own. */
static int
ask(const char *sql)
{
	PGconn *c = PQconnectdb(getenv("SESSIOND_TEST_PG"));
	PGresult *r;
	int v;

	PQclear(PQexec(c, "SET client_min_messages = error"));
	r = PQexec(c, sql);
	v = PQntuples(r) > 0 ? (int)strtol(PQgetvalue(r, 0, 0), NULL, 10) : -1;
	if (PQresultStatus(r) != PGRES_COMMAND_OK && PQresultStatus(r) != PGRES_TUPLES_OK)
		fail_msg("%s: %s", sql, PQerrorMessage(c));
	PQclear(r);
	PQfinish(c);
	return v;
}

static void
racer_init(struct racer *r, struct world *w)
{
	*r = (struct racer){ .w = w, .task = { .arena = arena_new(16 << 20), .now = w->task.now } };
	r->db = db_connect(&r->task, w->store);
	assert_non_null(r->db);
}

static void
racer_done(struct racer *r)
{
	db_close(r->db);
	arena_free(r->task.arena);
}

static int
world_open(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	char sql[128];

	assert_non_null(w);
	w->task = (struct task){ .arena = arena_new(16 << 20), .now = T0 };
	snprintf(w->schema, sizeof(w->schema), "race_%ld", (long)getpid());
	snprintf(sql, sizeof(sql), "CREATE SCHEMA %s", w->schema);
	(void)ask(sql);
	snprintf(w->url, sizeof(w->url), "%s&options=-csearch_path%%3D%s", getenv("SESSIOND_TEST_PG"), w->schema);
	snprintf(w->key, sizeof(w->key), "/tmp/session_race_%ld.key", (long)getpid());
	assert_int_equal(keys_load(&w->task, w->key, true, &w->keys), OK);
	if (store_open(&w->task, &(struct store_config){ .url = w->url }, &w->store) != OK)
		fail_msg("%s", w->task.why);
	w->deployment.id.v = 7;
	w->deployment.settings.auth.session_token_lifetime_s = LIFETIME_S;
	w->deployment.settings.auth.session_validity_period_s = 30 * 86400;
	w->deployment.settings.auth.session_inactive_timeout_s = 7 * 86400;
	w->rules = (struct session_rules){ w->keys, &w->deployment, activity_new() };
	racer_init(&w->a, w);
	racer_init(&w->b, w);
	*state = w;
	return 0;
}

static int
world_close(void **state)
{
	struct world *w = *state;
	char sql[128];

	racer_done(&w->a);
	racer_done(&w->b);
	store_close(w->store);
	activity_free(w->rules.activity);
	keys_free(w->keys);
	arena_free(w->task.arena);
	unlink(w->key);
	snprintf(sql, sizeof(sql), "DROP SCHEMA %s CASCADE", w->schema);
	(void)ask(sql);
	free(w);
	return 0;
}

/* ---- what they do ---- */

static enum status
settle(struct task *t, struct racer *r)
{
	struct session_id stolen;

	return session_settle(t, &r->w->rules, r->token, true, &r->ref, &stolen);
}

/* A sign-in, as far as tokens go. */
static enum status
sign_in(struct task *t, struct racer *r)
{
	TRY(settle(t, r));
	TRY(session_store(t, &r->w->rules, &r->ref));
	return session_renew(t, &r->w->rules, &r->ref);
}

static void *racer_main(void *arg);

static void
start(struct racer *r)
{
	assert_int_equal(pthread_create(&r->thread, NULL, racer_main, r), 0);
}

/* Until the other one waits for a lock of ours. */
static void
await_waiter(void)
{
	while (ask("SELECT count(*) FROM pg_locks WHERE NOT granted") == 0)
		sched_yield();
}

static enum status
run(struct task *t, void *arg)
{
	struct racer *r = arg;
	struct racer *next = r->next;

	TRY(r->deed(t, r));
	if (!next)
		return OK;
	r->next = NULL;
	start(next);
	await_waiter();
	return OK;
}

static void *
racer_main(void *arg)
{
	struct racer *r = arg;

	r->st = store_write_wait(&r->task, r->w->store, r->db, run, r);
	return NULL;
}

/* a does its deed, b is let go and waits, a commits, b goes on. */
static void
race(struct world *w)
{
	w->a.next = &w->b;
	racer_main(&w->a);
	pthread_join(w->b.thread, NULL);
}

/* A session that somebody signed in to; its token. */
static struct str
signed_in(struct world *w)
{
	w->a.deed = sign_in;
	racer_main(&w->a);
	assert_int_equal(w->a.st, OK);
	return w->a.ref.token_out;
}

static void
pass(struct world *w, int64_t seconds)
{
	w->a.task.now += seconds * SECOND_US;
	w->b.task.now += seconds * SECOND_US;
}

/* ---- the claims ---- */

static void
test_9_two_rotations_agree(void **state)
{
	struct world *w = *state;

	w->b.token = w->a.token = signed_in(w);
	pass(w, LIFETIME_S);
	w->a.deed = w->b.deed = settle;
	race(w);
	assert_int_equal(w->a.st, OK);
	assert_int_equal(w->b.st, OK);
	assert_true(w->a.ref.token_out.n > 0 && str_eq(w->a.ref.token_out, w->b.ref.token_out));
}

/* The successor that was just being made is superseded like every other token: a planted one must not live on in it. */
static void
test_SES04_a_sign_in_beside_a_rotation_supersedes_the_successor(void **state)
{
	struct world *w = *state;
	struct session_id session;

	w->b.token = w->a.token = signed_in(w);
	pass(w, LIFETIME_S);
	w->a.deed = settle;
	w->b.deed = sign_in;
	race(w);
	assert_int_equal(w->a.st, OK);
	assert_int_equal(w->b.st, OK);
	session = w->b.ref.id;
	w->a.token = w->a.ref.token_out;
	w->a.deed = settle;
	racer_main(&w->a);
	assert_int_equal(w->a.st, OK);
	assert_true(w->a.ref.superseded || w->a.ref.id.v != session.v);
}

/*
 * Both hold one token, and one of them has planted it. The loser must not come out
 * with a good token of the session that the winner is in now.
 */
static void
test_SES04_of_two_sign_ins_with_one_token_the_second_is_refused(void **state)
{
	struct world *w = *state;

	w->b.token = w->a.token = signed_in(w);
	w->a.deed = w->b.deed = sign_in;
	race(w);
	assert_int_equal(w->a.st, OK);
	assert_int_equal(w->b.st, E_UNAUTHORIZED);
	assert_true(w->b.ref.superseded);
}

#define T(name) cmocka_unit_test_setup_teardown(name, world_open, world_close)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_9_two_rotations_agree),
		T(test_SES04_a_sign_in_beside_a_rotation_supersedes_the_successor),
		T(test_SES04_of_two_sign_ins_with_one_token_the_second_is_refused),
	};

	if (!secret_init_libraries() || !id_init())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
