/* tenancy_test.c - organizations, workspaces and profiles, handler by handler on a real database. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/tenancy_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"

extern const struct route route_me_get, route_me_update, route_me_signins, route_me_signin_signout,
    route_me_organization_memberships, route_me_workspace_memberships, route_organization_create,
    route_workspace_create, route_switch_organization, route_switch_workspace;

#define assert_at(f, path, want) assert_string_equal(at((f), (path)), (want))

static void
ok(struct fixture *f, enum status st)
{
	if (st != OK)
		fail_msg("%s: %s (%s)", status_info[st].code, f->text, f->why);
}

/* What the last answer has there, for a later request. */
static const char *
keep(struct fixture *f, const char *path)
{
	return arena_dup(f->arena, str_of(at(f, path))).p;
}

static const char *
new_org(struct fixture *f, int user, const char *name)
{
	ok(f, CALL(f, user, route_organization_create, "name", name));
	return keep(f, "data.organization.id");
}

static const char *
new_workspace(struct fixture *f, int user, const char *org, const char *name)
{
	ok(f, CALL(f, user, route_workspace_create, "organization_id", org, "name", name));
	return keep(f, "data.workspace.id");
}

/* ---- creating ---- */

static void
test_creating_an_organization_enters_it(void **state)
{
	struct fixture *f = *state;
	const char *membership;

	ok(f, CALL(f, JOHN, route_organization_create, "name", "  Café Müller ", "description",
		  "Light <things>"));
	assert_int_equal(f->event, AUDIT_ORGANIZATION_CREATED);
	assert_at(f, "data.organization.name", "Café Müller");
	assert_at(f, "data.organization.slug", "cafe-muller");
	assert_at(f, "data.organization.description", "Light <things>");
	assert_at(f, "data.organization.member_count", "1");
	assert_at(f, "data.organization.auto_assigned_workspace_id", "");
	assert_at(f, "data.membership.user_id", "user_1");
	assert_at(f, "data.membership.user.username", "john");
	assert_at(f, "data.membership.roles.0.name", "Admin");
	assert_at(f, "data.membership.roles.0.organization_id", "");
	assert_at(f, "data.membership.roles.0.is_deployment_level", "true");
	assert_at(f, "data.membership.roles.0.permissions.0", "organization:admin");
	assert_at(f, "data.membership.eligibility_restriction.type", "none");
	membership = keep(f, "data.membership.id");
	ok(f, CALL(f, JOHN, route_me_signins));
	assert_at(f, "data.0.active_organization_membership_id", membership);
	assert_at(f, "data.0.active_workspace_membership_id", "null");
}

static void
test_namesakes_get_slugs_of_their_own(void **state)
{
	static const char *const want[] = { "acme", "acme-2", "acme-3", "acme-4" };
	struct fixture *f = *state;
	const char *org = NULL;

	for (size_t i = 0; i < ARRAY_LEN(want); i++) {
		org = new_org(f, i % 2 ? JOHN : MIRA, "ACME!");
		assert_at(f, "data.organization.slug", want[i]);
	}
	new_workspace(f, JOHN, org, "Acme");
	assert_at(f, "data.workspace.slug", "acme");
	new_workspace(f, JOHN, org, "Acme");
	assert_at(f, "data.workspace.slug", "acme-2");
	/* Another deployment, and another organization, know nothing of these. */
	new_org(f, ADA, "ACME!");
	assert_at(f, "data.organization.slug", "acme");
	new_workspace(f, MIRA, new_org(f, MIRA, "Other"), "Acme");
	assert_at(f, "data.workspace.slug", "acme");
}

static void
test_a_workspace_is_not_entered_by_itself(void **state)
{
	struct fixture *f = *state;
	const char *org = new_org(f, JOHN, "Acme");

	new_workspace(f, JOHN, org, "Optics");
	assert_int_equal(f->event, AUDIT_WORKSPACE_CREATED);
	assert_at(f, "data.workspace.organization_id", org);
	assert_at(f, "data.membership.organization.id", org);
	assert_at(f, "data.membership.public_user_data.username", "john");
	assert_at(f, "data.membership.roles.0.workspace_id", "");
	assert_at(f, "data.membership.roles.0.permissions.1", "workspace:member");
	ok(f, CALL(f, JOHN, route_me_signins));
	assert_at(f, "data.0.active_workspace_membership_id", "null");
}

static void
test_limits_hold(void **state)
{
	struct fixture *f = *state;
	struct settings *s = &f->deployments[0].settings;
	const char *org = new_org(f, JOHN, "One");

	s->b2b.max_orgs_per_user = 2;
	new_org(f, JOHN, "Two");
	assert_int_equal(CALL(f, JOHN, route_organization_create, "name", "Three"), E_LIMIT_REACHED);
	new_org(f, MIRA, "Hers");
	s->b2b.max_orgs_per_user = 0;
	s->b2b.org_creation_per_user_count = 2;
	new_org(f, JOHN, "Three, for that switch is off");
	s->b2b.limit_org_creation_per_user = true;
	assert_int_equal(CALL(f, JOHN, route_organization_create, "name", "Four"), E_LIMIT_REACHED);
	s->b2b.workspaces_per_org_count = 1;
	s->b2b.limit_workspace_creation_per_org = true;
	new_workspace(f, JOHN, org, "One");
	assert_int_equal(
	    CALL(f, JOHN, route_workspace_create, "organization_id", org, "name", "Two"), E_LIMIT_REACHED);
}

static void
test_what_is_switched_off_says_so(void **state)
{
	struct fixture *f = *state;
	struct settings *s = &f->deployments[0].settings;
	const char *org = new_org(f, JOHN, "Acme");

	ok(f, CALL(f, JOHN, route_organization_create, "name", "X", "image", ""));
	s->b2b.allow_users_to_create_orgs = false;
	assert_int_equal(CALL(f, JOHN, route_organization_create, "name", "X"), E_FORBIDDEN);
	s->b2b.workspaces_enabled = false;
	assert_int_equal(
	    CALL(f, JOHN, route_workspace_create, "organization_id", org, "name", "X"), E_FEATURE_DISABLED);
	ok(f, CALL(f, JOHN, route_me_workspace_memberships));
	assert_int_equal(count(f, "data"), 0);
	s->b2b.organizations_enabled = false;
	assert_int_equal(CALL(f, JOHN, route_organization_create, "name", "X"), E_FEATURE_DISABLED);
	ok(f, CALL(f, JOHN, route_me_organization_memberships));
	assert_int_equal(count(f, "data"), 0);
	ok(f, CALL(f, JOHN, route_switch_organization, "organization_id", "0"));
	assert_at(f, "data.organization", "null");
}

static void
test_names_that_cannot_be_seen_are_refused(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(
	    CALL(f, JOHN, route_organization_create, "name", " \xe2\x80\x8b "), E_BAD_REQUEST_BODY);
	assert_int_equal(CALL(f, JOHN, route_organization_create, "name", "a\nb"), E_BAD_REQUEST_BODY);
	new_org(f, JOHN, "日本");
	assert_at(f, "data.organization.slug", "x");
}

/* ---- switching ---- */

static void
assert_scope(struct fixture *f, const char *org, const char *workspace)
{
	assert_at(f, org ? "data.organization.id" : "data.organization", org ? org : "null");
	assert_at(f, workspace ? "data.workspace.id" : "data.workspace", workspace ? workspace : "null");
}

static void
test_switching(void **state)
{
	struct fixture *f = *state;
	const char *one = new_org(f, JOHN, "One"), *inside = new_workspace(f, JOHN, one, "Inside");
	const char *two = new_org(f, JOHN, "Two");

	ok(f, CALL(f, JOHN, route_switch_workspace, "workspace_id", inside));
	assert_scope(f, one, inside);
	ok(f, CALL(f, JOHN, route_switch_organization, "organization_id", one));
	assert_scope(f, one, inside);
	ok(f, CALL(f, JOHN, route_switch_organization, "organization_id", two));
	assert_scope(f, two, NULL);
	ok(f, CALL(f, JOHN, route_switch_workspace, "workspace_id", inside));
	assert_scope(f, one, inside);
	ok(f, CALL(f, JOHN, route_switch_workspace));
	assert_scope(f, NULL, NULL);
	ok(f, CALL(f, JOHN, route_switch_workspace, "workspace_id", inside));
	new_org(f, JOHN, "Three");
	ok(f, CALL(f, JOHN, route_switch_workspace, "workspace_id", inside));
	ok(f, CALL(f, JOHN, route_switch_organization, "organization_id", ""));
	assert_scope(f, NULL, NULL);
}

struct last {
	struct account_last_scope_row row;
};

static enum status
read_last(struct task *t, void *arg)
{
	struct last *last = arg;

	return sql_account_last_scope(t, (struct deployment_id){ 1 }, (struct user_id){ JOHN }, &last->row);
}

static void
test_the_last_scope_is_remembered(void **state)
{
	struct fixture *f = *state;
	const char *org = new_org(f, JOHN, "One"), *inside = new_workspace(f, JOHN, org, "Inside");
	struct task t = { .arena = f->arena };
	struct last last;

	ok(f, CALL(f, JOHN, route_switch_workspace, "workspace_id", inside));
	ok(f, db_read(&t, f->db, read_last, &last));
	assert_true(last.row.orgmem.v != 0 && last.row.wsmem.v != 0);
	assert_int_equal(last.row.org.v, last.row.workspace_org.v);
	ok(f, CALL(f, JOHN, route_switch_organization));
	ok(f, db_read(&t, f->db, read_last, &last));
	assert_true(last.row.orgmem.v == 0 && last.row.wsmem.v == 0);
}

/*
 * TEN-01, F-36: another user's, another deployment's, an unknown and no id at all get
 * one answer from every route that takes the id of an organization or a workspace.
 */
static void
test_TEN01_what_is_not_ours_looks_like_nothing(void **state)
{
	struct fixture *f = *state;
	const char *hers = new_org(f, MIRA, "Hers"), *there = new_workspace(f, MIRA, hers, "There");
	const char *foreign = new_org(f, ADA, "Ada's"), *abroad = new_workspace(f, ADA, foreign, "Abroad");
	const char *ids[] = { hers, foreign, there, abroad, "org_1", "workspace_1", "org_9223372036854775807",
		"org_9223372036854775808", "org_", "org_0", "-1", "user_1", "x", "org_1'--" };
	char *first = NULL;

	for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
		assert_int_equal(
		    CALL(f, JOHN, route_switch_organization, "organization_id", ids[i]), E_FORBIDDEN);
		first = first ? first : strdup(f->text);
		assert_string_equal(f->text, first);
		assert_int_equal(CALL(f, JOHN, route_switch_workspace, "workspace_id", ids[i]), E_FORBIDDEN);
		assert_string_equal(f->text, first);
		assert_int_equal(
		    CALL(f, JOHN, route_workspace_create, "organization_id", ids[i], "name", "X"),
		    E_FORBIDDEN);
		assert_string_equal(f->text, first);
		ok(f, CALL(f, JOHN, route_me_workspace_memberships, "org_id", ids[i]));
		assert_int_equal(count(f, "data"), 0);
	}
	free(first);
}

/* ---- eligibility ---- */

static void
test_gates_are_kept_and_told(void **state)
{
	struct fixture *f = *state;
	const char *org = new_org(f, JOHN, "One"), *inside = new_workspace(f, JOHN, org, "Inside");

	ok(f, CALL(f, JOHN, route_switch_organization));
	sql(f, "UPDATE organization SET ip_restriction = 1, ip_allowlist = '198.51.100.0/24 10.0.0.1', "
	       "enforce_mfa = 1");
	assert_int_equal(CALL(f, JOHN, route_switch_organization, "organization_id", org), E_IP_NOT_ALLOWED);
	assert_int_equal(CALL(f, JOHN, route_switch_workspace, "workspace_id", inside), E_IP_NOT_ALLOWED);
	assert_null(strstr(f->text, "MFA_REQUIRED"));
	ok(f, CALL(f, JOHN, route_me_organization_memberships));
	assert_at(f, "data.0.eligibility_restriction.type", "ip_not_allowed");
	assert_at(f, "data.0.organization.whitelisted_ips.1", "10.0.0.1");
	f->deployments[0].settings.b2b.enforce_mfa_per_org_enabled = true;
	assert_int_equal(CALL(f, JOHN, route_switch_organization, "organization_id", org), E_IP_NOT_ALLOWED);
	assert_non_null(strstr(f->text, "MFA_REQUIRED"));
	ok(f, CALL(f, JOHN, route_me_workspace_memberships));
	assert_at(f, "data.0.eligibility_restriction.type", "ip_and_mfa_required");
	f->client = "198.51.100.7";
	assert_int_equal(CALL(f, JOHN, route_switch_organization, "organization_id", org), E_MFA_REQUIRED);
	f->deployments[0].settings.b2b.enforce_mfa_per_org_enabled = false;
	ok(f, CALL(f, JOHN, route_switch_organization, "organization_id", org));
}

/* ---- memberships ---- */

static void
test_memberships_belong_together(void **state)
{
	struct fixture *f = *state;
	const char *one = new_org(f, JOHN, "One"), *two = new_org(f, JOHN, "Two");
	const char *a = new_workspace(f, JOHN, two, "A"), *b = new_workspace(f, JOHN, one, "B");

	sql(f, "INSERT INTO orgrole SELECT 1, 52, id, 'Own', 'own', '', 1, 1 FROM organization WHERE slug = "
	       "'two';"
	       "INSERT INTO orgmem_role SELECT 1, id, 52 FROM orgmem WHERE org_id IN (SELECT id FROM "
	       "organization WHERE slug = 'two');"
	       "INSERT INTO orgmem SELECT 1, 7, id, 2, '{}', 1, 1 FROM organization WHERE slug = 'one';"
	       "UPDATE organization SET member_count = 2 WHERE slug = 'one';"
	       "DELETE FROM wsmem_role WHERE wsmem_id IN (SELECT n.id FROM wsmem n JOIN workspace w ON w.id "
	       "= n.workspace_id"
	       " WHERE w.slug = 'a')");
	ok(f, CALL(f, JOHN, route_me_organization_memberships));
	assert_int_equal(count(f, "data"), 2);
	assert_at(f, "data.0.organization.id", one);
	assert_at(f, "data.0.organization.member_count", "2");
	assert_int_equal(count(f, "data.0.roles"), 1);
	assert_at(f, "data.1.organization.id", two);
	assert_int_equal(count(f, "data.1.roles"), 2);
	assert_at(f, "data.1.roles.1.organization_id", two);
	assert_at(f, "data.1.roles.1.is_deployment_level", "false");
	ok(f, CALL(f, JOHN, route_me_workspace_memberships));
	assert_int_equal(count(f, "data"), 2);
	assert_at(f, "data.0.workspace.id", a);
	assert_at(f, "data.0.organization.id", two);
	assert_int_equal(count(f, "data.0.roles"), 0);
	assert_at(f, "data.1.workspace.id", b);
	assert_at(f, "data.1.organization.id", one);
	assert_int_equal(count(f, "data.1.roles"), 1);
	ok(f, CALL(f, JOHN, route_me_workspace_memberships, "org_id", two));
	assert_int_equal(count(f, "data"), 1);
	assert_at(f, "data.0.workspace.id", a);
	/* A member without roles has an empty list of them, and only what is their own. */
	ok(f, CALL(f, MIRA, route_me_organization_memberships));
	assert_int_equal(count(f, "data"), 1);
	assert_int_equal(count(f, "data.0.roles"), 0);
	ok(f, CALL(f, MIRA, route_me_workspace_memberships));
	assert_int_equal(count(f, "data"), 0);
}

static void
make_many(struct fixture *f, int orgs, int per_org)
{
	const char *text = arena_printf(f->arena,
	    "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
	    " INSERT INTO organization SELECT 1, i, 'Organization ' || i, 'o-' || i, '', '', '{}', 0, 0, '', "
	    "NULL, NULL, 1, 1, 1 FROM n;"
	    "INSERT INTO orgmem SELECT 1, id, id, 1, '{}', 1, 1 FROM organization;"
	    "INSERT INTO orgmem_role SELECT 1, id, 51 FROM orgmem;"
	    "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
	    " INSERT INTO workspace SELECT 1, o.id * 1000 + i, o.id, 'Workspace ' || i, 'w-' || i, '', '', "
	    "'{}', 0, 0, '', 1, 1, 1"
	    " FROM organization o, n;"
	    "INSERT INTO wsmem SELECT 1, id, id, org_id, org_id, 1, '{}', 1, 1 FROM workspace;"
	    "INSERT INTO wsmem_role SELECT 1, id, 61, user_id FROM wsmem",
	    orgs, per_org)
			       .p;

	sql(f, text);
}

/* Clients ask for both lists every half minute: what a user is in must not cost a statement each. */
static void
test_many_memberships_are_quick(void **state)
{
	struct fixture *f = *state;
	const char *sizes = getenv("TENANCY_SIZES");
	int orgs = 100, per_org = 3;
	int64_t orgs_us;

	if (sizes)
		assert_int_equal(sscanf(sizes, "%dx%d", &orgs, &per_org), 2);
	make_many(f, orgs, per_org);
	ok(f, CALL(f, JOHN, route_me_workspace_memberships));
	ok(f, CALL(f, JOHN, route_me_organization_memberships));
	orgs_us = f->took_us;
	assert_int_equal(count(f, "data"), (size_t)orgs);
	ok(f, CALL(f, JOHN, route_me_workspace_memberships));
	assert_int_equal(count(f, "data"), (size_t)(orgs * per_org));
	print_message("%d organizations: %lld us; %d workspaces: %lld us, %zu bytes\n", orgs,
	    (long long)orgs_us, orgs * per_org, (long long)f->took_us, strlen(f->text));
}

/* ---- me ---- */

static void
test_me(void **state)
{
	struct fixture *f = *state;

	ok(f, CALL(f, JOHN, route_me_get));
	assert_at(f, "data.id", "user_1");
	assert_at(f, "data.primary_email_address.email", "1@x.example");
	assert_int_equal(count(f, "data.user_email_addresses"), 3);
}

static void
test_updating_is_partial(void **state)
{
	struct fixture *f = *state;

	ok(f, CALL(f, JOHN, route_me_update, "first_name", " Jöhn ", "last_name", ""));
	assert_int_equal(f->event, AUDIT_USER_UPDATED);
	ok(f, CALL(f, JOHN, route_me_get));
	assert_at(f, "data.first_name", "Jöhn");
	assert_at(f, "data.last_name", "Doe");
	assert_string_not_equal(at(f, "data.updated_at"), "1970-01-01T00:00:00Z");
	ok(f, CALL(f, JOHN, route_me_update, "username", "Johnny.B", "primary_email_address_id", "email_21",
		  "second_factor_policy", "optional"));
	ok(f, CALL(f, JOHN, route_me_get));
	assert_at(f, "data.username", "Johnny.B");
	assert_at(f, "data.primary_email_address.email", "john@y.example");
	assert_at(f, "data.email", "john@y.example");
	assert_at(f, "data.second_factor_policy", "optional");
	assert_at(f, "data.first_name", "Jöhn");
	/* One's own name in other letters is no namesake. */
	ok(f, CALL(f, JOHN, route_me_update, "username", "johnny.b"));
	ok(f, CALL(f, JOHN, route_me_update));
	assert_int_equal(f->event, AUDIT__COUNT);
}

static void
test_updating_removes_the_picture(void **state)
{
	struct fixture *f = *state;

	sql(f, "UPDATE account SET image_url = 'https://x.example/1.png' WHERE id = 1");
	ok(f, CALL(f, JOHN, route_me_update, "remove_profile_picture", "false"));
	ok(f, CALL(f, JOHN, route_me_get));
	assert_at(f, "data.has_profile_picture", "true");
	ok(f, CALL(f, JOHN, route_me_update, "remove_profile_picture", "true"));
	ok(f, CALL(f, JOHN, route_me_get));
	assert_at(f, "data.has_profile_picture", "false");
	assert_at(f, "data.image_url", "");
}

static void
test_updates_that_are_refused(void **state)
{
	static struct str banned = S_INIT("Sesame");
	static const struct {
		const char *field, *value;
		enum status want;
	} cases[] = {
		{ "username", "MIRA", E_USERNAME_EXISTS },
		{ "username", "a b", E_BAD_REQUEST_BODY },
		{ "username", "opensesame", E_BANNED_KEYWORD },
		{ "last_name", "of SESAME street", E_BANNED_KEYWORD },
		{ "first_name", "a\tb", E_BAD_REQUEST_BODY },
		{ "primary_email_address_id", "email_12", E_BAD_REQUEST_BODY }, /* Mira's */
		{ "primary_email_address_id", "email_13", E_BAD_REQUEST_BODY }, /* Ada's, elsewhere */
		{ "primary_email_address_id", "email_31", E_BAD_REQUEST_BODY }, /* not verified */
		{ "primary_email_address_id", "email_99", E_BAD_REQUEST_BODY },
		{ "primary_email_address_id", "11", E_BAD_REQUEST_BODY },
		{ "primary_phone_number_id", "phone_11", E_BAD_REQUEST_BODY }, /* the number of an address */
		{ "second_factor_policy", "enforced", E_BAD_REQUEST_BODY },
		{ "second_factor_policy", "never", E_BAD_REQUEST_BODY },
	};
	struct fixture *f = *state;

	f->deployments[0].settings.restrictions.banned_keywords = (struct str_list){ &banned, 1 };
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		/* What was fine beside it is undone with it. */
		enum status st = CALL(f, JOHN, route_me_update, "first_name",
		    strcmp(cases[i].field, "first_name") ? "Changed" : cases[i].value, cases[i].field,
		    cases[i].value);

		if (st != cases[i].want)
			fail_msg("%s=%s: %d %s", cases[i].field, cases[i].value, (int)st, f->text);
	}
	ok(f, CALL(f, JOHN, route_me_get));
	assert_at(f, "data.first_name", "john");
}

/* ---- sign-ins ---- */

static const char more_signins[] =
    "INSERT INTO session VALUES (1, 201, 2001, 1, 1, 4000000000000000, 4000000000000000),"
    " (1, 202, 2002, 1, 1, 5, 4000000000000000), (1, 203, NULL, 1, 1, 4000000000000000, 4000000000000000);"
    "INSERT INTO signin (deployment_id, id, session_id, user_id, method, orgmem_id, wsmem_id, ip_address, user_agent,"
    " browser, device, city, region, region_code, country, country_code, created_at, updated_at, last_active_at, expires_at)"
    " SELECT 1, id + 1800, id, 1, 'plain_email', NULL, NULL, '', '', '', '', '', '', '', "
    "'', '', 1, 1, 1,"
    " CASE id WHEN 203 THEN 7 ELSE 4000000000000000 END FROM session WHERE id > 200";

static void
test_signins_of_all_devices(void **state)
{
	struct fixture *f = *state;

	sql(f, more_signins);
	ok(f, CALL(f, JOHN, route_me_signins));
	/* Newest first; without 2002, whose session has been idle too long, and 2003, which has expired. */
	assert_int_equal(count(f, "data"), 2);
	assert_at(f, "data.0.id", "signin_2001");
	assert_at(f, "data.1.id", "signin_1001");
	assert_at(f, "data.0.user", "");
}

static void
test_signing_out_elsewhere(void **state)
{
	static const char *const not_ours[] = { "signin_1002", "signin_1003", "signin_999", "signin_0",
		"2001", "" };
	struct fixture *f = *state;

	sql(f, more_signins);
	for (size_t i = 0; i < ARRAY_LEN(not_ours); i++) {
		assert_int_equal(call(f, JOHN, &route_me_signin_signout, not_ours[i], NULL), E_NOT_FOUND);
		assert_int_equal(f->event, AUDIT__COUNT);
	}
	ok(f, call(f, JOHN, &route_me_signin_signout, "signin_2001", NULL));
	assert_at(f, "data", "null");
	assert_int_equal(f->event, AUDIT_SIGNIN_ENDED);
	assert_int_equal(call(f, JOHN, &route_me_signin_signout, "signin_2001", NULL), E_NOT_FOUND);
	ok(f, CALL(f, MIRA, route_me_get));
	ok(f, call(f, JOHN, &route_me_signin_signout, "signin_1001", NULL));
	assert_int_equal(CALL(f, JOHN, route_me_get), E_UNAUTHORIZED);
}

/* ---- when memory or the database fails ---- */

struct deed {
	const struct route *route;
	const char *id, *name, *value, *other, *other_value;
};

static void
deed_do(struct fixture *f, const struct deed *d)
{
	(void)call(f, JOHN, d->route, d->id, d->name, d->value, d->other, d->other_value, NULL);
}

/* Fails at every place in turn, and each time cleanly: no crash, no half a deed, no answer that is not whole.
 */
static void
deed_torture(struct fixture *f, const struct deed *d, bool memory)
{
	for (int n = 1; n < 2000; n++) {
		f->fail_alloc = memory ? n : 0;
		f->fail_store = memory ? 0 : n;
		deed_do(f, d);
		f->fail_alloc = f->fail_store = 0;
		if (!f->failed)
			return;
		if (f->st != E_OVERLOADED && f->st != E_STORE)
			fail_msg("%s, %s %d: %s", d->route->name, memory ? "allocation" : "store call", n,
			    f->text);
	}
	fail_msg("%s never succeeds", d->route->name);
}

static void
test_failures_are_clean(void **state)
{
	struct fixture *f = *state;
	const char *org = new_org(f, JOHN, "Acme"), *inside = new_workspace(f, JOHN, org, "Inside");
	const struct deed deeds[] = {
		{ &route_organization_create, NULL, "name", "Acme", "description", "" },
		{ &route_workspace_create, NULL, "name", "Inside", "organization_id", org },
		{ &route_switch_organization, NULL, "organization_id", org, "x", "" },
		{ &route_switch_workspace, NULL, "workspace_id", inside, "x", "" },
		{ &route_me_get, NULL, "x", "", "x", "" },
		{ &route_me_update, NULL, "first_name", "Jo", "username", "jo.d" },
		{ &route_me_organization_memberships, NULL, "x", "", "x", "" },
		{ &route_me_workspace_memberships, NULL, "x", "", "x", "" },
		{ &route_me_signins, NULL, "x", "", "x", "" },
	};

	for (size_t i = 0; i < ARRAY_LEN(deeds); i++)
		for (int memory = 0; memory < 2; memory++) {
			deed_torture(f, &deeds[i], memory);
			ok(f, f->st);
		}
	/* Two of each were made, beside the first. */
	ok(f, CALL(f, JOHN, route_me_organization_memberships));
	assert_int_equal(count(f, "data"), 3);
	assert_at(f, "data.2.organization.slug", "acme-3");
	ok(f, CALL(f, JOHN, route_me_workspace_memberships));
	assert_int_equal(count(f, "data"), 3);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, tenancy_setup, tenancy_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_creating_an_organization_enters_it),
		TEST(test_namesakes_get_slugs_of_their_own),
		TEST(test_a_workspace_is_not_entered_by_itself),
		TEST(test_limits_hold),
		TEST(test_what_is_switched_off_says_so),
		TEST(test_names_that_cannot_be_seen_are_refused),
		TEST(test_switching),
		TEST(test_the_last_scope_is_remembered),
		TEST(test_TEN01_what_is_not_ours_looks_like_nothing),
		TEST(test_gates_are_kept_and_told),
		TEST(test_memberships_belong_together),
		TEST(test_many_memberships_are_quick),
		TEST(test_me),
		TEST(test_updating_is_partial),
		TEST(test_updating_removes_the_picture),
		TEST(test_updates_that_are_refused),
		TEST(test_signins_of_all_devices),
		TEST(test_signing_out_elsewhere),
		TEST(test_failures_are_clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
