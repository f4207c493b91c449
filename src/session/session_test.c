/* session_test.c - the token table of docs/decisions/session-tokens.md, state by state. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "session/session.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/secret.h"
#include "base/str.h"
#include "session/coherence.h"
#include "store/db.h"
#include "store/store.gen.h"
#include "test/unit.h"

enum { LIFETIME_S = 1800, VALIDITY_S = 30 * 86400, IDLE_S = 7 * 86400 };
#define T0 (INT64_C(1770000000) * SECOND_US)

/* One world a test: a store of its own, a deployment, and a clock that the test moves. */
struct world {
	char                 dir[64];
	struct task          task;
	struct store        *store;
	struct db           *db;
	struct keys         *keys;
	struct deployment    deployment;
	struct session_rules rules;
};

static int
world_open(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	char key[96];

	assert_non_null(w);
	snprintf(w->dir, sizeof(w->dir), "/tmp/session_test.XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	w->task = (struct task){ .arena = arena_new(16 << 20), .now = T0 };
	snprintf(key, sizeof(key), "%s/master.key", w->dir);
	assert_int_equal(keys_load(&w->task, key, true, &w->keys), OK);
	assert_int_equal(store_open(&w->task, &(struct store_config){ .url = w->dir }, &w->store), OK);
	w->db = db_connect(&w->task, w->store);
	assert_non_null(w->db);
	w->deployment.id.v = 7;
	w->deployment.settings.auth.session_token_lifetime_s = LIFETIME_S;
	w->deployment.settings.auth.session_validity_period_s = VALIDITY_S;
	w->deployment.settings.auth.session_inactive_timeout_s = IDLE_S;
	w->rules = (struct session_rules){ w->keys, &w->deployment, activity_new() };
	*state = w;
	return 0;
}

static int
remove_entry(const char *path, const struct stat *sb, int kind, struct FTW *at)
{
	(void)sb, (void)kind, (void)at;
	return remove(path);
}

static int
world_close(void **state)
{
	struct world *w = *state;

	activity_free(w->rules.activity);
	db_close(w->db);
	store_close(w->store);
	keys_free(w->keys);
	arena_free(w->task.arena);
	assert_int_equal(nftw(w->dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS), 0);
	free(w);
	return 0;
}

/* ---- one call each: what a request with this token would see ---- */

struct call {
	struct world       *w;
	struct str          token;
	bool                stores;
	struct session_ref  ref;
	enum session_action action;
	struct session_id   stolen;
};

static enum status
do_resolve(struct task *t, void *arg)
{
	struct call *c = arg;

	return session_resolve(t, &c->w->rules, c->token, c->stores, &c->ref, &c->action);
}

static enum status
do_settle(struct task *t, void *arg)
{
	struct call *c = arg;

	return session_settle(t, &c->w->rules, c->token, c->stores, &c->ref, &c->stolen);
}

/* A request: read, settle if something is due. */
static struct call
request(struct world *w, struct str token, bool stores)
{
	struct call c = { .w = w, .token = token, .stores = stores };

	assert_int_equal(db_read(&w->task, w->db, do_resolve, &c), OK);
	if (c.action != SESSION_READY)
		assert_int_equal(store_write_wait(&w->task, w->store, w->db, do_settle, &c), OK);
	return c;
}

static enum status
do_store(struct task *t, void *arg)
{
	struct call *c = arg;

	TRY(session_settle(t, &c->w->rules, c->token, true, &c->ref, &c->stolen));
	return session_store(t, &c->w->rules, &c->ref);
}

/* A request that changes something: the session gets its row. */
static struct call
first_post(struct world *w, struct str token)
{
	struct call c = { .w = w, .token = token };

	assert_int_equal(store_write_wait(&w->task, w->store, w->db, do_store, &c), OK);
	return c;
}

static enum status
do_renew(struct task *t, void *arg)
{
	struct call *c = arg;

	TRY(do_store(t, c));
	return session_renew(t, &c->w->rules, &c->ref);
}

/* A completed sign-in, as far as tokens go. */
static struct call
sign_in(struct world *w, struct str token)
{
	struct call c = { .w = w, .token = token };

	assert_int_equal(store_write_wait(&w->task, w->store, w->db, do_renew, &c), OK);
	return c;
}

static void
pass(struct world *w, int64_t seconds)
{
	w->task.now += seconds * SECOND_US;
}

static bool
same(struct str a, struct str b)
{
	return str_eq(a, b);
}

/* ---- the claims ---- */

static void
test_no_token_is_a_new_anonymous_session(void **state)
{
	struct world *w = *state;
	struct call c = request(w, S(""), false);

	assert_false(c.ref.stored);
	assert_true(token_is_anonymous(c.ref.token_out));
	assert_true(c.ref.id.v > 0);
}

static void
test_anonymous_answers_from_itself(void **state)
{
	struct world *w = *state;
	struct call first = request(w, S(""), false);
	struct call again = request(w, first.ref.token_out, false);

	assert_int_equal(again.ref.id.v, first.ref.id.v);
	assert_null(again.ref.token_out.p);
	pass(w, 31 * 86400);
	again = request(w, first.ref.token_out, false);
	assert_int_not_equal(again.ref.id.v, first.ref.id.v);
}

static void
test_SES01_any_changed_byte_is_another_token(void **state)
{
	struct world *w = *state;
	struct call anonymous = request(w, S(""), false);
	struct call signed_in = sign_in(w, S(""));
	struct str tokens[] = { anonymous.ref.token_out, signed_in.ref.token_out };

	for (size_t k = 0; k < ARRAY_LEN(tokens); k++) {
		int64_t id = k ? signed_in.ref.id.v : anonymous.ref.id.v;

		for (size_t i = 0; i < tokens[k].n; i++) {
			struct str bent = arena_dup(w->task.arena, tokens[k]);
			char *p = (char *)(uintptr_t)bent.p;

			p[i] = p[i] == 'A' ? 'B' : 'A';
			assert_int_not_equal(request(w, bent, true).ref.id.v, id);
		}
	}
}

static void
test_SES05_a_token_from_the_client_is_never_adopted(void **state)
{
	struct world *w = *state;
	struct call c = first_post(w, S("attackerattackerattackerattackerattacker123"));

	assert_false(same(c.ref.token_out, S("attackerattackerattackerattackerattacker123")));
	assert_true(c.ref.stored);
}

static void
test_parallel_first_posts_share_the_first_stored_token(void **state)
{
	struct world *w = *state;
	struct call anonymous = request(w, S(""), false);
	struct call a = first_post(w, anonymous.ref.token_out);
	struct call b = first_post(w, anonymous.ref.token_out);

	assert_true(same(a.ref.token_out, b.ref.token_out));
	assert_int_equal(a.ref.id.v, anonymous.ref.id.v);
	assert_int_equal(b.ref.id.v, anonymous.ref.id.v);
}

/* Whoever planted the anonymous token posts after the victim signed in: at once, and after every trace has been swept. */
static void
test_SES04_a_planted_anonymous_token_never_follows(void **state)
{
	struct world *w = *state;
	struct call anonymous = request(w, S(""), false);
	struct call victim = sign_in(w, anonymous.ref.token_out);
	int64_t waits[] = { 0, 61, 3600, 86400 };

	for (size_t i = 0; i < ARRAY_LEN(waits); i++) {
		struct call attacker;

		pass(w, waits[i]);
		attacker = first_post(w, anonymous.ref.token_out);
		assert_int_not_equal(attacker.ref.id.v, victim.ref.id.v);
	}
}

static enum status
do_sweep_tokens(struct task *t, void *arg)
{
	int64_t rows;

	(void)arg;
	return sql_session_token_expired_delete(t, t->now, 1000, &rows);
}

static void
test_SES04_nor_when_the_superseded_token_has_been_swept(void **state)
{
	struct world *w = *state;
	struct call anonymous = request(w, S(""), false);
	struct call victim, attacker;

	first_post(w, anonymous.ref.token_out);
	victim = sign_in(w, anonymous.ref.token_out);
	pass(w, 120);
	assert_int_equal(store_write_wait(&w->task, w->store, w->db, do_sweep_tokens, NULL), OK);
	/* Not even before it stores anything: an id is all that ending a sign-in takes. */
	attacker = request(w, anonymous.ref.token_out, true);
	assert_int_not_equal(attacker.ref.id.v, victim.ref.id.v);
	attacker = first_post(w, anonymous.ref.token_out);
	assert_int_not_equal(attacker.ref.id.v, victim.ref.id.v);
	assert_int_equal(request(w, victim.ref.token_out, false).ref.id.v, victim.ref.id.v);
}

static void
test_SES04_a_superseded_token_sees_a_signed_out_view_for_a_minute(void **state)
{
	struct world *w = *state;
	struct call before = first_post(w, S(""));
	struct call after = sign_in(w, before.ref.token_out);
	struct call view = request(w, before.ref.token_out, false);

	assert_true(view.ref.superseded);
	assert_false(view.ref.stored);
	assert_null(view.ref.token_out.p);
	pass(w, 59);
	assert_true(request(w, before.ref.token_out, false).ref.superseded);
	pass(w, 1);
	view = request(w, before.ref.token_out, false);
	assert_false(view.ref.superseded);
	assert_int_not_equal(view.ref.id.v, after.ref.id.v);
	assert_true(token_is_anonymous(view.ref.token_out));
}

static void
test_rotation_converges(void **state)
{
	struct world *w = *state;
	struct call first = sign_in(w, S("")), a, b;

	pass(w, LIFETIME_S - 1);
	assert_null(request(w, first.ref.token_out, false).ref.token_out.p);
	pass(w, 1);
	a = request(w, first.ref.token_out, false);
	b = request(w, first.ref.token_out, false);
	assert_non_null(a.ref.token_out.p);
	assert_true(same(a.ref.token_out, b.ref.token_out));
	assert_false(same(a.ref.token_out, first.ref.token_out));
	assert_int_equal(request(w, a.ref.token_out, false).ref.id.v, first.ref.id.v);
}

/* The answer with the successor was lost: the old token goes on, however late, and gets the same successor. */
static void
test_a_lost_answer_signs_nobody_out(void **state)
{
	struct world *w = *state;
	struct call first = sign_in(w, S("")), a, b;

	pass(w, LIFETIME_S);
	a = request(w, first.ref.token_out, false);
	pass(w, 3600);
	b = request(w, first.ref.token_out, false);
	assert_int_equal(b.ref.id.v, first.ref.id.v);
	assert_true(same(a.ref.token_out, b.ref.token_out));
}

static void
test_a_replaced_token_that_comes_back_ends_the_session(void **state)
{
	struct world *w = *state;
	struct call first = sign_in(w, S("")), next, thief;

	pass(w, LIFETIME_S);
	next = request(w, first.ref.token_out, false);
	request(w, next.ref.token_out, false);
	pass(w, 59);
	assert_int_equal(request(w, first.ref.token_out, false).ref.id.v, first.ref.id.v);
	pass(w, 1);
	thief = request(w, first.ref.token_out, false);
	assert_int_equal(thief.stolen.v, first.ref.id.v);
	assert_int_not_equal(thief.ref.id.v, first.ref.id.v);
	/* Whoever has the successor is out too: nobody can tell thief and owner apart. */
	assert_int_not_equal(request(w, next.ref.token_out, false).ref.id.v, first.ref.id.v);
}

/* Used for the first time only when it was due itself: it is replaced at once, and its predecessor's time still begins. */
static void
test_a_successor_first_used_when_due_ends_its_predecessor(void **state)
{
	struct world *w = *state;
	struct call first = sign_in(w, S("")), second, third, late;

	pass(w, LIFETIME_S);
	second = request(w, first.ref.token_out, false);
	pass(w, LIFETIME_S);
	third = request(w, second.ref.token_out, false);
	assert_false(same(third.ref.token_out, second.ref.token_out));
	assert_int_equal(request(w, third.ref.token_out, false).ref.id.v, first.ref.id.v);
	pass(w, 60);
	late = request(w, first.ref.token_out, false);
	assert_int_equal(late.stolen.v, first.ref.id.v);
	assert_int_not_equal(late.ref.id.v, first.ref.id.v);
}

static void
test_SES08_inactivity(void **state)
{
	struct world *w = *state;
	struct call c = sign_in(w, S(""));
	struct str token = c.ref.token_out;

	w->deployment.settings.auth.session_token_lifetime_s = VALIDITY_S;
	pass(w, IDLE_S - 1);
	assert_int_equal(request(w, token, false).ref.id.v, c.ref.id.v);
	activity_note(w->rules.activity, w->deployment.id, c.ref.id, (struct signin_id){ 0 }, T0, w->task.now);
	pass(w, IDLE_S - 1);
	assert_int_equal(request(w, token, false).ref.id.v, c.ref.id.v);
	pass(w, 1);
	assert_int_not_equal(request(w, token, false).ref.id.v, c.ref.id.v);
}

static void
test_SES09_absolute_limit(void **state)
{
	struct world *w = *state;
	struct call c = sign_in(w, S(""));
	struct str token = c.ref.token_out;
	int64_t day;

	w->deployment.settings.auth.session_token_lifetime_s = 2 * VALIDITY_S;
	for (day = 1; day < VALIDITY_S / 86400; day++) {
		pass(w, 86400);
		activity_note(w->rules.activity, w->deployment.id, c.ref.id, (struct signin_id){ 0 }, 0, w->task.now);
		assert_int_equal(request(w, token, false).ref.id.v, c.ref.id.v);
	}
	pass(w, 86400);
	assert_int_not_equal(request(w, token, false).ref.id.v, c.ref.id.v);
}

static void
test_SES02_no_randomness_no_session(void **state)
{
	struct world *w = *state;
	struct call c = { .w = w };

	secret_test_fail_random(true);
	assert_int_equal(store_write_wait(&w->task, w->store, w->db, do_renew, &c), E_INTERNAL);
	secret_test_fail_random(false);
}

static void
test_TEN03_a_token_is_bound_to_its_deployment(void **state)
{
	struct world *w = *state;
	struct call anonymous = request(w, S(""), false), stored = sign_in(w, S(""));

	w->deployment.id.v = 8;
	assert_int_not_equal(request(w, anonymous.ref.token_out, true).ref.id.v, anonymous.ref.id.v);
	assert_int_not_equal(request(w, stored.ref.token_out, true).ref.id.v, stored.ref.id.v);
}

static void
test_V37_every_cut_of_a_token_is_refused(void **state)
{
	struct world *w = *state;
	struct call anonymous = request(w, S(""), false), stored = sign_in(w, S(""));
	struct call calls[] = { anonymous, stored };

	for (size_t k = 0; k < ARRAY_LEN(calls); k++) {
		struct str token = calls[k].ref.token_out;

		for (size_t n = 0; n < token.n; n++) {
			struct str head = { token.p, n }, tail = str_from(token, token.n - n);

			assert_int_not_equal(request(w, head, true).ref.id.v, calls[k].ref.id.v);
			assert_int_not_equal(request(w, tail, true).ref.id.v, calls[k].ref.id.v);
		}
	}
}

/* A writer commits, then publishes: what was built from before is stale from then on, and not earlier. */
static void
test_a_change_is_told_only_when_published(void **state)
{
	struct world *w = *state;
	struct call c = first_post(w, S(""));
	uint64_t before = coherence_now();

	sign_in(w, c.ref.token_out);
	assert_true(coherence_is_fresh(before, w->deployment.id, SUBJECT_SESSION, c.ref.id.v));
	coherence_publish(&w->task);
	assert_false(coherence_is_fresh(before, w->deployment.id, SUBJECT_SESSION, c.ref.id.v));
	assert_true(coherence_is_fresh(coherence_now(), w->deployment.id, SUBJECT_SESSION, c.ref.id.v));
}

#define T(name) cmocka_unit_test_setup_teardown(name, world_open, world_close)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_no_token_is_a_new_anonymous_session),
		T(test_anonymous_answers_from_itself),
		T(test_SES01_any_changed_byte_is_another_token),
		T(test_SES05_a_token_from_the_client_is_never_adopted),
		T(test_parallel_first_posts_share_the_first_stored_token),
		T(test_SES04_a_planted_anonymous_token_never_follows),
		T(test_SES04_nor_when_the_superseded_token_has_been_swept),
		T(test_SES04_a_superseded_token_sees_a_signed_out_view_for_a_minute),
		T(test_rotation_converges),
		T(test_a_lost_answer_signs_nobody_out),
		T(test_a_replaced_token_that_comes_back_ends_the_session),
		T(test_a_successor_first_used_when_due_ends_its_predecessor),
		T(test_SES08_inactivity),
		T(test_SES09_absolute_limit),
		T(test_SES02_no_randomness_no_session),
		T(test_TEN03_a_token_is_bound_to_its_deployment),
		T(test_V37_every_cut_of_a_token_is_refused),
		T(test_a_change_is_told_only_when_published),
	};

	if (!secret_init_libraries() || !id_init())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
