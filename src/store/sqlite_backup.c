/* sqlite_backup.c - a consistent copy of a live database. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "store/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <string.h>
#include <unistd.h>

/* VACUUM INTO takes an empty file, so its mode is ours from the start; nothing is ever replaced. */
static enum status
make_target(struct task *t, const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return fail(t, E_STORE, "%s: %s", path, strerror(errno));
	close(fd);
	return OK;
}

/* On its own connection: neither the writer nor any worker waits for it. */
static enum status
copy(struct task *t, struct sqlite_db *db, const char *path)
{
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_exec(db->h, "PRAGMA query_only = OFF", NULL, NULL, NULL); /* it means the copy too */

	if (rc == SQLITE_OK)
		rc = sqlite_prepare(db, "VACUUM INTO ?1", &stmt);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_text(stmt, 1, path, -1, SQLITE_STATIC);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	sqlite3_finalize(stmt);
	return rc == SQLITE_DONE ? OK : sqlite_fail(t, db, rc, path);
}

static enum status
sync_path(struct task *t, const char *path, int flags)
{
	int fd = open(path, flags | O_RDONLY | O_CLOEXEC);
	enum status st = OK;

	if (fd < 0 || fsync(fd) != 0)
		st = fail(t, E_STORE, "%s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return st;
}

/* The file, and its name in its directory. */
static enum status
sync_copy(struct task *t, const char *path)
{
	size_t n = strlen(path) + 1;
	char *name = arena_alloc(t->arena, n);	/* dirname() writes into it */

	TRY_MEM(t, name);
	memcpy(name, path, n);
	TRY(sync_path(t, path, 0));
	return sync_path(t, dirname(name), O_DIRECTORY);
}

enum status
sqlite_backup(struct task *t, struct store *base, const char *path)
{
	struct sqlite_db *db;
	enum status st;

	TRY(make_target(t, path));
	st = sqlite_db_new(t, (struct sqlite_store *)base, false, &db);
	if (st == OK) {
		st = copy(t, db, path);
		sqlite_db_free(db);
	}
	if (st == OK)
		st = sync_copy(t, path);
	if (st != OK)
		unlink(path);
	return st;
}
