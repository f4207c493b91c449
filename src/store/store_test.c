/* store_test.c - what both engines promise alike. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "store/testdata/fixture.h"

static const uint8_t some_hash[32] = "0123456789abcdef0123456789abcde\0";

static enum status
insert_full(struct task *t, void *arg)
{
	(void)arg;
	return sql_thing_insert(t, D1, (struct user_id){ INT64_MAX }, (struct org_id){ 7 }, S("Zoë's \"x\""),
	    S("zoe"), INT64_C(1) << 40, true, 1700000000123456, S("{\"a\":1}"), some_hash, S("\0\1\377"));
}

static enum status
insert_bare(struct task *t, void *arg)
{
	(void)arg;
	return sql_thing_insert(t, D1, (struct user_id){ 1 }, (struct org_id){ 0 }, STR_NONE, STR_NONE, 0,
	    false, 0, S("{}"), NULL, STR_NONE);
}

static enum status
load_full(struct task *t, void *arg)
{
	return sql_thing_by_id(t, D1, (struct user_id){ INT64_MAX }, arg);
}

static enum status
load_all(struct task *t, void *arg)
{
	struct thing_row *rows;
	size_t n;

	(void)arg;
	TRY(sql_thing_all(t, D1, &rows, &n));
	assert_int_equal(n, 2);
	assert_int_equal(rows[0].id.v, 1);
	assert_int_equal(rows[0].owner.v, 0);
	assert_int_equal(rows[0].name.n, 0);
	assert_non_null(rows[0].name.p);	/* '' and NULL are two things */
	assert_null(rows[0].name_key.p);
	assert_int_equal(rows[0].seen_at, 0);
	assert_false(rows[0].is_done);
	assert_memory_equal(rows[0].token_hash, (uint8_t[32]){ 0 }, 32);
	assert_null(rows[0].blob.p);
	assert_int_equal(rows[1].id.v, INT64_MAX);
	return OK;
}

/* Every type comes back as it went in, the empty ones too. */
static void
test_every_type_round_trips(void **state)
{
	struct fixture *f = *state;
	struct thing_row row;

	assert_ok(&f->t, write_now(f, insert_full, NULL));
	assert_ok(&f->t, write_now(f, insert_bare, NULL));
	assert_ok(&f->t, read_now(f, load_full, &row));
	assert_int_equal(row.id.v, INT64_MAX);
	assert_int_equal(row.owner.v, 7);
	assert_true(str_eq(row.name, S("Zoë's \"x\"")));
	assert_true(str_eq(row.name_key, S("zoe")));
	assert_int_equal(row.n, INT64_C(1) << 40);
	assert_true(row.is_done);
	assert_int_equal(row.seen_at, 1700000000123456);
	assert_true(str_eq(row.settings, S("{\"a\":1}")));
	assert_memory_equal(row.token_hash, some_hash, 32);
	assert_true(str_eq(row.blob, S("\0\1\377")));
	assert_ok(&f->t, read_now(f, load_all, NULL));
}

static enum status
load_elsewhere(struct task *t, void *arg)
{
	return sql_thing_by_id(t, D2, (struct user_id){ INT64_MAX }, arg);
}

/* A row of another deployment is no row; and absence is no alarm, so nothing says why. */
static void
test_absent_is_not_found(void **state)
{
	struct fixture *f = *state;
	struct thing_row row = { .n = 42 };

	assert_ok(&f->t, write_now(f, insert_full, NULL));
	assert_status(&f->t, E_NOT_FOUND, read_now(f, load_elsewhere, &row));
	assert_string_equal(f->t.why, "");
	assert_int_equal(row.n, 42);
}

static enum status
count_rows(struct task *t, void *arg)
{
	struct thing_count_row row;

	TRY(sql_thing_count(t, D1, &row));
	assert_int_equal(row.any, row.n > 0);
	*(int64_t *)arg = row.n;
	return OK;
}

static int64_t
count_things(struct fixture *f)
{
	int64_t n = -1;

	assert_ok(&f->t, read_now(f, count_rows, &n));
	return n;
}

static enum status
insert_then_refuse(struct task *t, void *arg)
{
	TRY(insert_full(t, arg));
	t->touched = (struct touch *)t;	/* a stand-in: this must be forgotten with the rest */
	return E_FORBIDDEN;
}

static void
test_refusal_rolls_back_and_forgets_what_was_touched(void **state)
{
	struct fixture *f = *state;

	assert_status(&f->t, E_FORBIDDEN, write_now(f, insert_then_refuse, NULL));
	assert_null(f->t.touched);
	assert_int_equal(count_things(f), 0);
	assert_ok(&f->t, write_now(f, insert_full, NULL));
	assert_int_equal(count_things(f), 1);
}

static enum status
insert_and_overlook(struct task *t, void *arg)
{
	TRY(insert_bare(t, arg));
	if (insert_bare(t, arg) == E_CONFLICT)
		t->why[0] = '\0';
	return OK;
}

/* PostgreSQL would roll back what went before a conflict; SQLite would keep it. Neither is left to choose. */
static void
test_conflict_cannot_be_overlooked(void **state)
{
	struct fixture *f = *state;

	assert_ok(&f->t, write_now(f, insert_full, NULL));
	assert_status(&f->t, E_CONFLICT, write_now(f, insert_full, NULL));
	assert_status(&f->t, E_CONFLICT, write_now(f, insert_and_overlook, NULL));
	assert_int_equal(count_things(f), 1);
}

static enum status
insert_or_not(struct task *t, void *arg)
{
	int64_t *rows = arg;

	TRY(sql_thing_insert_or_not(t, D1, (struct user_id){ 1 }, S("a"), &rows[0]));
	TRY(sql_thing_insert_or_not(t, D1, (struct user_id){ 2 }, S("a"), &rows[1]));
	TRY(sql_thing_insert_or_not(t, D2, (struct user_id){ 1 }, S("a"), &rows[2]));
	TRY(sql_thing_insert_or_not(t, D1, (struct user_id){ 3 }, STR_NONE, &rows[3]));
	TRY(sql_thing_insert_or_not(t, D1, (struct user_id){ 4 }, STR_NONE, &rows[4]));
	return sql_thing_delete_all(t, D1, &rows[5]);
}

/* The affected-row count is a verdict; an absent key is unique to nobody. */
static void
test_row_counts(void **state)
{
	struct fixture *f = *state;
	int64_t rows[6];

	assert_ok(&f->t, write_now(f, insert_or_not, rows));
	assert_int_equal(rows[0], 1);
	assert_int_equal(rows[1], 0);
	assert_int_equal(rows[2], 1);
	assert_int_equal(rows[3], 1);
	assert_int_equal(rows[4], 1);
	assert_int_equal(rows[5], 3);
}

static enum status
add_parts(struct task *t, void *arg)
{
	struct thing_add_row added;
	struct part_of_thing_row *parts;
	size_t n;

	TRY(insert_full(t, arg));
	TRY(sql_part_insert(t, D1, (struct user_id){ 5 }, (struct user_id){ INT64_MAX }));
	TRY(sql_thing_add(t, D1, (struct user_id){ INT64_MAX }, 2, &added));
	assert_int_equal(added.n, (INT64_C(1) << 40) + 2);
	TRY(sql_part_of_thing(t, D1, S("Zoë's \"x\""), &parts, &n));
	assert_int_equal(n, 1);
	assert_int_equal(parts[0].id.v, 5);
	return OK;
}

static enum status
add_orphan(struct task *t, void *arg)
{
	(void)arg;
	return sql_part_insert(t, D2, (struct user_id){ 6 }, (struct user_id){ INT64_MAX });
}

static void
test_foreign_keys_and_returning(void **state)
{
	struct fixture *f = *state;

	assert_ok(&f->t, write_now(f, add_parts, NULL));
	assert_status(&f->t, E_CONFLICT, write_now(f, add_orphan, NULL));
}

static enum status
insert_from_read(struct task *t, void *arg)
{
	return insert_full(t, arg);
}

/* A handler that began by reading is told to come back in a write. */
static void
test_write_inside_read_needs_write(void **state)
{
	struct fixture *f = *state;

	assert_status(&f->t, E_NEEDS_WRITE, read_now(f, insert_from_read, NULL));
	assert_string_equal(f->t.why, "");
}

static enum status
insert_bad_text(struct task *t, void *arg)
{
	return sql_thing_insert_or_not(t, D1, (struct user_id){ 1 }, *(struct str *)arg, &(int64_t){ 0 });
}

static void
test_text_is_utf8_without_nul(void **state)
{
	struct fixture *f = *state;

	assert_status(&f->t, E_BUG, write_now(f, insert_bad_text, &S("a\0b")));
	assert_status(&f->t, E_BUG, write_now(f, insert_bad_text, &S("\xff")));
	assert_int_equal(count_things(f), 0);
}

static enum status
insert_twins(struct task *t, void *arg)
{
	(void)arg;
	TRY(sql_thing_insert_or_not(t, D1, (struct user_id){ 1 }, STR_NONE, &(int64_t){ 0 }));
	return sql_thing_insert_or_not(t, D1, (struct user_id){ 2 }, STR_NONE, &(int64_t){ 0 });
}

static enum status
load_one_of_twins(struct task *t, void *arg)
{
	return sql_thing_named(t, D1, S(""), arg);
}

static void
test_two_rows_where_one_is_expected(void **state)
{
	struct fixture *f = *state;
	struct thing_named_row row;

	assert_ok(&f->t, write_now(f, insert_twins, NULL));
	assert_status(&f->t, E_STORE, read_now(f, load_one_of_twins, &row));
	assert_non_null(strstr(f->t.why, "thing_named: more than one row"));
	assert_int_equal(count_things(f), 2);
}

static enum status
insert_events(struct task *t, void *arg)
{
	struct event_insert_row row;
	int64_t before = 0;

	for (int64_t i = 0; i < *(int64_t *)arg; i++) {
		TRY(sql_event_insert(t, D1, S("e"), &row));
		assert_true(row.seq > before);
		before = row.seq;
	}
	return OK;
}

static enum status
load_events(struct task *t, void *arg)
{
	struct event_all_row *rows;

	return sql_event_all(t, &rows, arg);
}

/* Row counts have a ceiling, and the number before it is fine. */
static void
test_ceiling_of_rows(void **state)
{
	struct fixture *f = *state;
	size_t n = 0;

	assert_ok(&f->t, write_now(f, insert_events, &(int64_t){ 10000 }));
	assert_ok(&f->t, read_now(f, load_events, &n));
	assert_int_equal(n, 10000);
	assert_ok(&f->t, write_now(f, insert_events, &(int64_t){ 1 }));
	assert_status(&f->t, E_STORE, read_now(f, load_events, &n));
}

static enum status
exhaust_arena(struct task *t, void *arg)
{
	TRY(insert_full(t, arg));
	(void)!arena_alloc(t->arena, 64 << 20);
	return OK;
}

/* What was built in a failed arena is not committed. */
static void
test_failed_arena_is_not_committed(void **state)
{
	struct fixture *f = *state;

	assert_status(&f->t, E_OVERLOADED, write_now(f, exhaust_arena, NULL));
	arena_reset(f->t.arena);
	assert_int_equal(count_things(f), 0);
}

struct view {
	struct fixture *f;
	int64_t before, after;
};

static enum status
count_around_a_write(struct task *t, void *arg)
{
	struct view *v = arg;
	struct task other;
	struct db *db;

	TRY(count_rows(t, &v->before));
	task_begin(&other);
	db = db_connect(&other, v->f->store);
	assert_non_null(db);
	assert_ok(&other, store_write_wait(&other, v->f->store, db, insert_full, NULL));
	db_close(db);
	task_end(&other);
	return count_rows(t, &v->after);
}

/* A read sees one view of the data from first to last, and the next one sees what came between. */
static void
test_read_has_one_view(void **state)
{
	struct fixture *f = *state;
	struct view v = { .f = f };

	assert_ok(&f->t, read_now(f, count_around_a_write, &v));
	assert_int_equal(v.before, 0);
	assert_int_equal(v.after, 0);
	assert_int_equal(count_things(f), 1);
}

/* Each step of a write fails in turn; each time the outcome is a clean failure and nothing is left behind. */
static void
test_each_step_may_fail(void **state)
{
	struct fixture *f = *state;
	int64_t n = 1;

	for (;; n++) {
		enum status st;

		store_test_fail_after(n);
		st = write_now(f, add_parts, NULL);
		if (store_test_fail_after(0) > 0) {
			assert_ok(&f->t, st);
			break;
		}
		assert_status(&f->t, E_STORE, st);
		assert_string_not_equal(f->t.why, "");
		assert_int_equal(count_things(f), 0);
	}
	assert_int_equal(n, 7);	/* begin, four statements, commit; and then none failed */
	assert_int_equal(count_things(f), 1);
}

static void
test_opened_again(void **state)
{
	struct fixture *f = *state;
	struct store_config c = { .url = f->url, .schema = &test_schema };
	struct store_version v;

	assert_true(store_is_empty(f->store));
	assert_ok(&f->t, write_now(f, insert_full, NULL));
	fixture_close(f);
	assert_ok(&f->t, store_version(&f->t, &c, &v));
	assert_int_equal(v.applied, 2);
	assert_int_equal(v.known, 2);
	fixture_open(f, &test_schema);
	assert_false(store_is_empty(f->store));
	assert_int_equal(count_things(f), 1);
}

/* An older program keeps its hands off a schema it does not know. */
static void
test_newer_schema_is_refused(void **state)
{
	struct fixture *f = *state;
	struct store_schema older = test_schema;
	struct store_config c = { .url = f->url, .schema = &older };
	struct store *s;

	fixture_close(f);
	older.n_migrations = 1;
	f->t.why[0] = '\0';
	assert_status(&f->t, E_STORE, store_open(&f->t, &c, &s));
	assert_non_null(
	    strstr(f->t.why, "schema version 2 (events); this program knows 1: run the newer program"));
}

/* A migration is whole or not there: half of one leaves nothing, and the next start does it again. */
static void
test_migration_resumes(void **state)
{
	struct fixture *f = fixture_place(((struct fixture *)*state)->is_pg);
	struct migration steps[2] = { test_schema.migrations[0], test_schema.migrations[1] };
	struct store_schema half = { .migrations = steps, .n_migrations = 2 };
	struct store_config c = { .url = f->url, .schema = &half };
	struct store_version v;
	char sql[2][4096];

	snprintf(sql[0], sizeof(sql[0]), "%s; this is no SQL", steps[1].sqlite);
	snprintf(sql[1], sizeof(sql[1]), "%s; this is no SQL", steps[1].pg);
	steps[1].sqlite = sql[0];
	steps[1].pg = sql[1];
	assert_status(&f->t, E_STORE, store_open(&f->t, &c, &f->store));
	assert_ok(&f->t, store_version(&f->t, &c, &v));
	assert_int_equal(v.applied, 1);
	fixture_open(f, &test_schema);
	assert_false(store_is_empty(f->store));
	assert_int_equal(count_things(f), 0);
	fixture_free(f);
}

/* Two programs that disagree about the past do not work on the same data. */
static void
test_other_history_is_refused(void **state)
{
	struct fixture *f = *state;
	struct migration steps[2] = { test_schema.migrations[0], test_schema.migrations[1] };
	struct store_schema other = { .migrations = steps, .n_migrations = 2 };
	struct store_config c = { .url = f->url, .schema = &other };
	struct store *s;

	fixture_close(f);
	steps[1].name = "something_else";
	f->t.why[0] = '\0';
	assert_status(&f->t, E_STORE, store_open(&f->t, &c, &s));
	assert_non_null(strstr(f->t.why, "migration 2 is \"events\" in the database"));
}

static void
test_every_statement_is_as_declared(void **state)
{
	struct fixture *f = *state;

	assert_ok(&f->t, store_check(&f->t, f->store, f->db, NULL));
}

#define ON(engine, fn) { #engine ": " #fn, fn, setup_##engine, teardown, NULL }
#define ALL(engine) \
	ON(engine, test_every_type_round_trips), \
	ON(engine, test_absent_is_not_found), \
	ON(engine, test_refusal_rolls_back_and_forgets_what_was_touched), \
	ON(engine, test_conflict_cannot_be_overlooked), \
	ON(engine, test_row_counts), \
	ON(engine, test_foreign_keys_and_returning), \
	ON(engine, test_write_inside_read_needs_write), \
	ON(engine, test_text_is_utf8_without_nul), \
	ON(engine, test_two_rows_where_one_is_expected), \
	ON(engine, test_ceiling_of_rows), \
	ON(engine, test_failed_arena_is_not_committed), \
	ON(engine, test_read_has_one_view), \
	ON(engine, test_each_step_may_fail), \
	ON(engine, test_opened_again), \
	ON(engine, test_newer_schema_is_refused), \
	ON(engine, test_migration_resumes), \
	ON(engine, test_other_history_is_refused), \
	ON(engine, test_every_statement_is_as_declared)

int
main(void)
{
	const struct CMUnitTest sqlite[] = { ALL(sqlite) };
	const struct CMUnitTest pg[] = { ALL(pg) };
	int failed = cmocka_run_group_tests_name("store on SQLite", sqlite, NULL, NULL);

	if (getenv("SESSIOND_TEST_PG") != NULL)
		failed += cmocka_run_group_tests_name("store on PostgreSQL", pg, NULL, NULL);
	return failed;
}
