/* sweep.c - rows whose time is over, deleted in small steps. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/sweep.h"

#include "base/clock.h"
#include "session/coherence.h"
#include "session/session.h"
#include "store/store.gen.h"

/* Longer than any lease a node may serve a cached answer for, restarts included. */
#define REVOCATIONS_KEPT_US (15 * MINUTE_US)
/* So long an operator can see whether somebody was written to. */
#define MESSAGES_KEPT_US (7 * DAY_US)
/* So long an event can be replayed; longer than one is tried. */
#define HOOK_EVENTS_KEPT_US (7 * DAY_US)
enum { STEP_ARENA = 1024 * 1024 };

struct step {
	struct app              *app;
	const struct deployment *deployment;	/* of sessions that were idle */
	int64_t                  n;	/* rows that this transaction deleted */
	bool                     more;	/* a statement met its limit */
};

/* A transaction may run again. */
static struct step *
step_begin(void *arg)
{
	struct step *s = arg;

	s->n = 0;
	s->more = false;
	return s;
}

static void
step_count(struct step *s, int64_t rows)
{
	s->n += rows;
	s->more = s->more || rows >= SWEEP_STEP;
}

static enum status
delete_session(struct task *t, struct deployment_id d, struct session_id id, struct step *s)
{
	int64_t rows;

	TRY(sql_session_delete(t, d, id, &rows));
	s->n += rows;
	return cache_touch(t, d, SUBJECT_SESSION, id.v);
}

static enum status
sweep_sessions(struct task *t, void *arg)
{
	struct session_expired_row *rows;
	struct step *s = step_begin(arg);
	size_t n;

	TRY(sql_session_expired(t, t->now, SWEEP_STEP, &rows, &n));
	for (size_t i = 0; i < n; i++)
		TRY(delete_session(t, rows[i].deployment, rows[i].session, s));
	s->more = n == SWEEP_STEP;
	return OK;
}

static enum status
sweep_signins(struct task *t, void *arg)
{
	struct signin_expired_row *rows;
	struct step *s = step_begin(arg);
	size_t n;

	TRY(sql_signin_expired(t, t->now, SWEEP_STEP, &rows, &n));
	for (size_t i = 0; i < n; i++) {
		enum status st = session_end_signin(t, rows[i].deployment, rows[i].session, rows[i].signin);

		/* Another node was faster. */
		if (st == E_NOT_FOUND)
			continue;
		TRY(st);
		s->n++;
	}
	s->more = n == SWEEP_STEP;
	return OK;
}

static int64_t
idle_before(const struct task *t, const struct deployment *d)
{
	return t->now - d->settings.auth.session_inactive_timeout_s * SECOND_US;
}

/*
 * Idle by what the row says. What was used since is in memory only until the next
 * flush, so memory has the last word; such rows do not count as more to do.
 */
static enum status
sweep_idle(struct task *t, void *arg)
{
	struct step *s = step_begin(arg);
	const struct deployment *d = s->deployment;
	int64_t before = idle_before(t, d);
	struct session_idle_row *rows;
	size_t n;

	TRY(sql_session_idle(t, d->id, before, SWEEP_STEP, &rows, &n));
	for (size_t i = 0; i < n; i++)
		if (activity_last(s->app->activity, d->id, rows[i].session, 0) <= before)
			TRY(delete_session(t, d->id, rows[i].session, s));
	s->more = n == SWEEP_STEP && s->n > 0;
	return OK;
}

/* What needs no word to the caches: rows that are past their time, each kind by the statement that deletes some. */
static enum status (*const expired_delete[])(struct task *t, int64_t now, int64_t most, int64_t *ret_rows) = {
	sql_session_token_expired_delete,
	sql_signin_attempt_expired_delete,
	sql_signup_attempt_expired_delete,
	sql_throttle_expired_delete,
	sql_challenge_expired_delete,
	sql_code_expired_delete,
	sql_passkey_challenge_expired_delete,
	sql_message_content_expired_forget,
	sql_invitation_expired_delete,
	sql_org_invitation_expired_delete,
	sql_known_device_expired_delete,
	sql_ticket_expired_delete,
	sql_idempotency_expired_delete,
	sql_disavowal_expired_delete,
};

static enum status
sweep_rest(struct task *t, void *arg)
{
	struct step *s = step_begin(arg);
	int64_t rows;

	for (size_t i = 0; i < ARRAY_LEN(expired_delete); i++) {
		TRY(expired_delete[i](t, t->now, SWEEP_STEP, &rows));
		step_count(s, rows);
	}
	TRY(sql_message_old_delete(t, t->now - MESSAGES_KEPT_US, SWEEP_STEP, &rows));
	step_count(s, rows);
	TRY(sql_hook_event_old_delete(t, t->now - HOOK_EVENTS_KEPT_US, SWEEP_STEP, &rows));
	step_count(s, rows);
	return sql_revocation_old_delete(t, t->now - REVOCATIONS_KEPT_US, &rows);
}

/* One transaction, in an arena of its own. */
static enum status
step_run(struct task *t, struct db *db, struct step *s, enum status (*run)(struct task *t, void *arg))
{
	struct task own = { .arena = arena_new(STEP_ARENA), .now = t->now };
	enum status st;

	TRY_MEM(t, own.arena);
	st = store_write_wait(&own, s->app->store, db, run, s);
	if (st == OK)
		coherence_publish(&own);
	else
		st = fail(t, st, "sweep: %s", own.why);
	arena_free(own.arena);
	return st;
}

/* Most deployments have nobody idle most of the time: look before taking the writer. */
static enum status
idle_read(struct task *t, void *arg)
{
	struct step *s = arg;
	struct session_idle_row *rows;
	size_t n;

	TRY(sql_session_idle(t, s->deployment->id, idle_before(t, s->deployment), 1, &rows, &n));
	s->n = (int64_t)n;
	return OK;
}

static enum status
sweep_kind(struct task *t, struct db *db, struct step *s, enum status (*run)(struct task *t, void *arg),
    int64_t until_mono, uint64_t *total)
{
	do {
		TRY(step_run(t, db, s, run));
		*total += (uint64_t)s->n;
	} while (s->more && clock_mono() < until_mono);
	return OK;
}

struct page {
	int64_t                    after;
	struct deployment_ids_row *rows;
	size_t                     n;
};

static enum status
page_read(struct task *t, void *arg)
{
	struct page *p = arg;

	return sql_deployment_ids(t, p->after, &p->rows, &p->n);
}

/* Each deployment has its own idea of how long is too long; those not served here wait for who serves them. */
static enum status
sweep_deployment_idle(struct task *t, struct db *db, struct step *s, struct deployment_id id, int64_t until_mono,
    uint64_t *total)
{
	enum status st;

	s->deployment = directory_find_id(s->app->directory, id);
	if (!s->deployment)
		return OK;
	st = db_read(t, db, idle_read, s);
	if (st == OK && s->n > 0)
		st = sweep_kind(t, db, s, sweep_idle, until_mono, total);
	deployment_unref(s->deployment);
	return st;
}

static enum status
sweep_page_idle(struct task *t, struct db *db, struct step *s, const struct page *p, int64_t until_mono, uint64_t *total)
{
	for (size_t i = 0; i < p->n && clock_mono() < until_mono; i++)
		TRY(sweep_deployment_idle(t, db, s, p->rows[i].id, until_mono, total));
	return OK;
}

static enum status
sweep_all_idle(struct task *t, struct db *db, struct step *s, int64_t until_mono, uint64_t *total)
{
	struct page p = { 0 };

	do {
		TRY(db_read(t, db, page_read, &p));
		TRY(sweep_page_idle(t, db, s, &p, until_mono, total));
		if (p.n > 0)
			p.after = p.rows[p.n - 1].id.v;
	} while (p.n > 0 && clock_mono() < until_mono);
	return OK;
}

enum status
sweep_run(struct task *t, struct app *app, struct db *db, int64_t until_mono, uint64_t *ret_n)
{
	struct step s = { .app = app };

	*ret_n = 0;
	TRY(sweep_kind(t, db, &s, sweep_sessions, until_mono, ret_n));
	TRY(sweep_kind(t, db, &s, sweep_signins, until_mono, ret_n));
	TRY(sweep_kind(t, db, &s, sweep_rest, until_mono, ret_n));
	return sweep_all_idle(t, db, &s, until_mono, ret_n);
}
