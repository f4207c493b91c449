/*
 * db_sqlite.c - SQLite: the store's life and its transactions.
 *
 * SQLite 3.7.0 to 3.51.2 can lose committed writes when two connections write and
 * checkpoint at one instant. So there is one connection that writes, in one process
 * (sqlite_dir.c), opened before any reader; it alone checkpoints (writer.c).
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include "store/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static enum status
sqlite_begin(struct task *t, struct db *base, enum db_mode mode)
{
	struct sqlite_db *db = (struct sqlite_db *)base;
	int rc = sqlite_control(db, mode == DB_WRITES ? CTL_BEGIN_IMMEDIATE : CTL_BEGIN);

	if (rc != SQLITE_OK)
		return sqlite_fail(t, db, rc, "BEGIN");
	base->mode = mode;
	return OK;
}

static void
sqlite_rollback(struct db *base)
{
	struct sqlite_db *db = (struct sqlite_db *)base;

	/* Some errors have rolled back already; and a rollback that fails has noted why. */
	if (!sqlite3_get_autocommit(db->h))
		(void)!sqlite_control(db, CTL_ROLLBACK);
}

static enum status
sqlite_commit(struct task *t, struct db *base)
{
	struct sqlite_db *db = (struct sqlite_db *)base;
	int rc = sqlite_control(db, CTL_COMMIT);
	enum status st;

	if (rc == SQLITE_OK)
		return OK;
	st = sqlite_fail(t, db, rc, "COMMIT");
	sqlite_rollback(base);
	return st;
}

static enum status
sqlite_script(struct task *t, struct db *base, const struct migration *m)
{
	struct sqlite_db *db = (struct sqlite_db *)base;
	int rc = sqlite3_exec(db->h, m->sqlite, NULL, NULL, NULL);

	return rc == SQLITE_OK ? OK : sqlite_fail(t, db, rc, m->name);
}

/* Readers are closed already: closing the writer then empties the log into the database. */
static void
sqlite_close(struct store *base)
{
	struct sqlite_store *s = (struct sqlite_store *)base;

	writer_free(s->writer);
	sqlite_db_free(s->writer_db);
	if (s->lock_fd >= 0)
		close(s->lock_fd);
	free(s->path);
	free(s);
}

static enum status
sqlite_open(struct task *t, const struct store_config *c, struct store **ret_store)
{
	struct sqlite_store *s = calloc(1, sizeof(*s));
	enum status st;

	TRY_MEM(t, s);
	s->lock_fd = -1;
	/* A wish, and too late once it runs: nobody asks for totals of its memory, which cost a lock for each piece. */
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	st = asprintf(&s->path, "%s/sessiond.db", c->url) < 0 ?
	    fail(t, E_OVERLOADED, "out of memory") : sqlite_dir_take(t, c->url, &s->lock_fd);
	if (st != OK) {
		sqlite_close(&s->base);
		return st;
	}
	*ret_store = &s->base;
	return OK;
}

/* The writer is opened before any reader, and is the one that migrates. */
static enum status
sqlite_migrator(struct task *t, struct store *base, struct db **ret_db)
{
	struct sqlite_store *s = (struct sqlite_store *)base;

	TRY(sqlite_db_new(t, s, true, &s->writer_db));
	*ret_db = &s->writer_db->base;
	return OK;
}

static void
sqlite_migrator_done(struct db *db)
{
	(void)db;	/* it goes on as the writer */
}

static enum status
sqlite_start(struct task *t, struct store *base)
{
	struct sqlite_store *s = (struct sqlite_store *)base;

	TRY(sqlite_tell_planner(t, s->writer_db));
	s->writer = writer_new(base, s->writer_db);
	TRY_MEM(t, s->writer);
	return OK;
}

static struct db *
sqlite_connect(struct task *t, struct store *base)
{
	struct sqlite_db *db;

	return sqlite_db_new(t, (struct sqlite_store *)base, false, &db) == OK ? &db->base : NULL;
}

static void
sqlite_disconnect(struct db *base)
{
	sqlite_db_free((struct sqlite_db *)base);
}

static bool
sqlite_write(struct store *base, struct db *db, struct write_job *job)
{
	(void)db;
	return writer_submit(((struct sqlite_store *)base)->writer, job);
}

static void
sqlite_queue_stats(struct store *base, struct store_stats *ret_stats)
{
	writer_queue_stats(((struct sqlite_store *)base)->writer, ret_stats);
}

const struct engine engine_sqlite = {
	.name = "sqlite",
	.open = sqlite_open,
	.start = sqlite_start,
	.close = sqlite_close,
	.migrator = sqlite_migrator,
	.migrator_done = sqlite_migrator_done,
	.connect = sqlite_connect,
	.disconnect = sqlite_disconnect,
	.begin = sqlite_begin,
	.commit = sqlite_commit,
	.rollback = sqlite_rollback,
	.run = sqlite_run,
	.script = sqlite_script,
	.check = sqlite_check,
	.write = sqlite_write,
	.queue_stats = sqlite_queue_stats,
	.backup = sqlite_backup,
	.row_int = sqlite_row_int,
	.row_str = sqlite_row_str,
};
