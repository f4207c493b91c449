/* cache_test.c - the promise about stale answers, explored over every order of steps; and the table. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "session/cache.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "session/slab.h"
#include "test/unit.h"

static const struct deployment_id D = { 7 };
static const struct user_id USER = { 11 };

static struct token_hash
token(uint64_t n)
{
	struct token_hash h = { { 0 } };

	/* Spread as a SHA-256 would be. */
	n *= UINT64_C(0x9e3779b97f4a7c15);
	n ^= n >> 29;
	memcpy(h.b, &n, sizeof(n));
	memcpy(h.b + 8, &n, sizeof(n));
	return h;
}

/* A snapshot of session `n`, with one sign-in of USER, built from `moment`. */
static struct snapshot *
make(uint64_t n, uint64_t moment, struct str json)
{
	struct signin_row signin = { .id = { 5 }, .user = USER, .expires_at = INT64_MAX };
	struct session_state state = { .id = { (int64_t)n + 1 }, .signins = &signin, .n_signins = 1, .active = &signin };
	struct session_ref ref = { .id = state.id, .stored = true, .hash = token(n), .expires_at = INT64_MAX };

	return snapshot_new(moment, D, &ref, INT64_MAX, &state, json, STR_NONE);
}

static void
publish(struct user_id user)
{
	struct touch touch = { NULL, D, SUBJECT_USER, user.v };
	struct task t = { .touched = &touch };

	coherence_publish(&t);
}

/*
 * The model. One writer: commit, publish, reply. One reader: take the moment, read, put.
 * One server: serve. The exhaustive scheduler below runs every order of their steps
 * (each thread's own order kept) and checks the promise at every serve:
 *
 *   after the writer has replied, nothing is served that was read before the commit.
 */
enum step { COMMIT, PUBLISH, REPLY, MOMENT, READ, PUT, SERVE, STEP__COUNT };
static const enum step writer_steps[] = { COMMIT, PUBLISH, REPLY };
static const enum step reader_steps[] = { MOMENT, READ, PUT };
static const enum step server_steps[] = { SERVE, SERVE };

struct model {
	struct cache *cache;
	int           stored;		/* the value in the store */
	bool          replied;
	uint64_t      moment;
	int           read;		/* what the reader saw */
	unsigned      serves, hits;
};

static void
model_serve(struct model *m)
{
	struct token_hash h = token(1);
	struct snapshot *s = cache_find(m->cache, D, &h, 0);

	m->serves++;
	if (!s)
		return;
	m->hits++;
	if (m->replied)
		assert_int_equal(s->json[0] - '0', m->stored);
	snapshot_unref(s);
}

static void
model_put(struct model *m)
{
	char digit = (char)('0' + m->read);
	struct snapshot *s = make(1, m->moment, (struct str){ &digit, 1 });

	cache_put(m->cache, s);
	snapshot_unref(s);
}

static void
model_step(struct model *m, enum step step)
{
	switch (step) {
	case COMMIT: m->stored = 1; return;
	case PUBLISH: publish(USER); return;
	case REPLY: m->replied = true; return;
	case MOMENT: m->moment = coherence_now(); return;
	case READ: m->read = m->stored; return;
	case PUT: model_put(m); return;
	case SERVE: model_serve(m); return;
	case STEP__COUNT: break;
	}
	fail_msg("step %d", (int)step);
}

struct schedule {
	enum step steps[16];
	size_t    n;
	unsigned  runs, hits;
};

static void
run_schedule(struct schedule *sc)
{
	struct model m = { .cache = cache_new(1 << 20) };

	for (size_t i = 0; i < sc->n; i++)
		model_step(&m, sc->steps[i]);
	/* Once everything is over: an answer from before the commit must not be there. */
	model_serve(&m);
	sc->runs++;
	sc->hits += m.hits;
	cache_free(m.cache);
}

/* Every interleaving of the three threads, by depth-first choice of whose step is next. */
static void
explore(struct schedule *sc, size_t w, size_t r, size_t s)
{
	bool leaf = true;

	if (w < ARRAY_LEN(writer_steps)) {
		leaf = false;
		sc->steps[sc->n++] = writer_steps[w];
		explore(sc, w + 1, r, s);
		sc->n--;
	}
	if (r < ARRAY_LEN(reader_steps)) {
		leaf = false;
		sc->steps[sc->n++] = reader_steps[r];
		explore(sc, w, r + 1, s);
		sc->n--;
	}
	if (s < ARRAY_LEN(server_steps)) {
		leaf = false;
		sc->steps[sc->n++] = server_steps[s];
		explore(sc, w, r, s + 1);
		sc->n--;
	}
	if (leaf)
		run_schedule(sc);
}

static void
test_F26_no_order_of_steps_serves_what_was_revoked(void **state)
{
	struct schedule sc = { .n = 0 };

	(void)state;
	explore(&sc, 0, 0, 0);
	/* 8! / (3! 3! 2!) orders; and the cache does serve in some of them. */
	assert_int_equal(sc.runs, 560);
	assert_true(sc.hits > 0);
}

/* The same promise under real threads: a value only grows, and a serve never shows less than what was acknowledged. */
enum { ROUNDS = 20000 };

struct race {
	struct cache   *cache;
	_Atomic int64_t stored, acknowledged;
	_Atomic bool    over;
};

static void *
race_writer(void *arg)
{
	struct race *r = arg;

	for (int64_t i = 1; i <= ROUNDS; i++) {
		atomic_store(&r->stored, i);
		publish(USER);
		atomic_store(&r->acknowledged, i);
	}
	atomic_store(&r->over, true);
	return NULL;
}

static void *
race_reader(void *arg)
{
	struct race *r = arg;

	while (!atomic_load(&r->over)) {
		uint64_t moment = coherence_now();
		int64_t value = atomic_load(&r->stored);
		struct snapshot *s = make(1, moment, (struct str){ (const char *)&value, sizeof(value) });

		cache_put(r->cache, s);
		snapshot_unref(s);
	}
	return NULL;
}

static void *
race_server(void *arg)
{
	struct race *r = arg;
	struct token_hash h = token(1);

	while (!atomic_load(&r->over)) {
		int64_t least = atomic_load(&r->acknowledged), value;
		struct snapshot *s = cache_find(r->cache, D, &h, 0);

		if (!s)
			continue;
		memcpy(&value, s->json, sizeof(value));
		CHECK(value >= least);
		snapshot_unref(s);
	}
	return NULL;
}

static void
test_F26_nor_do_real_threads(void **state)
{
	struct race r = { .cache = cache_new(1 << 20) };
	void *(*const roles[])(void *) = { race_writer, race_reader, race_reader, race_server, race_server };
	pthread_t threads[ARRAY_LEN(roles)];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(roles); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, roles[i], &r), 0);
	for (size_t i = 0; i < ARRAY_LEN(roles); i++)
		pthread_join(threads[i], NULL);
	cache_free(r.cache);
}

static void
test_the_ceiling_holds(void **state)
{
	struct cache *c = cache_new(1 << 20);
	static char json[1000];
	struct cache_stats stats;

	(void)state;
	memset(json, 'x', sizeof(json));
	for (uint64_t n = 0; n < 20000; n++) {
		struct snapshot *s = make(n, coherence_now(), (struct str){ json, sizeof(json) });

		cache_put(c, s);
		snapshot_unref(s);
		cache_stats(c, &stats);
		assert_true(stats.bytes <= stats.ceiling);
	}
	assert_true(stats.entries > 500);
	assert_true(stats.evictions > 18000);
	cache_free(c);
}

/* Answers that grow all the time leave segments of every kind behind; they are given up before new ones are taken. */
static void
test_the_process_holds_little_more_than_the_ceiling(void **state)
{
	enum { CEILING = 32 << 20 };
	struct cache *c = cache_new(CEILING);
	static char json[12000];
	size_t most = 0;

	(void)state;
	memset(json, 'x', sizeof(json));
	for (uint64_t n = 0; n < 60000; n++) {
		struct snapshot *s = make(n, coherence_now(), (struct str){ json, 1000 + n * 11000 / 60000 });

		cache_put(c, s);
		snapshot_unref(s);
		most = slab_held() > most ? slab_held() : most;
	}
	assert_true(most <= CEILING + CEILING / 8 + SLAB_BEGUN_MAX);
	cache_free(c);
	assert_int_equal(slab_held(), 0);
}

static void
test_what_is_served_stays_longer(void **state)
{
	struct cache *c = cache_new(1 << 20);
	static char json[1000];
	unsigned kept = 0;

	(void)state;
	for (uint64_t n = 0; n < 5000; n++) {
		struct snapshot *s = make(n, coherence_now(), (struct str){ json, sizeof(json) });

		cache_put(c, s);
		snapshot_unref(s);
		for (uint64_t often = 0; often < 20; often++) {
			struct token_hash h = token(often);

			snapshot_unref(cache_find(c, D, &h, 0));
		}
	}
	for (uint64_t often = 0; often < 20; often++) {
		struct token_hash h = token(often);
		struct snapshot *s = cache_find(c, D, &h, 0);

		kept += s != NULL;
		snapshot_unref(s);
	}
	assert_true(kept >= 18);
	cache_free(c);
}

static void
test_a_snapshot_is_small(void **state)
{
	static char json[3000];
	struct snapshot *s = make(1, 0, (struct str){ json, sizeof(json) });

	(void)state;
	assert_true(s->size + sizeof(struct snapshot *) <= sizeof(json) * 13 / 10 + 256);
	snapshot_unref(s);
}

static void
test_another_deployment_has_other_answers(void **state)
{
	struct cache *c = cache_new(1 << 20);
	struct snapshot *s = make(1, coherence_now(), S("x"));
	struct token_hash h = token(1);

	(void)state;
	cache_put(c, s);
	snapshot_unref(s);
	assert_null(cache_find(c, (struct deployment_id){ 8 }, &h, 0));
	snapshot_unref(cache_find(c, D, &h, 0));
	cache_free(c);
}

static void
test_F27_one_flight_for_all_who_ask_at_once(void **state)
{
	struct cache *c = cache_new(1 << 20);
	struct token_hash h = token(1), other = token(2);
	struct waiter w[3], *first;

	(void)state;
	assert_true(cache_join(c, D, &h, &w[0]));
	assert_false(cache_join(c, D, &h, &w[1]));
	assert_false(cache_join(c, D, &h, &w[2]));
	assert_true(cache_join(c, D, &other, &w[0]));
	first = cache_land(c, D, &h);
	assert_ptr_equal(first, &w[1]);
	assert_ptr_equal(first->next, &w[2]);
	assert_null(first->next->next);
	assert_null(cache_land(c, D, &h));
	assert_null(cache_land(c, D, &other));
	cache_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_F26_no_order_of_steps_serves_what_was_revoked),
		cmocka_unit_test(test_F26_nor_do_real_threads),
		cmocka_unit_test(test_the_ceiling_holds),
		cmocka_unit_test(test_the_process_holds_little_more_than_the_ceiling),
		cmocka_unit_test(test_what_is_served_stays_longer),
		cmocka_unit_test(test_a_snapshot_is_small),
		cmocka_unit_test(test_another_deployment_has_other_answers),
		cmocka_unit_test(test_F27_one_flight_for_all_who_ask_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
