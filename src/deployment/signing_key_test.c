/* signing_key_test.c - keys are published before they sign, and as long as their tokens last. F-29, JWT-11. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "deployment/fixture.h"

#include "deployment/signing_key.h"

static struct settings settings; /* of the deployment at hand */

struct order {
	struct fixture *f;
	struct deployment_id id;
	bool at_once;
	struct str kid;
	struct signing_key_done *done;
	struct signing_key_row *rows;
	size_t n;
};

static enum status
run_rotate(struct task *t, void *arg)
{
	struct order *o = arg;

	return signing_key_rotate(t, o->f->keys, o->id, &settings, o->at_once, &o->kid);
}

static enum status
run_care(struct task *t, void *arg)
{
	struct order *o = arg;

	return signing_key_care(t, o->f->keys, o->id, &settings, &o->done, &o->n);
}

static enum status
run_keys(struct task *t, void *arg)
{
	struct order *o = arg;

	return sql_signing_keys(t, o->id, &o->rows, &o->n);
}

static enum status
run_settings(struct task *t, void *arg)
{
	struct order *o = arg;

	return deployment_settings(t, o->id, &settings);
}

static struct order
begin(struct fixture *f)
{
	struct order o = { .f = f };

	o.id = must_create(f, "api.lumen.example", "lumen.example", MODE_PRODUCTION);
	assert_int_equal(read_now(f, run_settings, &o), OK);
	return o;
}

static void
must_rotate(struct order *o, bool at_once)
{
	o->at_once = at_once;
	if (write_now(o->f, run_rotate, o) != OK)
		fail_msg("%s", o->f->t.why);
}

/* What was done, in the letters m(ade), b(egan), g(one). */
static const char *
care(struct order *o, int64_t after_s)
{
	static char said[4 * SIGNING_KEYS_MAX];

	o->f->t.now += after_s * SECOND_US;
	if (write_now(o->f, run_care, o) != OK)
		fail_msg("%s", o->f->t.why);
	for (size_t i = 0; i < o->n; i++)
		said[i] = "mbg"[o->done[i].step];
	said[o->n] = '\0';
	return said;
}

/* The states, the current one first and then the newest, in the letters n, c, r. */
static const char *
states(struct order *o)
{
	static char said[4 * SIGNING_KEYS_MAX];

	assert_int_equal(read_now(o->f, run_keys, o), OK);
	for (size_t i = 0; i < o->n; i++)
		said[i] = *signing_key_state_name(signing_key_state(&o->rows[i]));
	said[o->n] = '\0';
	return said;
}

static int64_t
due_in(struct order *o)
{
	int64_t due;

	assert_int_equal(read_now(o->f, run_keys, o), OK);
	due = signing_keys_due_at(o->rows, o->n, &settings);
	return due == INT64_MAX ? -1 : (due - o->f->t.now) / SECOND_US;
}

/* 900 s before it signs; 60 + 5 + 900 s after it has. */
static void
test_JWT11_a_rotation(void **state)
{
	struct order o = begin(*state);

	assert_string_equal(states(&o), "c");
	assert_int_equal(due_in(&o), -1);
	must_rotate(&o, false);
	assert_string_equal(states(&o), "cn");
	assert_int_equal(due_in(&o), 900);
	assert_string_equal(care(&o, 899), "");
	assert_string_equal(care(&o, 1), "b");
	assert_string_equal(states(&o), "cr");
	assert_true(str_eq(o.rows[0].kid, o.kid));
	assert_int_equal(due_in(&o), 965);
	assert_string_equal(care(&o, 964), "");
	assert_string_equal(care(&o, 1), "g");
	assert_string_equal(states(&o), "c");
	assert_int_equal(due_in(&o), -1);
}

/* Each waits its own time, however fast they follow one another; there is an end to it. */
static void
test_rotations_queue(void **state)
{
	struct order o = begin(*state);

	must_rotate(&o, false);
	assert_string_equal(care(&o, 60), "");
	must_rotate(&o, false);
	assert_string_equal(states(&o), "cnn");
	assert_string_equal(care(&o, 840), "b");
	assert_string_equal(states(&o), "cnr");
	assert_string_equal(care(&o, 60), "b");
	assert_string_equal(states(&o), "crr");
	for (size_t i = 3; i < SIGNING_KEYS_MAX; i++)
		must_rotate(&o, false);
	assert_int_equal(write_now(o.f, run_rotate, &o), E_LIMIT_REACHED);
	/* A server that was away for long catches up. */
	assert_int_equal(strlen(care(&o, 100000)), SIGNING_KEYS_MAX - 3 + 2);
	assert_int_equal(strlen(states(&o)), SIGNING_KEYS_MAX - 2);
	assert_string_equal(care(&o, 965) + SIGNING_KEYS_MAX - 3, "");
	assert_string_equal(states(&o), "c");
}

static void
test_at_once(void **state)
{
	struct order o = begin(*state);

	must_rotate(&o, false);
	must_rotate(&o, true);
	assert_string_equal(states(&o), "c");
	assert_true(str_eq(o.rows[0].kid, o.kid));
	assert_string_equal(care(&o, 1000000), "");
}

static void
test_the_schedule(void **state)
{
	struct order o = begin(*state);

	settings.jwt_rotate_days = 30;
	assert_int_equal(due_in(&o), 30 * 86400);
	assert_string_equal(care(&o, 30 * 86400 - 1), "");
	assert_string_equal(care(&o, 1), "m");
	assert_string_equal(states(&o), "cn");
	assert_string_equal(care(&o, 899), "");
	assert_string_equal(care(&o, 1), "b");
	assert_string_equal(care(&o, 965), "g");
	assert_int_equal(due_in(&o), 30 * 86400 - 965);
	/* One that was made by hand stands for the schedule's. */
	must_rotate(&o, false);
	assert_int_equal(due_in(&o), 900);
	assert_string_equal(care(&o, 30 * 86400 - 965), "b");
}

static enum status
run_outlast(struct task *t, void *arg)
{
	struct order *o = arg;

	return signing_keys_outlast(t, o->id, &settings);
}

/* A key stays for the longest token that it can have signed: later settings shorten nothing. */
static void
test_a_key_outlasts_its_longest_token(void **state)
{
	struct order o = begin(*state);

	settings.jwt_lifetime_s = 3600;
	assert_int_equal(write_now(o.f, run_outlast, &o), OK);
	settings.jwt_lifetime_s = 60;
	assert_int_equal(write_now(o.f, run_outlast, &o), OK);
	must_rotate(&o, false);
	assert_string_equal(care(&o, 900), "b");
	assert_string_equal(care(&o, 3605 + 899), "");
	assert_string_equal(care(&o, 1), "g");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_JWT11_a_rotation),
		TEST(test_rotations_queue),
		TEST(test_at_once),
		TEST(test_the_schedule),
		TEST(test_a_key_outlasts_its_longest_token),
	};

	return fixture_run(tests, ARRAY_LEN(tests));
}
