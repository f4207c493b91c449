/*
 * bare.c - the statements of one GET /session in a loop, with nothing around them.
 *
 * What the store alone can do on one core: one read transaction for each session, the
 * six statements of a read-through in it. The server's own rate is compared with this.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "base/clock.h"
#include "base/secret.h"
#include "session/state.h"
#include "store/store.gen.h"
#include "tool.h"

#define NAME "bare"

struct bare {
	struct deployment_row deployment;
	struct str host;
	int64_t n; /* whose session */
};

static enum status
find_run(struct task *t, void *arg)
{
	struct bare *b = arg;

	return tool_deployment(t, b->host, &b->deployment);
}

static enum status
read_people(struct task *t, struct deployment_id d, struct session_id s)
{
	struct account_row *accounts;
	struct contact_row *contacts;
	size_t n;

	TRY(sql_session_accounts(t, d, s, &accounts, &n));
	return sql_session_contacts(t, d, s, &contacts, &n);
}

static enum status
read_attempts(struct task *t, struct deployment_id d, struct session_id s)
{
	struct signin_attempt_row *signins;
	struct signup_attempt_row *signups;
	size_t n;

	TRY(sql_signin_attempts_live(t, d, s, t->now, (struct signin_attempt_id){ 0 }, ATTEMPT_GUESSES, &signins, &n));
	return sql_signup_attempts_live(t, d, s, t->now, (struct signup_attempt_id){ 0 }, ATTEMPT_GUESSES, &signups, &n);
}

static enum status
session_run(struct task *t, void *arg)
{
	struct bare *b = arg;
	struct deployment_id d = b->deployment.id;
	struct session_token_find_row token;
	struct signin_row *signins;
	uint8_t hash[32];
	size_t n;

	tool_token_hash(tool_token(t->arena, b->n), hash);
	TRY(sql_session_token_find(t, d, (struct str){ (const char *)hash, sizeof(hash) }, &token));
	TRY(sql_session_signins(t, d, token.session, t->now, &signins, &n));
	TRY(read_people(t, d, token.session));
	return read_attempts(t, d, token.session);
}

/* A fixed order that looks like none: every session once before any comes again. */
static int64_t
shuffled(int64_t from, int64_t n, int64_t i)
{
	return from + (int64_t)((uint64_t)i * UINT64_C(2654435761) % (uint64_t)n);
}

static void
loop(struct task *t, struct db *db, struct bare *b, int64_t from, int64_t n, int64_t seconds)
{
	int64_t begin = clock_mono(), end = begin + seconds * SECOND_US, now = begin, i;

	for (i = 0; now < end; i++, now = clock_mono()) {
		b->n = shuffled(from, n, i);
		t->now = clock_now();
		if (db_read(t, db, session_run, b) != OK)
			tool_die(NAME, t->why[0] ? t->why : "a session is not there");
		arena_reset(t->arena);
	}
	printf("{\"reads\": %lld, \"seconds\": %.6f}\n", (long long)i, (double)(now - begin) / 1e6);
}

int
main(int argc, char **argv)
{
	struct task t = { .arena = arena_new(16 << 20), .now = clock_now() };
	struct bare b = { 0 };
	struct store *store;
	struct db *db;

	if (argc != 6)
		tool_die(NAME, "usage: bare DIRECTORY|URL HOST FROM N SECONDS\n"
			       "Reads N sessions that bench/seed made, from token FROM, over and over.");
	if (!t.arena || !secret_init_libraries())
		tool_die(NAME, "no memory or no randomness");
	b.host = (struct str){ argv[2], __builtin_strlen(argv[2]) };
	store = tool_open(NAME, &t, argv[1]);
	db = db_connect(&t, store);
	if (!db || db_read(&t, db, find_run, &b) != OK)
		tool_die(NAME, t.why[0] ? t.why : "no such deployment");
	loop(&t, db, &b, tool_number(NAME, argv[3]), tool_number(NAME, argv[4]), tool_number(NAME, argv[5]));
	db_close(db);
	store_close(store);
	arena_free(t.arena);
	return 0;
}
