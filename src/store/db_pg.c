/*
 * db_pg.c - PostgreSQL: the store's life and its transactions.
 *
 * Each worker owns a connection and writes on it at once. Reads see one snapshot
 * (REPEATABLE READ), writes READ COMMITTED: whoever counts locks the parent row by a
 * conditional UPDATE first.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include "store/pg.h"

#include "base/clock.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { RETRIES = 5 };

static const char *const begin_text[] = {
	[DB_READS] = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
	[DB_WRITES] = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE",
};

static enum status
pg_begin(struct task *t, struct db *base, enum db_mode mode)
{
	struct pg_db *db = (struct pg_db *)base;
	enum status st;

	db->retry = false;
	base->mode = mode;
	TRY(pg_ensure(t, db));
	st = pg_command(t, db, begin_text[mode]);
	if (st == OK || !db->lost || clock_mono() < db->next_try)
		return st;
	/* The server went while the connection was idle. Nothing was done yet, so nothing is done twice. */
	t->why[0] = '\0';
	TRY(pg_ensure(t, db));
	return pg_command(t, db, begin_text[mode]);
}

static void
pg_rollback(struct db *base)
{
	struct pg_db *db = (struct pg_db *)base;
	struct task teller = { 0 };

	if (db->c != NULL && !db->lost && pg_command(&teller, db, "ROLLBACK") != OK)
		db->lost = true;
	if (db->lost)
		pg_hang_up(db);
}

/*
 * COMMIT is answered with ROLLBACK, and no error, when a statement before it failed.
 * And with no answer nobody knows: it may have happened. That is never taken for
 * success, and never done again.
 */
static enum status
pg_commit(struct task *t, struct db *base)
{
	struct pg_db *db = (struct pg_db *)base;
	PGresult *r = PQsendQuery(db->c, "COMMIT") ? pg_answer(db) : NULL;
	enum status st = OK;

	if (r == NULL)
		st = pg_fail(t, db, r, "COMMIT, whose outcome is unknown");
	else if (PQresultStatus(r) != PGRES_COMMAND_OK)
		st = pg_fail(t, db, r, "COMMIT");
	else if (strcmp(PQcmdStatus(r), "COMMIT") != 0)
		st = fail(t, E_STORE, "COMMIT: the transaction had failed and was rolled back");
	PQclear(r);
	if (db->lost)
		pg_hang_up(db);
	return st;
}

static enum status
write_inside(struct task *t, struct pg_db *db, struct write_job *job)
{
	enum status st = db_run_inside(t, &db->base, job->run, job->arg);

	if (st == OK && db_test_fails())
		st = fail(t, E_STORE, "COMMIT: failed for a test");
	if (st == OK)
		return pg_commit(t, &db->base);
	pg_rollback(&db->base);
	return st;
}

static enum status
write_once(struct pg_db *db, struct write_job *job)
{
	struct task *t = job->t;

	t->touched = NULL;
	t->why[0] = '\0';
	if (db_test_fails())
		return fail(t, E_STORE, "BEGIN: failed for a test");
	TRY(pg_begin(t, &db->base, DB_WRITES));
	return write_inside(t, db, job);
}

static void
wait_a_little(unsigned attempt)
{
	int64_t us = pg_backoff_us(attempt) / 10;	/* others' transactions take milliseconds */
	struct timespec ts = { .tv_nsec = us * 1000 };

	nanosleep(&ts, NULL);
}

static void
count(struct store *s, enum status st)
{
	if (st == OK) {
		atomic_fetch_add(&s->commits, 1);
		atomic_fetch_add(&s->members, 1);
	} else {
		atomic_fetch_add(st == E_STORE ? &s->write_errors : &s->rollbacks, 1);
	}
}

static bool
pg_write(struct store *s, struct db *base, struct write_job *job)
{
	struct pg_db *db = (struct pg_db *)base;

	for (unsigned attempt = 0;; attempt++) {
		job->outcome = write_once(db, job);
		if (job->outcome == OK || !db->retry || attempt == RETRIES)
			break;
		wait_a_little(attempt);
	}
	if (job->outcome != OK)
		job->t->touched = NULL;
	count(s, job->outcome);
	job->done(job->t, job->outcome, job->arg);
	return true;
}

static enum status
pg_script(struct task *t, struct db *base, const struct migration *m)
{
	struct pg_db *db = (struct pg_db *)base;
	PGresult *r = PQsendQuery(db->c, m->pg) ? pg_answer(db) : NULL;
	enum status st = r != NULL && PQresultStatus(r) == PGRES_COMMAND_OK ? OK : pg_fail(t, db, r, m->name);

	PQclear(r);
	return st;
}

static void
pg_close(struct store *base)
{
	struct pg_store *s = (struct pg_store *)base;

	free(s->url);
	free(s);
}

static enum status
pg_open(struct task *t, const struct store_config *c, struct store **ret_store)
{
	struct pg_store *s = calloc(1, sizeof(*s));

	TRY_MEM(t, s);
	s->max = c->n_connections;
	s->url = strdup(c->url);
	if (s->url == NULL) {
		pg_close(&s->base);
		return fail(t, E_OVERLOADED, "out of memory");
	}
	*ret_store = &s->base;
	return OK;
}

static enum status
pg_start(struct task *t, struct store *s)
{
	(void)t, (void)s;
	return OK;
}

static void
pg_migrator_done(struct db *base)
{
	pg_db_free((struct pg_db *)base);	/* and with the connection goes the lock */
}

/* However long another node's migration takes, and ours. The lock's number is "sessiond" in ASCII. */
static enum status
lock_out_others(struct task *t, struct pg_db *db)
{
	static const struct sql_text lock = {
		.name = "pg_advisory_lock",
		.pg = "SELECT CAST('' AS TEXT) FROM pg_advisory_lock(8315179226536832612)",
	};
	int64_t rows;

	TRY(pg_ensure(t, db));
	db->wait_ms = -1;
	TRY(pg_command(t, db, "SET statement_timeout = 0"));
	return pg_run(t, &db->base, &lock, NULL, NULL, NULL, &rows);
}

static enum status
pg_migrator(struct task *t, struct store *base, struct db **ret_db)
{
	struct pg_db *db = pg_db_new((struct pg_store *)base);
	enum status st;

	TRY_MEM(t, db);
	st = lock_out_others(t, db);
	if (st != OK) {
		pg_db_free(db);
		return st;
	}
	*ret_db = &db->base;
	return OK;
}

static void
pg_disconnect(struct db *base)
{
	struct pg_store *s = (struct pg_store *)base->store;

	pg_db_free((struct pg_db *)base);
	atomic_fetch_sub(&s->n, 1);
}

static struct pg_db *
connect_one(struct task *t, struct pg_store *s)
{
	struct pg_db *db = pg_db_new(s);

	if (db == NULL) {
		(void)!fail(t, E_OVERLOADED, "out of memory");
		return NULL;
	}
	return pg_ensure(t, db) == OK ? db : pg_db_free(db);
}

static struct db *
pg_connect(struct task *t, struct store *base)
{
	struct pg_store *s = (struct pg_store *)base;
	unsigned n = atomic_fetch_add(&s->n, 1);
	struct pg_db *db = NULL;

	if (s->max != 0 && n >= s->max)
		(void)!fail(t, E_STORE, "PostgreSQL: all %u connections are in use", s->max);
	else
		db = connect_one(t, s);
	if (db == NULL) {
		atomic_fetch_sub(&s->n, 1);
		return NULL;
	}
	return &db->base;
}

static void
pg_queue_stats(struct store *s, struct store_stats *ret_stats)
{
	(void)s, (void)ret_stats;	/* nothing queues here */
}

static enum status
pg_backup(struct task *t, struct store *s, const char *path)
{
	(void)s, (void)path;
	return fail(t, E_STORE, "backup is for SQLite; PostgreSQL has pg_dump and pg_basebackup");
}

const struct engine engine_pg = {
	.name = "postgresql",
	.open = pg_open,
	.start = pg_start,
	.close = pg_close,
	.migrator = pg_migrator,
	.migrator_done = pg_migrator_done,
	.connect = pg_connect,
	.disconnect = pg_disconnect,
	.begin = pg_begin,
	.commit = pg_commit,
	.rollback = pg_rollback,
	.run = pg_run,
	.script = pg_script,
	.check = pg_check,
	.write = pg_write,
	.queue_stats = pg_queue_stats,
	.backup = pg_backup,
	.row_int = pg_row_int,
	.row_str = pg_row_str,
};
