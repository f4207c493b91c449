/* writer_test.c - SQLite: shared commits, and disks that are full, broken or cut off. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "store/testdata/fixture.h"

#include "store/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* The disk under SQLite: each write or sync may be made to fail. */
static atomic_int write_errno, sync_errno;

static ssize_t
disk_write(int fd, const void *p, size_t n, off_t at)
{
	int err = atomic_load(&write_errno);

	if (err == 0)
		return (ssize_t)syscall(SYS_pwrite64, fd, p, n, at);
	errno = err;
	return -1;
}

static int
disk_sync(long call, int fd)
{
	int err = atomic_load(&sync_errno);

	if (err == 0)
		return (int)syscall(call, fd);
	errno = err;
	return -1;
}

/* Before the C library's own, for everything in this process. */
int
fdatasync(int fd)
{
	return disk_sync(SYS_fdatasync, fd);
}

int
fsync(int fd)
{
	return disk_sync(SYS_fsync, fd);
}

static void
take_over_disk(void)
{
	sqlite3_vfs *vfs = sqlite3_vfs_find("unix");

	assert_int_equal(vfs->xSetSystemCall(vfs, "pwrite", (sqlite3_syscall_ptr)disk_write), SQLITE_OK);
	assert_int_equal(vfs->xSetSystemCall(vfs, "pwrite64", (sqlite3_syscall_ptr)disk_write), SQLITE_OK);
}

static int
disk_setup(void **state)
{
	take_over_disk();
	return setup_sqlite(state);
}

static int
disk_teardown(void **state)
{
	atomic_store(&write_errno, 0);
	atomic_store(&sync_errno, 0);
	return teardown(state);
}

/* A job of a test, with what came of it. */
struct deed {
	struct write_job job;
	struct task      t;
	int64_t          id;
	struct str       key;
	size_t           blob_n;	/* how much it puts into the row */
	enum status      refusal;	/* what run returns after its insert */
	enum status      outcome;
	bool             was_touched;
	sem_t           *hold;	/* run waits for it */
	sem_t            done;
};

static enum status
deed_run(struct task *t, void *arg)
{
	struct deed *d = arg;
	char *blob = arena_alloc(t->arena, d->blob_n + 1);
	int64_t rows;

	if (blob == NULL)
		return E_OVERLOADED;
	if (d->hold != NULL)
		sem_wait(d->hold);
	t->touched = (struct touch *)d;
	TRY(sql_thing_insert(t, D1, (struct user_id){ d->id }, (struct org_id){ 0 }, S("x"), d->key, 0, false,
	    0, S("{}"), NULL, (struct str){ blob, d->blob_n }));
	TRY(sql_thing_delete_all(t, D2, &rows));
	return d->refusal;
}

static void
deed_done(struct task *t, enum status st, void *arg)
{
	struct deed *d = arg;

	d->was_touched = t->touched != NULL;
	d->outcome = st;
	sem_post(&d->done);
}

static void
deed_begin(struct deed *d, int64_t id)
{
	*d = (struct deed){ .id = id };
	task_begin(&d->t);
	sem_init(&d->done, 0, 0);
	d->job = (struct write_job){ .t = &d->t, .run = deed_run, .done = deed_done, .arg = d };
}

static enum status
deed_wait(struct deed *d)
{
	while (sem_wait(&d->done) != 0)
		continue;
	return d->outcome;
}

static void
deed_end(struct deed *d)
{
	sem_destroy(&d->done);
	task_end(&d->t);
}

/* Deed 0 holds the writer while the others queue up behind it and join its batch. */
static void
run_together(struct fixture *f, struct deed *deeds, size_t n)
{
	sem_t hold;

	sem_init(&hold, 0, 0);
	deeds[0].hold = &hold;
	assert_true(store_write(f->store, f->db, &deeds[0].job));
	for (struct store_stats s = { .waiting = 1 }; s.waiting > 0; )
		store_stats(f->store, &s);	/* until the writer has taken deed 0 alone */
	for (size_t i = 1; i < n; i++)
		assert_true(store_write(f->store, f->db, &deeds[i].job));
	sem_post(&hold);
	for (size_t i = 0; i < n; i++)
		deed_wait(&deeds[i]);
	sem_destroy(&hold);
}

static enum status
count_inside(struct task *t, void *arg)
{
	struct thing_count_row row;

	TRY(sql_thing_count(t, D1, &row));
	*(int64_t *)arg = row.n;
	return OK;
}

static int64_t
count_things(struct fixture *f)
{
	int64_t n = -1;

	assert_ok(&f->t, read_now(f, count_inside, &n));
	return n;
}

static void
test_waiting_writes_share_one_commit(void **state)
{
	struct fixture *f = *state;
	enum { N = 101 };
	struct deed *deeds = calloc(N, sizeof(*deeds));
	struct store_stats s;

	for (size_t i = 0; i < N; i++)
		deed_begin(&deeds[i], (int64_t)i + 1);
	run_together(f, deeds, N);
	for (size_t i = 0; i < N; i++) {
		assert_ok(&deeds[i].t, deeds[i].outcome);
		assert_true(deeds[i].was_touched);
		deed_end(&deeds[i]);
	}
	store_stats(f->store, &s);
	assert_int_equal(s.commits, 1);
	assert_int_equal(s.members, N);
	assert_int_equal(s.waiting_max, N - 1);
	assert_int_equal(count_things(f), N);
	free(deeds);
}

/* Each of a batch has its own outcome: what one does wrong undoes nothing of another. */
static void
test_one_failing_member_harms_nobody(void **state)
{
	struct fixture *f = *state;
	struct deed d[5];

	for (size_t i = 0; i < 5; i++)
		deed_begin(&d[i], (int64_t)i + 1);
	d[1].key = d[2].key = S("same");
	d[3].refusal = E_FORBIDDEN;
	run_together(f, d, 5);
	assert_ok(&d[1].t, d[1].outcome);
	assert_int_equal(d[2].outcome, E_CONFLICT);
	assert_non_null(strstr(d[2].t.why, "thing_insert: UNIQUE constraint failed"));
	assert_int_equal(d[3].outcome, E_FORBIDDEN);
	assert_ok(&d[4].t, d[4].outcome);
	assert_true(d[1].was_touched && d[4].was_touched);
	assert_false(d[2].was_touched || d[3].was_touched);
	assert_int_equal(count_things(f), 3);
	for (size_t i = 0; i < 5; i++)
		deed_end(&d[i]);
}

/* When the shared commit fails, none of its members was done, and all are told. */
static void
test_failed_commit_fails_every_member(void **state)
{
	struct fixture *f = *state;
	struct deed d[3];
	struct store_stats s;

	for (size_t i = 0; i < 3; i++)
		deed_begin(&d[i], (int64_t)i + 1);
	d[1].refusal = E_FORBIDDEN;
	store_test_fail_after(1 + 2 + 2 + 2 + 1);	/* begin, two statements each, commit */
	d[0].refusal = E_FORBIDDEN;
	run_together(f, d, 3);
	assert_int_equal(d[0].outcome, E_FORBIDDEN);
	assert_int_equal(d[1].outcome, E_FORBIDDEN);
	assert_int_equal(d[2].outcome, E_STORE);
	assert_false(d[2].was_touched);
	store_stats(f->store, &s);
	assert_int_equal(s.commits, 0);
	assert_int_equal(s.rollbacks, 0);
	assert_int_equal(s.write_errors, 1);
	assert_int_equal(count_things(f), 0);
	for (size_t i = 0; i < 3; i++)
		deed_end(&d[i]);
}

static enum status
limit_pages(struct task *t, void *arg)
{
	struct sqlite_db *db = (struct sqlite_db *)t->db;
	char sql[64];

	snprintf(sql, sizeof(sql), "PRAGMA max_page_count = %d", *(int *)arg);
	assert_int_equal(sqlite3_exec(db->h, sql, NULL, NULL, NULL), SQLITE_OK);
	return OK;
}

/*
 * A full disk inside one member's savepoint rolls back the whole transaction. Every
 * member is told 503, those before and those after; and with room again, all is well.
 */
static void
test_F05_full_database_tells_every_member(void **state)
{
	struct fixture *f = *state;
	struct deed d[4];

	assert_ok(&f->t, write_now(f, limit_pages, &(int){ 100 }));
	for (size_t i = 0; i < 4; i++)
		deed_begin(&d[i], (int64_t)i + 1);
	d[2].blob_n = 1 << 20;
	run_together(f, d, 4);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(d[i].outcome, E_STORE);
		assert_non_null(strstr(d[i].t.why, "disk full"));
		assert_false(d[i].was_touched);
	}
	assert_int_equal(count_things(f), 0);
	assert_ok(&f->t, write_now(f, limit_pages, &(int){ 100000 }));
	assert_ok(&f->t, write_now(f, deed_run, &d[2]));
	assert_int_equal(count_things(f), 1);
	for (size_t i = 0; i < 4; i++)
		deed_end(&d[i]);
}

/* No room for the log: the commit fails, reads go on, and the first write after there is room succeeds. */
static void
test_F05_full_disk_heals(void **state)
{
	struct fixture *f = *state;
	struct deed d;

	deed_begin(&d, 1);
	atomic_store(&write_errno, ENOSPC);
	assert_status(&f->t, E_STORE, write_now(f, deed_run, &d));
	assert_non_null(strstr(f->t.why, "disk full"));
	assert_int_equal(count_things(f), 0);
	atomic_store(&write_errno, 0);
	assert_ok(&f->t, write_now(f, deed_run, &d));
	assert_int_equal(count_things(f), 1);
	deed_end(&d);
}

/* After a failed sync nobody knows what is on the disk: stop writing, and do not ask the disk again. */
static void
test_F06_failed_sync_stops_all_writes(void **state)
{
	struct fixture *f = *state;
	struct deed d;

	deed_begin(&d, 1);
	atomic_store(&sync_errno, EIO);
	assert_status(&f->t, E_STORE, write_now(f, deed_run, &d));
	atomic_store(&sync_errno, 0);
	assert_status(&f->t, E_STORE, write_now(f, deed_run, &d));
	assert_non_null(strstr(f->t.why, "restart the server"));
	assert_int_equal(count_things(f), 0);
	fixture_close(f);
	fixture_open(f, &test_schema);
	d.id = 2;
	assert_ok(&f->t, write_now(f, deed_run, &d));
	deed_end(&d);
}

static void
test_queue_has_an_end(void **state)
{
	struct fixture *f = *state;
	enum { N = 4097 };
	struct deed *d = calloc(N + 1, sizeof(*d));
	struct store_stats s = { .waiting = 1 };
	sem_t hold;

	sem_init(&hold, 0, 0);
	for (size_t i = 0; i <= N; i++)
		deed_begin(&d[i], (int64_t)i + 1);
	d[0].hold = &hold;
	assert_true(store_write(f->store, f->db, &d[0].job));
	while (s.waiting > 0)
		store_stats(f->store, &s);
	for (size_t i = 1; i < N; i++)
		assert_true(store_write(f->store, f->db, &d[i].job));
	assert_false(store_write(f->store, f->db, &d[N].job));
	sem_post(&hold);
	fixture_close(f);	/* ends after all it has taken */
	for (size_t i = 0; i < N; i++)
		assert_ok(&d[i].t, deed_wait(&d[i]));
	for (size_t i = 0; i <= N; i++)
		deed_end(&d[i]);
	sem_destroy(&hold);
	free(d);
	fixture_open(f, &test_schema);
	assert_int_equal(count_things(f), N);
}

enum { THREADS = 64, WRITES = 20 };

struct client {
	struct fixture *f;
	int64_t         first;
	pthread_t       thread;
	int             failures;
};

static void *
client_main(void *arg)
{
	struct client *c = arg;
	struct deed d;

	for (int64_t i = 0; i < WRITES; i++) {
		deed_begin(&d, c->first + i);
		c->failures += store_write_wait(&d.t, c->f->store, NULL, deed_run, &d) != OK;
		deed_end(&d);
	}
	return NULL;
}

/* Many threads at once: all get their answer, and there are far fewer syncs than writes. */
static void
test_many_threads_share_commits(void **state)
{
	struct fixture *f = *state;
	struct client c[THREADS];
	struct store_stats s;

	for (int i = 0; i < THREADS; i++) {
		c[i] = (struct client){ .f = f, .first = 1 + i * WRITES };
		assert_int_equal(pthread_create(&c[i].thread, NULL, client_main, &c[i]), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(c[i].thread, NULL);
		assert_int_equal(c[i].failures, 0);
	}
	store_stats(f->store, &s);
	assert_int_equal(s.members, THREADS * WRITES);
	assert_true(s.commits * 4 < s.members);
	assert_int_equal(count_things(f), THREADS * WRITES);
	print_message("%d writes in %d commits\n", (int)s.members, (int)s.commits);
}

/* In the child: write one row after the other, and tell of each only once it is said to be done. */
static void
write_until_killed(const char *url, int64_t first, int fd)
{
	struct fixture f = { 0 };
	struct deed d;

	task_begin(&f.t);
	snprintf(f.url, sizeof(f.url), "%s", url);
	fixture_open(&f, &test_schema);
	for (int64_t id = first;; id++) {
		deed_begin(&d, id);
		d.blob_n = 3000;	/* so that the log is copied now and then */
		if (store_write_wait(&d.t, f.store, f.db, deed_run, &d) != OK ||
		    write(fd, &id, sizeof(id)) < 0)
			_exit(1);
		deed_end(&d);
	}
}

/* Kill a child after it has told of n rows; gives the last row it told of. */
static int64_t
run_and_kill(const char *url, int64_t first, int n)
{
	int64_t id, last = 0;
	int ends[2];
	pid_t child;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0)
		write_until_killed(url, first, ends[1]);
	close(ends[1]);
	for (int i = 0; i < n && read(ends[0], &id, sizeof(id)) == sizeof(id); i++)
		last = id;
	kill(child, SIGKILL);
	while (read(ends[0], &id, sizeof(id)) == sizeof(id))
		last = id;
	close(ends[0]);
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_true(last >= first + n - 1);
	return last;
}

static void
test_F01_killed_loses_nothing_acknowledged(void **state)
{
	struct fixture *f = *state;
	int64_t next = 1;

	for (int cycle = 0; cycle < 5; cycle++) {
		int64_t last, n;

		fixture_close(f);
		last = run_and_kill(f->url, next, 20 + 170 * cycle);
		fixture_open(f, &test_schema);
		n = count_things(f);
		/* The one under way when the end came may be there or not. */
		assert_in_range(n, last, last + 1);
		next = n + 1;
	}
}

static void
test_one_process_has_the_directory(void **state)
{
	struct fixture *f = *state;
	struct store_config c = { .url = f->url, .schema = &test_schema };
	struct store *s;
	char want[64];

	assert_status(&f->t, E_STORE, store_open(&f->t, &c, &s));
	snprintf(want, sizeof(want), "process %ld uses this data directory", (long)getpid());
	assert_non_null(strstr(f->t.why, want));
}

static mode_t
mode_of(const char *dir, const char *name)
{
	char path[600];
	struct stat sb;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(stat(path, &sb), 0);
	return sb.st_mode & 07777;
}

/* Whatever the umask, nobody else on the machine reads the database, its log or its shared memory. */
static void
test_files_are_the_owners_alone(void **state)
{
	struct fixture *f = *state;
	size_t n = strlen(f->url);
	mode_t before = umask(0);

	fixture_close(f);
	snprintf(f->url + n, sizeof(f->url) - n, "/data");
	fixture_open(f, &test_schema);
	umask(before);
	assert_int_equal(mode_of(f->url, "."), 0700);
	assert_int_equal(mode_of(f->url, "lock"), 0600);
	assert_int_equal(mode_of(f->url, "sessiond.db"), 0600);
	assert_int_equal(mode_of(f->url, "sessiond.db-wal"), 0600);
	assert_int_equal(mode_of(f->url, "sessiond.db-shm"), 0600);
	fixture_close(f);
	f->url[n] = '\0';
	fixture_open(f, &test_schema);
}

static off_t
size_of(const char *dir, const char *name)
{
	char path[600];
	struct stat sb;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(stat(path, &sb), 0);
	return sb.st_size;
}

/* The writer copies the log into the database as it goes; readers that come and go do not stop it. */
static void
test_log_does_not_grow_for_ever(void **state)
{
	struct fixture *f = *state;
	struct deed d;

	for (int64_t id = 1; id <= 60; id++) {
		deed_begin(&d, id);
		d.blob_n = 1 << 20;
		assert_ok(&d.t, store_write_wait(&d.t, f->store, f->db, deed_run, &d));
		assert_int_equal(count_things(f), id);
		deed_end(&d);
	}
	assert_true(size_of(f->url, "sessiond.db") > 50 << 20);
	assert_true(size_of(f->url, "sessiond.db-wal") < 16 << 20);
}

static void
test_backup_is_whole_and_private(void **state)
{
	struct fixture *f = *state;
	size_t n = strlen(f->url);
	char path[600];
	struct deed d;

	deed_begin(&d, 1);
	assert_ok(&f->t, write_now(f, deed_run, &d));
	snprintf(path, sizeof(path), "%s/copy", f->url);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/copy/sessiond.db", f->url);
	assert_ok(&f->t, store_backup(&f->t, f->store, path));
	assert_int_equal(mode_of(f->url, "copy/sessiond.db"), 0600);
	assert_status(&f->t, E_STORE, store_backup(&f->t, f->store, path));
	assert_non_null(strstr(f->t.why, "File exists"));
	fixture_close(f);
	snprintf(f->url + n, sizeof(f->url) - n, "/copy");
	fixture_open(f, &test_schema);
	assert_int_equal(count_things(f), 1);
	fixture_close(f);
	f->url[n] = '\0';
	fixture_open(f, &test_schema);
	deed_end(&d);
}

#define TEST(fn) { #fn, fn, disk_setup, disk_teardown, NULL }

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_waiting_writes_share_one_commit),
		TEST(test_one_failing_member_harms_nobody),
		TEST(test_failed_commit_fails_every_member),
		TEST(test_F05_full_database_tells_every_member),
		TEST(test_F05_full_disk_heals),
		TEST(test_F06_failed_sync_stops_all_writes),
		TEST(test_queue_has_an_end),
		TEST(test_many_threads_share_commits),
		TEST(test_F01_killed_loses_nothing_acknowledged),
		TEST(test_one_process_has_the_directory),
		TEST(test_files_are_the_owners_alone),
		TEST(test_log_does_not_grow_for_ever),
		TEST(test_backup_is_whole_and_private),
	};

	return cmocka_run_group_tests_name("writer", tests, NULL, NULL);
}
