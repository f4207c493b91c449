/* sqlite_stat.c - what SQLite's planner is told about the tables. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "store/sqlite.h"

/*
 * Every index begins with deployment_id, and a deployment is most of a table. Without
 * statistics the planner takes `deployment_id = ?` for one row in ten, prefers an index
 * that sorts besides, and reads ten million sign-ins to find the three of one user.
 * ANALYZE would measure it, and then plans would hang on when it was run last. So this is
 * written instead, at every start: ten million rows a table, all of a few deployments, ten
 * alike in any other first column, and none alike in a whole unique key.
 *
 * sqlite_stat1 has a row an index (https://sqlite.org/fileformat2.html#stat1tab): rows in
 * all, and how many share the first column, the first two, and so on. ANALYZE of a small
 * table is how it comes to be; ANALYZE sqlite_schema has the connection read it again.
 */
static const char statistics[] =
    "BEGIN IMMEDIATE;"
    "ANALYZE schema_migration;"
    "DELETE FROM sqlite_stat1;"
    "INSERT INTO sqlite_stat1 (tbl, idx, stat)"
    " SELECT x.tbl_name, x.name, '10000000' ||"
    "  (SELECT group_concat(' ' || CASE WHEN l.\"unique\" AND c.seqno = c.last THEN 1"
    "    WHEN c.seqno = 0 AND c.name = 'deployment_id' THEN 5000000 ELSE 10 END, '')"
    "   FROM (SELECT seqno, name, max(seqno) OVER () AS last FROM pragma_index_info(x.name) ORDER BY seqno) "
    "c)"
    " FROM sqlite_schema x JOIN pragma_index_list(x.tbl_name) l ON l.name = x.name"
    " WHERE x.type = 'index';"
    "COMMIT;"
    "ANALYZE sqlite_schema";

enum status
sqlite_tell_planner(struct task *t, struct sqlite_db *db)
{
	int rc = sqlite3_exec(db->h, statistics, NULL, NULL, NULL);
	enum status st;

	if (rc == SQLITE_OK)
		return OK;
	st = sqlite_fail(t, db, rc, "statistics");
	if (!sqlite3_get_autocommit(db->h))
		(void)!sqlite_control(db, CTL_ROLLBACK);
	return st;
}
