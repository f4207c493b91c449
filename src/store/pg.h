/* pg.h - the parts of the PostgreSQL engine, for one another. For src/store only. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "store/engine.h"

#include <libpq-fe.h>

struct pg_store {
	struct store base;
	char        *url;
	unsigned     max;	/* connections; 0: no limit */
	atomic_uint  n;
};

struct pg_db {
	struct db base;
	PGconn   *c;	/* NULL: not connected */
	bool     *prepared;	/* by the statement's number: does this connection know it? */
	bool      lost;	/* of no more use: the next transaction begins on a new connection */
	bool      retry;	/* the server undid the transaction only because of others: run it again */
	int       wait_ms;	/* for an answer; -1: however long it takes */
	unsigned  misses;	/* failed tries to connect, in a row */
	int64_t   next_try;	/* clock_mono() before which none is made */
};

/* pg_conn.c. Free: NULL is fine; returns NULL. */
struct pg_db *pg_db_new(struct pg_store *s);	/* not connected yet; NULL: no memory */
struct pg_db *pg_db_free(struct pg_db *db);

/* Be connected: at once when it is, else a try unless the last one was only just now. */
enum status pg_ensure(struct task *t, struct pg_db *db) MUST_CHECK;

/* At once, so that what the server still holds for this connection is let go of. */
void pg_hang_up(struct pg_db *db);

/*
 * The answer to what was sent: the last result, or the first that is an error. NULL
 * when none came within wait_ms or the connection broke: db->lost is set then. Caller clears.
 */
PGresult *pg_answer(struct pg_db *db);

/* Send sql and want no rows back. */
enum status pg_command(struct task *t, struct pg_db *db, const char *sql) MUST_CHECK;

/* Turn an answer (NULL: none) into a status with an account in t->why. `what` names the deed. */
enum status pg_fail(struct task *t, struct pg_db *db, const PGresult *r,
    const char *what) MUST_CHECK;

/* Wait a little, longer each time and never twice the same: for what others contend for too. */
int64_t pg_backoff_us(unsigned attempt);

/* struct engine's run, check, row_int and row_str (pg_stmt.c). */
enum status pg_run(struct task *t, struct db *base, const struct sql_text *text, const struct arg *args,
    enum status (*fn)(struct task *t, const struct row *r, void *arg), void *arg, int64_t *ret_rows);
enum status pg_check(struct task *t, struct db *base, const struct sql_text *text);
int64_t     pg_row_int(const struct row *r, size_t i);
struct str  pg_row_str(const struct row *r, size_t i);
