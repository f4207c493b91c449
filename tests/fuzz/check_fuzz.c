/* check_fuzz.c - the query of a check: what is readable reads as everywhere else, and is met by exactly what it spells. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/session/check.h"
#include "api/session/vouch.h"
#include "fields_fuzz.h"

static const struct rule_line {
	const char *name, *line;
	bool of_workspace;
} rules[CHECK_RULE__COUNT] = {
	[CHECK_ORGANIZATION] = { "organization", VOUCH_ORG_ID, false },
	[CHECK_WORKSPACE] = { "workspace", VOUCH_WORKSPACE_ID, true },
	[CHECK_ORGANIZATION_ROLE] = { "organization_role", VOUCH_ORG_ROLES, false },
	[CHECK_WORKSPACE_ROLE] = { "workspace_role", VOUCH_WORKSPACE_ROLES, true },
	[CHECK_ORGANIZATION_PERMISSION] = { "organization_permission", VOUCH_ORG_PERMISSIONS, false },
	[CHECK_WORKSPACE_PERMISSION] = { "workspace_permission", VOUCH_WORKSPACE_PERMISSIONS, true },
	[CHECK_PERMISSION] = { "permission", VOUCH_WORKSPACE_PERMISSIONS, true },
};

/* What the session says: set by each look. */
static struct vouched says;

bool
vouch_open(struct str block, const struct net_addr *client, struct vouched *ret_vouched)
{
	(void)client;
	*ret_vouched = says;
	return block.n > 0;
}

static enum status
judge(const struct check_ask *ask)
{
	struct str lines;

	return check_judge(ask, S("x"), &(struct net_addr){ 0 }, &lines);
}

/* "line: other,<value and one byte more or not>": every byte escaped. */
static void
say(struct arena *a, const struct rule_line *r, struct str value, bool longer)
{
	struct buf b;

	buf_init_arena(&b, a, 1 << 20);
	buf_printf(&b, "%s: other,", r->line);
	for (size_t i = 0; i < value.n; i++)
		buf_printf(&b, "%%%02x", (unsigned char)value.p[i]);
	buf_put_str(&b, longer ? S("x\r\n") : S("\r\n"));
	CHECK(!b.failed);
	says = (struct vouched){ .org = r->of_workspace ? STR_NONE : buf_str(&b), .workspace = r->of_workspace ? buf_str(&b) : STR_NONE };
}

static void
try_rule(struct arena *a, const struct check_ask *ask, const struct params *ps, size_t i)
{
	struct check_ask one = { .sign_in = CHECK_REFUSE };
	struct str value = params_get(ps, str_of(rules[i].name));

	CHECK(params_count(ps, str_of(rules[i].name)) == 1);
	one.rules[i] = ask->rules[i];
	say(a, &rules[i], value, false);
	CHECK(judge(&one) == OK);
	say(a, &rules[i], value, true);
	CHECK(judge(&one) == E_FORBIDDEN || str_eq(value, S("other")));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct http_head head;
	struct str text = fuzz_copy(data, size), nothing;
	struct task t = { .arena = arena_new(16 << 20) };
	struct check_ask ask;
	struct params ps = { 0 };

	CHECK(t.arena != NULL);
	head.path = S(CHECK_PATH);
	head.query = text;
	ask = check_read(&head);
	says = (struct vouched){ 0 };
	CHECK(!ask.wrong || judge(&ask) == E_FORBIDDEN);
	CHECK(ask.wrong || check_judge(&ask, STR_NONE, &(struct net_addr){ 0 }, &nothing) == E_UNAUTHORIZED);
	/* The other reader takes text alone. */
	if (!ask.wrong && params_parse_form(&t, text, &ps) == OK)
		for (size_t i = 0; i < CHECK_RULE__COUNT; i++) {
			CHECK((ask.rules[i].p != NULL) == (params_count(&ps, str_of(rules[i].name)) == 1));
			if (ask.rules[i].p)
				try_rule(t.arena, &ask, &ps, i);
		}
	arena_free(t.arena);
	fuzz_free(text);
	return 0;
}
