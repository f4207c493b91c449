/* background.c - one thread for what happens without a request. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/background.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "admin/audit_chain.h"
#include "admin/key_care.h"
#include "admin/master_key.h"
#include "admin/master_key_care.h"
#include "admin/name_keys.h"
#include "admin/sweep.h"
#include "auth/keys_ring.h"
#include "base/clock.h"
#include "base/str.h"
#include "session/coherence.h"
#include "store/store.gen.h"

#define TICK_US        SECOND_US
#define KEYS_EVERY_US  (10 * SECOND_US)
#define SWEEP_EVERY_US (10 * SECOND_US)
#define SWEEP_FOR_US   (SECOND_US / 2)		/* of each tick, so that the pulse stays regular */
#define CHAIN_FOR_US   (SECOND_US / 4)
#define PULSE_GOOD_US  (3 * SECOND_US)
enum { TICK_ARENA = 4 * 1024 * 1024 };

struct background {
	struct app          *app;
	struct db           *db;	/* the thread's own */
	pthread_t            thread;
	pthread_mutex_t      lock;	/* of `ending` */
	pthread_cond_t       wake;
	bool                 ending;
	pthread_mutex_t      sweeping;	/* one sweep at a time: the thread's, or a test's */
	struct master_key_work master_key;	/* by its lock */
	_Atomic int64_t      pulse_mono;	/* when the store last answered */
	atomic_uint_fast64_t swept, chained, keys_moved, failures;
	/* the thread's own */
	int64_t              keys_mono, sweep_mono;	/* when they are due */
	struct activity_walk walk;	/* of last-active times, */
	size_t               steps;	/* and how much of it until the next tick */
	int64_t              told_mono;	/* when this node last said which master keys it knows, */
	unsigned             told_keys;	/* and how many */
	bool                 is_behind;	/* the master key was one that is not known here: deployments may not have opened since */
	unsigned             ticks_failed, steps_failed, master_key_failed;	/* in a row */
};

static bool
is_shared(const struct background *b)
{
	return coherence_node() != 0 && b->app->keys != NULL;
}

static enum status
pulse_read(struct task *t, void *arg)
{
	struct str *check = arg;
	struct fact_find_row row;
	enum status st = sql_fact_find(t, MASTER_KEY_CHECK, &row);

	*check = st == OK ? row.value : STR_NONE;
	return st == E_NOT_FOUND ? OK : st;
}

/* One that was changed while its keys did not open here has stayed what it was, and nothing tells of that change again. */
static enum status
catch_up(struct task *t, struct background *b)
{
	if (!b->is_behind)
		return OK;
	TRY(directory_refresh_all(t, b->app->directory, b->db));
	b->is_behind = false;
	return OK;
}

/* Another node may have put another master key in its place. */
static enum status
follow_key(struct task *t, struct background *b, struct str check, int64_t asked_mono)
{
	uint8_t ours[32];
	enum status st = OK;

	keys_check_value(b->app->keys, ours);
	if (check.n != sizeof(ours) || !secret_eq(ours, check.p, sizeof(ours))) {
		b->is_behind |= check.n != sizeof(ours) || !keys_find_check(b->app->keys, (const uint8_t *)check.p);
		st = master_key_follow(t, b->db, b->app->keys);
	}
	if (st == E_NOT_FOUND)
		return fail(t, E_INTERNAL, "this database has another master key by now, which is not in this node's file. Put it there: "
		    "until then nothing is sealed here");
	TRY(st);
	if (is_shared(b))
		keys_confirm(b->app->keys, asked_mono + MASTER_KEY_LEASE_US);
	return catch_up(t, b);
}

static enum status
ask(struct task *t, struct background *b)
{
	int64_t asked_mono = clock_mono();
	struct str check;

	TRY(db_read(t, b->db, pulse_read, &check));
	return follow_key(t, b, check, asked_mono);
}

/* A connection that was lost is made again. */
static enum status
pulse(struct task *t, struct background *b)
{
	enum status st;

	if (!b->db)
		b->db = db_connect(t, b->app->store);
	if (!b->db)
		return fail(t, E_STORE, "no connection");
	st = ask(t, b);
	if (st != OK) {
		b->db = db_close(b->db);
		return st;
	}
	atomic_store(&b->pulse_mono, clock_mono());
	return OK;
}

static unsigned
count_lasting(const struct keys *k)
{
	unsigned n = 0;

	for (unsigned i = 0; i < keys_count(k); i++)
		n += keys_will_stay(k, keys_at(k, i));
	return n;
}

/* What other nodes have brought to its end, and what they should know of this one. */
static enum status
tell_keys(struct task *t, struct background *b)
{
	unsigned n = is_shared(b) ? count_lasting(b->app->keys) : 0;
	int64_t now = clock_mono();

	if (!is_shared(b) || (now < b->told_mono + KEYS_EVERY_US && n == b->told_keys))
		return OK;
	TRY(master_key_follow(t, b->db, b->app->keys));
	TRY(master_key_tell(t, b->app->store, b->db, b->app->keys, coherence_node()));
	b->told_mono = now;
	b->told_keys = n;
	return OK;
}

static enum status
care_for_master_key(struct task *t, struct background *b, struct db *db, int64_t until_mono)
{
	enum status st;

	pthread_mutex_lock(&b->sweeping);
	st = master_key_care(t, b->app, db, &b->master_key, until_mono);
	pthread_mutex_unlock(&b->sweeping);
	return st;
}

static enum status
sweep(struct task *t, struct background *b, struct db *db, int64_t until_mono)
{
	uint64_t n = 0;
	enum status st;

	pthread_mutex_lock(&b->sweeping);
	st = sweep_run(t, b->app, db, until_mono, &n);
	pthread_mutex_unlock(&b->sweeping);
	atomic_fetch_add(&b->swept, n);
	return st;
}

static enum status
chain(struct task *t, struct background *b, struct db *db, int64_t until_mono)
{
	uint64_t n = 0;
	enum status st;

	pthread_mutex_lock(&b->sweeping);
	st = audit_chain_run(t, b->app, db, until_mono, &n);
	pthread_mutex_unlock(&b->sweeping);
	atomic_fetch_add(&b->chained, n);
	return st;
}

static enum status
care_for_keys(struct task *t, struct background *b, struct db *db)
{
	uint64_t n = 0;
	enum status st;

	pthread_mutex_lock(&b->sweeping);
	st = key_care_run(t, b->app, db, &n);
	pthread_mutex_unlock(&b->sweeping);
	atomic_fetch_add(&b->keys_moved, n);
	return st;
}

static enum status
tick_work(struct task *t, struct background *b)
{
	int64_t now = clock_mono();

	TRY(pulse(t, b));
	TRY(tell_keys(t, b));
	TRY(activity_plan(t, b->app->activity, &b->walk, now, &b->steps));
	TRY(chain(t, b, b->db, now + CHAIN_FOR_US));
	if (now >= b->keys_mono) {
		b->keys_mono = now + KEYS_EVERY_US;
		TRY(care_for_keys(t, b, b->db));
	}
	if (now >= b->sweep_mono) {
		TRY(sweep(t, b, b->db, now + SWEEP_FOR_US));
		TRY(name_keys_run(t, b->app, b->db, now + SWEEP_FOR_US));
		/* Cut short: more is waiting, so the next tick goes on. */
		b->sweep_mono = clock_mono() >= now + SWEEP_FOR_US ? 0 : now + SWEEP_EVERY_US;
	}
	return OK;
}

/* By itself: what else fails, for one deployment maybe, must not keep an old key in use. Without a connection the tick has failed. */
static enum status
master_key_work(struct task *t, struct background *b)
{
	return b->db ? care_for_master_key(t, b, b->db, clock_mono() + SWEEP_FOR_US) : OK;
}

/* A task of its own for `work`. false: it could not be done. */
static bool
attempt(struct background *b, enum status (*work)(struct task *t, struct background *b), unsigned *failed_in_a_row)
{
	struct task t = { .arena = arena_new(TICK_ARENA), .now = clock_now() };
	bool is_done = t.arena && work(&t, b) == OK;

	if (is_done) {
		*failed_in_a_row = 0;
	} else {
		atomic_fetch_add(&b->failures, 1);
		/* A store that stays away would fill the log: the first time, then once a minute or so. */
		if ((*failed_in_a_row)++ % 60 == 0)
			log_event(LOG_ERROR, EV_STORE, "background why=\"%s\"", t.why);
	}
	arena_free(t.arena);
	return is_done;
}

/* false: the end has come. */
static bool
rest_until(struct background *b, int64_t mono)
{
	struct timespec until = { .tv_sec = mono / SECOND_US, .tv_nsec = mono % SECOND_US * 1000 };
	bool ending;

	pthread_mutex_lock(&b->lock);
	while (!b->ending && pthread_cond_timedwait(&b->wake, &b->lock, &until) == 0)
		;
	ending = b->ending;
	pthread_mutex_unlock(&b->lock);
	return !ending;
}

static enum status
step_work(struct task *t, struct background *b)
{
	return activity_step(t, b->app->activity, &b->walk, b->app->store, b->db);
}

/*
 * Until the next tick, with some last-active times now and then: written all at once they would keep
 * the loops waiting, which share the cores. false: the end has come.
 */
static bool
rest(struct background *b)
{
	int64_t now = clock_mono(), end = now + TICK_US;
	size_t steps = b->steps;

	b->steps = 0;
	for (size_t i = 1; i <= steps && clock_mono() < end; i++) {
		if (!rest_until(b, now + TICK_US * (int64_t)i / (int64_t)(steps + 1)))
			return false;
		if (!attempt(b, step_work, &b->steps_failed))
			break;
	}
	return rest_until(b, end);
}

static void *
run(void *arg)
{
	struct background *b = arg;

	do {
		(void)attempt(b, tick_work, &b->ticks_failed);
		(void)attempt(b, master_key_work, &b->master_key_failed);
	} while (rest(b));
	return NULL;
}

/* Signals are the main thread's: this one starts with all of them blocked. */
static bool
start_thread(struct background *b)
{
	sigset_t all, before;
	int failed;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	failed = pthread_create(&b->thread, NULL, run, b);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!failed)
		(void)pthread_setname_np(b->thread, "background");
	return !failed;
}

static void
release(struct background *b)
{
	activity_walk_end(&b->walk);
	db_close(b->db);
	pthread_cond_destroy(&b->wake);
	pthread_mutex_destroy(&b->lock);
	pthread_mutex_destroy(&b->sweeping);
	free(b);
}

struct background *
background_new(struct task *t, struct app *app)
{
	struct background *b = calloc(1, sizeof(*b));
	pthread_condattr_t attr;

	if (!b) {
		(void)!fail(t, E_OVERLOADED, "out of memory");
		return NULL;
	}
	b->app = app;
	pthread_mutex_init(&b->lock, NULL);
	pthread_mutex_init(&b->sweeping, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&b->wake, &attr);
	pthread_condattr_destroy(&attr);
	if (pulse(t, b) == OK && start_thread(b))
		return b;
	(void)!fail(t, E_INTERNAL, "the background thread could not start");
	release(b);
	return NULL;
}

static void
flush_last(struct background *b)
{
	struct task t = { .arena = arena_new(TICK_ARENA), .now = clock_now() };

	if (!t.arena || !b->db || activity_flush(&t, b->app->activity, b->app->store, b->db) != OK)
		log_event(LOG_ERROR, EV_STORE, "last-active times were lost why=\"%s\"", t.why);
	arena_free(t.arena);
}

struct background *
background_free(struct background *b)
{
	if (!b)
		return NULL;
	pthread_mutex_lock(&b->lock);
	b->ending = true;
	pthread_cond_signal(&b->wake);
	pthread_mutex_unlock(&b->lock);
	pthread_join(b->thread, NULL);
	flush_last(b);
	release(b);
	return NULL;
}

bool
background_store_is_up(const struct background *b)
{
	return clock_mono() - atomic_load(&b->pulse_mono) < PULSE_GOOD_US;
}

enum status
background_sweep(struct task *t, struct background *b, struct db *db)
{
	TRY(activity_flush(t, b->app->activity, b->app->store, db));
	TRY(care_for_keys(t, b, db));
	TRY(chain(t, b, db, INT64_MAX));
	TRY(care_for_master_key(t, b, db, INT64_MAX));
	return sweep(t, b, db, INT64_MAX);
}

void
background_stats(const struct background *b, struct background_stats *ret_stats)
{
	*ret_stats = (struct background_stats){
		.swept = atomic_load(&b->swept),
		.chained = atomic_load(&b->chained),
		.keys_moved = atomic_load(&b->keys_moved),
		.failures = atomic_load(&b->failures),
	};
}
