/* slug_test.c - slugs stay unique, follow on from each other, and cost little however many there are. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "org/slug.h"

#include <stdlib.h>

#include "base/str.h"
#include "test/unit.h"

enum { NAMES_MAX = 3000 };

/* A table of slugs, and somebody else who is faster `rivals` times. */
struct table {
	struct str names[NAMES_MAX];
	size_t n;
	int rivals;
	size_t look_ups;
};

static bool
has(const struct table *s, struct str slug)
{
	for (size_t i = 0; i < s->n; i++)
		if (str_eq(s->names[i], slug))
			return true;
	return false;
}

static enum status
taken(struct task *t, void *arg, struct str slug, bool *ret_taken)
{
	struct table *s = arg;

	(void)t;
	s->look_ups++;
	*ret_taken = has(s, slug);
	return OK;
}

static enum status
claim(struct task *t, void *arg, struct str slug, bool *ret_done)
{
	struct table *s = arg;

	(void)t;
	assert_false(has(s, slug));
	assert_true(s->n < NAMES_MAX);
	s->names[s->n++] = slug;
	*ret_done = s->rivals <= 0;
	s->rivals--;
	return OK;
}

struct fixture {
	struct task t;
	struct table *table;
	struct slug_place place;
};

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->table = calloc(1, sizeof(*f->table));
	f->t.arena = arena_new(8 << 20);
	assert_non_null(f->table);
	assert_non_null(f->t.arena);
	f->place = (struct slug_place){ taken, claim, f->table };
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	arena_free(f->t.arena);
	free(f->table);
	free(f);
	return 0;
}

static void
expect(struct str got, const char *slug)
{
	if (!str_eq(got, str_of(slug)))
		fail_msg("\"" STR_FMT "\" instead of \"%s\"", STR_ARG(got), slug);
}

static void
test_namesakes_count_up(void **state)
{
	static const char *const want[] = { "acme", "acme-2", "acme-3", "acme-4", "acme-5", "acme-6",
		"acme-7", "acme-8", "acme-9", "acme-10" };
	struct fixture *f = *state;
	struct str got;

	for (size_t i = 0; i < ARRAY_LEN(want); i++) {
		assert_int_equal(slug_claim(&f->t, S("acme"), &f->place, &got), OK);
		expect(got, want[i]);
	}
	assert_int_equal(slug_claim(&f->t, S("other"), &f->place, &got), OK);
	expect(got, "other");
}

/* A name that ends in a number has its own slug already, and those after it do not collide with it. */
static void
test_a_name_may_look_like_a_namesake(void **state)
{
	struct fixture *f = *state;
	struct str got;

	assert_int_equal(slug_claim(&f->t, S("team-2"), &f->place, &got), OK);
	assert_int_equal(slug_claim(&f->t, S("team"), &f->place, &got), OK);
	expect(got, "team");
	assert_int_equal(slug_claim(&f->t, S("team"), &f->place, &got), OK);
	expect(got, "team-3");
	assert_int_equal(slug_claim(&f->t, S("team-2"), &f->place, &got), OK);
	expect(got, "team-2-2");
}

/* F-32: whoever loses the race for a slug takes the next one. */
static void
test_F32_losing_a_race_takes_the_next(void **state)
{
	struct fixture *f = *state;
	struct str got;

	f->table->rivals = 3;
	assert_int_equal(slug_claim(&f->t, S("acme"), &f->place, &got), OK);
	expect(got, "acme-4");
}

static void
test_losing_every_race_ends(void **state)
{
	struct fixture *f = *state;
	struct str got;

	f->table->rivals = NAMES_MAX;
	assert_int_equal(slug_claim(&f->t, S("acme"), &f->place, &got), E_CONFLICT);
}

/* The writer is everybody's: two thousand namesakes must not cost two thousand look-ups each. */
static void
test_many_namesakes_cost_little(void **state)
{
	struct fixture *f = *state;
	struct str got;

	for (int i = 0; i < 2000; i++)
		assert_int_equal(slug_claim(&f->t, S("test"), &f->place, &got), OK);
	expect(got, "test-2000");
	f->table->look_ups = 0;
	assert_int_equal(slug_claim(&f->t, S("test"), &f->place, &got), OK);
	assert_true(f->table->look_ups < 30);
}

/* Organizations called "acme-2", "acme-4", "acme-8" and so on keep nobody from being called "acme". */
static void
test_planted_namesakes_keep_nobody_out(void **state)
{
	struct fixture *f = *state;
	struct str got;

	f->t.now = INT64_C(1790000000000000);
	assert_int_equal(slug_claim(&f->t, S("acme"), &f->place, &got), OK);
	for (int i = 1; i < 63; i++) {
		struct str planted = arena_printf(f->t.arena, "acme-%lld", 1LL << i);

		assert_int_equal(slug_claim(&f->t, planted, &f->place, &got), OK);
	}
	for (int i = 0; i < 3; i++) {
		assert_int_equal(slug_claim(&f->t, S("acme"), &f->place, &got), OK);
		assert_true(str_starts(got, S("acme-")) && str_from(got, 5).n > 12);
	}
}

static void
test_no_memory_is_told(void **state)
{
	struct fixture *f = *state;
	struct str got;

	assert_int_equal(slug_claim(&f->t, S("acme"), &f->place, &got), OK);
	arena_test_fail_after(1);
	assert_int_equal(slug_claim(&f->t, S("acme"), &f->place, &got), E_OVERLOADED);
	arena_test_fail_after(0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_namesakes_count_up, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_name_may_look_like_a_namesake, setup, teardown),
		cmocka_unit_test_setup_teardown(test_F32_losing_a_race_takes_the_next, setup, teardown),
		cmocka_unit_test_setup_teardown(test_losing_every_race_ends, setup, teardown),
		cmocka_unit_test_setup_teardown(test_many_namesakes_cost_little, setup, teardown),
		cmocka_unit_test_setup_teardown(test_planted_namesakes_keep_nobody_out, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_memory_is_told, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
