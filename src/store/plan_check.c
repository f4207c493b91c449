/*
 * plan_check.c - does every statement find its rows by an index that begins with the deployment?
 *
 * Whatever does not is slow once there are ten million rows, or once somebody else's
 * deployment has them: what may do it is named here, with the reason.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include "store/plan_check.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "base/base.h"
#include "store/sql.h"
#include "store/store.gen.h"

/* Statements, by how their names begin, that may read a whole table, or all that a deployment has in it. */
static const char *const whole_tables[] = {
	"deployment", "signing_key", "secret_key", "audit_head", /* small tables */
	"jwt_templates", /* a few dozen of a deployment, at most */
	"message_templates_own", /* a kind of message has three parts at most */
	/* By an index of nothing but what waits to be sent. */
	"message_backlog", "message_claim", "message_due_lanes", "message_give_up", "message_retry", "message_sent",
	"message_shown_here",
	"hook_any_due", "hook_backlog", "hook_lanes", /* the same, and all endpoints, of which there are few */
	"account_unkeyed", /* by an index of nothing but accounts whose names have no key yet */
	"audit_unchained", /* by an index of nothing but the events that have no place in the chain yet */
};

/* Those that look in all deployments at once. An index leads them; it begins with something else. */
static const char *const across_deployments[] = {
	/* The sweep, by time. */
	"session_expired",
	"session_token_expired_delete",
	"signin_expired",
	"signin_attempt_expired_delete",
	"signup_attempt_expired_delete",
	"throttle_expired_delete",
	"challenge_expired_delete",
	"code_expired_delete",
	"passkey_challenge_expired_delete",
	"ticket_expired_delete",
	"disavowal_expired_delete",
	"invitation_expired_delete",
	"org_invitation_expired_delete",
	"known_device_expired_delete",
	"idempotency_expired_delete",
	"message_content_expired_forget",
	"message_old_delete",
	"hook_event_old_delete",
	"revocation_old_delete",
	/* What other nodes changed, by transaction. */
	"revocations_since",
	/* Whose key it is says which deployment it is. */
	"secret_key_find",
	/* About the database. */
	"fact_find", "fact_replace", "fact_delete", "facts_between",
};

static bool
begins_with_one_of(const char *statement, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strncmp(statement, list[i], strlen(list[i])) == 0)
			return true;
	return false;
}

/* How many rows does one step of a plan read? */
enum reach { READS_FEW, READS_ACROSS, READS_ALL };

static bool
say_reach(const char *engine, const char *statement, enum reach reach, const char *line)
{
	if (reach == READS_FEW || begins_with_one_of(statement, whole_tables, ARRAY_LEN(whole_tables)))
		return true;
	if (reach == READS_ACROSS &&
	    begins_with_one_of(statement, across_deployments, ARRAY_LEN(across_deployments)))
		return true;
	printf("%s: %s: %s\n", engine, statement, line);
	return false;
}

/* One line of EXPLAIN QUERY PLAN (https://sqlite.org/eqp.html). */
static enum reach
sqlite_reach(const char *line)
{
	/* What WITH cuts out by an index, at most a page, is stepped through. */
	if (strcmp(line, "SCAN cut_page") == 0)
		return READS_FEW;
	if (strncmp(line, "SCAN ", 5) == 0)
		return strcmp(line, "SCAN CONSTANT ROW") == 0 ? READS_FEW : READS_ALL;
	if (strncmp(line, "SEARCH ", 7) != 0 || strstr(line, "(rowid=?)") != NULL)
		return READS_FEW;
	if (strstr(line, "(deployment_id=?)") != NULL)
		return READS_ALL;
	return strstr(line, "(deployment_id=? AND ") != NULL ? READS_FEW : READS_ACROSS;
}

static bool
sqlite_plan_is_fine(sqlite3 *h, const struct sql_text *text)
{
	char *explain = sqlite3_mprintf("EXPLAIN QUERY PLAN %s", text->sqlite);
	sqlite3_stmt *stmt = NULL;
	bool fine = sqlite3_prepare_v2(h, explain, -1, &stmt, NULL) == SQLITE_OK;

	while (fine && sqlite3_step(stmt) == SQLITE_ROW) {
		const char *line = (const char *)sqlite3_column_text(stmt, 3);

		fine = say_reach("sqlite", text->name, sqlite_reach(line), line);
	}
	sqlite3_finalize(stmt);
	sqlite3_free(explain);
	return fine;
}

bool
plan_check_sqlite(const char *dir)
{
	char path[64];
	sqlite3 *h;
	bool fine;

	snprintf(path, sizeof(path), "%s/sessiond.db", dir);
	fine = sqlite3_open(path, &h) == SQLITE_OK;
	for (size_t i = 0; i < store_schema.n_texts; i++)
		fine &= sqlite_plan_is_fine(h, &store_schema.texts[i]);
	sqlite3_close(h);
	return fine;
}

/*
 * PostgreSQL's planner counts rows: 20,000 of five deployments in each table, so that neither an
 * index on deployments alone nor none at all looks cheap. Triggers are off, and with them foreign keys.
 * The plan is the one for whatever parameters, and it shows a Seq Scan only where no index serves.
 */
static const char fill[] =
    "SET statement_timeout = 0; SET session_replication_role = replica;"
    "DO $$ DECLARE insertion TEXT; BEGIN"
    " FOR insertion IN"
    "  SELECT format('INSERT INTO %I (%s) SELECT %s FROM generate_series(1, 20000) n ON CONFLICT DO NOTHING',"
    "   table_name, string_agg(column_name, ', '), string_agg(CASE"
    "    WHEN column_name = 'deployment_id' THEN 'n % 5'"
    "    WHEN data_type = 'bytea' THEN 'n::text::bytea'"
    "    WHEN EXISTS (SELECT FROM information_schema.check_constraints" /* 0 or 1 */
    "     JOIN information_schema.constraint_column_usage u USING (constraint_schema, constraint_name)"
    "     WHERE u.table_schema = c.table_schema AND u.table_name = c.table_name AND u.column_name = "
    "c.column_name)"
    "    THEN 'n % 2' ELSE 'n' END, ', '))"
    "  FROM information_schema.columns c WHERE table_schema = current_schema() AND is_identity = 'NO'"
    "  GROUP BY table_name"
    " LOOP EXECUTE insertion; END LOOP; END $$;"
    "ANALYZE;"
    "SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan";

/*
 * Is the index that line names searched by its second column too? PostgreSQL lists conditions on later
 * columns just alike, and then reads all of the deployment's entries for them.
 */
static bool
by_second_column(PGconn *c, const char *line, const char *cond)
{
	const char *name =
	    strstr(line, " using ") != NULL ? strstr(line, " using ") + 7 : strstr(line, " on ") + 4;
	char sql[128], want[80];
	PGresult *r;

	snprintf(sql, sizeof(sql), "SELECT pg_get_indexdef('%.*s'::regclass, 2, true)",
	    (int)strcspn(name, " "), name);
	r = PQexec(c, sql);
	snprintf(want, sizeof(want), ") AND (%s ", PQntuples(r) == 1 ? PQgetvalue(r, 0, 0) : "?");
	PQclear(r);
	return strstr(cond, want) != NULL;
}

/* One line of EXPLAIN (https://www.postgresql.org/docs/15/using-explain.html); a scan's condition is next. */
static enum reach
pg_reach(PGconn *c, const char *line, const char *next)
{
	const char *cond = strstr(next, "Index Cond: (");

	if (strstr(line, "Seq Scan on ") != NULL)
		return READS_ALL;
	if (strstr(line, "Index Scan ") == NULL && strstr(line, "Index Only Scan ") == NULL)
		return READS_FEW;
	if (cond == NULL)
		return READS_ALL;
	cond += strlen("Index Cond: ");
	if (strncmp(cond + strspn(cond, "("), "deployment_id = ", 16) != 0)
		return READS_ACROSS;
	return by_second_column(c, line, cond) ? READS_FEW : READS_ALL;
}

static bool
pg_lines_are_fine(PGconn *c, const PGresult *r, const struct sql_text *text)
{
	int n = PQntuples(r);
	bool fine = n > 0;

	for (int i = 0; i < n; i++) {
		const char *line = PQgetvalue(r, i, 0);
		const char *next = i + 1 < n ? PQgetvalue(r, i + 1, 0) : "";

		fine &= say_reach("postgresql", text->name, pg_reach(c, line, next), line);
	}
	return fine;
}

static bool
pg_plan_is_fine(PGconn *c, size_t number)
{
	const struct sql_text *text = &store_schema.texts[number];
	char explain[512];
	size_t n = (size_t)snprintf(explain, sizeof(explain), "EXPLAIN (COSTS OFF) EXECUTE s%zu", number);
	PGresult *r;
	bool fine;

	for (size_t i = 0; i < text->n_in; i++)
		n += (size_t)snprintf(explain + n, sizeof(explain) - n, "%s", i == 0 ? "(NULL" : ", NULL");
	snprintf(explain + n, sizeof(explain) - n, "%s", text->n_in == 0 ? "" : ")");
	r = PQexec(c, explain);
	fine = pg_lines_are_fine(c, r, text);
	if (PQresultStatus(r) != PGRES_TUPLES_OK)
		printf("postgresql: %s: %s", text->name, PQresultErrorMessage(r));
	PQclear(r);
	return fine;
}

bool
plan_check_pg(PGconn *c)
{
	PGresult *r = PQexec(c, fill);
	bool fine = PQresultStatus(r) == PGRES_COMMAND_OK;

	if (!fine)
		printf("postgresql: filling the tables: %s", PQresultErrorMessage(r));
	PQclear(r);
	if (!fine)
		return false;
	for (size_t i = 0; i < store_schema.n_texts; i++)
		fine &= pg_plan_is_fine(c, i);
	return fine;
}
