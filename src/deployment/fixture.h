/* fixture.h - a store with the program's schema, and keys, for the tests of this folder. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "test/unit.h"

#include <ftw.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "deployment/deployment.h"
#include "store/db.h"

struct fixture {
	char dir[64];    /* the keys, and SQLite's database */
	char schema[64]; /* PostgreSQL: a schema of this test's own */
	struct store *store;
	struct db *db;
	struct keys *keys;
	struct task t;
};

static inline void
fixture_pg_do(const char *verb, const char *schema, const char *how)
{
	PGconn *c = PQconnectdb(getenv("SESSIOND_TEST_PG"));
	char sql[160];
	PGresult *r;

	snprintf(sql, sizeof(sql), "SET client_min_messages TO warning; %s SCHEMA %s %s", verb, schema, how);
	r = PQexec(c, sql);
	if (PQresultStatus(r) != PGRES_COMMAND_OK)
		fail_msg("%s: %s", sql, PQerrorMessage(c));
	PQclear(r);
	PQfinish(c);
}

/* Where the store is: the directory, or a fresh schema at SESSIOND_TEST_PG. */
static inline void
fixture_url(struct fixture *f, bool is_pg, char url[static 512])
{
	const char *pg = getenv("SESSIOND_TEST_PG");
	static int n;

	if (!is_pg) {
		snprintf(url, 512, "%s", f->dir);
		return;
	}
	snprintf(f->schema, sizeof(f->schema), "d_%ld_%d", (long)getpid(), ++n);
	fixture_pg_do("CREATE", f->schema, "");
	snprintf(
	    url, 512, "%s%coptions=-csearch_path%%3D%s", pg, strchr(pg, '?') != NULL ? '&' : '?', f->schema);
}

static inline int
fixture_begin(void **state, bool is_pg)
{
	struct fixture *f = calloc(1, sizeof(*f));
	char key[96], url[512];
	struct store_config c = { .url = url };

	assert_true(secret_init_libraries());
	assert_true(id_init());
	snprintf(f->dir, sizeof(f->dir), "/tmp/sessiond-deployment-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	fixture_url(f, is_pg, url);
	f->t = (struct task){ .arena = arena_new(64 << 20), .now = 1767225600 * SECOND_US };
	snprintf(key, sizeof(key), "%s/master.key", f->dir);
	if (keys_load(&f->t, key, true, &f->keys) != OK || store_open(&f->t, &c, &f->store) != OK)
		fail_msg("%s", f->t.why);
	f->db = db_connect(&f->t, f->store);
	assert_non_null(f->db);
	*state = f;
	return 0;
}

static inline int
fixture_set_up(void **state)
{
	return fixture_begin(state, false);
}

static inline int
fixture_set_up_pg(void **state)
{
	return fixture_begin(state, true);
}

static inline int
fixture_remove(const char *path, const struct stat *sb, int kind, struct FTW *at)
{
	(void)sb, (void)kind, (void)at;
	return remove(path);
}

static inline int
fixture_tear_down(void **state)
{
	struct fixture *f = *state;

	db_close(f->db);
	store_close(f->store);
	if (f->schema[0] != '\0')
		fixture_pg_do("DROP", f->schema, "CASCADE");
	keys_free(f->keys);
	nftw(f->dir, fixture_remove, 8, FTW_DEPTH | FTW_PHYS);
	arena_free(f->t.arena);
	free(f);
	return 0;
}

static inline enum status
write_now(struct fixture *f, enum status (*fn)(struct task *t, void *arg), void *arg)
{
	f->t.why[0] = '\0';
	return store_write_wait(&f->t, f->store, f->db, fn, arg);
}

static inline enum status
read_now(struct fixture *f, enum status (*fn)(struct task *t, void *arg), void *arg)
{
	f->t.why[0] = '\0';
	return db_read(&f->t, f->db, fn, arg);
}

/* Each test on SQLite, and then on PostgreSQL where there is one to test with. */
#define TEST(fn)                                                                                             \
	{                                                                                                    \
#fn, fn, fixture_set_up, fixture_tear_down, NULL                                             \
	}
static inline int
fixture_run(const struct CMUnitTest *tests, size_t n)
{
	struct CMUnitTest *pg = calloc(n, sizeof(*pg));
	int failed = _cmocka_run_group_tests("sqlite", tests, n, NULL, NULL);

	assert_non_null(pg);
	for (size_t i = 0; i < n; i++) {
		pg[i] = tests[i];
		pg[i].setup_func = fixture_set_up_pg;
	}
	if (getenv("SESSIOND_TEST_PG") != NULL)
		failed += _cmocka_run_group_tests("postgresql", pg, n, NULL, NULL);
	free(pg);
	return failed;
}

/* ---- deeds in a transaction each ---- */

struct fixture_create {
	struct fixture *f;
	const struct deployment_spec *spec;
	struct deployment_made *ret_made;
};

static inline enum status
fixture_run_create(struct task *t, void *arg)
{
	struct fixture_create *c = arg;

	return deployment_create(t, c->f->keys, c->spec, c->ret_made);
}

static inline enum status
create(struct fixture *f, const struct deployment_spec *spec, struct deployment_made *ret_made)
{
	struct fixture_create c = { f, spec, ret_made };

	return write_now(f, fixture_run_create, &c);
}

static inline struct deployment_id
must_create(struct fixture *f, const char *host, const char *frontend, enum deployment_mode mode)
{
	struct deployment_spec spec = {
		.host = str_of(host), .frontend_host = str_of(frontend), .mode = mode
	};
	struct deployment_made made;

	if (create(f, &spec, &made) != OK)
		fail_msg("%s: %s", host, f->t.why);
	return made.id;
}

struct fixture_set {
	struct deployment_id id;
	struct setting_text change;
};

static inline enum status
fixture_run_set(struct task *t, void *arg)
{
	struct fixture_set *s = arg;

	return deployment_set(t, s->id, &s->change, 1);
}

static inline enum status
set(struct fixture *f, struct deployment_id id, const char *key, const char *value)
{
	struct fixture_set s = { id, { str_of(key), str_of(value) } };

	return write_now(f, fixture_run_set, &s);
}
