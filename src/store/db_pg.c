/* db_pg.c - PostgreSQL. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "store/engine.h"

static enum status
pg_open(struct task *t, const struct store_config *c, struct store **ret_store)
{
	(void)c, (void)ret_store;
	return fail(t, E_STORE, "PostgreSQL is not built into this program");
}

const struct engine engine_pg = {
	.name = "postgresql",
	.open = pg_open,
};
