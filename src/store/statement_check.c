/*
 * statement_check.c - do all migrations apply, all statements prepare, and all find their rows by an index?
 *
 * A misspelt column, a type that only one engine takes, a list of columns that is not
 * what the statement gives: each fails the build here and no request later. SQLite in a
 * directory of its own under /tmp, PostgreSQL in a schema of its own at SESSIOND_TEST_PG.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include "store/db.h"

#include <ftw.h>
#include <libpq-fe.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/sql.h"
#include "store/store.gen.h"

static void
say_wrong(const char *why)
{
	printf("%s\n", why);
}

static enum status
check_url(struct task *t, const char *url)
{
	struct store_config c = { .url = url };
	struct store *s;
	struct db *db;
	enum status st;

	TRY(store_open(t, &c, &s));
	db = db_connect(t, s);
	st = db == NULL ? E_STORE : store_check(t, s, db, say_wrong);
	db_close(db);
	store_close(s);
	return st;
}

static bool
check_and_say(const char *engine, const char *url)
{
	struct task t = { .arena = arena_new(1 << 20), .now = 1 };
	enum status st = t.arena == NULL ? E_OVERLOADED : check_url(&t, url);

	if (st == OK)
		printf("%s: every migration applies, every statement prepares\n", engine);
	else
		printf("%s: wrong: %s\n", engine, t.why);
	arena_free(t.arena);
	return st == OK;
}

/*
 * Statements that may read a whole table, or all that a deployment has in it: these
 * tables are small. Whatever else does it is slow once there are ten million rows.
 */
static const char *const whole_tables[] = { "deployment", "signing_key", "secret_key" };

static bool
may_read_all(const char *statement)
{
	for (size_t i = 0; i < ARRAY_LEN(whole_tables); i++)
		if (strncmp(statement, whole_tables[i], strlen(whole_tables[i])) == 0)
			return true;
	return false;
}

/* One line of EXPLAIN QUERY PLAN (https://sqlite.org/eqp.html). */
static bool
reads_all(const char *line)
{
	if (strncmp(line, "SCAN ", 5) == 0)
		return strcmp(line, "SCAN CONSTANT ROW") != 0;
	return strstr(line, "(deployment_id=?)") != NULL;
}

static bool
plan_is_fine(sqlite3 *h, const struct sql_text *text)
{
	char *explain = sqlite3_mprintf("EXPLAIN QUERY PLAN %s", text->sqlite);
	sqlite3_stmt *stmt = NULL;
	bool fine = sqlite3_prepare_v2(h, explain, -1, &stmt, NULL) == SQLITE_OK;

	while (fine && sqlite3_step(stmt) == SQLITE_ROW) {
		const char *line = (const char *)sqlite3_column_text(stmt, 3);

		fine = !reads_all(line) || may_read_all(text->name);
		if (!fine)
			printf("sqlite: %s: %s\n", text->name, line);
	}
	sqlite3_finalize(stmt);
	sqlite3_free(explain);
	return fine;
}

/* Does every statement find its rows by an index? All that do not are named. */
static bool
check_plans(const char *dir)
{
	char path[64];
	sqlite3 *h;
	bool fine;

	snprintf(path, sizeof(path), "%s/sessiond.db", dir);
	fine = sqlite3_open(path, &h) == SQLITE_OK;
	for (size_t i = 0; i < store_schema.n_texts; i++)
		fine &= plan_is_fine(h, &store_schema.texts[i]);
	sqlite3_close(h);
	return fine;
}

static int
remove_entry(const char *path, const struct stat *sb, int kind, struct FTW *at)
{
	(void)sb, (void)kind, (void)at;
	return remove(path);
}

static bool
check_sqlite(void)
{
	char dir[] = "/tmp/sessiond-check-XXXXXX";
	bool fine;

	if (mkdtemp(dir) == NULL) {
		perror(dir);
		return false;
	}
	fine = check_and_say("sqlite", dir) && check_plans(dir);
	nftw(dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
	return fine;
}

static bool
pg_do(const char *url, const char *verb, const char *schema, const char *how)
{
	PGconn *c = PQconnectdb(url);
	PGresult *r;
	char sql[128];
	bool fine;

	snprintf(sql, sizeof(sql), "SET client_min_messages = error; %s SCHEMA %s %s", verb, schema, how);
	r = PQexec(c, sql);
	fine = PQresultStatus(r) == PGRES_COMMAND_OK;
	if (!fine)
		fprintf(stderr, "%s: %s", sql, PQerrorMessage(c));
	PQclear(r);
	PQfinish(c);
	return fine;
}

static bool
check_pg(const char *url)
{
	char schema[32], inside[1024];
	bool fine;

	snprintf(schema, sizeof(schema), "check_%ld", (long)getpid());
	snprintf(inside, sizeof(inside), "%s%coptions=-csearch_path%%3D%s", url,
	    strchr(url, '?') != NULL ? '&' : '?', schema);
	if (!pg_do(url, "CREATE", schema, ""))
		return false;
	fine = check_and_say("postgresql", inside);
	return pg_do(url, "DROP", schema, "CASCADE") && fine;
}

int
main(void)
{
	const char *url = getenv("SESSIOND_TEST_PG");
	bool fine = check_sqlite();

	if (url != NULL)
		fine = check_pg(url) && fine;
	return fine ? 0 : 1;
}
