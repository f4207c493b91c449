/* health.c - what an engine says about itself. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "store/health.h"

#include "store/engine.h"

static const struct sql_text look = {
	.name = "store_health",
	.sqlite = "SELECT '', '', 0, 0, CAST((julianday('now') - 2440587.5) * 86400000000 AS INTEGER), 0",
	.pg = "SELECT current_setting('fsync'), current_setting('synchronous_commit'),"
	    " CAST(current_setting('max_connections') AS BIGINT), (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),"
	    " CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT),"
	    " CAST(CASE WHEN pg_is_in_recovery() THEN 1 ELSE 0 END AS BIGINT)",
	.out = (const enum sql_type[]){ SQL_TEXT, SQL_TEXT, SQL_INT, SQL_INT, SQL_INT, SQL_INT },
	.n_out = 6,
};

static enum status
see(struct task *t, const struct row *r, void *arg)
{
	struct store_health *h = arg;

	*h = (struct store_health){
		.fsync = arena_dup(t->arena, row_str(r, 0)), .synchronous_commit = arena_dup(t->arena, row_str(r, 1)),
		.connections_max = row_int(r, 2), .connections = row_int(r, 3), .now = row_int(r, 4), .is_replica = row_int(r, 5) != 0,
	};
	return OK;
}

static enum status
read_health(struct task *t, void *arg)
{
	return db_query(t, &look, NULL, see, arg);
}

enum status
store_health(struct task *t, struct db *db, struct store_health *ret_health)
{
	return db_read(t, db, read_health, ret_health);
}
