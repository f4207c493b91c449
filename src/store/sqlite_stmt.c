/* sqlite_stmt.c - SQLite: statements, their parameters and their rows. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "store/sqlite.h"

static int
bind_one(sqlite3_stmt *stmt, int at, const struct arg *a)
{
	/* A NULL pointer would bind NULL: the empty string is a string. */
	const char *p = a->s.n == 0 ? "" : a->s.p;

	if (a->null)
		return sqlite3_bind_null(stmt, at);
	switch (a->type) {
	case SQL_TEXT:
		return sqlite3_bind_text64(stmt, at, p, a->s.n, SQLITE_STATIC, SQLITE_UTF8);
	case SQL_BYTES:
		return sqlite3_bind_blob64(stmt, at, p, a->s.n, SQLITE_STATIC);
	case SQL_INT:
	case SQL_BOOL:
		return sqlite3_bind_int64(stmt, at, a->i);
	case SQL_TYPE__COUNT:
		break;
	}
	return SQLITE_MISUSE;
}

static int
bind_all(sqlite3_stmt *stmt, const struct sql_text *text, const struct arg *args)
{
	for (size_t i = 0; i < text->n_in; i++) {
		int rc = bind_one(stmt, (int)i + 1, &args[i]);

		if (rc != SQLITE_OK)
			return rc;
	}
	return SQLITE_OK;
}

/*
 * To the last row, also of RETURNING: a write is complete only then. *ret_status is
 * fn's; the result is SQLITE_DONE, an error, or SQLITE_ROW when fn stopped it.
 */
static int
step_all(struct task *t, sqlite3_stmt *stmt,
    enum status (*fn)(struct task *t, const struct row *r, void *arg), void *arg, enum status *ret_status)
{
	const struct row row = { .t = t, .engine = &engine_sqlite, .handle = stmt };
	int rc;

	*ret_status = OK;
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		if (fn != NULL)
			*ret_status = fn(t, &row, arg);
		if (*ret_status != OK)
			break;
	}
	return rc;
}

static enum status
run_stmt(struct task *t, struct sqlite_db *db, sqlite3_stmt *stmt, const struct sql_text *text,
    const struct arg *args, enum status (*fn)(struct task *t, const struct row *r, void *arg), void *arg,
    int64_t *ret_rows)
{
	enum status st;
	int rc;

	CHECK(!sqlite3_stmt_busy(stmt));
	rc = bind_all(stmt, text, args);
	if (rc != SQLITE_OK)
		return sqlite_fail(t, db, rc, text->name);
	rc = step_all(t, stmt, fn, arg, &st);
	if (rc == SQLITE_ROW)
		return st;
	if (rc != SQLITE_DONE)
		return sqlite_fail(t, db, rc, text->name);
	*ret_rows = text->writes ? sqlite3_changes64(db->h) : 0;
	return OK;
}

enum status
sqlite_run(struct task *t, struct db *base, const struct sql_text *text, const struct arg *args,
    enum status (*fn)(struct task *t, const struct row *r, void *arg), void *arg, int64_t *ret_rows)
{
	struct sqlite_db *db = (struct sqlite_db *)base;
	ptrdiff_t number = db_stmt_number(base->store, text);
	sqlite3_stmt *once = NULL;
	sqlite3_stmt **stmt = number < 0 ? &once : &db->stmts[number];
	enum status st;

	if (*stmt == NULL) {
		int rc = sqlite_prepare(db, text->sqlite, stmt);

		if (rc != SQLITE_OK)
			return sqlite_fail(t, db, rc, text->name);
	}
	st = run_stmt(t, db, *stmt, text, args, fn, arg, ret_rows);
	/* One statement that is not reset would hold this connection's view of the data. */
	sqlite3_reset(*stmt);
	sqlite3_clear_bindings(*stmt);
	sqlite3_finalize(once);
	return st;
}

static enum status
check_shape(struct task *t, sqlite3_stmt *stmt, const struct sql_text *text)
{
	if (sqlite3_bind_parameter_count(stmt) != (int)text->n_in)
		return fail(t, E_STORE, "%s: takes %d parameters, declares %zu", text->name,
		    sqlite3_bind_parameter_count(stmt), text->n_in);
	if (sqlite3_column_count(stmt) != (int)text->n_out)
		return fail(t, E_STORE, "%s: gives %d columns, declares %zu", text->name,
		    sqlite3_column_count(stmt), text->n_out);
	return OK;
}

enum status
sqlite_check(struct task *t, struct db *base, const struct sql_text *text)
{
	struct sqlite_db *db = (struct sqlite_db *)base;
	sqlite3_stmt *stmt;
	int rc = sqlite_prepare(db, text->sqlite, &stmt);
	enum status st;

	if (rc != SQLITE_OK)
		return sqlite_fail(t, db, rc, text->name);
	st = check_shape(t, stmt, text);
	sqlite3_finalize(stmt);
	return st;
}

/*
 * TEXT too is fetched as its bytes: the database is UTF-8, and nobody here needs a
 * terminator. Bytes first, then their number: the other order may convert between.
 */
struct str
sqlite_row_str(const struct row *r, size_t i)
{
	/* One way to the value, then what it says: a connection is one thread's, so nothing needs protection in between. */
	sqlite3_value *v = sqlite3_column_value(r->handle, (int)i);
	const char *p = sqlite3_value_blob(v);

	if (p != NULL)
		return (struct str){ p, (size_t)sqlite3_value_bytes(v) };
	return sqlite3_value_type(v) == SQLITE_NULL ? STR_NONE : S("");
}

int64_t
sqlite_row_int(const struct row *r, size_t i)
{
	return sqlite3_column_int64(r->handle, (int)i);
}
