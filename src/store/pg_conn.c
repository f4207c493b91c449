/* pg_conn.c - one PostgreSQL connection: made, waited for, lost and made again. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "store/pg.h"

#include "base/clock.h"
#include "base/secret.h"
#include "base/str.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	WAIT_MS = 5000,	/* beyond the server's own statement_timeout below, whose end has a reason */
	PARAMS_MAX = 64,	/* libpq knows about 40 */
	BACKOFF_FIRST_US = 50000,
	BACKOFF_DOUBLINGS = 4,	/* at most 0.8 s: back within a second of the server */
};

/* What the URL may set otherwise. A peer that is gone is noticed within seconds, whoever was to speak. */
static const struct param {
	const char *key;
	const char *value;
} params[] = {
	{ "application_name", "sessiond" },
	{ "connect_timeout", "3" },
	{ "keepalives_idle", "5" },
	{ "keepalives_interval", "2" },
	{ "tcp_user_timeout", "5000" },
	{ "target_session_attrs", "read-write" },
	{ "client_encoding", "UTF8" },
};

static const char settings[] =
    "SET statement_timeout = '4s'; SET idle_in_transaction_session_timeout = '30s'";

/* The first line, without what libpq puts after it. */
static struct str
first_line(const char *text)
{
	return (struct str){ text, strcspn(text, "\n") };
}

struct account {
	char text[256];
};

/* A line for each server that was tried. Those that begin with a tab are libpq's guesses. */
static struct account
each_try(const char *text)
{
	struct account a = { "" };
	size_t used = 0;

	for (; *text != '\0'; text += strcspn(text, "\n"), text += *text == '\n') {
		struct str line = first_line(text);

		if (line.n == 0 || line.p[0] == '\t' || used >= sizeof(a.text))
			continue;
		used += (size_t)snprintf(a.text + used, sizeof(a.text) - used, "%s" STR_FMT, used == 0 ? "" : "; ",
		    STR_ARG(line));
	}
	return a;
}

static void
hear_notice(void *arg, const PGresult *r)
{
	const char *text = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);

	(void)arg;
	log_event(LOG_DEBUG, EV_STORE, "engine=postgresql notice=%s", log_quote(str_of(text)).text);
}

int64_t
pg_backoff_us(unsigned attempt)
{
	int64_t us = (int64_t)BACKOFF_FIRST_US << (attempt < BACKOFF_DOUBLINGS ? attempt : BACKOFF_DOUBLINGS);
	uint16_t r = 0;

	/* Without randomness there is no jitter, and nothing else is lost. */
	(void)!secret_random(&r, sizeof(r));
	return us / 2 + us / 2 * r / UINT16_MAX;
}

static const struct param *
find_param(const char *key)
{
	for (size_t i = 0; i < ARRAY_LEN(params); i++) {
		if (strcmp(params[i].key, key) == 0)
			return &params[i];
	}
	return NULL;
}

/* A standby lags: a session revoked on the primary would live on there. */
static enum status
check_param(struct task *t, const PQconninfoOption *o)
{
	if (strcmp(o->keyword, "target_session_attrs") != 0 || o->val == NULL)
		return OK;
	if (strcmp(o->val, "read-write") == 0 || strcmp(o->val, "primary") == 0)
		return OK;
	return fail(t, E_STORE,
	    "--database: target_session_attrs=%s: only the primary knows who is signed in", o->val);
}

static enum status
dial(struct task *t, const PQconninfoOption *given, PGconn **ret_c)
{
	const char *keys[PARAMS_MAX + 1] = { NULL };
	const char *values[PARAMS_MAX + 1] = { NULL };
	size_t n = 0;

	for (const PQconninfoOption *o = given; o->keyword != NULL && n < PARAMS_MAX; o++) {
		const struct param *p = find_param(o->keyword);

		TRY(check_param(t, o));
		if (o->val == NULL && p == NULL)
			continue;
		keys[n] = o->keyword;
		values[n++] = o->val != NULL ? o->val : p->value;
	}
	*ret_c = PQconnectdbParams(keys, values, 0);
	if (PQstatus(*ret_c) == CONNECTION_OK)
		return OK;
	return fail(t, E_STORE, "PostgreSQL: %s", each_try(PQerrorMessage(*ret_c)).text);
}

static enum status
dial_url(struct task *t, const char *url, PGconn **ret_c)
{
	char *err = NULL;
	PQconninfoOption *given = PQconninfoParse(url, &err);
	enum status st;

	if (given == NULL) {
		st = fail(t, E_STORE, "--database: " STR_FMT,
		    STR_ARG(first_line(err != NULL ? err : "out of memory")));
		PQfreemem(err);
		return st;
	}
	st = dial(t, given, ret_c);
	PQconninfoFree(given);
	return st;
}

void
pg_hang_up(struct pg_db *db)
{
	PQfinish(db->c);
	db->c = NULL;
	db->lost = false;
	memset(db->prepared, 0, db->base.store->schema->n_texts * sizeof(*db->prepared));
}

struct pg_db *
pg_db_new(struct pg_store *s)
{
	struct pg_db *db = calloc(1, sizeof(*db));

	if (db == NULL)
		return NULL;
	db->base.store = &s->base;
	db->wait_ms = WAIT_MS;
	db->prepared = calloc(s->base.schema->n_texts + 1, sizeof(*db->prepared)); /* + 1: never of size 0 */
	if (db->prepared == NULL) {
		free(db);
		return NULL;
	}
	return db;
}

struct pg_db *
pg_db_free(struct pg_db *db)
{
	if (db == NULL)
		return NULL;
	pg_hang_up(db);
	free(db->prepared);
	free(db);
	return NULL;
}

static enum status
connect_now(struct task *t, struct pg_db *db)
{
	TRY(dial_url(t, ((struct pg_store *)db->base.store)->url, &db->c));
	PQsetNoticeReceiver(db->c, hear_notice, NULL);
	return pg_command(t, db, settings);
}

/* Not reached, or silent: the next try is made after a while, and until then nobody waits for one. */
static void
give_up(struct pg_db *db)
{
	db->next_try = clock_mono() + pg_backoff_us(db->misses++);
}

enum status
pg_ensure(struct task *t, struct pg_db *db)
{
	enum status st;

	if (db->c != NULL && !db->lost)
		return OK;
	pg_hang_up(db);
	if (clock_mono() < db->next_try)
		return fail(t, E_STORE, "PostgreSQL: not connected; the next try is in a moment");
	st = connect_now(t, db);
	if (st == OK) {
		db->misses = 0;
		return OK;
	}
	pg_hang_up(db);
	give_up(db);
	return st;
}

/* Until a result can be had without waiting. false: no answer, or no connection. */
static bool
wait_ready(struct pg_db *db, int64_t deadline)
{
	while (PQisBusy(db->c)) {
		struct pollfd p = { .fd = PQsocket(db->c), .events = POLLIN };
		int64_t left = (deadline - clock_mono()) / 1000;

		if (db->wait_ms >= 0 && left <= 0) {
			give_up(db);
			return false;
		}
		poll(&p, 1, db->wait_ms < 0 ? -1 : (int)left);
		if (p.revents != 0 && !PQconsumeInput(db->c))
			return false;
	}
	return true;
}

static bool
is_error(const PGresult *r)
{
	ExecStatusType st = PQresultStatus(r);

	return st != PGRES_COMMAND_OK && st != PGRES_TUPLES_OK;
}

PGresult *
pg_answer(struct pg_db *db)
{
	int64_t deadline = clock_mono() + (int64_t)db->wait_ms * 1000;
	PGresult *kept = NULL;
	PGresult *r;

	for (;;) {
		if (!wait_ready(db, deadline)) {
			PQclear(kept);
			kept = NULL;
			db->lost = true;
			break;
		}
		r = PQgetResult(db->c);
		if (r == NULL)
			break;
		if (kept != NULL && is_error(kept)) {
			PQclear(r);
			continue;
		}
		PQclear(kept);
		kept = r;
	}
	if (PQstatus(db->c) != CONNECTION_OK || kept == NULL)
		db->lost = true;
	return kept;
}

enum status
pg_command(struct task *t, struct pg_db *db, const char *sql)
{
	PGresult *r = PQsendQuery(db->c, sql) ? pg_answer(db) : NULL;
	enum status st = r != NULL && PQresultStatus(r) == PGRES_COMMAND_OK ? OK : pg_fail(t, db, r, sql);

	PQclear(r);
	return st;
}

static bool
is_one_of(const char *state, const char *list)
{
	return state[0] != '\0' && strstr(list, state) != NULL;
}

enum status
pg_fail(struct task *t, struct pg_db *db, const PGresult *r, const char *what)
{
	const char *state = r != NULL ? PQresultErrorField(r, PG_DIAG_SQLSTATE) : NULL;
	const char *text = r != NULL ? PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY) : NULL;
	struct str said = first_line(text != NULL ? text : PQerrorMessage(db->c));

	if (said.n == 0)
		said = S("no answer");
	if (state == NULL || PQstatus(db->c) != CONNECTION_OK) {
		db->lost = true;
		return fail(t, E_STORE, "%s: connection lost: " STR_FMT, what, STR_ARG(said));
	}
	if (is_one_of(state, "40001 40P01"))
		db->retry = true;
	/* Ending, a standby now, or ignorant of what we told it: another connection serves better. */
	if (is_one_of(state, "57P01 57P02 57P03 25006 26000 0A000"))
		db->lost = true;
	return fail(t, is_one_of(state, "23505 23503") ? E_CONFLICT : E_STORE, "%s: " STR_FMT " (%s)", what,
	    STR_ARG(said), state);
}
