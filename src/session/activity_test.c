/* activity_test.c - last-active times: a few are written at a time, all within half a minute, none is lost. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "session/activity.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/str.h"
#include "store/db.h"
#include "store/store.gen.h"
#include "test/unit.h"

enum { SESSIONS = 3000, STEPS = 16, ROUND_S = 15 };
#define T0   (INT64_C(1770000000) * SECOND_US)
#define USED (T0 + HOUR_US)
static const struct deployment_id OURS = { 7 };

struct world {
	char                 dir[64];
	struct task          task;
	struct store        *store;
	struct db           *db;
	struct activity     *activity;
	struct activity_walk walk;
};

static enum status
make_sessions(struct task *t, void *arg)
{
	int64_t rows;

	(void)arg;
	for (int64_t i = 1; i <= SESSIONS; i++)
		TRY(sql_session_insert(t, OURS, (struct session_id){ i }, T0, T0 + DAY_US, &rows));
	return OK;
}

static int
world_open(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	snprintf(w->dir, sizeof(w->dir), "/tmp/activity_test.XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	w->task = (struct task){ .arena = arena_new(16 << 20), .now = T0 };
	assert_int_equal(store_open(&w->task, &(struct store_config){ .url = w->dir }, &w->store), OK);
	w->db = db_connect(&w->task, w->store);
	w->activity = activity_new();
	assert_non_null(w->db);
	assert_non_null(w->activity);
	assert_int_equal(store_write_wait(&w->task, w->store, w->db, make_sessions, NULL), OK);
	*state = w;
	return 0;
}

static int
remove_entry(const char *path, const struct stat *sb, int kind, struct FTW *at)
{
	(void)sb, (void)kind, (void)at;
	return remove(path);
}

static int
world_close(void **state)
{
	struct world *w = *state;

	activity_walk_end(&w->walk);
	activity_free(w->activity);
	db_close(w->db);
	store_close(w->store);
	arena_free(w->task.arena);
	assert_int_equal(nftw(w->dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS), 0);
	free(w);
	return 0;
}

static void
use_all(struct world *w, int64_t at)
{
	for (int64_t i = 1; i <= SESSIONS; i++)
		activity_note(w->activity, OURS, (struct session_id){ i }, (struct signin_id){ 0 }, T0, at);
}

struct count {
	int64_t since;
	size_t  n;
};

static enum status
count_used(struct task *t, void *arg)
{
	struct count *c = arg;
	struct session_find_row row;

	for (int64_t i = 1; i <= SESSIONS; i++) {
		TRY(sql_session_find(t, OURS, (struct session_id){ i }, &row));
		c->n += row.last_active_at >= c->since;
	}
	return OK;
}

static size_t
stored(struct world *w, int64_t since)
{
	struct count c = { .since = since };

	assert_int_equal(db_read(&w->task, w->db, count_used, &c), OK);
	return c.n;
}

/* One second of the thread that writes: how much it wrote. */
static size_t
second(struct world *w, int64_t mono)
{
	size_t steps, before;

	assert_int_equal(activity_plan(&w->task, w->activity, &w->walk, mono, &steps), OK);
	assert_true(steps <= STEPS);
	before = w->walk.done;
	for (size_t i = 0; i < steps; i++)
		assert_int_equal(activity_step(&w->task, w->activity, &w->walk, w->store, w->db), OK);
	return w->walk.done - before;
}

static void
test_a_burst_is_spread_and_all_of_it_written(void **state)
{
	struct world *w = *state;
	int64_t mono = SECOND_US;

	assert_int_equal(second(w, mono), 0);
	use_all(w, USED);
	for (int i = 1; i <= 2 * ROUND_S; i++) {
		size_t n = second(w, mono + i * SECOND_US);

		assert_true(n <= SESSIONS / ROUND_S + 64);
		if (i < ROUND_S)
			assert_int_equal(n, 0);
	}
	assert_int_equal(stored(w, USED), SESSIONS);
	assert_int_equal(second(w, mono + (2 * ROUND_S + 1) * SECOND_US), 0);
}

static void
test_who_is_used_again_meanwhile_is_written_again(void **state)
{
	struct world *w = *state;

	use_all(w, USED);
	(void)second(w, SECOND_US);
	use_all(w, USED + 2 * MINUTE_US);
	for (int i = 2; i <= 2 * ROUND_S + 1; i++)
		(void)second(w, i * SECOND_US);
	assert_int_equal(stored(w, USED + 2 * MINUTE_US), SESSIONS);
}

static void
test_the_last_flush_writes_what_a_round_has_not(void **state)
{
	struct world *w = *state;

	use_all(w, USED);
	(void)second(w, SECOND_US);
	assert_true(stored(w, USED) < SESSIONS);
	assert_int_equal(activity_flush(&w->task, w->activity, w->store, w->db), OK);
	assert_int_equal(stored(w, USED), SESSIONS);
}

static void
test_a_store_that_fails_loses_nothing(void **state)
{
	struct world *w = *state;
	size_t steps;

	use_all(w, USED);
	assert_int_equal(activity_plan(&w->task, w->activity, &w->walk, SECOND_US, &steps), OK);
	for (int64_t at = 1; at <= 20; at += 6) {
		store_test_fail_after(at);
		assert_int_equal(activity_step(&w->task, w->activity, &w->walk, w->store, w->db), E_STORE);
		assert_int_equal(w->walk.done, 0);
	}
	store_test_fail_after(0);
	for (int i = 2; i <= ROUND_S; i++)
		(void)second(w, i * SECOND_US);
	assert_int_equal(stored(w, USED), SESSIONS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_a_burst_is_spread_and_all_of_it_written, world_open, world_close),
		cmocka_unit_test_setup_teardown(test_who_is_used_again_meanwhile_is_written_again, world_open, world_close),
		cmocka_unit_test_setup_teardown(test_the_last_flush_writes_what_a_round_has_not, world_open, world_close),
		cmocka_unit_test_setup_teardown(test_a_store_that_fails_loses_nothing, world_open, world_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
