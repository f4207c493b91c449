/* params_test.c - queries and plain forms have one reading, or none. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/fields_test.h"

static void
test_form_is_read(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "", "" },
		{ "&", "" },
		{ "&&a=1&&", "a=1" },
		{ "=", "" },
		{ "a", "a=" },
		{ "a=", "a=" },
		{ "a=1&b=2&a=3", "a=1 b=2 a=3" },
		{ "a=b=c", "a=b=c" },
		{ "a=1+2%203", "a=1 2 3" },
		{ "a+b=%2B%26%3D%25", "a b=+&=%" },
		{ "%61=%C3%bc", "a=\xC3\xBC" },
		{ "permissions=a&permissions=b", "permissions=a permissions=b" },
		{ "permissions[0]=a&permissions[1]=b", "permissions[]=a permissions[]=b" },
		{ "permissions%5B%5D=a", "permissions[]=a" },
		{ "a[12]=x&a[]", "a[]=x a[]=" },
		/* Other brackets are part of the name. */
		{ "[]=1&[0]=2&a[b]=3&a]=4&a[-1]=5&a[0]b=6", "[]=1 [0]=2 a[b]=3 a]=4 a[-1]=5 a[0]b=6" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct params ps;
		struct str got;

		test_next();
		assert_int_equal(params_parse_form(&test_task, str_of(cases[i].text), &ps), OK);
		got = test_show(&ps);
		if (!str_eq(got, str_of(cases[i].want)))
			fail_msg("'%s' is read as '" STR_FMT "'", cases[i].text, STR_ARG(got));
	}
}

static void
test_F23_API04_bent_forms_are_refused(void **state)
{
	static const struct str cases[] = {
		S_INIT("=1"), S_INIT("a=1&=2"), S_INIT("a=%"), S_INIT("a=%4"), S_INIT("a=%4&b=%41"), S_INIT("a=%zz"),
		S_INIT("%=1"), S_INIT("a=%4G"), S_INIT("a=% 1"), S_INIT("a=%00"), S_INIT("a=x%00y"), S_INIT("a%00=1"),
		S_INIT("a=\0"), S_INIT("a=%FF"), S_INIT("a=\xFF"), S_INIT("a=%C3"), S_INIT("a=%C0%80"),
		S_INIT("a=%ED%A0%80"), S_INIT("a=%F4%90%80%80"), S_INIT("a=%u0041"),
		S_INIT("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa=1"),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct params ps = { 0 };

		test_next();
		if (params_parse_form(&test_task, cases[i], &ps) != E_BAD_REQUEST_BODY)
			fail_msg("'" STR_FMT "' is not refused", STR_ARG(cases[i]));
		assert_null(ps.items);
		assert_true(test_task.why[0] != '\0');
	}
}

static void
test_API04_fields_are_counted(void **state)
{
	static char text[2 * FIELDS_MAX + 2];
	struct params ps;

	(void)state;
	for (size_t i = 0; i <= FIELDS_MAX; i++)
		memcpy(text + 2 * i, "a&", 2);
	assert_int_equal(params_parse_form(&test_task, (struct str){ text, 2 * FIELDS_MAX }, &ps), OK);
	assert_int_equal(ps.n, FIELDS_MAX);
	assert_int_equal(params_parse_form(&test_task, (struct str){ text, sizeof(text) }, &ps), E_BAD_REQUEST_BODY);
}

static void
test_access_by_name(void **state)
{
	struct params ps;

	(void)state;
	assert_int_equal(params_parse_form(&test_task, S("a=1&b=&a=2&A=3"), &ps), OK);
	assert_true(str_eq(params_get(&ps, S("a")), S("1")));
	assert_int_equal(params_count(&ps, S("a")), 2);
	assert_int_equal(params_get(&ps, S("b")).n, 0);
	assert_non_null(params_get(&ps, S("b")).p);
	assert_null(params_get(&ps, S("c")).p);
	assert_int_equal(params_count(&ps, S("c")), 0);
}

static void
test_wiped_values_are_gone(void **state)
{
	static const char zeros[7];
	struct params ps;

	(void)state;
	assert_int_equal(params_parse_form(&test_task, S("password=hunter2&empty="), &ps), OK);
	params_wipe(&ps);
	assert_int_equal(ps.items[0].value.n, 7);
	assert_memory_equal(ps.items[0].value.p, zeros, 7);
	assert_true(str_eq(ps.items[0].name, S("password")));
}

/* Whichever allocation fails, the answer is a refusal for lack of memory and nothing else. */
static void
test_without_memory(void **state)
{
	enum status st = E_OVERLOADED;
	struct params ps;

	(void)state;
	for (long n = 1; st == E_OVERLOADED; n++) {
		assert_true(n < 100);
		test_next();
		arena_test_fail_after(n);
		st = params_parse_form(&test_task, S("a&b&c&d&e&f&g&h&i&j&k&l&m&n&o&p&q&r"), &ps);
		arena_test_fail_after(0);
	}
	assert_int_equal(st, OK);
	assert_int_equal(ps.n, 18);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_form_is_read),
		cmocka_unit_test(test_F23_API04_bent_forms_are_refused),
		cmocka_unit_test(test_API04_fields_are_counted),
		cmocka_unit_test(test_access_by_name),
		cmocka_unit_test(test_wiped_values_are_gone),
		cmocka_unit_test(test_without_memory),
	};

	return cmocka_run_group_tests(tests, test_begin, test_end);
}
