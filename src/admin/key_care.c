/* key_care.c - signing keys that are due: begun, retired, renewed by schedule. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/key_care.h"

#include "api/audit.h"
#include "base/str.h"
#include "deployment/signing_key.h"
#include "session/coherence.h"

/* After each key that begins all are read again, and SIGNING_KEYS_MAX may be due at once. */
enum { STEP_ARENA = 16 * 1024 * 1024 };

struct care {
	struct app          *app;
	struct deployment_id deployment;
	size_t               n;
};

static enum status
audit(struct task *t, struct deployment_id d, const struct signing_key_done *done)
{
	static const enum audit_event events[] = { [STEP_MADE] = AUDIT_SIGNING_KEY_MADE,
		[STEP_BEGAN] = AUDIT_SIGNING_KEY_CURRENT, [STEP_GONE] = AUDIT_SIGNING_KEY_GONE };
	struct audit_id id = { id_next(t->now) };

	return sql_audit_insert(t, d, id, t->now, str_of(audit_event_info[events[done->step]].name), S("schedule"),
	    (struct user_id){ 0 }, (struct session_id){ 0 }, S(""),
	    arena_printf(t->arena, "{\"kid\":\"" STR_FMT "\"}", STR_ARG(done->kid)));
}

static enum status
care_run(struct task *t, void *arg)
{
	struct care *c = arg;
	struct signing_key_done *done;
	struct settings settings;

	TRY(deployment_settings(t, c->deployment, &settings));
	TRY(signing_key_care(t, c->app->keys, c->deployment, &settings, &done, &c->n));
	for (size_t i = 0; i < c->n; i++)
		TRY(audit(t, c->deployment, &done[i]));
	return c->n > 0 ? cache_touch(t, c->deployment, SUBJECT_DEPLOYMENT, c->deployment.v) : OK;
}

/* Whoever did it, from now on it is served here. */
static enum status
care_for(struct task *own, struct app *app, struct db *db, struct deployment_id d, uint64_t *total)
{
	struct care c = { .app = app, .deployment = d };
	enum status st = store_write_wait(own, app->store, db, care_run, &c);

	if (st == OK) {
		coherence_publish(own);
		*total += c.n;
	} else if (st != E_CONFLICT && st != E_NOT_FOUND) {
		return st;
	}
	return directory_refresh(own, app->directory, db, d);
}

/* In an arena of its own: however many are due at once, none goes without memory. */
static enum status
care_in_arena(struct task *t, struct app *app, struct db *db, struct deployment_id d, uint64_t *total)
{
	struct task own = { .arena = arena_new(STEP_ARENA), .now = t->now };
	enum status st;

	TRY_MEM(t, own.arena);
	st = care_for(&own, app, db, d, total);
	if (st != OK)
		st = fail(t, st, "signing keys of deployment %lld: %s", (long long)d.v, own.why);
	arena_free(own.arena);
	return st;
}

enum status
key_care_run(struct task *t, struct app *app, struct db *db, uint64_t *ret_n)
{
	const struct deployment **all;
	size_t n = directory_all(app->directory, t->arena, &all);
	enum status st = OK, one;

	*ret_n = 0;
	for (size_t i = 0; i < n; i++) {
		one = all[i]->keys_due_at <= t->now ? care_in_arena(t, app, db, all[i]->id, ret_n) : OK;
		/* One that fails does not keep the others waiting. */
		st = one == OK ? st : one;
		deployment_unref(all[i]);
	}
	return st;
}
