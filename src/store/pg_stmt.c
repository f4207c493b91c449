/* pg_stmt.c - PostgreSQL: statements, their parameters and their rows. All values travel in binary. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "store/pg.h"

#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PARAMS_MAX = 64 };

/* Of pg_type: fixed for ever. Parameters are only of the first column, results may be of any. */
enum {
	OID_INT8 = 20,
	OID_INT4 = 23,
	OID_INT2 = 21,
	OID_BOOL = 16,
	OID_TEXT = 25,
	OID_VARCHAR = 1043,
	OID_BYTEA = 17
};

static const Oid oid_of[SQL_TYPE__COUNT] = {
	[SQL_INT] = OID_INT8,
	[SQL_BOOL] = OID_INT8,
	[SQL_TEXT] = OID_TEXT,
	[SQL_BYTES] = OID_BYTEA,
};

static bool
is_fit(enum sql_type type, Oid oid)
{
	switch (type) {
	case SQL_INT:
	case SQL_BOOL:
		return oid == OID_INT8 || oid == OID_INT4 || oid == OID_INT2 || oid == OID_BOOL;
	case SQL_TEXT:
		return oid == OID_TEXT || oid == OID_VARCHAR;
	case SQL_BYTES:
		return oid == OID_BYTEA;
	case SQL_TYPE__COUNT:
		break;
	}
	return false;
}

struct params {
	Oid         oids[PARAMS_MAX];
	const char *values[PARAMS_MAX];
	int         lengths[PARAMS_MAX];
	int         formats[PARAMS_MAX];
	uint64_t    ints[PARAMS_MAX];	/* in network order */
};

static void
set_param(struct params *p, size_t i, const struct arg *a)
{
	p->formats[i] = 1;
	if (a->null)
		return;
	if (a->type == SQL_INT || a->type == SQL_BOOL) {
		p->ints[i] = htobe64((uint64_t)a->i);
		p->values[i] = (const char *)&p->ints[i];
		p->lengths[i] = sizeof(p->ints[i]);
		return;
	}
	/* A NULL pointer would be NULL: the empty string is a string. */
	p->values[i] = a->s.n == 0 ? "" : a->s.p;
	p->lengths[i] = (int)a->s.n;
}

static void
set_oids(struct params *p, const struct sql_text *text)
{
	CHECK(text->n_in <= PARAMS_MAX);
	for (size_t i = 0; i < text->n_in; i++)
		p->oids[i] = oid_of[text->in[i]];
}

/* "s17": the name of a prepared statement on this connection. */
struct stmt_name {
	char text[24];
};

static struct stmt_name
name_of(ptrdiff_t number)
{
	struct stmt_name name;

	snprintf(name.text, sizeof(name.text), "s%td", number);
	return name;
}

static enum status
prepare(struct task *t, struct pg_db *db, const struct sql_text *text, ptrdiff_t number)
{
	struct params p = { 0 };
	PGresult *r = NULL;
	enum status st;

	if (db->prepared[number])
		return OK;
	set_oids(&p, text);
	if (PQsendPrepare(db->c, name_of(number).text, text->pg, (int)text->n_in, p.oids))
		r = pg_answer(db);
	st = r != NULL && PQresultStatus(r) == PGRES_COMMAND_OK ? OK : pg_fail(t, db, r, text->name);
	PQclear(r);
	db->prepared[number] = st == OK;
	return st;
}

static bool
send(struct pg_db *db, const struct sql_text *text, ptrdiff_t number, const struct params *p)
{
	int n = (int)text->n_in;

	if (number < 0)
		return PQsendQueryParams(db->c, text->pg, n, p->oids, p->values, p->lengths, p->formats, 1);
	return PQsendQueryPrepared(db->c, name_of(number).text, n, p->values, p->lengths, p->formats, 1);
}

static enum status
check_columns(struct task *t, const PGresult *r, const struct sql_text *text)
{
	if (PQnfields(r) != (int)text->n_out)
		return fail(
		    t, E_STORE, "%s: gives %d columns, declares %zu", text->name, PQnfields(r), text->n_out);
	for (size_t i = 0; i < text->n_out; i++) {
		if (!is_fit(text->out[i], PQftype(r, (int)i)))
			return fail(t, E_STORE,
			    "%s: column %zu (%s) is of PostgreSQL's type %u: CAST it to what is declared",
			    text->name, i + 1, PQfname(r, (int)i), PQftype(r, (int)i));
	}
	return OK;
}

static enum status
read_rows(struct task *t, PGresult *r, const struct sql_text *text,
    enum status (*fn)(struct task *t, const struct row *r, void *arg), void *arg)
{
	struct row row = { .t = t, .engine = &engine_pg, .handle = r };

	if (fn == NULL)
		return OK;
	TRY(check_columns(t, r, text));
	for (row.at = 0; row.at < PQntuples(r); row.at++)
		TRY(fn(t, &row, arg));
	return OK;
}

enum status
pg_run(struct task *t, struct db *base, const struct sql_text *text, const struct arg *args,
    enum status (*fn)(struct task *t, const struct row *r, void *arg), void *arg, int64_t *ret_rows)
{
	struct pg_db *db = (struct pg_db *)base;
	ptrdiff_t number = db_stmt_number(base->store, text);
	struct params p = { 0 };
	PGresult *r;
	enum status st;

	if (number >= 0)
		TRY(prepare(t, db, text, number));
	set_oids(&p, text);
	for (size_t i = 0; i < text->n_in; i++)
		set_param(&p, i, &args[i]);
	r = send(db, text, number, &p) ? pg_answer(db) : NULL;
	if (r == NULL || (PQresultStatus(r) != PGRES_TUPLES_OK && PQresultStatus(r) != PGRES_COMMAND_OK))
		st = pg_fail(t, db, r, text->name);
	else
		st = read_rows(t, r, text, fn, arg);
	if (st == OK)
		*ret_rows = text->writes ? strtoll(PQcmdTuples(r), NULL, 10) : 0;
	PQclear(r);
	return st;
}

enum status
pg_check(struct task *t, struct db *base, const struct sql_text *text)
{
	struct pg_db *db = (struct pg_db *)base;
	ptrdiff_t number = db_stmt_number(base->store, text);
	PGresult *r;
	enum status st;

	TRY(pg_ensure(t, db));
	TRY(prepare(t, db, text, number));
	r = PQsendDescribePrepared(db->c, name_of(number).text) ? pg_answer(db) : NULL;
	if (r == NULL || PQresultStatus(r) != PGRES_COMMAND_OK)
		st = pg_fail(t, db, r, text->name);
	else if (PQnparams(r) != (int)text->n_in)
		st = fail(t, E_STORE, "%s: takes %d parameters, declares %zu", text->name, PQnparams(r),
		    text->n_in);
	else
		st = check_columns(t, r, text);
	PQclear(r);
	return st;
}

/* Big-endian and signed, of 1, 2, 4 or 8 bytes. */
int64_t
pg_row_int(const struct row *r, size_t i)
{
	const char *p = PQgetvalue(r->handle, r->at, (int)i);
	int n = PQgetlength(r->handle, r->at, (int)i);
	uint64_t v = 0;

	if (n == 0 || PQgetisnull(r->handle, r->at, (int)i))
		return 0;
	if ((p[0] & 0x80) != 0)
		v = UINT64_MAX;
	for (int k = 0; k < n; k++)
		v = v << 8 | (uint8_t)p[k];
	return (int64_t)v;
}

struct str
pg_row_str(const struct row *r, size_t i)
{
	if (PQgetisnull(r->handle, r->at, (int)i))
		return STR_NONE;
	return (struct str){
		.p = PQgetvalue(r->handle, r->at, (int)i),
		.n = (size_t)PQgetlength(r->handle, r->at, (int)i),
	};
}
