/* engine.h - what db.c asks of an engine. For src/store only. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "store/db.h"
#include "store/sql.h"

#include <stdatomic.h>

/* The head of an engine's own struct. */
struct store {
	const struct engine       *engine;
	const struct store_schema *schema;
	bool                       was_empty;
	atomic_uint_fast64_t       commits;
	atomic_uint_fast64_t       members;
	atomic_uint_fast64_t       rollbacks;
	atomic_uint_fast64_t       write_errors;
};

enum db_mode { DB_READS, DB_WRITES };

/* A connection; the head of an engine's own struct. */
struct db {
	struct store *store;
	enum db_mode  mode;	/* of the open transaction */
	enum status   failed;	/* what broke the open transaction, else OK */
};

struct row {
	struct task         *t;
	const struct engine *engine;
	void                *handle;	/* the engine's result */
	int                  at;	/* which row of it */
};

struct engine {
	const char *name;

	/* The store, ready for migrations; then ready for work; then gone. */
	enum status (*open)(struct task *t, const struct store_config *c, struct store **ret_store);
	enum status (*start)(struct task *t, struct store *s);
	void        (*close)(struct store *s);

	/* A connection of its own for migrations: nothing else writes meanwhile. */
	enum status (*migrator)(struct task *t, struct store *s, struct db **ret_db);
	void        (*migrator_done)(struct db *db);

	struct db *(*connect)(struct task *t, struct store *s);
	void       (*disconnect)(struct db *db);

	enum status (*begin)(struct task *t, struct db *db, enum db_mode mode);
	enum status (*commit)(struct task *t, struct db *db);	/* failed: rolled back, or unknown */
	void        (*rollback)(struct db *db);

	/* A statement outside of the schema's texts is prepared for this once. */
	enum status (*run)(struct task *t, struct db *db, const struct sql_text *stmt, const struct arg *args,
	    enum status (*fn)(struct task *t, const struct row *r, void *arg), void *arg, int64_t *ret_rows);
	enum status (*script)(struct task *t, struct db *db, const struct migration *m);
	enum status (*check)(struct task *t, struct db *db, const struct sql_text *stmt);

	bool        (*write)(struct store *s, struct db *db, struct write_job *job);
	void        (*queue_stats)(struct store *s, struct store_stats *ret_stats);
	enum status (*backup)(struct task *t, struct store *s, const char *path);

	/* Column i of the row; NULL gives 0 and the empty string. The bytes live until fn returns. */
	int64_t    (*row_int)(const struct row *r, size_t i);
	struct str (*row_str)(const struct row *r, size_t i);
};
extern const struct engine engine_sqlite;
extern const struct engine engine_pg;

/* run() inside the transaction open on db: its status, or what it overlooked. */
enum status db_run_inside(struct task *t, struct db *db, enum status (*fn)(struct task *t, void *arg),
    void *arg) MUST_CHECK;

/* The place of stmt in the schema's texts, or -1. */
ptrdiff_t db_stmt_number(const struct store *s, const struct sql_text *stmt);

/* Is it this call's turn to fail? See store_test_fail_after. */
bool db_test_fails(void);

/* Apply what is missing (migrate.c). Sets s->was_empty. */
enum status migrate_run(struct task *t, struct store *s) MUST_CHECK;
enum status migrate_version(struct task *t, struct db *db, int64_t *ret_version) MUST_CHECK;
