/*
 * count.c - counts the statements that a program runs on SQLite, when preloaded into it.
 *
 * Asks SQLite itself (sqlite3_trace_v2), for every connection the program opens. What
 * only opens and closes transactions is counted apart. The numbers go to the file
 * named by BENCH_COUNT, as they are; whoever wants a difference reads it twice.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include <dlfcn.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct counts {
	_Atomic long statements, transactions;
};

int sqlite3_open_v2(const char *name, sqlite3 **ret_db, int flags, const char *vfs);

/* In the file itself, which is mapped: the program need not end well for them to be there. */
static struct counts *
counts(void)
{
	static struct counts *_Atomic shared;
	struct counts *c = atomic_load(&shared);
	const char *path = getenv("BENCH_COUNT");
	int fd;

	if (c || !path)
		return c;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || ftruncate(fd, sizeof(*c)) != 0)
		abort();
	c = mmap(NULL, sizeof(*c), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (c == MAP_FAILED)
		abort();
	atomic_store(&shared, c);
	return c;
}

static int
ran(unsigned what, void *arg, void *stmt, void *text)
{
	static const char *const words[] = { "BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "END" };
	struct counts *c = arg;

	(void)what, (void)stmt;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strncasecmp(text, words[i], strlen(words[i])) == 0) {
			atomic_fetch_add(&c->transactions, 1);
			return 0;
		}
	atomic_fetch_add(&c->statements, 1);
	return 0;
}

int
sqlite3_open_v2(const char *name, sqlite3 **ret_db, int flags, const char *vfs)
{
	int (*real)(const char *, sqlite3 **, int, const char *);
	void *found = dlsym(RTLD_NEXT, "sqlite3_open_v2");
	int rc;

	memcpy(&real, &found, sizeof(real));
	rc = real(name, ret_db, flags, vfs);
	if (rc == SQLITE_OK && counts())
		sqlite3_trace_v2(*ret_db, SQLITE_TRACE_STMT, ran, counts());
	return rc;
}
