/* store.c - a store's life: which engine, opening, migrating, closing. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "store/engine.h"
#include "store/store.gen.h"

#include <string.h>

static bool
is_postgresql(const char *url)
{
	return strncmp(url, "postgresql://", 13) == 0 || strncmp(url, "postgres://", 11) == 0;
}

static enum status
open_engine(struct task *t, const struct store_config *c, struct store **ret_store)
{
	const struct engine *e = is_postgresql(c->url) ? &engine_pg : &engine_sqlite;
	struct store *s;

	TRY(e->open(t, c, &s));
	s->engine = e;
	s->schema = c->schema != NULL ? c->schema : &store_schema;
	*ret_store = s;
	return OK;
}

enum status
store_open(struct task *t, const struct store_config *c, struct store **ret_store)
{
	struct store *s;
	enum status st;

	TRY(open_engine(t, c, &s));
	st = migrate_run(t, s);
	if (st == OK)
		st = s->engine->start(t, s);
	if (st != OK) {
		store_close(s);
		return st;
	}
	*ret_store = s;
	return OK;
}

struct store *
store_close(struct store *s)
{
	if (s != NULL)
		s->engine->close(s);
	return NULL;
}

bool
store_is_empty(const struct store *s)
{
	return s->was_empty;
}

enum status
store_version(struct task *t, const struct store_config *c, struct store_version *ret_version)
{
	struct store_version v = { 0 };
	struct store *s;
	struct db *db;
	enum status st;

	TRY(open_engine(t, c, &s));
	if (s->schema->n_migrations > 0)
		v.known = s->schema->migrations[s->schema->n_migrations - 1].version;
	st = s->engine->migrator(t, s, &db);
	if (st == OK) {
		st = migrate_version(t, db, &v.applied);
		s->engine->migrator_done(db);
	}
	store_close(s);
	if (st == OK)
		*ret_version = v;
	return st;
}

struct db *
db_connect(struct task *t, struct store *s)
{
	return s->engine->connect(t, s);
}

struct db *
db_close(struct db *db)
{
	if (db != NULL)
		db->store->engine->disconnect(db);
	return NULL;
}

enum status
store_backup(struct task *t, struct store *s, const char *path)
{
	return s->engine->backup(t, s, path);
}

enum status
store_check(struct task *t, struct store *s, struct db *db, void (*report)(const char *why))
{
	enum status outcome = OK;

	for (size_t i = 0; i < s->schema->n_texts; i++) {
		enum status st = s->engine->check(t, db, &s->schema->texts[i]);

		if (st == OK)
			continue;
		outcome = st;
		if (report == NULL)
			return st;
		report(t->why);
		t->why[0] = '\0';
	}
	return outcome;
}

void
store_stats(struct store *s, struct store_stats *ret_stats)
{
	*ret_stats = (struct store_stats){
		.commits = atomic_load(&s->commits),
		.members = atomic_load(&s->members),
		.rollbacks = atomic_load(&s->rollbacks),
		.write_errors = atomic_load(&s->write_errors),
	};
	s->engine->queue_stats(s, ret_stats);
}

const char *
store_engine(const struct store *s)
{
	return s->engine->name;
}
