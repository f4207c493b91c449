/* name_keys.c - accounts from before names were searched get the key that names are searched by. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/name_keys.h"

#include "auth/identifier.h"
#include "base/clock.h"
#include "store/store.gen.h"

enum { STEP = 500, STEP_ARENA = 4 * 1024 * 1024 };

struct unkeyed {
	struct account_unkeyed_row *rows;
	size_t n;
};

static enum status
look(struct task *t, void *arg)
{
	struct unkeyed *u = arg;

	return sql_account_unkeyed(t, STEP, &u->rows, &u->n);
}

static enum status
make(struct task *t, void *arg)
{
	const struct unkeyed *u = arg;
	struct str key;
	int64_t rows;

	for (size_t i = 0; i < u->n; i++) {
		TRY(identifier_name_key(t, u->rows[i].first_name, u->rows[i].last_name, &key));
		TRY(sql_account_set_name_key(t, u->rows[i].deployment, u->rows[i].id, key, &rows));
	}
	return OK;
}

static enum status
step(struct task *t, struct app *app, struct db *db, size_t *ret_n)
{
	struct task own = { .arena = arena_new(STEP_ARENA), .now = t->now };
	struct unkeyed u = { 0 };
	enum status st;

	TRY_MEM(t, own.arena);
	st = db_read(&own, db, look, &u);
	if (st == OK && u.n > 0)
		st = store_write_wait(&own, app->store, db, make, &u);
	if (st != OK)
		st = fail(t, st, "name keys: %s", own.why);
	arena_free(own.arena);
	*ret_n = u.n;
	return st;
}

enum status
name_keys_run(struct task *t, struct app *app, struct db *db, int64_t until_mono)
{
	size_t n;

	do
		TRY(step(t, app, db, &n));
	while (n == STEP && clock_mono() < until_mono);
	return OK;
}
