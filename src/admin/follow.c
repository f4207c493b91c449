/* follow.c - what other nodes on the same PostgreSQL have changed. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/follow.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/secret.h"
#include "session/coherence.h"
#include "store/store.gen.h"

#define EVERY_US      (250 * (SECOND_US / 1000))
#define LOG_KEPT_US   (10 * MINUTE_US)	/* the sweep keeps a quarter of an hour; whoever was away longer forgets all */
enum { READ_MOST = 5000, ARENA_MAX = 4 << 20 };

struct follow {
	struct app     *app;
	struct db      *db;
	pthread_t       thread;
	pthread_mutex_t lock;	/* of `ending` */
	pthread_cond_t  wake;
	bool            ending;
	/* the thread's own */
	int64_t         floor;		/* transactions below it had ended at the last reading */
	int64_t         read_mono;	/* of the last reading that came back; 0: none yet */
	bool            was_lost;	/* said once */
};

struct reading {
	int64_t                      since;
	int64_t                      floor;
	struct revocations_since_row *rows;
	size_t                       n;
};

/* Both in one view: what is missing in the rows is at or above the floor, and is read next time. */
static enum status
read_log(struct task *t, void *arg)
{
	struct reading *r = arg;
	struct revocation_floor_row floor;

	TRY(sql_revocation_floor(t, &floor));
	r->floor = floor.xid;
	return sql_revocations_since(t, r->since, coherence_node(), READ_MOST, &r->rows, &r->n);
}

static enum status
read_once(struct task *t, struct follow *f, struct reading *ret_reading)
{
	*ret_reading = (struct reading){ .since = f->floor };
	if (!f->db)
		f->db = db_connect(t, f->app->store);
	if (!f->db)
		return E_STORE;
	return db_read(t, f->db, read_log, ret_reading);
}

/* In an arena of its own: of however many that changed while the database was away, none goes without memory. */
static enum status
refresh(struct follow *f, struct deployment_id d)
{
	struct task t = { .arena = arena_new(ARENA_MAX), .now = clock_now() };
	enum status st = t.arena ? directory_refresh(&t, f->app->directory, f->db, d) : E_OVERLOADED;

	if (st != OK)
		log_event(LOG_ERROR, EV_STORE, "deployment=%lld why=\"%s\"", (long long)d.v, t.why);
	arena_free(t.arena);
	return st;
}

/* Which changes were missed is not known: no answer kept in memory is good, and no deployment either. */
static enum status
forget_all(struct follow *f)
{
	struct task t = { .arena = arena_new(ARENA_MAX), .now = clock_now() };
	enum status st = E_OVERLOADED;

	if (t.arena)
		st = directory_refresh_all(&t, f->app->directory, f->db);
	coherence_publish_all();
	arena_free(t.arena);
	return st;
}

/*
 * A row that is read twice is published twice: the second time costs a reload, never a
 * stale answer. A deployment that could not be read, because the database went meanwhile,
 * is one that still answers by its old rules: then the rows are read again.
 */
static enum status
publish(struct follow *f, const struct reading *r)
{
	enum status st = OK;

	for (size_t i = 0; i < r->n; i++) {
		const struct revocations_since_row *row = &r->rows[i];
		enum status one = row->kind == SUBJECT_DEPLOYMENT ? refresh(f, row->deployment) : OK;

		if (one == E_STORE || one == E_OVERLOADED)
			st = one;
		coherence_publish_one(row->deployment, (enum subject_kind)row->kind, row->subject);
	}
	return st;
}

static enum status
settle(struct follow *f, const struct reading *r, int64_t asked_mono)
{
	bool was_away = f->read_mono != 0 && asked_mono - f->read_mono > LOG_KEPT_US;

	TRY(publish(f, r));
	/* More than could be read, or rows may have been swept meanwhile: then anything may have changed. */
	if (r->n >= READ_MOST || was_away)
		TRY(forget_all(f));
	f->floor = r->floor;
	f->read_mono = asked_mono;
	coherence_lease_renew(asked_mono);
	if (f->was_lost)
		log_event(LOG_NOTICE, EV_STORE, "following=again");
	f->was_lost = false;
	return OK;
}

static void
turn(struct follow *f)
{
	struct task t = { .arena = arena_new(ARENA_MAX), .now = clock_now() };
	int64_t asked_mono = clock_mono();
	struct reading r;

	if (!t.arena || read_once(&t, f, &r) != OK || settle(f, &r, asked_mono) != OK) {
		f->db = db_close(f->db);
		if (!f->was_lost)
			log_event(LOG_ERROR, EV_STORE, "following=lost why=\"%s\"", t.why);
		f->was_lost = true;
	}
	arena_free(t.arena);
}

static bool
wait_a_little(struct follow *f)
{
	struct timespec until;
	bool ending;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += EVERY_US * 1000;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	pthread_mutex_lock(&f->lock);
	while (!f->ending && pthread_cond_timedwait(&f->wake, &f->lock, &until) != ETIMEDOUT)
		;
	ending = f->ending;
	pthread_mutex_unlock(&f->lock);
	return !ending;
}

static void *
run(void *arg)
{
	struct follow *f = arg;

	do
		turn(f);
	while (wait_a_little(f));
	return NULL;
}

static enum status
draw_node(struct task *t)
{
	int64_t node = 0;

	while (node <= 0) {
		if (!secret_random(&node, sizeof(node)))
			return fail(t, E_INTERNAL, "no randomness for this node's number");
		node &= INT64_MAX;
	}
	coherence_lease_begin(node);
	return OK;
}

static bool
start(struct follow *f)
{
	pthread_condattr_t attr;
	sigset_t all, was;
	bool ok;

	pthread_mutex_init(&f->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&f->wake, &attr);
	pthread_condattr_destroy(&attr);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &was);
	ok = pthread_create(&f->thread, NULL, run, f) == 0;
	pthread_sigmask(SIG_SETMASK, &was, NULL);
	return ok;
}

enum status
follow_new(struct task *t, struct app *app, struct follow **ret_follow)
{
	struct follow *f;

	*ret_follow = NULL;
	if (strcmp(store_engine(app->store), "postgresql") != 0)
		return OK;
	TRY(draw_node(t));
	f = calloc(1, sizeof(*f));
	TRY_MEM(t, f);
	f->app = app;
	if (!start(f)) {
		free(f);
		return fail(t, E_INTERNAL, "no thread to follow other nodes");
	}
	*ret_follow = f;
	return OK;
}

struct follow *
follow_free(struct follow *f)
{
	if (!f)
		return NULL;
	pthread_mutex_lock(&f->lock);
	f->ending = true;
	pthread_cond_signal(&f->wake);
	pthread_mutex_unlock(&f->lock);
	pthread_join(f->thread, NULL);
	db_close(f->db);
	pthread_cond_destroy(&f->wake);
	pthread_mutex_destroy(&f->lock);
	free(f);
	return NULL;
}
