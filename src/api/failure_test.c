/*
 * failure_test.c - the whole server in this process, and everything in it that can fail made to, call by call.
 *
 * The n-th statement, begin or commit, the n-th allocation, all randomness: whatever it
 * is, the answer is a 5xx, nothing of the request is left in the database, and nobody is
 * signed in who was not (AUT-14, F-19).
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <ftw.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/app.h"
#include "api/api.h"
#include "auth/password.h"
#include "base/clock.h"
#include "base/secret.h"
#include "base/str.h"
#include "notify/outbox.h"
#include "session/cache.h"
#include "test/unit.h"

enum { ANSWER_MAX = 64 << 10, TOKEN_MAX = 160, WALK_MAX = 2000 };

struct world {
	char           dir[64];
	struct task    task;
	struct app     app;
	struct db     *db;
	struct server *server;
	struct deployment_id deployment;
	sqlite3       *look;	/* the database, from outside */
	uint16_t       port;
	char           answer[ANSWER_MAX];
	int            status;
	char           token[TOKEN_MAX];	/* the last one an answer gave; "" when it gave none */
};

/* ---- one request ---- */

static int
dial(const struct world *w)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET, .sin_port = htons(w->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

static void
read_answer(struct world *w, int fd)
{
	const char *cookie;
	size_t n = 0;
	ssize_t got;

	while ((got = read(fd, w->answer + n, sizeof(w->answer) - 1 - n)) > 0)
		n += (size_t)got;
	w->answer[n] = '\0';
	assert_true(n > 12);
	w->status = (int)strtol(w->answer + 9, NULL, 10);
	cookie = strstr(w->answer, "__Host-session=");
	w->token[0] = '\0';
	if (cookie)
		(void)snprintf(w->token, sizeof(w->token), "%.*s", (int)strcspn(cookie + 15, ";"), cookie + 15);
}

/* A form; NULL: no body. */
static void
ask(struct world *w, const char *line, const char *token, const char *form)
{
	char request[2048];
	int n = snprintf(request, sizeof(request),
	    "%s HTTP/1.1\r\nHost: localhost:%u\r\nConnection: close\r\n%s%s%s"
	    "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %zu\r\n\r\n%s",
	    line, w->port, *token ? "Cookie: __Host-session=" : "", token, *token ? "\r\n" : "", form ? strlen(form) : 0,
	    form ? form : "");
	int fd = dial(w);

	assert_true(n > 0 && (size_t)n < sizeof(request));
	assert_int_equal(write(fd, request, (size_t)n), n);
	read_answer(w, fd);
	close(fd);
}

static int
rows(struct world *w, const char *from)
{
	sqlite3_stmt *s;
	char sql[160];
	int n;

	(void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s", from);
	assert_int_equal(sqlite3_prepare_v2(w->look, sql, -1, &s, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(s), SQLITE_ROW);
	n = sqlite3_column_int(s, 0);
	sqlite3_finalize(s);
	return n;
}

/* ---- the world ---- */

static enum status
make_deployment(struct task *t, void *arg)
{
	struct world *w = arg;
	struct deployment_made made;
	const struct deployment_spec spec = {
		.host = arena_printf(t->arena, "localhost:%u", w->port), .frontend_host = S("localhost"), .mode = MODE_PRODUCTION,
	};

	TRY(deployment_create(t, w->app.keys, &spec, &made));
	w->deployment = made.id;
	return OK;
}

static struct pool *
new_pool(struct world *w, const char *name)
{
	const struct pool_config c = {
		.name = name, .n_threads = 1, .queue_max = 64, .enter = app_worker_enter, .leave = app_worker_leave, .arg = &w->app,
	};

	return pool_new(&c);
}

static void
open_app(struct world *w)
{
	struct app *a = &w->app;
	struct store_config c = { .url = w->dir };
	char key[96];

	(void)snprintf(key, sizeof(key), "%s/master.key", w->dir);
	assert_int_equal(keys_load(&w->task, key, true, &a->keys), OK);
	assert_int_equal(store_open(&w->task, &c, &a->store), OK);
	w->db = db_connect(&w->task, a->store);
	a->hasher = hasher_new(a->keys, 1, 64);
	a->limiter = limiter_new(1024);
	a->activity = activity_new();
	a->cache = cache_new(1 << 20);
	assert_true(w->db && a->hasher && a->limiter && a->activity && a->cache && app_counters_init(a));
	a->arena_max = 16 << 20;
	a->ropes = rope_pool_new(16 << 20);
	a->body_max = a->image_max = 64 << 10;
	a->workers = new_pool(w, "workers");
	a->hash_lane = new_pool(w, "hash");
	assert_true(a->workers && a->hash_lane);
}

static void
open_server(struct world *w)
{
	const char *const listen[] = { "127.0.0.1:0" };
	const struct server_config c = {
		.listen = listen, .n_listen = 1, .n_loops = 1, .limits = net_limits_default, .handler = app_handler(&w->app),
	};
	char why[256];

	/* Empty: the deployment's host has the port, which is known only once something listens. */
	assert_int_equal(directory_new(&w->task, w->app.store, w->db, w->app.keys, false, &w->app.directory), OK);
	if (!server_start(&c, &w->server, why, sizeof(why)))
		fail_msg("%s", why);
	w->port = (uint16_t)strtoul(strrchr(server_address(w->server, 0), ':') + 1, NULL, 10);
}

/* Every way in that this file walks. */
static enum status
open_ways(struct task *t, void *arg)
{
	static const struct setting_text ways[] = {
		{ { "auth_settings.auth_factors_enabled.email_otp", 44 }, { "true", 4 } },
		{ { "auth_settings.auth_factors_enabled.email_magic_link", 51 }, { "true", 4 } },
	};
	struct world *w = arg;

	return deployment_set(t, w->deployment, ways, ARRAY_LEN(ways));
}

static void
publish_deployment(struct world *w)
{
	assert_int_equal(store_write_wait(&w->task, w->app.store, w->db, make_deployment, w), OK);
	assert_int_equal(store_write_wait(&w->task, w->app.store, w->db, open_ways, w), OK);
	assert_int_equal(directory_refresh(&w->task, w->app.directory, w->db, w->deployment), OK);
}

static int
world_open(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	char file[96];

	assert_non_null(w);
	for (int r = 0; r < THROTTLE_RULE__COUNT; r++)
		assert_true(throttle_set_limit((enum throttle_rule)r, THROTTLE_LIMIT_MAX));
	(void)snprintf(w->dir, sizeof(w->dir), "/tmp/sessiond-failure-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	w->task = (struct task){ .arena = arena_new(64 << 20), .now = clock_now() };
	open_app(w);
	open_server(w);
	(void)snprintf(file, sizeof(file), "%s/sessiond.db", w->dir);
	assert_int_equal(sqlite3_open_v2(file, &w->look, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	publish_deployment(w);
	ask(w, "POST /auth/signup", "", "email=mira@example.org&username=mira&password=violet-otter-climbs");
	assert_int_equal(w->status, 200);
	*state = w;
	return 0;
}

static int
remove_entry(const char *path, const struct stat *sb, int kind, struct FTW *where)
{
	(void)sb, (void)kind, (void)where;
	return remove(path);
}

static int
world_close(void **state)
{
	struct world *w = *state;

	sqlite3_close(w->look);
	server_drain(w->server, SECOND_US);
	pool_free(w->app.workers);
	pool_free(w->app.hash_lane);
	server_free(w->server);
	directory_free(w->app.directory);
	cache_free(w->app.cache);
	rope_pool_free(w->app.ropes);
	hasher_free(w->app.hasher);
	activity_free(w->app.activity);
	limiter_free(w->app.limiter);
	app_counters_done(&w->app);
	db_close(w->db);
	store_close(w->app.store);
	keys_free(w->app.keys);
	arena_free(w->task.arena);
	nftw(w->dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
	free(w);
	return 0;
}

/* ---- codes and links ---- */

/* The newest message's only value: {"code":"…"}. */
static void
read_secret(struct world *w, char *ret_text, size_t cap)
{
	static const char sql[] = "SELECT id, sealed_content FROM message ORDER BY id DESC LIMIT 1";
	struct secret content;
	sqlite3_stmt *s;
	const char *at;

	assert_int_equal(sqlite3_prepare_v2(w->look, sql, -1, &s, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(s), SQLITE_ROW);
	arena_reset(w->task.arena);
	assert_int_equal(outbox_open(&w->task, w->app.keys, w->deployment, (struct message_id){ sqlite3_column_int64(s, 0) },
	    (struct str){ sqlite3_column_blob(s, 1), (size_t)sqlite3_column_bytes(s, 1) }, &content), OK);
	at = strchr((const char *)content.p, ':');
	assert_non_null(at);
	(void)snprintf(ret_text, cap, "%.*s", (int)strcspn(at + 2, "\""), at + 2);
	/* JSON's & is escaped. */
	for (char *amp = ret_text; (amp = strstr(amp, "\\u0026")) != NULL; amp++) {
		*amp = '&';
		memmove(amp + 1, amp + 6, strlen(amp + 6) + 1);
	}
	secret_done(&content);
	sqlite3_finalize(s);
}

static void
read_attempt(struct world *w, char *ret_id, size_t cap)
{
	const char *at = strstr(w->answer, "\"signin_attempt_");

	assert_non_null(at);
	(void)snprintf(ret_id, cap, "%.*s", (int)strcspn(at + 1, "\""), at + 1);
}

/* ---- what is tried ---- */

#define SIGN_IN "POST /auth/signin", "", "email=mira@example.org&password=violet-otter-climbs"

struct trial;
struct deed {
	const char *line;	/* %d: a number that is new every time */
	const char *form;
	bool        signed_in;	/* with the token of somebody who is; otherwise without any */
	bool        due;	/* and that token is due for rotation */
	const char *makes;	/* the rows a success adds or takes away */
	const char *together;	/* rows that are made with them or not at all; NULL: none */
	void      (*before)(struct world *w, struct trial *tr);	/* the steps before it; NULL: none */
};

struct trial {
	const struct deed *deed;
	char token[TOKEN_MAX], line[512], form[256], attempt[64];
	int  made, together;	/* rows before */
};

static void
step(struct world *w, struct trial *tr, const char *line, const char *form)
{
	ask(w, line, tr->token, form);
	assert_int_equal(w->status, 200);
	if (w->token[0])
		memcpy(tr->token, w->token, sizeof(tr->token));
}

static void
begin_attempt(struct world *w, struct trial *tr, const char *strategy)
{
	char form[128];

	(void)snprintf(form, sizeof(form), "strategy=%s&email=mira@example.org", strategy);
	step(w, tr, "POST /auth/signin", form);
	read_attempt(w, tr->attempt, sizeof(tr->attempt));
	(void)snprintf(tr->line, sizeof(tr->line),
	    "POST /auth/prepare-verification?attempt_identifier=%s&identifier_type=signin&strategy=%s", tr->attempt, strategy);
}

static void
before_sending(struct world *w, struct trial *tr)
{
	begin_attempt(w, tr, "email_otp");
}

static void
before_the_code(struct world *w, struct trial *tr)
{
	char code[16];

	begin_attempt(w, tr, "email_otp");
	step(w, tr, tr->line, NULL);
	read_secret(w, code, sizeof(code));
	(void)snprintf(tr->line, sizeof(tr->line), "POST /auth/attempt-verification?attempt_identifier=%s&identifier_type=signin",
	    tr->attempt);
	(void)snprintf(tr->form, sizeof(tr->form), "verification_code=%s", code);
}

static void
before_the_link(struct world *w, struct trial *tr)
{
	char link[400];
	const char *query;

	begin_attempt(w, tr, "magic_link");
	step(w, tr, tr->line, NULL);
	read_secret(w, link, sizeof(link));
	query = strchr(link, '?');
	assert_non_null(query);
	(void)snprintf(tr->line, sizeof(tr->line), "GET /auth/verify-magic-link%.*s", 300, query);
	tr->form[0] = '\0';
}

static void
before_the_exchange(struct world *w, struct trial *tr)
{
	char code[16];

	step(w, tr, "POST /auth/forgot-password", "email=mira@example.org");
	read_secret(w, code, sizeof(code));
	(void)snprintf(tr->form, sizeof(tr->form), "email=mira@example.org&otp=%s", code);
}

static void
before_the_password(struct world *w, struct trial *tr)
{
	const char *at;

	before_the_exchange(w, tr);
	step(w, tr, "POST /auth/forgot-password", tr->form);
	at = strstr(w->answer, "\"token\":\"");
	assert_non_null(at);
	(void)snprintf(tr->form, sizeof(tr->form), "password=violet-otter-climbs&token=%.*s", (int)strcspn(at + 9, "\""), at + 9);
}

static const struct deed deeds[] = {
	{ "POST /auth/signin", "email=mira@example.org&password=violet-otter-climbs", false, false,
	    "signin_attempt", "session" },
	{ "POST /auth/signup", "email=new%d@example.org&password=violet-otter-climbs", false, false,
	    "account", "email_address" },
	{ "GET /session", NULL, true, false, NULL, NULL },
	{ "GET /session", NULL, true, true, NULL, NULL },
	{ "GET /session/token", NULL, true, true, NULL, NULL },
	{ "POST /session/switch-organization", NULL, true, true, NULL, NULL },
	{ "POST /organizations", "name=Lumen%d", true, false, "organization", "orgmem" },
	{ "POST /session/sign-out", NULL, true, false, "audit WHERE event = 'session.signed_out'", NULL },
	{ "POST /auth/signin", "strategy=email_otp&email=mira@example.org", false, false, "signin_attempt", "session" },
	{ "send a code", NULL, false, false, "code", "message", before_sending },
	/* Its first proof takes the account from whoever typed the address: sign-ins go as well as come. */
	{ "attempt a code", NULL, false, false, "signin_attempt WHERE completed = 1", "audit WHERE event = 'signin.created'", before_the_code },
	{ "open a link", NULL, false, false, "signin_attempt WHERE completed = 1", "audit WHERE event = 'signin.created'", before_the_link },
	{ "POST /auth/forgot-password", "email=mira@example.org", false, false, "message", "session" },
	{ "POST /auth/forgot-password", NULL, false, false, "code WHERE purpose = 6", NULL, before_the_exchange },
	{ "POST /auth/reset-password", NULL, false, false, "audit WHERE event = 'password.reset'",
	    "audit WHERE event = 'signin.created'", before_the_password },
};

static void
trial_begin(struct world *w, const struct deed *d, struct trial *tr)
{
	static int serial;

	*tr = (struct trial){ .deed = d };
	(void)snprintf(tr->line, sizeof(tr->line), "%s", d->line);
	if (d->before)
		d->before(w, tr);
	if (d->signed_in) {
		ask(w, SIGN_IN);
		assert_int_equal(w->status, 200);
		memcpy(tr->token, w->token, sizeof(tr->token));
	}
	if (d->due)
		clock_advance(1801 * SECOND_US);
	if (d->form) {
		const char *at = strstr(d->form, "%d");
		int n = at ? (int)(at - d->form) : (int)strlen(d->form);

		(void)snprintf(tr->form, sizeof(tr->form), "%.*s", n, d->form);
		if (at)
			(void)snprintf(tr->form + n, sizeof(tr->form) - (size_t)n, "%d%s", ++serial, at + 2);
	}
	tr->made = d->makes ? rows(w, d->makes) : 0;
	tr->together = d->together ? rows(w, d->together) : 0;
}

static bool
is_signed_in(struct world *w, const char *token)
{
	ask(w, "GET /session", token, NULL);
	assert_int_equal(w->status, 200);
	return strstr(w->answer, "\"active_signin\":null") == NULL;
}

/* Whole or not at all. `committed`: a failure after the commit loses the answer and no more. */
static void
check_refused(struct world *w, const struct trial *tr, bool committed, const char *what, long n)
{
	const struct deed *d = tr->deed;
	int made = d->makes ? rows(w, d->makes) - tr->made : 0;
	int together = d->together ? rows(w, d->together) - tr->together : 0;
	char given[TOKEN_MAX];

	memcpy(given, w->token, sizeof(given));
	if (w->status != 500 && w->status != 503)
		fail_msg("%s, %s %ld: %s", d->line, what, n, w->answer);
	if (made < 0 || made > committed || (d->together && made != together))
		fail_msg("%s, %s %ld: half done: %d and %d rows", d->line, what, n, made, together);
	if (!d->signed_in && *given && is_signed_in(w, given))
		fail_msg("%s, %s %ld: a session came with a refusal", d->line, what, n);
	if (!d->signed_in && !made && tr->token[0] && is_signed_in(w, tr->token))
		fail_msg("%s, %s %ld: signed in by a failure", d->line, what, n);
	if (d->signed_in && !made && !is_signed_in(w, *given ? given : tr->token))
		fail_msg("%s, %s %ld: signed out by a failure", d->line, what, n);
}

/* Each call of the store in turn, until one run of the deed has none left that fails. */
static void
test_AUT14_the_store_fails_at_each_call(void **state)
{
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_LEN(deeds); i++) {
		long n = 0;
		bool failed;

		do {
			struct trial tr;

			trial_begin(w, &deeds[i], &tr);
			(void)store_test_fail_after(++n);
			ask(w, tr.line, tr.token, tr.form);
			failed = store_test_fail_after(0) == 0;
			if (failed)
				check_refused(w, &tr, false, "call of the store", n);
		} while (failed && n < WALK_MAX);
		assert_int_equal(w->status, 200);
		assert_true(n > 2);
	}
}

/* Each allocation in turn, by growing steps: the first ones are every request's, and a hash takes its time. */
static void
test_F19_memory_runs_out_at_each_allocation(void **state)
{
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_LEN(deeds); i++) {
		long n = 0;
		bool failed;

		do {
			struct trial tr;

			trial_begin(w, &deeds[i], &tr);
			n += 1 + n / 32;
			arena_test_fail_after(n);
			ask(w, tr.line, tr.token, tr.form);
			arena_test_fail_after(0);
			failed = w->status != 200;
			if (failed)
				check_refused(w, &tr, true, "allocation", n);
		} while (failed && n < WALK_MAX);
		assert_false(failed);
		assert_true(n > 2);
	}
}

static void
test_SES02_without_randomness_nobody_gets_in(void **state)
{
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_LEN(deeds); i++) {
		struct trial tr;

		trial_begin(w, &deeds[i], &tr);
		secret_test_fail_random(true);
		ask(w, tr.line, tr.token, tr.form);
		secret_test_fail_random(false);
		if (w->status != 200)
			check_refused(w, &tr, false, "randomness", 0);
		else
			assert_true(deeds[i].signed_in && !deeds[i].due);
	}
}

/* Each call of a sign-in by code: one write that counts the try, one that does it, and no more. */
static void
test_a_sign_in_by_code_costs_one_write_a_call(void **state)
{
	struct world *w = *state;
	struct store_stats before, after;
	struct trial tr = { .deed = &deeds[0] };
	char code[16], line[512];

	store_stats(w->app.store, &before);
	begin_attempt(w, &tr, "email_otp");
	store_stats(w->app.store, &after);
	assert_int_equal(after.commits - before.commits, 1 + 1);

	step(w, &tr, tr.line, NULL);
	store_stats(w->app.store, &before);
	assert_int_equal(before.commits - after.commits, 1 + 1);

	read_secret(w, code, sizeof(code));
	(void)snprintf(line, sizeof(line), "POST /auth/attempt-verification?attempt_identifier=%s&identifier_type=signin", tr.attempt);
	(void)snprintf(tr.form, sizeof(tr.form), "verification_code=%s", code);
	step(w, &tr, line, tr.form);
	store_stats(w->app.store, &after);
	assert_int_equal(after.commits - before.commits, 1 + 1);
	assert_true(is_signed_in(w, tr.token));
}

#define T(name) cmocka_unit_test_setup_teardown(name, world_open, world_close)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_AUT14_the_store_fails_at_each_call),
		T(test_F19_memory_runs_out_at_each_allocation),
		T(test_SES02_without_randomness_nobody_gets_in),
		T(test_a_sign_in_by_code_costs_one_write_a_call),
	};

	if (!secret_init_libraries() || !id_init())
		return 1;
	log_set_level(LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
