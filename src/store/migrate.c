/* migrate.c - bring the schema up to what the program knows: forward only, each step whole. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "store/engine.h"

#include <string.h>

static const struct sql_text find_table = {
	.name = "schema_migration",
	.sqlite = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name = 'schema_migration'",
	.pg = "SELECT CAST('schema_migration' AS TEXT) WHERE to_regclass('schema_migration') IS NOT NULL",
	.out = (const enum sql_type[]){ SQL_TEXT },
	.n_out = 1,
};

static const struct sql_text create_table = {
	.name = "schema_migration",
	.sqlite = "CREATE TABLE schema_migration (version INTEGER NOT NULL PRIMARY KEY, "
	    "name TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT",
	.pg = "CREATE TABLE schema_migration (version BIGINT NOT NULL PRIMARY KEY, "
	    "name TEXT COLLATE \"C\" NOT NULL, applied_at BIGINT NOT NULL)",
	.writes = true,
};

static const struct sql_text read_table = {
	.name = "schema_migration",
	.sqlite = "SELECT version, name FROM schema_migration ORDER BY version",
	.pg = "SELECT version, name FROM schema_migration ORDER BY version",
	.out = (const enum sql_type[]){ SQL_INT, SQL_TEXT },
	.n_out = 2,
};

static const struct sql_text insert_row = {
	.name = "schema_migration",
	.sqlite = "INSERT INTO schema_migration (version, name, applied_at) VALUES (?1, ?2, ?3)",
	.pg = "INSERT INTO schema_migration (version, name, applied_at) VALUES ($1, $2, $3)",
	.in = (const enum sql_type[]){ SQL_INT, SQL_TEXT, SQL_INT },
	.n_in = 3,
	.writes = true,
};

/* What the database says about itself. */
struct found {
	bool       has_table;
	int64_t    version;
	struct str name;	/* of the newest */
	const struct store_schema *schema;
};

static enum status
see_table(struct task *t, const struct row *r, void *arg)
{
	struct found *f = arg;

	(void)t, (void)r;
	f->has_table = true;
	return OK;
}

/* Versions count up from 1; each that the program knows must bear the program's name for it. */
static enum status
see_row(struct task *t, const struct row *r, void *arg)
{
	struct found *f = arg;
	const struct migration *m;

	f->version++;
	f->name = row_str(r, 1);
	if (row_int(r, 0) != f->version)
		return fail(t, E_STORE, "schema_migration lacks version %lld", (long long)f->version);
	if (f->version > (int64_t)f->schema->n_migrations)
		return OK;
	m = &f->schema->migrations[f->version - 1];
	if (f->name.n != strlen(m->name) || memcmp(f->name.p, m->name, f->name.n) != 0)
		return fail(t, E_STORE,
		    "migration %lld is \"" STR_FMT "\" in the database and \"%s\" in this program",
		    (long long)f->version, STR_ARG(f->name), m->name);
	return OK;
}

static enum status
look_inside(struct task *t, void *arg)
{
	struct found *f = arg;

	TRY(db_query(t, &find_table, NULL, see_table, f));
	if (!f->has_table)
		return OK;
	return db_query(t, &read_table, NULL, see_row, f);
}

static enum status
look(struct task *t, struct db *db, struct found *ret_found)
{
	*ret_found = (struct found){ .schema = db->store->schema };
	return db_read(t, db, look_inside, ret_found);
}

struct step {
	const struct migration *m;
	bool                    first;	/* the table that counts them comes with it */
};

static enum status
apply_inside(struct task *t, void *arg)
{
	const struct step *s = arg;
	const struct arg args[] = {
		arg_int(s->m->version),
		arg_text((struct str){ s->m->name, strlen(s->m->name) }),
		arg_int(t->now),
	};

	if (s->first)
		TRY(db_exec(t, &create_table, NULL, NULL));
	TRY(t->db->store->engine->script(t, t->db, s->m));
	return db_exec(t, &insert_row, args, NULL);
}

/* One transaction: killed in it, the next start finds the version before it and begins again. */
static enum status
apply(struct task *t, struct db *db, struct step s)
{
	const struct engine *e = db->store->engine;
	enum status st;

	TRY(e->begin(t, db, DB_WRITES));
	st = db_run_inside(t, db, apply_inside, &s);
	if (st == OK)
		return e->commit(t, db);
	e->rollback(db);
	return st;
}

static enum status
migrate(struct task *t, struct db *db)
{
	const struct store_schema *schema = db->store->schema;
	struct found f;

	TRY(look(t, db, &f));
	if (f.version > (int64_t)schema->n_migrations)
		return fail(t, E_STORE,
		    "the database has schema version %lld (" STR_FMT "); this program knows %zu: "
		    "run the newer program",
		    (long long)f.version, STR_ARG(f.name), schema->n_migrations);
	db->store->was_empty = f.version == 0;
	for (size_t i = (size_t)f.version; i < schema->n_migrations; i++)
		TRY(apply(t, db, (struct step){ &schema->migrations[i], !f.has_table && i == 0 }));
	return OK;
}

enum status
migrate_run(struct task *t, struct store *s)
{
	struct db *db;
	enum status st;

	TRY(s->engine->migrator(t, s, &db));
	st = migrate(t, db);
	s->engine->migrator_done(db);
	return st;
}

enum status
migrate_version(struct task *t, struct db *db, int64_t *ret_version)
{
	struct found f;

	TRY(look(t, db, &f));
	*ret_version = f.version;
	return OK;
}
