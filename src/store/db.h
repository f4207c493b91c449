/* db.h - the store: one schema and one set of statements on two engines. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/task.h"

/*
 * The statements themselves are the typed calls of store/store.gen.h, generated
 * from the .sql files. They need an open transaction: db_read, store_write or
 * store_write_wait around them. What they return is told in store/sql.h.
 */
struct store;
struct store_schema;

struct store_config {
	const char *url;	/* a directory (SQLite inside it) or postgresql://… */
	unsigned    n_connections;	/* PostgreSQL: at most this many at once; 0: no limit */
	const struct store_schema *schema;	/* NULL: the program's own */
};

/*
 * Open the database: take the lock file (SQLite), open the writer, check the schema, migrate.
 * E_STORE with t->why: locked by another process, a newer schema, damaged, unreachable.
 */
enum status store_open(struct task *t, const struct store_config *c, struct store **ret_store) MUST_CHECK;

/* Ends the writer after all it has taken. Close every connection before. NULL is fine; returns NULL. */
struct store *store_close(struct store *s);

bool store_is_empty(const struct store *s);	/* no migration had been applied before store_open */

/* How far the schema is, applying nothing. SQLite: E_STORE while a server has the directory. */
struct store_version {
	int64_t applied;	/* the newest migration in the database; 0: none */
	int64_t known;	/* the newest in the program */
};
enum status store_version(struct task *t, const struct store_config *c,
    struct store_version *ret_version) MUST_CHECK;

/* A worker's connection: read-only on SQLite. One thread at a time. NULL: could not connect (t->why). */
struct db *db_connect(struct task *t, struct store *s);
struct db *db_close(struct db *db);	/* NULL is fine; returns NULL */

/*
 * Run fn inside one read transaction on `db`: one view of the data. Always ended.
 * fn's status is returned; E_STORE when the engine fails.
 */
enum status db_read(struct task *t, struct db *db,
    enum status (*fn)(struct task *t, void *arg), void *arg) MUST_CHECK;

/*
 * One write transaction, one outcome. `run` does the deed inside the transaction;
 * a status other than OK rolls its changes back and nothing else's. It may run
 * more than once (a serialization retry), so it must begin from scratch;
 * t->touched and t->why are emptied before each run. `done` runs after the
 * commit (or the rollback) with the outcome: OK only when committed; t->touched is
 * empty unless it is. `done` is where caches are told and the reply goes out, and it
 * may free the job. Both run on any thread, one at a time; t->arena belongs to the
 * job until `done` was called.
 *   SQLite: jobs queue for the one writer and share commits.
 *   PostgreSQL: runs at once on `db`, the calling worker's connection.
 * E_STORE: the engine failed, or whether the commit happened is unknown; never retried.
 * E_OVERLOADED: the arena failed. false: too many writes wait; neither was called.
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

/* The same, waiting: for what must be on disk before the next step. Not on the writer's thread. */
enum status store_write_wait(struct task *t, struct store *s, struct db *db,
    enum status (*fn)(struct task *t, void *arg), void *arg) MUST_CHECK;

/* A consistent copy into a new file, mode 0600, on disk when OK. SQLite only. Any thread. */
enum status store_backup(struct task *t, struct store *s, const char *path) MUST_CHECK;

/*
 * Prepare every statement of the schema and compare its parameters and columns with what
 * it declares. `report` hears of each that is wrong; NULL: the first ends it, with t->why.
 */
enum status store_check(struct task *t, struct store *s, struct db *db,
    void (*report)(const char *why)) MUST_CHECK;

struct store_stats {
	uint64_t commits, members, rollbacks, write_errors;	/* members: writes that were committed */
	size_t   waiting, waiting_max;
};
void store_stats(struct store *s, struct store_stats *ret_stats);
const char *store_engine(const struct store *s);	/* "sqlite", "postgresql" */

/*
 * For tests only: make the n-th call from now fail with E_STORE, counting the start
 * and commit of each transaction and each statement in it. 0: none fails. Returns
 * how many calls were still to go: above 0, the failure asked for before never came.
 */
int64_t store_test_fail_after(int64_t n);
