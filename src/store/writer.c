/*
 * writer.c - the one thread that writes to SQLite, and how writes share a commit.
 *
 * A commit costs a sync of the disk. While one is under way jobs queue up; all that
 * wait become one transaction, each in a savepoint of its own, and one sync serves
 * them all. The replies go out after it.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include "store/sqlite.h"

#include "base/str.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

enum {
	QUEUE_MAX = 4096,
	BATCH_MAX = 256,	/* so that the first of a batch does not wait for thousands */
};

struct writer {
	struct store     *store;
	struct sqlite_db *db;
	pthread_t         thread;
	bool              said_broken;

	pthread_mutex_t   lock;	/* guards what follows */
	pthread_cond_t    wake;
	struct write_job *first;
	struct write_job **last;
	size_t            waiting;
	size_t            waiting_max;
	bool              ending;
};

/* Cut up to `most` jobs from the queue; NULL when none waits. Lock held. */
static struct write_job *
cut_jobs(struct writer *w, size_t most)
{
	struct write_job *jobs = w->first, **cut;
	size_t n = 0;

	for (cut = &jobs; *cut != NULL && n < most; cut = &(*cut)->next)
		n++;
	w->first = *cut;
	*cut = NULL;
	if (w->first == NULL)
		w->last = &w->first;
	w->waiting -= n;
	return jobs;
}

/* Wait for work and take what there is. NULL: ending, and nothing is left. */
static struct write_job *
take_batch(struct writer *w)
{
	struct write_job *batch;

	pthread_mutex_lock(&w->lock);
	while (w->first == NULL && !w->ending)
		pthread_cond_wait(&w->wake, &w->lock);
	batch = cut_jobs(w, BATCH_MAX);
	pthread_mutex_unlock(&w->lock);
	return batch;
}

/* What came while the batch so far was running joins it, rather than wait for its commit and then pay one of its own. */
static struct write_job *
take_more(struct writer *w, size_t most)
{
	struct write_job *more;

	pthread_mutex_lock(&w->lock);
	more = cut_jobs(w, most);
	pthread_mutex_unlock(&w->lock);
	return more;
}

static void
run_member(struct writer *w, struct write_job *job)
{
	struct task *t = job->t;
	int rc = sqlite_control(w->db, CTL_SAVEPOINT);

	t->touched = NULL;
	t->why[0] = '\0';
	if (rc != SQLITE_OK) {
		job->outcome = sqlite_fail(t, w->db, rc, "SAVEPOINT");
		return;
	}
	job->outcome = db_run_inside(t, &w->db->base, job->run, job->arg);
	if (sqlite3_get_autocommit(w->db->h))
		return;
	if (job->outcome != OK)
		rc = sqlite_control(w->db, CTL_ROLLBACK_TO);
	if (rc == SQLITE_OK)
		rc = sqlite_control(w->db, CTL_RELEASE);
	if (rc != SQLITE_OK) {
		job->outcome = sqlite_fail(t, w->db, rc, "SAVEPOINT");
		sqlite3_exec(w->db->h, "ROLLBACK", NULL, NULL, NULL);
	}
}

/* None of the batch is in the database: those that thought so are told. */
static void
fail_batch(struct write_job *batch, const char *why)
{
	for (struct write_job *job = batch; job != NULL; job = job->next) {
		if (job->outcome == OK)
			job->outcome = fail(job->t, E_STORE, "%s", why);
	}
}

/*
 * Run each member in turn. An error that is not the member's own, a full disk above
 * all, may roll back the whole transaction, and SQLite says so only here. Going on
 * would write each later statement in a transaction of its own.
 */
static bool
run_members(struct writer *w, struct write_job *batch)
{
	size_t n = 0;

	for (struct write_job *job = batch; job != NULL; job = job->next) {
		run_member(w, job);
		if (sqlite3_get_autocommit(w->db->h)) {
			fail_batch(batch, job->t->why[0] != '\0' ? job->t->why : "the transaction was lost");
			return false;
		}
		if (++n < BATCH_MAX && job->next == NULL)
			job->next = take_more(w, BATCH_MAX - n);
	}
	return true;
}

static uint64_t
count_ok(const struct write_job *batch)
{
	uint64_t n = 0;

	for (; batch != NULL; batch = batch->next)
		n += batch->outcome == OK;
	return n;
}

static enum status
commit(struct writer *w, struct task *t)
{
	if (!db_test_fails() && w->db->broken == 0)
		return w->store->engine->commit(t, &w->db->base);
	w->store->engine->rollback(&w->db->base);
	return fail(t, E_STORE, "COMMIT: not tried, after an error (%d) or for a test", w->db->broken);
}

/* One commit for all that went well; nothing is written when nothing did. */
static void
end_batch(struct writer *w, struct write_job *batch)
{
	struct task teller = { 0 };
	uint64_t n = count_ok(batch);

	if (n == 0) {
		w->store->engine->rollback(&w->db->base);
		atomic_fetch_add(&w->store->rollbacks, 1);
	} else if (commit(w, &teller) == OK) {
		atomic_fetch_add(&w->store->commits, 1);
		atomic_fetch_add(&w->store->members, n);
	} else {
		atomic_fetch_add(&w->store->write_errors, 1);
		fail_batch(batch, teller.why);
	}
}

static enum status
begin(struct writer *w, struct task *t)
{
	if (w->db->broken != 0)
		return fail(t, E_STORE, "the database failed (%d); restart the server", w->db->broken);
	if (db_test_fails())
		return fail(t, E_STORE, "BEGIN: failed for a test");
	return w->store->engine->begin(t, &w->db->base, DB_WRITES);
}

static void
run_batch(struct writer *w, struct write_job *batch)
{
	struct task teller = { 0 };

	if (begin(w, &teller) != OK) {
		atomic_fetch_add(&w->store->write_errors, 1);
		fail_batch(batch, teller.why);
	} else if (run_members(w, batch)) {
		end_batch(w, batch);
	} else {
		atomic_fetch_add(&w->store->write_errors, 1);
	}
}

static void
tell_batch(struct write_job *batch)
{
	struct write_job *next;

	for (; batch != NULL; batch = next) {
		next = batch->next;	/* done() may free the job */
		if (batch->outcome != OK)
			batch->t->touched = NULL;
		batch->done(batch->t, batch->outcome, batch->arg);
	}
}

static void
say_broken(struct writer *w)
{
	if (w->db->broken == 0 || w->said_broken)
		return;
	w->said_broken = true;
	log_event(LOG_ERROR, EV_STORE,
	    "engine=sqlite state=broken code=%d why=%s advice=\"nothing is written until a restart\"",
	    w->db->broken, log_quote(str_of(sqlite3_errstr(w->db->broken))).text);
}

static void *
writer_main(void *arg)
{
	struct writer *w = arg;
	struct write_job *batch;

	pthread_setname_np(pthread_self(), "writer");
	while ((batch = take_batch(w)) != NULL) {
		run_batch(w, batch);
		tell_batch(batch);
		sqlite_checkpoint(w->db);
		say_broken(w);
	}
	return NULL;
}

static bool
start(struct writer *w)
{
	sigset_t all, before;
	int err;

	/* Signals are the main thread's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&w->thread, NULL, writer_main, w);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return err == 0;
}

struct writer *
writer_new(struct store *s, struct sqlite_db *db)
{
	struct writer *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return NULL;
	w->store = s;
	w->db = db;
	w->last = &w->first;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->wake, NULL);
	if (start(w))
		return w;
	free(w);
	return NULL;
}

struct writer *
writer_free(struct writer *w)
{
	if (w == NULL)
		return NULL;
	pthread_mutex_lock(&w->lock);
	w->ending = true;
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	pthread_cond_destroy(&w->wake);
	pthread_mutex_destroy(&w->lock);
	free(w);
	return NULL;
}

bool
writer_submit(struct writer *w, struct write_job *job)
{
	bool taken;

	job->next = NULL;
	job->outcome = OK;
	pthread_mutex_lock(&w->lock);
	taken = w->waiting < QUEUE_MAX && !w->ending;
	if (taken) {
		*w->last = job;
		w->last = &job->next;
		w->waiting++;
		if (w->waiting > w->waiting_max)
			w->waiting_max = w->waiting;
		pthread_cond_signal(&w->wake);
	}
	pthread_mutex_unlock(&w->lock);
	return taken;
}

void
writer_queue_stats(struct writer *w, struct store_stats *ret_stats)
{
	pthread_mutex_lock(&w->lock);
	ret_stats->waiting = w->waiting;
	ret_stats->waiting_max = w->waiting_max;
	pthread_mutex_unlock(&w->lock);
}
