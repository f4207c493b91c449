/* db.c - statements and transactions, whichever the engine. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "store/db.h"

#include "base/str.h"
#include "store/engine.h"

#include <semaphore.h>
#include <string.h>

static atomic_int_fast64_t test_fail_in;

int64_t
store_test_fail_after(int64_t n)
{
	return atomic_exchange(&test_fail_in, n);
}

bool
db_test_fails(void)
{
	int_fast64_t n = atomic_load_explicit(&test_fail_in, memory_order_relaxed);

	while (n > 0) {
		if (atomic_compare_exchange_weak(&test_fail_in, &n, n - 1))
			return n == 1;
	}
	return false;
}

ptrdiff_t
db_stmt_number(const struct store *s, const struct sql_text *stmt)
{
	uintptr_t first = (uintptr_t)s->schema->texts;
	uintptr_t at = (uintptr_t)stmt;

	if (at < first || at >= first + s->schema->n_texts * sizeof(*stmt))
		return -1;
	return (ptrdiff_t)((at - first) / sizeof(*stmt));
}

/*
 * PostgreSQL refuses such text and SQLite does not; nobody may come to depend on
 * either. The edge refused it long ago, so here it is a bug.
 */
static enum status
check_args(struct task *t, const struct sql_text *stmt, const struct arg *args)
{
	for (size_t i = 0; i < stmt->n_in; i++) {
		if (args[i].type == SQL_TEXT && !args[i].null && !str_is_text(args[i].s))
			return fail(t, E_BUG, "%s: parameter %zu is not text", stmt->name, i + 1);
	}
	return OK;
}

/* The caller's row function, and what it said: its failure is not the engine's. */
struct reader {
	enum status (*fn)(struct task *t, const struct row *r, void *arg);
	void        *arg;
	enum status  status;
};

static enum status
read_row(struct task *t, const struct row *r, void *arg)
{
	struct reader *rd = arg;

	rd->status = rd->fn(t, r, rd->arg);
	if (rd->status == OK && arena_failed(t->arena))
		rd->status = fail(t, E_OVERLOADED, "out of memory for this task");
	return rd->status;
}

static enum status
run(struct task *t, const struct sql_text *stmt, const struct arg *args, struct reader *rd, int64_t *ret_rows)
{
	struct db *db = t->db;
	enum status st;

	CHECK(db != NULL);
	if (stmt->writes && db->mode != DB_WRITES)
		return E_NEEDS_WRITE;
	if (db->failed != OK)
		return fail(t, db->failed, "%s: the transaction has failed already", stmt->name);
	st = check_args(t, stmt, args);
	if (st == OK && db_test_fails())
		st = fail(t, E_STORE, "%s: failed for a test", stmt->name);
	if (st == OK)
		st = db->store->engine->run(t, db, stmt, args, rd != NULL ? read_row : NULL, rd, ret_rows);
	if (st != OK && (stmt->writes || rd == NULL || rd->status == OK))
		db->failed = st;
	return st;
}

enum status
db_exec(struct task *t, const struct sql_text *stmt, const struct arg *args, int64_t *ret_rows)
{
	int64_t rows;

	TRY(run(t, stmt, args, NULL, &rows));
	if (ret_rows != NULL)
		*ret_rows = rows;
	return OK;
}

enum status
db_query(struct task *t, const struct sql_text *stmt, const struct arg *args,
    enum status (*fn)(struct task *t, const struct row *r, void *arg), void *arg)
{
	struct reader rd = { fn, arg, OK };
	int64_t rows;

	return run(t, stmt, args, &rd, &rows);
}

struct one {
	const struct sql_text *stmt;
	enum status          (*read)(const struct row *r, void *ret_row);
	void                  *row;
	bool                   found;
};

static enum status
read_one(struct task *t, const struct row *r, void *arg)
{
	struct one *o = arg;

	if (o->found)
		return fail(t, E_STORE, "%s: more than one row", o->stmt->name);
	o->found = true;
	return o->read(r, o->row);
}

enum status
db_one(struct task *t, const struct sql_text *stmt, const struct arg *args,
    enum status (*read)(const struct row *r, void *ret_row), void *ret_row)
{
	struct one o = { .stmt = stmt, .read = read, .row = ret_row };

	TRY(db_query(t, stmt, args, read_one, &o));
	return o.found ? OK : E_NOT_FOUND;
}

struct many {
	const struct sql_text *stmt;
	enum status          (*read)(const struct row *r, void *ret_row);
	size_t                 size;
	char                  *rows;
	size_t                 n;
	size_t                 cap;
};

/* The arena takes nothing back: doubling wastes at most what is in use. */
static enum status
grow(struct task *t, struct many *m)
{
	size_t cap = m->cap == 0 ? 4 : m->cap * 2;
	char *rows;

	if (m->n == DB_ROWS_MAX)
		return fail(t, E_STORE, "%s: more than %d rows", m->stmt->name, DB_ROWS_MAX);
	rows = arena_array(t->arena, cap, m->size);
	TRY_MEM(t, rows);
	if (m->n > 0)
		memcpy(rows, m->rows, m->n * m->size);
	m->rows = rows;
	m->cap = cap;
	return OK;
}

static enum status
read_many(struct task *t, const struct row *r, void *arg)
{
	struct many *m = arg;

	if (m->n == m->cap || m->n == DB_ROWS_MAX)
		TRY(grow(t, m));
	TRY(m->read(r, m->rows + m->n * m->size));
	m->n++;
	return OK;
}

enum status
db_many(struct task *t, const struct sql_text *stmt, const struct arg *args,
    enum status (*read)(const struct row *r, void *ret_row), size_t size, void **ret_rows, size_t *ret_n)
{
	struct many m = { .stmt = stmt, .read = read, .size = size };

	TRY(db_query(t, stmt, args, read_many, &m));
	*ret_rows = m.rows;
	*ret_n = m.n;
	return OK;
}

int64_t
row_int(const struct row *r, size_t i)
{
	return r->engine->row_int(r, i);
}

bool
row_bool(const struct row *r, size_t i)
{
	return r->engine->row_int(r, i) != 0;
}

struct str
row_str(const struct row *r, size_t i)
{
	struct str s = r->engine->row_str(r, i);

	return s.p == NULL ? STR_NONE : arena_dup(r->t->arena, s);
}

struct str
row_view(const struct row *r, size_t i)
{
	return r->engine->row_str(r, i);
}

enum status
row_hash(const struct row *r, size_t i, uint8_t ret_hash[32])
{
	struct str s = r->engine->row_str(r, i);

	if (s.p == NULL) {
		memset(ret_hash, 0, 32);
		return OK;
	}
	if (s.n != 32)
		return fail(r->t, E_STORE, "column %zu: a hash of %zu bytes", i + 1, s.n);
	memcpy(ret_hash, s.p, 32);
	return OK;
}

enum status
db_run_inside(struct task *t, struct db *db, enum status (*fn)(struct task *t, void *arg), void *arg)
{
	enum status st;

	db->failed = OK;
	t->db = db;
	st = fn(t, arg);
	t->db = NULL;
	if (st == OK)
		st = db->failed;
	if (st == OK && arena_failed(t->arena))
		st = fail(t, E_OVERLOADED, "out of memory for this task");
	return st;
}

enum status
db_read(struct task *t, struct db *db, enum status (*fn)(struct task *t, void *arg), void *arg)
{
	const struct engine *e = db->store->engine;
	enum status st;

	CHECK(t->db == NULL);
	if (db_test_fails())
		return fail(t, E_STORE, "read: failed for a test");
	TRY(e->begin(t, db, DB_READS));
	st = db_run_inside(t, db, fn, arg);
	if (st == OK)
		return e->commit(t, db);
	e->rollback(db);
	return st;
}

bool
store_write(struct store *s, struct db *db, struct write_job *job)
{
	CHECK(job->t->db == NULL);
	return s->engine->write(s, db, job);
}

struct waiter {
	enum status (*run)(struct task *t, void *arg);
	void         *arg;
	enum status   outcome;
	sem_t         ended;
};

static enum status
waiter_run(struct task *t, void *arg)
{
	struct waiter *w = arg;

	return w->run(t, w->arg);
}

static void
waiter_done(struct task *t, enum status st, void *arg)
{
	struct waiter *w = arg;

	(void)t;
	w->outcome = st;
	sem_post(&w->ended);
}

enum status
store_write_wait(struct task *t, struct store *s, struct db *db,
    enum status (*fn)(struct task *t, void *arg), void *arg)
{
	struct waiter w = { .run = fn, .arg = arg };
	struct write_job job = { .t = t, .run = waiter_run, .done = waiter_done, .arg = &w };

	CHECK(sem_init(&w.ended, 0, 0) == 0);
	if (!store_write(s, db, &job)) {
		sem_destroy(&w.ended);
		return fail(t, E_OVERLOADED, "too many writes wait");
	}
	while (sem_wait(&w.ended) != 0)
		continue;	/* EINTR */
	sem_destroy(&w.ended);
	return w.outcome;
}
