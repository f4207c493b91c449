/* health.h - what an engine says about itself, for `sessiond doctor`. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "store/db.h"

struct store_health {
	struct str fsync, synchronous_commit;	/* PostgreSQL's words; "" on SQLite, where the store sets its own */
	int64_t    connections_max, connections;	/* of the whole server; 0: no such thing */
	int64_t    now;	/* the engine's clock, microseconds UTC */
	bool       is_replica;	/* takes no writes */
};

/* Outside a transaction. Texts: task's arena. E_STORE. */
enum status store_health(struct task *t, struct db *db, struct store_health *ret_health) MUST_CHECK;
