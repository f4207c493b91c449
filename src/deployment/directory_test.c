/* directory_test.c - found by host and id, exchanged under readers, and never the wrong one. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "deployment/fixture.h"

#include <pthread.h>
#include <stdatomic.h>

#include "deployment/directory.h"

static struct directory *
open_directory(struct fixture *f, const struct keys *keys, bool with_demo)
{
	struct directory *dir;

	if (directory_new(&f->t, f->store, f->db, keys, with_demo, &dir) != OK)
		fail_msg("%s", f->t.why);
	return dir;
}

/* The id of the host's deployment; 0: none. */
static int64_t
find(struct directory *dir, const char *host, bool https)
{
	const struct deployment *d = directory_find(dir, str_of(host), https);
	int64_t id = d == NULL ? 0 : d->id.v;

	deployment_unref(d);
	return id;
}

static const struct {
	const char *host;
	bool https;
	int which; /* 0: none */
} lookups[] = {
	{ "api.one.example", true, 1 },
	{ "API.ONE.EXAMPLE", true, 1 },
	{ "api.one.example.", true, 1 },
	{ "api.one.example:443", true, 1 },
	{ "api.one.example.:443", true, 1 },
	{ "api.one.example:80", false, 1 },
	{ "api.one.example:80", true, 0 },
	{ "api.one.example:443", false, 0 },
	{ "api.one.example..", true, 0 },
	{ "api.one.example:8443", true, 0 },
	{ "x.api.one.example", true, 0 },
	{ "one.example", true, 0 },
	{ "api.two.example:8443", true, 2 },
	{ "api.two.example", true, 0 },
	{ "127.0.0.1:8080", false, 3 },
	{ "127.0.0.1", false, 0 },
	{ "localhost:8080", false, 0 },
	{ "", true, 0 },
	{ "api.one.example ", true, 0 },
	{ "a@api.one.example", true, 0 },
};

/* TEN-02: the tenant is the host's, exactly; two cannot be mixed up. */
static void
test_TEN02_lookups(void **state)
{
	struct fixture *f = *state;
	int64_t ids[4] = { 0 };
	struct directory *dir;

	ids[1] = must_create(f, "api.one.example", "one.example", MODE_PRODUCTION).v;
	ids[2] = must_create(f, "api.two.example:8443", "two.example", MODE_PRODUCTION).v;
	ids[3] = must_create(f, "127.0.0.1:8080", "localhost:3000", MODE_STAGING).v;
	dir = open_directory(f, f->keys, false);
	for (size_t i = 0; i < ARRAY_LEN(lookups); i++) {
		if (find(dir, lookups[i].host, lookups[i].https) != ids[lookups[i].which])
			fail_msg("\"%s\" %s", lookups[i].host, lookups[i].https ? "https" : "http");
	}
	for (int i = 1; i <= 3; i++) {
		const struct deployment *d = directory_find_id(dir, (struct deployment_id){ ids[i] });

		assert_non_null(d);
		assert_true(d->id.v == ids[i]);
		deployment_unref(d);
	}
	assert_null(directory_find_id(dir, (struct deployment_id){ 1 }));
	directory_free(dir);
}

static void
test_demo_is_only_served_when_asked_for(void **state)
{
	struct fixture *f = *state;
	struct deployment_spec spec = {
		.host = S("localhost:8080"), .frontend_host = S("localhost:8080"), .is_demo = true
	};
	struct deployment_made made;
	struct directory *dir;

	assert_int_equal(create(f, &spec, &made), OK);
	dir = open_directory(f, f->keys, false);
	assert_true(find(dir, "localhost:8080", false) == 0);
	assert_int_equal(directory_refresh(&f->t, dir, f->db, made.id), OK);
	assert_true(find(dir, "localhost:8080", false) == 0);
	directory_free(dir);
	dir = open_directory(f, f->keys, true);
	assert_true(find(dir, "localhost:8080", false) == made.id.v);
	directory_free(dir);
}

struct move {
	struct deployment_id id;
	struct str host;
};

static enum status
run_move(struct task *t, void *arg)
{
	struct move *m = arg;

	return deployment_move(t, m->id, m->host, m->host);
}

static void
test_refresh_publishes_what_changed(void **state)
{
	struct fixture *f = *state;
	struct deployment_id first = must_create(f, "a.example", "x.example", MODE_PRODUCTION);
	struct directory *dir = open_directory(f, f->keys, false);
	struct deployment_id later = must_create(f, "b.example", "x.example", MODE_PRODUCTION);
	struct move m = { first, S("c.example") };
	uint64_t version = directory_version(dir);
	const struct deployment **all;
	const struct deployment *held;

	assert_true(find(dir, "b.example", true) == 0);
	assert_int_equal(directory_refresh(&f->t, dir, f->db, later), OK);
	assert_true(find(dir, "b.example", true) == later.v);
	assert_true(directory_version(dir) != version);

	held = directory_find(dir, S("a.example"), true);
	assert_int_equal(write_now(f, run_move, &m), OK);
	assert_int_equal(directory_refresh(&f->t, dir, f->db, first), OK);
	assert_true(find(dir, "a.example", true) == 0);
	assert_true(find(dir, "c.example", true) == first.v);
	assert_true(str_eq(held->backend_host, S("a.example")));
	deployment_unref(held);

	assert_int_equal(directory_refresh(&f->t, dir, f->db, (struct deployment_id){ 1 }), OK);
	assert_int_equal(directory_all(dir, f->t.arena, &all), 2);
	assert_true(all[0]->id.v == first.v && all[1]->id.v == later.v);
	deployment_unref(all[0]);
	deployment_unref(all[1]);
	directory_free(dir);
}

/* One whose key does not open is left out; it takes nobody else down. */
static void
test_one_that_does_not_load(void **state)
{
	struct fixture *f = *state;
	struct keys *own = f->keys, *other;
	char file[96];
	struct directory *dir;
	struct deployment_id id;

	snprintf(file, sizeof(file), "%s/other.key", f->dir);
	assert_int_equal(keys_load(&f->t, file, true, &other), OK);
	f->keys = other;
	must_create(f, "a.example", "x.example", MODE_PRODUCTION);
	f->keys = own;
	id = must_create(f, "b.example", "x.example", MODE_PRODUCTION);
	dir = open_directory(f, f->keys, false);
	assert_true(find(dir, "a.example", true) == 0);
	assert_true(find(dir, "b.example", true) == id.v);
	directory_free(dir);
	keys_free(other);
}

/* ---- finding while tables are exchanged ---- */

enum { TENANTS = 5, READERS = 3, ROUNDS = 40 };

struct race {
	struct directory *dir;
	struct deployment_id ids[TENANTS];
	atomic_bool over;
	atomic_size_t found, wrong;
};

static void *
read_on(void *arg)
{
	struct race *r = arg;
	char host[32];

	for (size_t i = 0; !atomic_load(&r->over); i++) {
		const struct deployment *d;

		snprintf(host, sizeof(host), "t%zu.example", i % TENANTS);
		d = i % 2 == 0 ? directory_find(r->dir, str_of(host), true)
			       : directory_find_id(r->dir, r->ids[i % TENANTS]);
		if (d == NULL || !str_eq(d->backend_host, str_of(host)) || d->id.v != r->ids[i % TENANTS].v)
			atomic_fetch_add(&r->wrong, 1);
		deployment_unref(d);
		atomic_fetch_add(&r->found, 1);
	}
	return NULL;
}

static void *
refresh_on(void *arg)
{
	struct race *r = ((void **)arg)[0];
	struct fixture *f = ((void **)arg)[1];
	struct task t = { .arena = arena_new(8 << 20), .now = f->t.now };
	struct db *db = db_connect(&t, f->store);

	for (size_t i = 0; i < ROUNDS; i++) {
		if (directory_refresh(&t, r->dir, db, r->ids[i % TENANTS]) != OK)
			atomic_fetch_add(&r->wrong, 1);
		arena_reset(t.arena);
	}
	db_close(db);
	arena_free(t.arena);
	return NULL;
}

/* Run under the thread sanitizer, too. */
static void
test_finding_while_refreshing(void **state)
{
	struct fixture *f = *state;
	struct race r = { .dir = NULL };
	void *arg[] = { &r, f };
	pthread_t readers[READERS], writers[2];
	char host[32];

	for (size_t i = 0; i < TENANTS; i++) {
		snprintf(host, sizeof(host), "t%zu.example", i);
		r.ids[i] = must_create(f, host, "x.example", MODE_PRODUCTION);
	}
	r.dir = open_directory(f, f->keys, false);
	for (size_t i = 0; i < READERS; i++)
		assert_int_equal(pthread_create(&readers[i], NULL, read_on, &r), 0);
	for (size_t i = 0; i < ARRAY_LEN(writers); i++)
		assert_int_equal(pthread_create(&writers[i], NULL, refresh_on, arg), 0);
	for (size_t i = 0; i < ARRAY_LEN(writers); i++)
		pthread_join(writers[i], NULL);
	atomic_store(&r.over, true);
	for (size_t i = 0; i < READERS; i++)
		pthread_join(readers[i], NULL);
	assert_int_equal(atomic_load(&r.wrong), 0);
	assert_true(atomic_load(&r.found) > 0);
	assert_true(directory_version(r.dir) == 1 + 2 * ROUNDS);
	directory_free(r.dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_TEN02_lookups),
		TEST(test_demo_is_only_served_when_asked_for),
		TEST(test_refresh_publishes_what_changed),
		TEST(test_one_that_does_not_load),
		TEST(test_finding_while_refreshing),
	};

	return fixture_run(tests, ARRAY_LEN(tests));
}
