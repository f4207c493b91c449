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
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/pg.h"
#include "store/plan_check.h"
#include "store/sql.h"
#include "store/store.gen.h"

static void
say_wrong(const char *why)
{
	printf("%s\n", why);
}

static bool
plans_are_fine(const struct store *s, struct db *db, const char *url)
{
	return s->engine == &engine_pg ? plan_check_pg(((struct pg_db *)db)->c) : plan_check_sqlite(url);
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
	if (st == OK && !plans_are_fine(s, db, url))
		st = fail(t, E_STORE, "the plans above read more than they should");
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
		printf(
		    "%s: every migration applies, every statement prepares and finds its rows by an index\n",
		    engine);
	else
		printf("%s: wrong: %s\n", engine, t.why);
	arena_free(t.arena);
	return st == OK;
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
	fine = check_and_say("sqlite", dir);
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
