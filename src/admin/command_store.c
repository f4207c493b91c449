/* command_store.c - backup and migrate. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/command.h"

#include "store/sql.h"
#include "store/store.gen.h"

enum status
command_backup(struct command *c)
{
	TRY(store_backup(c->t, c->store, arena_dup(c->t->arena, c->args[0]).p));
	buf_printf(&c->err, "Wrote " STR_FMT ". Without the master key it cannot be used: keep that elsewhere.\n",
	    STR_ARG(c->args[0]));
	return OK;
}

static void
write_version(struct buf *out, const struct store_version *v)
{
	buf_printf(out, "schema %lld of %lld: %s\n", (long long)v->applied, (long long)v->known,
	    v->applied == v->known ? "up to date" : v->applied < v->known ? "migrations wait" : "newer than this program");
}

/* A running server has migrated at its start. */
static struct store_version
version_of_server(void)
{
	int64_t known = store_schema.migrations[store_schema.n_migrations - 1].version;

	return (struct store_version){ .applied = known, .known = known };
}

enum status
command_migrate(struct command *c)
{
	struct store_config config = { .url = c->url, .n_connections = 1 };
	struct store_version v = version_of_server();
	struct store *store;

	if (!c->store && command_flag(c, "status").p) {
		TRY(store_version(c->t, &config, &v));
	} else if (!c->store) {
		TRY(store_open(c->t, &config, &store));
		store_close(store);
	}
	write_version(&c->out, &v);
	return OK;
}
