/* sqlite_conn.c - one SQLite connection: its settings, its transaction, its errors. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "store/sqlite.h"

#include <stdlib.h>
#include <string.h>

enum {
	BUSY_MS = 5000,	/* for an operator's own sqlite3 that holds the lock for a moment */
	CHECKPOINT_PAGES = 1000,
};

static const char *const control_text[CTL__COUNT] = {
	[CTL_BEGIN] = "BEGIN",
	[CTL_BEGIN_IMMEDIATE] = "BEGIN IMMEDIATE",
	[CTL_COMMIT] = "COMMIT",
	[CTL_ROLLBACK] = "ROLLBACK",
	[CTL_SAVEPOINT] = "SAVEPOINT member",
	[CTL_RELEASE] = "RELEASE member",
	[CTL_ROLLBACK_TO] = "ROLLBACK TO member",
};

/*
 * After a failed fsync nobody knows what is on the disk, and asking again would be
 * answered with a lie: the kernel has dropped the pages. The same goes for what else
 * says that the files are not as SQLite left them. What was never taken passes: short
 * memory, a full disk, and a write or a longer index of the log that was refused, which
 * is what a quota or a file limit that is used up looks like to SQLite.
 */
static bool
is_fatal(int rc)
{
	switch (rc) {
	case SQLITE_IOERR_NOMEM:
	case SQLITE_IOERR_READ:
	case SQLITE_IOERR_SHORT_READ:
	case SQLITE_IOERR_WRITE:
	case SQLITE_IOERR_SHMSIZE:
		return false;
	default:
		break;
	}
	rc &= 0xff;
	return rc == SQLITE_CORRUPT || rc == SQLITE_NOTADB || rc == SQLITE_IOERR;
}

static void
note(struct sqlite_db *db, int rc)
{
	if (db->is_writer && db->broken == 0 && is_fatal(rc))
		db->broken = rc;
}

enum status
sqlite_fail(struct task *t, struct sqlite_db *db, int rc, const char *what)
{
	const char *said = sqlite3_extended_errcode(db->h) == rc ? sqlite3_errmsg(db->h) : sqlite3_errstr(rc);

	note(db, rc);
	switch (rc) {
	case SQLITE_CONSTRAINT_UNIQUE:
	case SQLITE_CONSTRAINT_PRIMARYKEY:
	case SQLITE_CONSTRAINT_FOREIGNKEY:
		return fail(t, E_CONFLICT, "%s: %s", what, said);
	case SQLITE_FULL:
		return fail(t, E_STORE, "%s: disk full", what);
	default:
		return fail(t, E_STORE, "%s: %s (%d)", what, said, rc);
	}
}

int
sqlite_prepare(struct sqlite_db *db, const char *sql, sqlite3_stmt **ret_stmt)
{
	return sqlite3_prepare_v3(db->h, sql, -1, SQLITE_PREPARE_PERSISTENT, ret_stmt, NULL);
}

int
sqlite_control(struct sqlite_db *db, enum sqlite_control what)
{
	int rc = SQLITE_OK;

	if (db->control[what] == NULL)
		rc = sqlite_prepare(db, control_text[what], &db->control[what]);
	if (rc == SQLITE_OK) {
		rc = sqlite3_step(db->control[what]);
		sqlite3_reset(db->control[what]);
	}
	if (rc == SQLITE_DONE)
		return SQLITE_OK;
	note(db, rc);
	return rc;
}

static int
note_log_length(void *arg, sqlite3 *h, const char *name, int pages)
{
	struct sqlite_db *db = arg;

	(void)h, (void)name;
	if (pages < db->wal_pages)	/* the log began anew */
		db->checkpoint_at = CHECKPOINT_PAGES;
	db->wal_pages = pages;
	return SQLITE_OK;
}

void
sqlite_checkpoint(struct sqlite_db *db)
{
	if (db->wal_pages < db->checkpoint_at)
		return;
	/* While a reader still needs the log it goes on growing: not again after each commit. */
	db->checkpoint_at = db->wal_pages + CHECKPOINT_PAGES;
	note(db, sqlite3_wal_checkpoint_v2(db->h, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL));
}

struct sqlite_db *
sqlite_db_free(struct sqlite_db *db)
{
	if (db == NULL)
		return NULL;
	for (size_t i = 0; i < CTL__COUNT; i++)
		sqlite3_finalize(db->control[i]);
	for (size_t i = 0; db->stmts != NULL && i < db->base.store->schema->n_texts; i++)
		sqlite3_finalize(db->stmts[i]);
	free(db->stmts);
	CHECK(sqlite3_close(db->h) == SQLITE_OK);
	free(db);
	return NULL;
}

/* WAL is a property of the file system too: it needs shared memory beside the database. */
static int
set_wal(struct sqlite_db *db)
{
	sqlite3_stmt *stmt;
	int rc = sqlite3_prepare_v2(db->h, "PRAGMA journal_mode = WAL", -1, &stmt, NULL);
	bool is_wal;

	if (rc != SQLITE_OK)
		return rc;
	rc = sqlite3_step(stmt);
	is_wal = rc == SQLITE_ROW && strcmp((const char *)sqlite3_column_text(stmt, 0), "wal") == 0;
	sqlite3_finalize(stmt);
	if (is_wal)
		return SQLITE_OK;
	return rc == SQLITE_ROW ? SQLITE_CANTOPEN : rc;
}

static int
set_common(struct sqlite_db *db)
{
	sqlite3_busy_timeout(db->h, BUSY_MS);
	sqlite3_db_config(db->h, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(db->h, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
	sqlite3_db_config(db->h, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
	return sqlite3_exec(db->h, "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;"
	    "PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY", NULL, NULL, NULL);
}

static int
set_writer(struct sqlite_db *db)
{
	int rc = set_wal(db);

	if (rc != SQLITE_OK)
		return rc;
	db->checkpoint_at = CHECKPOINT_PAGES;
	sqlite3_wal_hook(db->h, note_log_length, db);
	/* What was sealed by a master key that got out must not stand where the row was, whatever SQLite's own default is. */
	return sqlite3_exec(db->h, "PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864; PRAGMA secure_delete = ON",
	    NULL, NULL, NULL);
}

static int
set_reader(struct sqlite_db *db)
{
	sqlite3_db_config(db->h, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	return sqlite3_exec(db->h, "PRAGMA query_only = ON; PRAGMA wal_autocheckpoint = 0", NULL, NULL, NULL);
}

static int
open_handle(struct sqlite_store *s, struct sqlite_db *db)
{
	int flags = db->is_writer ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
	int rc = sqlite3_open_v2(s->path, &db->h, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);

	if (rc == SQLITE_OK)
		rc = set_common(db);
	if (rc == SQLITE_OK)
		rc = db->is_writer ? set_writer(db) : set_reader(db);
	return rc;
}

enum status
sqlite_db_new(struct task *t, struct sqlite_store *s, bool is_writer, struct sqlite_db **ret_db)
{
	size_t n = s->base.schema->n_texts;
	struct sqlite_db *db = calloc(1, sizeof(*db));
	int rc;

	TRY_MEM(t, db);
	db->base.store = &s->base;
	db->is_writer = is_writer;
	db->stmts = calloc(n + 1, sizeof(*db->stmts));	/* + 1: never of size 0 */
	rc = db->stmts == NULL ? SQLITE_NOMEM : open_handle(s, db);
	if (rc != SQLITE_OK) {
		enum status st = sqlite_fail(t, db, rc, s->path);

		sqlite_db_free(db);
		return st;
	}
	*ret_db = db;
	return OK;
}
