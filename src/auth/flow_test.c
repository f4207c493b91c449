/* flow_test.c - no order of steps signs anybody in but those that prove what has to be proved. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/flow.c"
#include "auth/auth_test.h"

enum { LENGTH_MAX = 4 };

/* One order of steps, and where it led; a step that is refused ends it. */
struct walk {
	enum flow       flow;
	unsigned        facts;	/* at the beginning */
	unsigned        left;	/* what is still needed */
	enum flow_event events[LENGTH_MAX];
	size_t          n;
	enum flow_state state;
};

static size_t
count(const struct walk *w, enum flow_event e)
{
	size_t n = 0;

	for (size_t i = 0; i < w->n; i++)
		n += w->events[i] == e;
	return n;
}

static bool
is_sending(enum flow_event e)
{
	return e == EVENT_MAIL_CODE_SENT || e == EVENT_LINK_SENT || e == EVENT_SMS_CODE_SENT;
}

/* The events that prove or choose something, in order, as letters: said here once more, without the table. */
static struct str
letters(const struct walk *w, char text[LENGTH_MAX])
{
	static const char of[EVENT__COUNT] = {
		[EVENT_PASSWORD_RIGHT] = 'p', [EVENT_FORM_ACCEPTED] = 'f', [EVENT_MAIL_CODE_CHOSEN] = 'm',
		[EVENT_LINK_CHOSEN] = 'l', [EVENT_SMS_CODE_CHOSEN] = 's', [EVENT_RESET_ASKED] = 'r', [EVENT_CODE_RIGHT] = 'c',
		[EVENT_LINK_RIGHT] = 'k', [EVENT_SECOND_FACTOR_RIGHT] = '2', [EVENT_PROFILE_FILLED] = 'o',
		[EVENT_PASSWORD_SET] = 'w',
	};
	size_t n = 0;

	for (size_t i = 0; i < w->n; i++)
		if (!is_sending(w->events[i]))
			text[n++] = of[w->events[i]];
	return (struct str){ text, n };
}

/* What signs in, for each flow and need, by hand. Asking for a reset again is allowed at any time before its end. */
static bool
should_sign_in(const struct walk *w)
{
	static const char *const firsts[] = { "p", "mc", "lk", "sc" };
	bool second = w->facts & NEEDS_SECOND_FACTOR, profile = w->facts & NEEDS_PROFILE;
	char text[LENGTH_MAX], want[16];
	struct str got = letters(w, text);

	if (w->flow == FLOW_SIGN_UP) {
		(void)snprintf(want, sizeof(want), "f%s%s", w->facts & NEEDS_EMAIL ? "c" : "", w->facts & NEEDS_PHONE ? "c" : "");
		return str_eq(got, str_of(want));
	}
	if (w->flow == FLOW_RESET) {
		/* With more to prove it ends as an attempt of a sign-in. */
		return !second && !profile && str_ends(got, S("rcw")) && count(w, EVENT_PASSWORD_SET) == 1;
	}
	for (size_t i = 0; i < ARRAY_LEN(firsts); i++) {
		(void)snprintf(want, sizeof(want), "%s%s%s%s", firsts[i], i == 0 && w->facts & NEEDS_EMAIL ? "c" : "",
		    second ? "2" : "", profile ? "o" : "");
		if (str_eq(got, str_of(want)))
			return true;
	}
	return false;
}

/* One step. What it proves is needed no more, if it is taken. */
static bool
take(struct walk *w, enum flow_event e)
{
	unsigned left = w->left;

	left &= e == EVENT_PROFILE_FILLED ? ~(unsigned)NEEDS_PROFILE : ~0u;
	left &= e == EVENT_SECOND_FACTOR_RIGHT ? ~(unsigned)NEEDS_SECOND_FACTOR : ~0u;
	if (!flow_next(w->flow, w->state, e, left, &w->state))
		return false;
	w->left = left;
	w->events[w->n++] = e;
	return true;
}

static size_t signed_in, tried;

static void
check(const struct walk *w)
{
	bool expected = should_sign_in(w);

	tried++;
	signed_in += w->state == STATE_DONE;
	if ((w->state == STATE_DONE) != expected)
		fail_msg("flow %d, facts %u: %zu steps, %s", w->flow, w->facts, w->n, expected ? "refused" : "signed in");
}

/* Every further step, from wherever this order of steps has led. A refused step changes nothing. */
static void
extend(const struct walk *w)
{
	for (int e = 0; e < EVENT__COUNT && w->n < LENGTH_MAX; e++) {
		struct walk next = *w;

		if (!take(&next, (enum flow_event)e)) {
			tried++;
			continue;
		}
		check(&next);
		extend(&next);
	}
}

static void
test_AUT09_only_the_tables_paths_sign_in(void **state)
{
	(void)state;
	for (int f = 0; f < FLOW__COUNT; f++)
		for (unsigned facts = 0; facts <= FACTS_ALL; facts++)
			extend(&(struct walk){ .flow = (enum flow)f, .facts = facts, .left = facts });
	/* With none but the legal prefixes left standing it would be easy to try nothing. */
	assert_true(tried > 2000 && signed_in > 30);
}

/* All orders, refused steps and all: whoever ignores a refusal and goes on gets no further than without that step. */
static void
test_AUT09_refused_steps_lead_nowhere(void **state)
{
	size_t n = 1, done = 0;

	(void)state;
	for (int i = 0; i < LENGTH_MAX; i++)
		n *= EVENT__COUNT;
	for (int f = 0; f < FLOW__COUNT; f++)
		for (unsigned facts = 0; facts <= FACTS_ALL; facts++)
			for (size_t order = 0; order < n; order++) {
				struct walk w = { .flow = (enum flow)f, .facts = facts, .left = facts };
				size_t left = order;

				for (int i = 0; i < LENGTH_MAX; i++, left /= EVENT__COUNT)
					(void)take(&w, (enum flow_event)(left % EVENT__COUNT));
				if ((w.state == STATE_DONE) != should_sign_in(&w))
					fail_msg("flow %d, facts %u, order %zu", f, facts, order);
				done += w.state == STATE_DONE;
			}
	assert_true(done > 0);
}

static void
test_nothing_follows_the_end(void **state)
{
	enum flow_state next;

	(void)state;
	for (int f = 0; f < FLOW__COUNT; f++)
		for (int e = 0; e < EVENT__COUNT; e++)
			for (unsigned facts = 0; facts <= FACTS_ALL; facts++)
				assert_false(flow_next((enum flow)f, STATE_DONE, (enum flow_event)e, facts, &next));
}

/* Two rows that fit the same moment would make their order in the table decide. */
static void
test_no_two_rows_fit_one_moment(void **state)
{
	(void)state;
	for (int f = 0; f < FLOW__COUNT; f++)
		for (int s = 0; s < STATE__COUNT; s++)
			for (int e = 0; e < EVENT__COUNT; e++)
				for (unsigned facts = 0; facts <= FACTS_ALL; facts++) {
					size_t n = 0;

					for (size_t i = 0; i < ARRAY_LEN(rows); i++)
						n += fits(&rows[i], (enum flow)f, (enum flow_state)s, (enum flow_event)e, facts);
					assert_true(n <= 1);
				}
}

static void
test_steps_are_told_in_order(void **state)
{
	struct arena *a = test_task.arena;
	enum flow_state s;

	(void)state;
	test_equal(flow_steps(a, FLOW_SIGN_IN, STATE_VERIFY_EMAIL, FACTS_ALL), S("verify_email verify_second_factor complete_profile"));
	test_equal(flow_steps(a, FLOW_SIGN_IN, STATE_SECOND_FACTOR, NEEDS_SECOND_FACTOR), S("verify_second_factor"));
	test_equal(flow_steps(a, FLOW_SIGN_UP, STATE_VERIFY_EMAIL, NEEDS_EMAIL | NEEDS_PHONE), S("verify_email verify_phone"));
	test_equal(flow_steps(a, FLOW_SIGN_IN, STATE_DONE, 0), S(""));
	assert_true(flow_first(S("verify_phone_otp complete_profile"), &s) && s == STATE_VERIFY_PHONE_OTP);
	assert_false(flow_first(S(""), &s));
	assert_false(flow_first(S("verify_phon"), &s));
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, test_begin, test_end)
	const struct CMUnitTest tests[] = {
		TEST(test_AUT09_only_the_tables_paths_sign_in),
		TEST(test_AUT09_refused_steps_lead_nowhere),
		TEST(test_nothing_follows_the_end),
		TEST(test_no_two_rows_fit_one_moment),
		TEST(test_steps_are_told_in_order),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
