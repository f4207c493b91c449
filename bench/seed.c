/*
 * seed.c - people, organizations and signed-in sessions by the million, with tokens that are known.
 *
 * Goes through the store's own statements, so that what is measured later is what the
 * server itself would have written. The n-th session's token is tool_token(n). Every
 * account has the password record of an account that is there already: the pepper is
 * the deployment's, so one hash is good for all, and a million of them would take hours.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/secret.h"
#include "base/str.h"
#include "session/token.h"
#include "store/store.gen.h"
#include "tool.h"

enum { BATCH = 2000, PEOPLE_PER_ORG = 10 };
#define NAME    "seed"
#define EXPIRES (30 * DAY_US)
#define AGENT                                                                                                \
	"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 "           \
	"Safari/537.36"
#define ROWS_ONE(call)                                                                                       \
	do {                                                                                                 \
		TRY(call);                                                                                   \
		if (rows != 1)                                                                               \
			return fail(t, E_CONFLICT, "seeded already: %s", #call);                             \
	} while (0)

struct seed {
	struct deployment_row deployment;
	struct account_secret like; /* whose password everybody has */
	struct str email, host;
	int64_t next, end; /* the batch */
	struct org_id org;
	struct workspace_id workspace;
};

struct person {
	struct user_id user;
	struct orgmem_id orgmem;
	struct wsmem_id wsmem;
};

static enum status
find_run(struct task *t, void *arg)
{
	struct seed *s = arg;

	TRY(tool_deployment(t, s->host, &s->deployment));
	return sql_account_secret_by_email(t, s->deployment.id, s->email, &s->like);
}

/* One organization with one workspace for each few people. */
static enum status
insert_org(struct task *t, struct seed *s, int64_t n, struct user_id creator)
{
	struct str slug = arena_printf(t->arena, "acme-%lld", (long long)n);
	int64_t rows;

	s->org.v = id_next(t->now);
	s->workspace.v = id_next(t->now);
	ROWS_ONE(sql_slug_insert(t, s->deployment.id, 0, slug, &rows));
	ROWS_ONE(sql_slug_insert(t, s->deployment.id, s->org.v, S("dev-team"), &rows));
	ROWS_ONE(sql_org_insert(
	    t, s->deployment.id, s->org, S("Acme Corporation"), slug, S(""), creator, t->now, &rows));
	ROWS_ONE(sql_workspace_insert(t, s->deployment.id, s->workspace, s->org, S("Development Team"),
	    S("dev-team"), S(""), t->now, &rows));
	return OK;
}

static enum status
insert_memberships(struct task *t, struct seed *s, struct person *p)
{
	const struct deployment_row *d = &s->deployment;
	int64_t rows;

	p->orgmem.v = id_next(t->now);
	p->wsmem.v = id_next(t->now);
	TRY(sql_orgmem_insert(t, d->id, p->orgmem, s->org, p->user, t->now, &rows));
	TRY(sql_org_count_member(t, d->id, s->org, 1, &rows));
	TRY(sql_orgmem_role_insert(t, d->id, p->orgmem, d->orgrole_creator, &rows));
	TRY(sql_wsmem_insert(t, d->id, p->wsmem, s->workspace, s->org, p->orgmem, p->user, t->now, &rows));
	TRY(sql_workspace_count_member(t, d->id, s->workspace, 1, &rows));
	TRY(sql_wsmem_role_insert(t, d->id, p->wsmem, d->wsrole_creator, &rows));
	return sql_account_set_last_scope(t, d->id, p->user, p->orgmem, p->wsmem, &rows);
}

static enum status
insert_account(struct task *t, struct seed *s, int64_t n, struct user_id user)
{
	struct deployment_id d = s->deployment.id;
	struct str username = arena_printf(t->arena, "johndoe%lld", (long long)n);
	struct str email = arena_printf(t->arena, "john.doe.%lld@example.com", (long long)n);
	struct email_id email_id = { id_next(t->now) };
	int64_t rows;

	ROWS_ONE(sql_account_insert(t, d, user, S("John"), S("Doe"), S("john doe"), username, username,
	    s->like.password_record, t->now, S("none"), t->now, &rows));
	ROWS_ONE(sql_email_insert(t, d, email_id, user, email, email, t->now, t->now, &rows));
	TRY(sql_account_set_primary(t, d, user, email_id, (struct phone_id){ 0 }, t->now, &rows));
	return sql_account_set_image(
	    t, d, user, S("https://cdn.example.com/avatars/johndoe.jpg"), t->now, &rows);
}

static enum status
insert_token(struct task *t, struct deployment_id d, int64_t n, struct session_id session)
{
	struct str token = tool_token(t->arena, n);
	uint8_t hash[32];
	int64_t rows;

	tool_token_hash(token, hash);
	/* Any bytes do for the nonce: nobody is to guess these tokens' successors either way. */
	return sql_session_token_insert(t, d, (struct str){ (const char *)hash, sizeof(hash) }, session,
	    TOKEN_CURRENT, (struct str){ token.p, TOKEN_NONCE_SIZE }, t->now, t->now, t->now + EXPIRES,
	    &rows);
}

static enum status
insert_session(struct task *t, struct seed *s, int64_t n, const struct person *p)
{
	struct deployment_id d = s->deployment.id;
	struct session_id session = { id_next(t->now) };
	struct signin_id signin = { id_next(t->now) };
	int64_t rows;

	ROWS_ONE(sql_session_insert(t, d, session, t->now, t->now + EXPIRES, &rows));
	TRY(insert_token(t, d, n, session));
	ROWS_ONE(sql_signin_insert(t, d, signin, session, p->user, S("plain_email"), p->orgmem, p->wsmem,
	    S("127.0.0.1"), S(AGENT), S("Chrome"), S("Linux"), S(""), t->now, t->now + EXPIRES, &rows));
	return sql_session_set_active(t, d, session, signin, t->now, &rows);
}

static enum status
insert_person(struct task *t, struct seed *s, int64_t n)
{
	struct person p = { .user = { id_next(t->now) } };

	TRY(insert_account(t, s, n, p.user));
	if (n % PEOPLE_PER_ORG == 0 || s->org.v == 0)
		TRY(insert_org(t, s, n, p.user));
	TRY(insert_memberships(t, s, &p));
	return insert_session(t, s, n, &p);
}

static enum status
batch_run(struct task *t, void *arg)
{
	struct seed *s = arg;

	s->org.v = 0;
	for (int64_t n = s->next; n < s->end; n++)
		TRY(insert_person(t, s, n));
	return OK;
}

/* The record outlives the arena's resets. */
static void
keep(struct arena *a, struct seed *s)
{
	s->like.password_record = arena_dup(a, s->like.password_record);
}

static void
seed_all(struct task *t, struct store *store, struct db *db, struct seed *s, int64_t from, int64_t n)
{
	for (s->next = from; s->next < from + n; s->next = s->end) {
		s->end = (s->next / BATCH + 1) * BATCH; /* where an organization begins, so that none is in two batches */
		if (s->end > from + n)
			s->end = from + n;
		t->now = clock_now();
		if (store_write_wait(t, store, db, batch_run, s) != OK)
			tool_die(NAME, t->why);
		arena_reset(t->arena);
		if (s->end % (50 * BATCH) == 0)
			fprintf(stderr, NAME ": %lld\n", (long long)s->end);
	}
}

int
main(int argc, char **argv)
{
	struct task t = { .arena = arena_new(256 << 20), .now = clock_now() };
	struct arena *kept = arena_new(1 << 20);
	struct seed s = { 0 };
	struct store *store;
	struct db *db;

	if (argc != 6)
		tool_die(NAME,
		    "usage: seed DIRECTORY|URL HOST EMAIL FROM N\n"
		    "Adds N people with a session each, the first with token FROM, to the deployment at "
		    "HOST.\n"
		    "They have the password of the account with EMAIL. No server may have the directory.");
	if (!t.arena || !kept || !secret_init_libraries() || !id_init())
		tool_die(NAME, "no memory or no randomness");
	s.host = str_of(argv[2]);
	s.email = str_of(argv[3]);
	store = tool_open(NAME, &t, argv[1]);
	db = db_connect(&t, store);
	if (!db || db_read(&t, db, find_run, &s) != OK)
		tool_die(NAME, t.why[0] ? t.why : "no such deployment or account");
	keep(kept, &s);
	seed_all(&t, store, db, &s, tool_number(NAME, argv[4]), tool_number(NAME, argv[5]));
	db_close(db);
	store_close(store);
	arena_free(kept);
	arena_free(t.arena);
	return 0;
}
