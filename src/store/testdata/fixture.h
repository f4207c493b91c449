/* fixture.h - a fresh store for a test, on either engine. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/str.h"
#include "store/db.h"
#include "store/sql.h"
#include "store/testdata.gen.h"

#include <ftw.h>
#include <libpq-fe.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* After ours: its fail() is a macro, which would spoil the declaration of base/task.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

struct fixture {
	char          url[512];
	char          schema[64];	/* PostgreSQL: a schema of this test's own */
	bool          is_pg;
	struct store *store;
	struct db    *db;
	struct task   t;
};

static const struct deployment_id D1 = { 1 }, D2 = { 2 };

static inline void
task_begin(struct task *t)
{
	*t = (struct task){ .arena = arena_new(4 << 20), .now = 1700000000000000 };
	assert_non_null(t->arena);
}

static inline void
task_end(struct task *t)
{
	arena_free(t->arena);
}

#define assert_status(t, want, call) \
	do { \
		enum status got_ = (call); \
		if (got_ != (want)) \
			fail_msg("%s: status %d (%s), not %d", #call, (int)got_, (t)->why, (int)(want)); \
	} while (0)
#define assert_ok(t, call) assert_status(t, OK, call)

static inline int
remove_entry(const char *path, const struct stat *sb, int kind, struct FTW *at)
{
	(void)sb, (void)kind, (void)at;
	return remove(path);
}

static inline void
pg_do(const char *sql)
{
	PGconn *c = PQconnectdb(getenv("SESSIOND_TEST_PG"));
	PGresult *r;

	PQclear(PQexec(c, "SET client_min_messages = error"));
	r = PQexec(c, sql);
	if (PQresultStatus(r) != PGRES_COMMAND_OK && PQresultStatus(r) != PGRES_TUPLES_OK)
		fail_msg("%s: %s", sql, PQerrorMessage(c));
	PQclear(r);
	PQfinish(c);
}

static inline void
fixture_name_pg(struct fixture *f)
{
	static int n;
	const char *url = getenv("SESSIOND_TEST_PG");
	char sql[128];

	snprintf(f->schema, sizeof(f->schema), "t_%ld_%d", (long)getpid(), ++n);
	snprintf(sql, sizeof(sql), "CREATE SCHEMA %s", f->schema);
	pg_do(sql);
	snprintf(f->url, sizeof(f->url), "%s%coptions=-csearch_path%%3D%s", url,
	    strchr(url, '?') != NULL ? '&' : '?', f->schema);
}

static inline void
fixture_open(struct fixture *f, const struct store_schema *schema)
{
	struct store_config c = { .url = f->url, .schema = schema };

	assert_ok(&f->t, store_open(&f->t, &c, &f->store));
	f->db = db_connect(&f->t, f->store);
	if (f->db == NULL)
		fail_msg("%s", f->t.why);
}

static inline void
fixture_close(struct fixture *f)
{
	f->db = db_close(f->db);
	f->store = store_close(f->store);
}

/* A place for a store, which is not opened yet. */
static inline struct fixture *
fixture_place(bool is_pg)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	task_begin(&f->t);
	f->is_pg = is_pg;
	if (is_pg) {
		fixture_name_pg(f);
	} else {
		snprintf(f->url, sizeof(f->url), "/tmp/sessiond-store-XXXXXX");
		assert_non_null(mkdtemp(f->url));
	}
	return f;
}

static inline struct fixture *
fixture_new(bool is_pg)
{
	struct fixture *f = fixture_place(is_pg);

	fixture_open(f, &test_schema);
	return f;
}

static inline void
fixture_free(struct fixture *f)
{
	char sql[128];

	store_test_fail_after(0);
	fixture_close(f);
	if (f->is_pg) {
		snprintf(sql, sizeof(sql), "DROP SCHEMA %s CASCADE", f->schema);
		pg_do(sql);
	} else {
		nftw(f->url, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
	}
	task_end(&f->t);
	free(f);
}

static inline int
setup_sqlite(void **state)
{
	*state = fixture_new(false);
	return 0;
}

static inline int
setup_pg(void **state)
{
	*state = fixture_new(true);
	return 0;
}

static inline int
teardown(void **state)
{
	fixture_free(*state);
	return 0;
}

/* Run fn in a write, or in a read, and give its outcome. */
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
