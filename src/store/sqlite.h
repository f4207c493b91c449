/* sqlite.h - the parts of the SQLite engine, for one another. For src/store only. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "store/engine.h"

#include <sqlite3.h>

/* The statements of a transaction; prepared once a connection, like all others. */
enum sqlite_control {
	CTL_BEGIN,
	CTL_BEGIN_IMMEDIATE,
	CTL_COMMIT,
	CTL_ROLLBACK,
	CTL_SAVEPOINT,
	CTL_RELEASE,
	CTL_ROLLBACK_TO,
	CTL__COUNT
};

struct sqlite_db {
	struct db      base;
	sqlite3       *h;
	bool           is_writer;
	sqlite3_stmt  *control[CTL__COUNT];
	sqlite3_stmt **stmts;	/* by their number in the schema; prepared when first run */
	int            broken;	/* the writer's: the error after which nothing may be written any more */
	int            wal_pages;	/* the writer's: how long the log is */
	int            checkpoint_at;	/* the writer's: at which length to copy it into the database */
};

struct sqlite_store {
	struct store      base;
	char             *path;	/* of the database file */
	int               lock_fd;
	struct sqlite_db *writer_db;
	struct writer    *writer;
};

/*
 * The data directory (sqlite_dir.c): made 0700 when absent, and ours alone from
 * here until *ret_lock_fd is closed. The database file exists afterwards, mode 0600.
 * E_STORE: another process has it (its id is in t->why), or the system refuses.
 */
enum status sqlite_dir_take(struct task *t, const char *dir, int *ret_lock_fd) MUST_CHECK;

/* A connection (sqlite_conn.c). Free: NULL is fine; returns NULL. */
enum status       sqlite_db_new(struct task *t, struct sqlite_store *s, bool is_writer,
    struct sqlite_db **ret_db) MUST_CHECK;
struct sqlite_db *sqlite_db_free(struct sqlite_db *db);

int sqlite_prepare(struct sqlite_db *db, const char *sql, sqlite3_stmt **ret_stmt) MUST_CHECK;

/* Run a statement of a transaction: an SQLite result code, which the connection has noted. */
int sqlite_control(struct sqlite_db *db, enum sqlite_control what) MUST_CHECK;

/* Note rc and turn it into a status with an account in t->why. `what` names the deed. */
enum status sqlite_fail(struct task *t, struct sqlite_db *db, int rc, const char *what) MUST_CHECK;

/* Before any statement is prepared: how rows are spread over the indices (sqlite_stat.c). The writer's. */
enum status sqlite_tell_planner(struct task *t, struct sqlite_db *db) MUST_CHECK;

/* Copy a long log into the database. Only the writer does, and after the replies. */
void sqlite_checkpoint(struct sqlite_db *db);

/* struct engine's run, check, row_int, row_str (sqlite_stmt.c) and backup (sqlite_backup.c). */
enum status sqlite_run(struct task *t, struct db *base, const struct sql_text *text, const struct arg *args,
    enum status (*fn)(struct task *t, const struct row *r, void *arg), void *arg, int64_t *ret_rows);
enum status sqlite_check(struct task *t, struct db *base, const struct sql_text *text);
int64_t     sqlite_row_int(const struct row *r, size_t i);
struct str  sqlite_row_str(const struct row *r, size_t i);
enum status sqlite_backup(struct task *t, struct store *base, const char *path);

/*
 * The writer's thread (writer.c): it alone uses db from here on. NULL: no memory or thread.
 * writer_submit: false when too many wait or the writer is ending.
 * writer_free: ends after all it has taken; NULL is fine.
 */
struct writer *writer_new(struct store *s, struct sqlite_db *db);
struct writer *writer_free(struct writer *w);
bool           writer_submit(struct writer *w, struct write_job *job) MUST_CHECK;
void           writer_queue_stats(struct writer *w, struct store_stats *ret_stats);
