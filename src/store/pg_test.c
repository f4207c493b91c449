/* pg_test.c - PostgreSQL: lost connections, unknown outcomes, deadlocks, other nodes. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "store/testdata/fixture.h"

#include "store/pg.h"

#include <poll.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/un.h>

static enum status
count_inside(struct task *t, void *arg)
{
	struct thing_count_row row;

	TRY(sql_thing_count(t, D1, &row));
	*(int64_t *)arg = row.n;
	return OK;
}

static int64_t
count_things(struct fixture *f)
{
	int64_t n = -1;

	assert_ok(&f->t, read_now(f, count_inside, &n));
	return n;
}

static enum status
insert_row(struct task *t, void *arg)
{
	return sql_thing_insert_or_not(t, D1, (struct user_id){ 1 }, STR_NONE, arg);
}

/* End all of the program's connections on the server, as its restart would. */
static void
cut_all(void)
{
	pg_do("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
	    "WHERE application_name = 'sessiond'");
}

/* A connection that died while idle costs nobody anything: nothing had been done on it. */
static void
test_F09_idle_connection_lost(void **state)
{
	struct fixture *f = *state;
	int64_t n;

	assert_int_equal(count_things(f), 0);
	cut_all();
	assert_int_equal(count_things(f), 0);
	cut_all();
	assert_ok(&f->t, write_now(f, insert_row, &n));
	assert_int_equal(n, 1);
}

static enum status
insert_and_cut(struct task *t, void *arg)
{
	int64_t n;

	TRY(insert_row(t, &n));
	(*(int *)arg)++;
	cut_all();
	return insert_row(t, &n);
}

/* One that dies inside a transaction is a failure of that one, and the next finds a new connection. */
static void
test_F09_connection_lost_in_transaction(void **state)
{
	struct fixture *f = *state;
	int runs = 0;

	assert_status(&f->t, E_STORE, write_now(f, insert_and_cut, &runs));
	assert_int_equal(runs, 1);
	assert_int_equal(count_things(f), 0);
}

static enum status
sleep_long(struct task *t, void *arg)
{
	static const struct sql_text text = { .name = "pg_sleep", .pg = "SELECT pg_sleep(60)" };

	(void)arg;
	return db_exec(t, &text, NULL, NULL);
}

/* A server that is there and does not answer holds no worker longer than the deadline, nor the next task at all. */
static void
test_F14_silent_server(void **state)
{
	struct fixture *f = *state;
	struct pg_db *db = (struct pg_db *)f->db;

	db->wait_ms = 200;
	db->misses = 4;	/* the next try is due in 0.4 to 0.8 s */
	assert_status(&f->t, E_STORE, read_now(f, sleep_long, NULL));
	assert_string_equal(f->t.why, "pg_sleep: connection lost: no answer");
	f->t.why[0] = '\0';
	assert_status(&f->t, E_STORE, read_now(f, sleep_long, NULL));
	assert_string_equal(f->t.why, "PostgreSQL: not connected; the next try is in a moment");
	db->wait_ms = 5000;
	db->next_try = 0;
	assert_int_equal(count_things(f), 0);
}

/*
 * A proxy between us and the server that forwards everything, but cuts both ends
 * once it has passed on a COMMIT and the server has answered it.
 */
struct proxy {
	char      dir[64];
	char      target[256];	/* the server's socket */
	int       listener;
	pthread_t thread;
};

static int
unix_socket(const char *path, struct sockaddr_un *ret_address)
{
	*ret_address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	assert_true(strlen(path) < sizeof(ret_address->sun_path));
	snprintf(ret_address->sun_path, sizeof(ret_address->sun_path), "%s", path);
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

/* Forward what is there from one to the other; the number of bytes, of which a copy is in buf. */
static ssize_t
forward(int from, int to, char *buf, size_t cap)
{
	ssize_t n = read(from, buf, cap);

	if (n > 0 && write(to, buf, (size_t)n) != n)
		return -1;
	return n;
}

static void
proxy_one(const struct proxy *p, int client)
{
	struct sockaddr_un address;
	int server = unix_socket(p->target, &address);
	char buf[65536];

	assert_int_equal(connect(server, (struct sockaddr *)&address, sizeof(address)), 0);
	for (bool cut = false; !cut; ) {
		struct pollfd fds[] = { { .fd = client, .events = POLLIN },
			{ .fd = server, .events = POLLIN } };
		ssize_t n;

		poll(fds, 2, -1);
		if (fds[0].revents != 0) {
			n = forward(client, server, buf, sizeof(buf));
			cut = n <= 0;
			if (n > 0 && memmem(buf, (size_t)n, "COMMIT", 7) != NULL)
				cut = read(server, buf, sizeof(buf)) != 0; /* the answer, which nobody gets */
		} else if (fds[1].revents != 0) {
			cut = forward(server, client, buf, sizeof(buf)) <= 0;
		}
	}
	close(server);
	close(client);
}

static void *
proxy_main(void *arg)
{
	struct proxy *p = arg;
	int client;

	while ((client = accept(p->listener, NULL, NULL)) >= 0)
		proxy_one(p, client);
	return NULL;
}

static void
proxy_begin(struct proxy *p)
{
	const char *host = strstr(getenv("SESSIOND_TEST_PG"), "host=");
	struct sockaddr_un address;
	char path[128];

	assert_non_null(host);
	host += strlen("host=");
	snprintf(p->target, sizeof(p->target), "%.*s/.s.PGSQL.5432", (int)strcspn(host, "&"), host);
	snprintf(p->dir, sizeof(p->dir), "/tmp/sessiond-proxy-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	snprintf(path, sizeof(path), "%s/.s.PGSQL.5432", p->dir);
	p->listener = unix_socket(path, &address);
	assert_int_equal(bind(p->listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(p->listener, 8), 0);
	assert_int_equal(pthread_create(&p->thread, NULL, proxy_main, p), 0);
}

static void
proxy_end(struct proxy *p)
{
	shutdown(p->listener, SHUT_RDWR);
	pthread_join(p->thread, NULL);
	close(p->listener);
	nftw(p->dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static enum status
insert_counted(struct task *t, void *arg)
{
	int64_t n;

	(*(int *)arg)++;
	return insert_row(t, &n);
}

/* The commit happened and nobody was told: never taken for success, never done again. */
static void
test_F10_outcome_of_commit_unknown(void **state)
{
	struct fixture *f = *state;
	struct proxy p;
	struct pg_store through = { 0 };
	struct pg_db *db;
	char url[512];
	int runs = 0;

	proxy_begin(&p);
	snprintf(url, sizeof(url), "postgresql:///postgres?user=postgres&host=%s&options=-csearch_path%%3D%s",
	    p.dir, f->schema);
	through.base.engine = &engine_pg;
	through.base.schema = &test_schema;
	through.url = url;
	db = pg_db_new(&through);
	assert_non_null(db);
	assert_status(
	    &f->t, E_STORE, store_write_wait(&f->t, &through.base, &db->base, insert_counted, &runs));
	assert_non_null(strstr(f->t.why, "COMMIT, whose outcome is unknown"));
	assert_int_equal(runs, 1);
	pg_db_free(db);
	proxy_end(&p);
	assert_int_equal(count_things(f), 1);
}

static enum status
insert_two(struct task *t, void *arg)
{
	(void)arg;
	for (int64_t id = 1; id <= 2; id++)
		TRY(sql_thing_insert_or_not(t, D1, (struct user_id){ id }, STR_NONE, &(int64_t){ 0 }));
	return OK;
}

/* Two that take the same two rows in opposite order, and meet in the middle the first time. */
struct crosser {
	struct fixture    *f;
	int64_t            first, second;
	int                runs;
	pthread_barrier_t *middle;
	pthread_t          thread;
	enum status        outcome;
};

static enum status
cross(struct task *t, void *arg)
{
	struct crosser *c = arg;
	struct thing_add_row row;

	TRY(sql_thing_add(t, D1, (struct user_id){ c->first }, 1, &row));
	if (c->runs++ == 0)
		pthread_barrier_wait(c->middle);
	return sql_thing_add(t, D1, (struct user_id){ c->second }, 1, &row);
}

static void *
cross_main(void *arg)
{
	struct crosser *c = arg;
	struct task t;
	struct db *db;

	task_begin(&t);
	db = db_connect(&t, c->f->store);
	c->outcome = db == NULL ? E_STORE : store_write_wait(&t, c->f->store, db, cross, c);
	db_close(db);
	task_end(&t);
	return NULL;
}

static void
test_deadlock_is_run_again(void **state)
{
	struct fixture *f = *state;
	pthread_barrier_t middle;
	struct crosser c[2] = { { .f = f, .first = 1, .second = 2 }, { .f = f, .first = 2, .second = 1 } };

	assert_ok(&f->t, write_now(f, insert_two, NULL));
	pthread_barrier_init(&middle, NULL, 2);
	for (int i = 0; i < 2; i++) {
		c[i].middle = &middle;
		assert_int_equal(pthread_create(&c[i].thread, NULL, cross_main, &c[i]), 0);
	}
	for (int i = 0; i < 2; i++) {
		pthread_join(c[i].thread, NULL);
		assert_int_equal(c[i].outcome, OK);
	}
	/* One of them at least; a slow machine lets the detector end both, one after the other. */
	assert_true(c[0].runs + c[1].runs > 2);
	pthread_barrier_destroy(&middle);
}

enum { RACERS = 16 };

struct racer {
	struct fixture *f;
	pthread_t       thread;
	int64_t         rows;
	enum status     outcome;
};

static void *
race_main(void *arg)
{
	struct racer *r = arg;
	struct task t;
	struct db *db;

	task_begin(&t);
	db = db_connect(&t, r->f->store);
	r->outcome = db == NULL ? E_STORE : store_write_wait(&t, r->f->store, db, insert_row, &r->rows);
	db_close(db);
	task_end(&t);
	return NULL;
}

/* The affected-row count is a verdict: of all who do the same at once, one is told 1. */
static void
test_F30_one_winner(void **state)
{
	struct fixture *f = *state;
	struct racer r[RACERS];
	int64_t winners = 0;

	for (int i = 0; i < RACERS; i++) {
		r[i] = (struct racer){ .f = f };
		assert_int_equal(pthread_create(&r[i].thread, NULL, race_main, &r[i]), 0);
	}
	for (int i = 0; i < RACERS; i++) {
		pthread_join(r[i].thread, NULL);
		assert_int_equal(r[i].outcome, OK);
		winners += r[i].rows;
	}
	assert_int_equal(winners, 1);
}

struct node {
	const char *url;
	pthread_t   thread;
	enum status outcome;
	bool        was_empty;
};

static void *
node_main(void *arg)
{
	struct node *n = arg;
	struct store_config c = { .url = n->url, .schema = &test_schema };
	struct store *s;
	struct task t;

	task_begin(&t);
	n->outcome = store_open(&t, &c, &s);
	if (n->outcome == OK) {
		n->was_empty = store_is_empty(s);
		store_close(s);
	}
	task_end(&t);
	return NULL;
}

/* Nodes that start together migrate once, and one of them is the first. */
static void
test_nodes_start_together(void **state)
{
	struct fixture *f = fixture_place(true);
	struct node n[4];
	int firsts = 0;

	(void)state;
	for (int i = 0; i < 4; i++) {
		n[i] = (struct node){ .url = f->url };
		assert_int_equal(pthread_create(&n[i].thread, NULL, node_main, &n[i]), 0);
	}
	for (int i = 0; i < 4; i++) {
		pthread_join(n[i].thread, NULL);
		assert_int_equal(n[i].outcome, OK);
		firsts += n[i].was_empty;
	}
	assert_int_equal(firsts, 1);
	fixture_free(f);
}

static void
test_number_of_connections_is_bounded(void **state)
{
	struct fixture *f = *state;
	struct store_config c = { .url = f->url, .schema = &test_schema, .n_connections = 2 };
	struct store *s;
	struct db *a, *b;

	assert_ok(&f->t, store_open(&f->t, &c, &s));
	a = db_connect(&f->t, s);
	b = db_connect(&f->t, s);
	assert_non_null(a);
	assert_non_null(b);
	assert_null(db_connect(&f->t, s));
	assert_string_equal(f->t.why, "PostgreSQL: all 2 connections are in use");
	db_close(b);
	b = db_connect(&f->t, s);
	assert_non_null(b);
	db_close(a);
	db_close(b);
	store_close(s);
}

/* What is wrong with the URL is said at the start, and a standby is not asked who is signed in. */
static void
test_F15_wrong_urls_are_refused(void **state)
{
	static const char *const cases[][2] = {
		{ "postgresql://%%", "--database: invalid percent-encoded token" },
		{ "postgresql:///x?nonsense=1", "--database: invalid URI query parameter" },
		{ "postgresql:///x?target_session_attrs=any", "only the primary knows who is signed in" },
		{ "postgresql:///x?host=/nowhere", "PostgreSQL: connection to server on socket" },
	};
	struct store *s;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct store_config c = { .url = cases[i][0], .schema = &test_schema };
		struct task t;

		task_begin(&t);
		assert_status(&t, E_STORE, store_open(&t, &c, &s));
		if (strstr(t.why, cases[i][1]) == NULL)
			fail_msg("%s: %s", cases[i][0], t.why);
		task_end(&t);
	}
}

/* While the server is away each try waits for its time: no stampede, and an answer at once in between. */
static void
test_tries_to_connect_are_spaced(void **state)
{
	struct pg_store away = { .base = { .engine = &engine_pg, .schema = &test_schema } };
	struct pg_db *db;
	struct task t;

	(void)state;
	away.url = (char[]){ "postgresql:///x?host=/nowhere" };
	db = pg_db_new(&away);
	assert_non_null(db);
	task_begin(&t);
	db->misses = 4;
	assert_status(&t, E_STORE, pg_ensure(&t, db));
	t.why[0] = '\0';
	assert_status(&t, E_STORE, pg_ensure(&t, db));
	assert_string_equal(t.why, "PostgreSQL: not connected; the next try is in a moment");
	for (unsigned i = 0; i < 100; i++)
		assert_in_range(pg_backoff_us(i), 25000, 800000);
	task_end(&t);
	pg_db_free(db);
}

#define TEST(fn) { #fn, fn, setup_pg, teardown, NULL }

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_F09_idle_connection_lost),
		TEST(test_F09_connection_lost_in_transaction),
		TEST(test_F14_silent_server),
		TEST(test_F10_outcome_of_commit_unknown),
		TEST(test_deadlock_is_run_again),
		TEST(test_F30_one_winner),
		TEST(test_nodes_start_together),
		TEST(test_number_of_connections_is_bounded),
		TEST(test_F15_wrong_urls_are_refused),
		TEST(test_tries_to_connect_are_spaced),
	};

	if (getenv("SESSIOND_TEST_PG") == NULL) {
		puts("SESSIOND_TEST_PG is not set: skipped");
		return 77;
	}
	return cmocka_run_group_tests_name("postgresql", tests, NULL, NULL);
}
