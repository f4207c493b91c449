/* db.h - the store: one schema and one set of statements on two engines. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/id.h"
#include "base/task.h"

/* A statement as the generator writes it: store.gen.h. */
enum sql_type { SQL_INT, SQL_BOOL, SQL_TEXT, SQL_BYTES, SQL_TYPE__COUNT };
struct sql_text {
	const char          *name;
	const char          *sqlite;	/* ?1 ?2 … */
	const char          *pg;	/* $1 $2 … */
	const enum sql_type *in;	/* parameter types; PostgreSQL gets their Oids */
	size_t               n_in;
	const enum sql_type *out;	/* column types */
	size_t               n_out;
	bool                 writes;
};

struct arg {
	enum sql_type type;
	bool          null;	/* ids of value 0 and times of value 0 are NULL */
	int64_t       i;	/* SQL_INT, SQL_BOOL */
	struct str    s;	/* SQL_TEXT, SQL_BYTES */
};

/* The current row of a running query: column i (0…). NULL gives 0, false, the empty string. */
struct row;
int64_t    row_int(const struct row *r, size_t i);
struct str row_str(const struct row *r, size_t i);	/* copied into the task's arena */

/*
 * What the generated calls are made of. All need an open transaction (t->db set)
 * and give E_STORE with t->why set when the engine fails.
 *   db_exec  runs a write to its end; *ret_rows (may be NULL) is the number of rows it changed or returned.
 *   db_query runs and calls fn for each row; fn's status other than OK ends it and is returned.
 */
enum status db_exec(struct task *t, const struct sql_text *stmt, const struct arg *args,
    int64_t *ret_rows) MUST_CHECK;
enum status db_query(struct task *t, const struct sql_text *stmt, const struct arg *args,
    enum status (*fn)(struct task *t, const struct row *r, void *arg), void *arg) MUST_CHECK;

struct store;

struct store_config {
	const char *url;	/* a directory (SQLite inside it) or postgresql://… */
	unsigned    n_connections;	/* PostgreSQL: at most this many */
};

/*
 * Open the database: take the lock file (SQLite), open the writer, check the schema, run migrations.
 * E_STORE with t->why: locked by another process, a newer schema, damaged, unreachable.
 */
enum status store_open(struct task *t, const struct store_config *c, struct store **ret_store) MUST_CHECK;
struct store *store_close(struct store *s);	/* ends the writer after all it has taken; NULL is fine */
bool store_is_empty(const struct store *s);	/* there was no schema before store_open */

/* A worker's connection: read-only on SQLite. One thread at a time. NULL: could not connect (t->why). */
struct db *db_connect(struct task *t, struct store *s);
struct db *db_close(struct db *db);

/*
 * Run fn inside one read transaction on `db`: one view of the data. Always ended.
 * fn's status is returned.
 */
enum status db_read(struct task *t, struct db *db,
    enum status (*fn)(struct task *t, void *arg), void *arg) MUST_CHECK;

/*
 * One write transaction, one outcome. `run` does the deed inside the transaction;
 * a status other than OK rolls its changes back and nothing else's. It may run
 * more than once (another member's failure, a serialization retry), so it must
 * begin from scratch; t->touched is emptied before each run. `done` runs after the
 * commit (or the rollback) with the outcome: OK only when committed. `done` is where
 * caches are told and the reply goes out. Both run on any thread, one at a time;
 * t->arena belongs to the job until `done` was called.
 *   SQLite: jobs queue for the one writer and share commits.
 *   PostgreSQL: runs at once on `db`, the calling worker's connection.
 * false: too many writes wait; neither was called.
 */
struct write_job {
	struct write_job *next;
	struct task      *t;
	enum status     (*run)(struct task *t, void *arg);
	void            (*done)(struct task *t, enum status st, void *arg);
	void             *arg;
	enum status       outcome;
};
bool store_write(struct store *s, struct db *db, struct write_job *job) MUST_CHECK;

/* The same, waiting for the outcome: for what must be on disk before the next step. Not on the writer's thread. */
enum status store_write_wait(struct task *t, struct store *s, struct db *db,
    enum status (*run)(struct task *t, void *arg), void *arg) MUST_CHECK;

/* A consistent copy into a new file (VACUUM INTO). SQLite only. */
enum status store_backup(struct task *t, struct store *s, const char *path) MUST_CHECK;

struct store_stats {
	uint64_t commits, members, rollbacks, write_errors;
	size_t   waiting, waiting_max;
};
void store_stats(struct store *s, struct store_stats *ret_stats);
const char *store_engine(const struct store *s);	/* "sqlite", "postgresql" */
