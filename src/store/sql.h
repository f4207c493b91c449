/* sql.h - statements, arguments and rows: what the generated calls are made of. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/task.h"

/* A statement as the generator (tools/sqlgen.py) writes it. */
enum sql_type { SQL_INT, SQL_BOOL, SQL_TEXT, SQL_BYTES, SQL_TYPE__COUNT };
struct sql_text {
	const char          *name;
	const char          *sqlite;	/* ?1 ?2 … */
	const char          *pg;	/* $1 $2 … */
	const enum sql_type *in;	/* parameter types; PostgreSQL gets their Oids */
	size_t               n_in;
	const enum sql_type *out;	/* column types */
	size_t               n_out;
	bool                 writes;
};

struct migration {
	int64_t     version;	/* 1, 2, 3 … */
	const char *name;
	const char *sqlite;	/* several statements */
	const char *pg;
};

/* Everything generated from one set of .sql files. */
struct store_schema {
	const struct migration *migrations;	/* in order of version */
	size_t                  n_migrations;
	const struct sql_text  *texts;
	size_t                  n_texts;
};

struct arg {
	enum sql_type type;
	bool          null;
	int64_t       i;	/* SQL_INT, SQL_BOOL */
	struct str    s;	/* SQL_TEXT, SQL_BYTES */
};

static inline struct arg
arg_int(int64_t v)
{
	return (struct arg){ .type = SQL_INT, .i = v };
}

/* Ids and times: 0 is NULL. */
static inline struct arg
arg_or_null(int64_t v)
{
	return (struct arg){ .type = SQL_INT, .i = v, .null = v == 0 };
}

static inline struct arg
arg_bool(bool v)
{
	return (struct arg){ .type = SQL_BOOL, .i = v };
}

/* Never NULL: the empty string stays one. */
static inline struct arg
arg_text(struct str s)
{
	return (struct arg){ .type = SQL_TEXT, .s = s };
}

/* The canonical form of a name that may be absent: the empty string is NULL, and unique to nobody. */
static inline struct arg
arg_key(struct str s)
{
	return (struct arg){ .type = SQL_TEXT, .s = s, .null = s.n == 0 };
}

/* No bytes are NULL. */
static inline struct arg
arg_bytes(struct str s)
{
	return (struct arg){ .type = SQL_BYTES, .s = s, .null = s.n == 0 };
}

/* 32 bytes, or NULL for SQL NULL. */
static inline struct arg
arg_hash(const uint8_t *hash)
{
	return (struct arg){ .type = SQL_BYTES, .s = { (const char *)hash, 32 }, .null = hash == NULL };
}

/* The current row of a query: column i (0…). NULL gives 0, false, the empty string, a hash of zeros. */
struct row;
int64_t     row_int(const struct row *r, size_t i);
bool        row_bool(const struct row *r, size_t i);
struct str  row_str(const struct row *r, size_t i);	/* copied into the task's arena */
struct str  row_view(const struct row *r, size_t i);	/* where the engine has it, until the row's function returns */
/* E_STORE: not 32 bytes. */
enum status row_hash(const struct row *r, size_t i, uint8_t ret_hash[32]) MUST_CHECK;

/*
 * Run a statement inside an open transaction (t->db set). `args` has stmt->n_in of them.
 *   db_exec   runs a write to its end; *ret_rows (may be NULL) is the number of rows it changed.
 *   db_query  calls fn for each row; a status of fn's other than OK ends it and is returned.
 *   db_one    reads the only row into ret_row, which is untouched unless OK.
 *             E_NOT_FOUND (no account of it: absence is no alarm) without one; E_STORE when there are two.
 *   db_many   gives all rows, in order, as an array of `size` bytes each in the task's arena.
 *             E_STORE beyond DB_ROWS_MAX rows.
 * E_NEEDS_WRITE: the statement writes and the transaction is one of db_read.
 * E_CONFLICT: a unique or foreign key was violated. PostgreSQL aborts the transaction
 * there, so where a conflict is ordinary, say ON CONFLICT DO NOTHING and count rows.
 * E_BUG: text that is not UTF-8 or holds U+0000; the edge lets none in.
 * E_OVERLOADED: the arena failed. E_STORE: the engine failed.
 * After any failure but E_NOT_FOUND and E_NEEDS_WRITE the transaction can only be
 * rolled back: further calls fail, and it is, even if the caller then returns OK.
 */
enum { DB_ROWS_MAX = 10000 };
enum status db_exec(struct task *t, const struct sql_text *stmt, const struct arg *args,
    int64_t *ret_rows) MUST_CHECK;
enum status db_query(struct task *t, const struct sql_text *stmt, const struct arg *args,
    enum status (*fn)(struct task *t, const struct row *r, void *arg), void *arg) MUST_CHECK;
enum status db_one(struct task *t, const struct sql_text *stmt, const struct arg *args,
    enum status (*read)(const struct row *r, void *ret_row), void *ret_row) MUST_CHECK;
enum status db_many(struct task *t, const struct sql_text *stmt, const struct arg *args,
    enum status (*read)(const struct row *r, void *ret_row), size_t size,
    void **ret_rows, size_t *ret_n) MUST_CHECK;
