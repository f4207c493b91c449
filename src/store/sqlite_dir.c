/* sqlite_dir.c - the data directory: made, and held by one process. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "store/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum status
make_dir(struct task *t, const char *dir)
{
	struct stat sb;

	if (mkdir(dir, 0700) != 0 && errno != EEXIST)
		return fail(t, E_STORE, "%s: cannot make the data directory: %s", dir, strerror(errno));
	if (stat(dir, &sb) != 0)
		return fail(t, E_STORE, "%s: %s", dir, strerror(errno));
	if (!S_ISDIR(sb.st_mode))
		return fail(t, E_STORE, "%s: is not a directory", dir);
	return OK;
}

/* Who says in the lock file that the directory is its own. */
static enum status
fail_locked(struct task *t, const char *dir, int fd)
{
	char pid[16] = "";
	ssize_t n = pread(fd, pid, sizeof(pid) - 1, 0);

	if (n <= 0 || strspn(pid, "0123456789") == 0)
		return fail(t, E_STORE, "%s: another process uses this data directory", dir);
	pid[strspn(pid, "0123456789")] = '\0';
	return fail(t, E_STORE, "%s: process %s uses this data directory", dir, pid);
}

/*
 * A lock of the open file description: unlike a process's own, no close() elsewhere
 * in this process lets go of it, and a second opening here is refused too.
 */
static enum status
take_lock(struct task *t, const char *dir, int fd)
{
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	if (fcntl(fd, F_OFD_SETLK, &l) != 0) {
		if (errno == EAGAIN || errno == EACCES)
			return fail_locked(t, dir, fd);
		return fail(t, E_STORE, "%s/lock: %s", dir, strerror(errno));
	}
	/* The id is for people: on a full disk the lock holds without it. */
	if (ftruncate(fd, 0) == 0)
		(void)!dprintf(fd, "%ld\n", (long)getpid());
	return OK;
}

/* SQLite gives its log and its shared memory the mode of the database file. */
static enum status
make_database(struct task *t, int dir_fd, const char *dir)
{
	int fd = openat(dir_fd, "sessiond.db", O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		return fail(t, E_STORE, "%s/sessiond.db: %s", dir, strerror(errno));
	/* Before SQLite opens it: closing a file drops the process's locks on it. */
	if (fchmod(fd, 0600) != 0) {
		close(fd);
		return fail(t, E_STORE, "%s/sessiond.db: %s", dir, strerror(errno));
	}
	close(fd);
	return OK;
}

static enum status
take_inside(struct task *t, const char *dir, int dir_fd, int *ret_lock_fd)
{
	int fd = openat(dir_fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	enum status st;

	if (fd < 0)
		return fail(t, E_STORE, "%s/lock: %s", dir, strerror(errno));
	st = take_lock(t, dir, fd);
	if (st == OK)
		st = make_database(t, dir_fd, dir);
	if (st != OK) {
		close(fd);
		return st;
	}
	*ret_lock_fd = fd;
	return OK;
}

enum status
sqlite_dir_take(struct task *t, const char *dir, int *ret_lock_fd)
{
	enum status st;
	int fd;

	TRY(make_dir(t, dir));
	fd = open(dir, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail(t, E_STORE, "%s: %s", dir, strerror(errno));
	st = take_inside(t, dir, fd, ret_lock_fd);
	close(fd);
	return st;
}
