/* scope_test.c - what is active after what, and who may enter. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/scope.h"

#include "base/str.h"
#include "test/unit.h"

/* Membership 1 is in organization A with workspaces 10 and 11, membership 2 in B with 20. */
/* clang-format off */
#define NOWHERE { { 0 }, { 0 }, { 0 } }
#define ORG(o) { { (o) }, { 0 }, { 0 } }
#define WS(o, w) { { (o) }, { (w) }, { (o) } }
/* clang-format on */

static const struct {
	const char *name;
	struct scope now;
	enum scope_event event;
	struct scope to, want;
} moves[] = {
	{ "into an organization, from nowhere", NOWHERE, SCOPE_ENTER_ORG, ORG(1), ORG(1) },
	{ "into the same organization: the workspace stays", WS(1, 10), SCOPE_ENTER_ORG, ORG(1), WS(1, 10) },
	{ "into another organization: the workspace goes", WS(1, 10), SCOPE_ENTER_ORG, ORG(2), ORG(2) },
	{ "a switch never picks a workspace", ORG(1), SCOPE_ENTER_ORG, ORG(2), ORG(2) },
	{ "personal, from an organization", ORG(1), SCOPE_PERSONAL, NOWHERE, NOWHERE },
	{ "personal, from a workspace: both go", WS(1, 10), SCOPE_PERSONAL, NOWHERE, NOWHERE },
	{ "personal, from nowhere", NOWHERE, SCOPE_PERSONAL, NOWHERE, NOWHERE },
	{ "into a workspace, from nowhere: its organization comes along", NOWHERE, SCOPE_ENTER_WORKSPACE,
	    WS(1, 10), WS(1, 10) },
	{ "into a workspace of another organization", WS(2, 20), SCOPE_ENTER_WORKSPACE, WS(1, 10),
	    WS(1, 10) },
	{ "into another workspace of the same organization", WS(1, 10), SCOPE_ENTER_WORKSPACE, WS(1, 11),
	    WS(1, 11) },
	{ "a new organization, from nowhere", NOWHERE, SCOPE_CREATE_ORG, ORG(2), ORG(2) },
	{ "a new organization, from a workspace", WS(1, 10), SCOPE_CREATE_ORG, ORG(2), ORG(2) },
	{ "a new workspace, where its organization is active", ORG(1), SCOPE_CREATE_WORKSPACE, WS(1, 11),
	    ORG(1) },
	{ "a new workspace, where another one is active", WS(1, 10), SCOPE_CREATE_WORKSPACE, WS(1, 11),
	    WS(1, 10) },
	{ "a new workspace, from nowhere", NOWHERE, SCOPE_CREATE_WORKSPACE, WS(1, 11), NOWHERE },
	{ "the active organization is lost", ORG(1), SCOPE_LOSE_ORG, ORG(1), NOWHERE },
	{ "the active workspace's organization is lost", WS(1, 10), SCOPE_LOSE_ORG, ORG(1), NOWHERE },
	{ "another organization is lost", WS(1, 10), SCOPE_LOSE_ORG, ORG(2), WS(1, 10) },
	{ "the active workspace is lost", WS(1, 10), SCOPE_LOSE_WORKSPACE, WS(1, 10), ORG(1) },
	{ "another workspace is lost", WS(1, 10), SCOPE_LOSE_WORKSPACE, WS(1, 11), WS(1, 10) },
	{ "a workspace is lost where none is active", ORG(1), SCOPE_LOSE_WORKSPACE, WS(1, 10), ORG(1) },
};

static void
test_what_is_active_after_what(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(moves); i++) {
		struct scope got = scope_after(moves[i].now, moves[i].event, moves[i].to);

		if (got.orgmem.v != moves[i].want.orgmem.v || got.wsmem.v != moves[i].want.wsmem.v)
			fail_msg("%s: orgmem %lld, wsmem %lld", moves[i].name, (long long)got.orgmem.v,
			    (long long)got.wsmem.v);
	}
}

/* Pointers that some earlier fault left dangling are put right by any event; they never get through. */
static void
test_no_workspace_without_its_organization(void **state)
{
	static const struct scope bent[] = {
		{ { 1 }, { 20 }, { 2 } },
		{ { 0 }, { 10 }, { 1 } },
		{ { 1 }, { 10 }, { 0 } },
		WS(1, 10),
		NOWHERE,
	};

	(void)state;
	for (size_t n = 0; n < ARRAY_LEN(bent); n++)
		for (size_t t = 0; t < ARRAY_LEN(bent); t++)
			for (enum scope_event e = 0; e < SCOPE_EVENT__COUNT; e++) {
				struct scope got = scope_after(bent[n], e, bent[t]);

				if (got.wsmem.v != 0 && (got.orgmem.v == 0 || got.wsmem_in.v != got.orgmem.v))
					fail_msg("event %d from %zu to %zu", (int)e, n, t);
			}
}

static struct net_addr
address(const char *text)
{
	struct net_addr a;

	assert_true(net_addr_parse(str_of(text), &a));
	return a;
}

static const struct {
	const char *list, *address;
	bool listed;
} allowlists[] = {
	{ "203.0.113.9", "203.0.113.9", true },
	{ "203.0.113.9", "203.0.113.10", false },
	{ "203.0.113.0/24", "203.0.113.255", true },
	{ "203.0.113.0/24", "203.0.114.0", false },
	{ "10.0.0.0/8 203.0.113.9", "203.0.113.9", true },
	{ "  10.0.0.0/8   192.0.2.1 ", "192.0.2.1", true },
	{ "2001:db8::/32", "2001:db8:ffff::1", true },
	{ "2001:db8::/32", "2001:db9::1", false },
	{ "2001:db8::1", "2001:db8::1", true },
	{ "0.0.0.0/0", "2001:db8::1", false },
	{ "::/0", "203.0.113.9", false },
	{ "203.0.113.9", "::ffff:203.0.113.9", true },
	{ "", "203.0.113.9", false },
	{ "office 203.0.113.9/33 203.0.113.9/", "203.0.113.9", false },
	{ "office 203.0.113.9", "203.0.113.9", true },
};

static void
test_addresses_on_lists(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(allowlists); i++) {
		struct net_addr a = address(allowlists[i].address);

		if (ip_is_listed(str_of(allowlists[i].list), &a) != allowlists[i].listed)
			fail_msg("%s on \"%s\"", allowlists[i].address, allowlists[i].list);
	}
}

/* A peer without an address (a Unix socket) is in no network. */
static void
test_no_address_is_on_no_list(void **state)
{
	const struct net_addr none = { .family = AF_UNIX };

	(void)state;
	assert_false(ip_is_listed(S("0.0.0.0/0 ::/0"), &none));
}

#define LIST S_INIT("10.0.0.0/8")

static const struct {
	const char *name;
	bool ip_on, mfa_on; /* the deployment's switches, organizations and workspaces alike */
	struct gate org, workspace;
	const char *address;
	bool has_factor;
	enum eligibility want_org, want_workspace;
} gates[] = {
	{ "no gates", true, true, { 0 }, { 0 }, "192.0.2.1", false, ELIGIBLE, ELIGIBLE },
	{ "right network", true, true, { false, true, LIST }, { 0 }, "10.1.2.3", false, ELIGIBLE, ELIGIBLE },
	{ "wrong network", true, true, { false, true, LIST }, { 0 }, "192.0.2.1", false, LACKS_IP, LACKS_IP },
	{ "a list without the restriction", true, true, { false, false, LIST }, { 0 }, "192.0.2.1", false,
	    ELIGIBLE, ELIGIBLE },
	{ "the restriction with an empty list", true, true, { false, true, { NULL, 0 } }, { 0 }, "10.1.2.3",
	    false, LACKS_IP, LACKS_IP },
	{ "networks switched off", false, true, { false, true, LIST }, { false, true, LIST }, "192.0.2.1",
	    false, ELIGIBLE, ELIGIBLE },
	{ "no second factor", true, true, { true, false, { NULL, 0 } }, { 0 }, "10.1.2.3", false, LACKS_MFA,
	    LACKS_MFA },
	{ "a second factor", true, true, { true, false, { NULL, 0 } }, { 0 }, "10.1.2.3", true, ELIGIBLE,
	    ELIGIBLE },
	{ "second factors switched off", true, false, { true, false, { NULL, 0 } },
	    { true, false, { NULL, 0 } }, "10.1.2.3", false, ELIGIBLE, ELIGIBLE },
	{ "both lacking", true, true, { true, true, LIST }, { 0 }, "192.0.2.1", false, LACKS_IP | LACKS_MFA,
	    LACKS_IP | LACKS_MFA },
	{ "the workspace's own network", true, true, { 0 }, { false, true, LIST }, "192.0.2.1", false,
	    ELIGIBLE, LACKS_IP },
	{ "the workspace's own factor", true, true, { 0 }, { true, false, { NULL, 0 } }, "192.0.2.1", false,
	    ELIGIBLE, LACKS_MFA },
	{ "a workspace inherits, and adds its own", true, true, { false, true, LIST },
	    { true, false, { NULL, 0 } }, "192.0.2.1", false, LACKS_IP, LACKS_IP | LACKS_MFA },
	{ "a workspace's list does not open the organization's", true, true, { false, true, LIST },
	    { false, true, S_INIT("192.0.2.1") }, "192.0.2.1", false, LACKS_IP, LACKS_IP },
};

static void
test_who_may_enter(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(gates); i++) {
		struct settings s = { 0 };
		struct visitor v = { address(gates[i].address), gates[i].has_factor };
		enum eligibility org, workspace;

		s.b2b.ip_allowlist_per_org_enabled = s.b2b.ip_allowlist_per_workspace_enabled =
		    gates[i].ip_on;
		s.b2b.enforce_mfa_per_org_enabled = s.b2b.enforce_mfa_per_workspace_enabled = gates[i].mfa_on;
		org = eligibility_org(&s, &gates[i].org, &v);
		workspace = eligibility_workspace(&s, &gates[i].org, &gates[i].workspace, &v);
		if (org != gates[i].want_org || workspace != gates[i].want_workspace)
			fail_msg(
			    "%s: organization %d, workspace %d", gates[i].name, (int)org, (int)workspace);
	}
}

/* Each level has switches of its own. */
static void
test_levels_are_switched_separately(void **state)
{
	const struct gate closed = { true, true, S("10.0.0.0/8") };
	const struct visitor v = { address("192.0.2.1"), false };
	struct settings s = { 0 };

	(void)state;
	s.b2b.ip_allowlist_per_workspace_enabled = s.b2b.enforce_mfa_per_workspace_enabled = true;
	assert_int_equal(eligibility_org(&s, &closed, &v), ELIGIBLE);
	assert_int_equal(eligibility_workspace(&s, &closed, &closed, &v), LACKS_IP | LACKS_MFA);
	s = (struct settings){ 0 };
	s.b2b.ip_allowlist_per_org_enabled = true;
	assert_int_equal(eligibility_org(&s, &closed, &v), LACKS_IP);
	assert_int_equal(eligibility_workspace(&s, &closed, &closed, &v), LACKS_IP);
}

static void
test_how_it_is_said(void **state)
{
	static const char *const types[] = { "none", "ip_not_allowed", "mfa_required",
		"ip_and_mfa_required" };

	(void)state;
	for (int e = 0; e < ELIGIBILITY__COUNT; e++) {
		assert_true(str_eq(eligibility_type((enum eligibility)e), str_of(types[e])));
		assert_true((e == ELIGIBLE) == (eligibility_text((enum eligibility)e, false).n == 0));
		assert_true((e == ELIGIBLE) == (eligibility_text((enum eligibility)e, true).n == 0));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_active_after_what),
		cmocka_unit_test(test_no_workspace_without_its_organization),
		cmocka_unit_test(test_addresses_on_lists),
		cmocka_unit_test(test_no_address_is_on_no_list),
		cmocka_unit_test(test_who_may_enter),
		cmocka_unit_test(test_levels_are_switched_separately),
		cmocka_unit_test(test_how_it_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
