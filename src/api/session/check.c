/* check.c - what a reverse proxy asks about somebody else's request, and the verdict. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/session/check.h"

#include <string.h>

#include "api/session/vouch.h"
#include "base/str.h"

/* A rule is met when the asked text is in one of the lists of these lines, in the part that is its scope's. */
static const struct rule_info {
	struct str name;
	struct str org_line, workspace_line;
} rules[CHECK_RULE__COUNT] = {
	[CHECK_ORGANIZATION] = { S_INIT("organization"), S_INIT(VOUCH_ORG_ID), { 0 } },
	[CHECK_WORKSPACE] = { S_INIT("workspace"), { 0 }, S_INIT(VOUCH_WORKSPACE_ID) },
	[CHECK_ORGANIZATION_ROLE] = { S_INIT("organization_role"), S_INIT(VOUCH_ORG_ROLES), { 0 } },
	[CHECK_WORKSPACE_ROLE] = { S_INIT("workspace_role"), { 0 }, S_INIT(VOUCH_WORKSPACE_ROLES) },
	[CHECK_ORGANIZATION_PERMISSION] = { S_INIT("organization_permission"), S_INIT(VOUCH_ORG_PERMISSIONS), { 0 } },
	[CHECK_WORKSPACE_PERMISSION] = { S_INIT("workspace_permission"), { 0 }, S_INIT(VOUCH_WORKSPACE_PERMISSIONS) },
	[CHECK_PERMISSION] = { S_INIT("permission"), S_INIT(VOUCH_ORG_PERMISSIONS), S_INIT(VOUCH_WORKSPACE_PERMISSIONS) },
};

bool
check_is_path(struct str path)
{
	struct str own = S(CHECK_PATH);

	return str_starts(path, own) && (path.n == own.n || path.p[own.n] == '/');
}

/* ---- reading ---- */

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* The next byte of an encoded text, -1 when that is not one. Only forms spell a space as '+'. */
static int
next_byte(struct str *s, bool is_form)
{
	char c = s->p[0];
	int high, low;

	if (c != '%') {
		*s = str_from(*s, 1);
		return is_form && c == '+' ? ' ' : (unsigned char)c;
	}
	high = s->n > 2 ? hex_digit(s->p[1]) : -1;
	low = s->n > 2 ? hex_digit(s->p[2]) : -1;
	if (high < 0 || low < 0)
		return -1;
	*s = str_from(*s, 3);
	return high << 4 | low;
}

/* Escapes are rare: memchr(3) finds them. */
static bool
is_readable(struct str value)
{
	const char *at;

	while (value.n > 0 && (at = memchr(value.p, '%', value.n)) != NULL) {
		value = str_from(value, (size_t)(at - value.p));
		if (next_byte(&value, true) < 0)
			return false;
	}
	return true;
}

/* Each into the one place that it has. */
static bool
read_once(struct str *to, struct str value)
{
	if (to->p)
		return false;
	*to = value;
	return true;
}

static bool
read_flag(bool *to, struct str value)
{
	bool fine = !*to && str_eq(value, S("1"));

	*to = true;
	return fine;
}

static bool
read_sign_in(enum check_sign_in *to, struct str value)
{
	static const struct str words[] = {
		[CHECK_REFUSE] = S_INIT("refuse"), [CHECK_LOCATION] = S_INIT("location"), [CHECK_REDIRECT] = S_INIT("redirect"),
	};

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (str_eq(value, words[i])) {
			*to = (enum check_sign_in)i;
			return true;
		}
	return false;
}

struct reader {
	struct check_ask *ask;
	bool sign_in_read;
};

/* Names are compared as sent: another spelling of one is another name. */
static const char *
read_pair(struct reader *r, struct str name, struct str value)
{
	struct check_ask *ask = r->ask;
	bool fine, twice;

	if (value.n == 0 || !is_readable(value))
		return "a value is empty or not readable";
	for (size_t i = 0; i < CHECK_RULE__COUNT; i++)
		/* Their lengths tell nearly all of them apart. */
		if (name.n == rules[i].name.n && str_eq(name, rules[i].name))
			return read_once(&ask->rules[i], value) ? NULL : "a rule is given twice";
	if (str_eq(name, S("token"))) {
		fine = read_flag(&ask->token, value);
	} else if (str_eq(name, S("set_cookie"))) {
		fine = read_flag(&ask->set_cookie, value);
	} else if (str_eq(name, S("template"))) {
		fine = read_once(&ask->template, value);
	} else if (str_eq(name, S("sign_in"))) {
		twice = r->sign_in_read;
		r->sign_in_read = true;
		fine = read_sign_in(&ask->sign_in, value) && !twice;
	} else {
		return "a parameter is unknown";
	}
	return fine ? NULL : "token, template, set_cookie or sign_in is given twice, or not one of its values";
}

static void
read_pairs(struct check_ask *ask, struct str text)
{
	struct reader r = { .ask = ask };
	struct str pair, name, value;
	bool more = text.n > 0;

	while (more && !ask->wrong) {
		more = str_cut(text, '&', &pair, &text);
		if (!str_cut(pair, '=', &name, &value))
			ask->wrong = "a parameter has no value";
		else
			ask->wrong = read_pair(&r, name, value);
	}
	if (ask->template.p && !ask->token)
		ask->wrong = "template is for token=1";
}

struct check_ask
check_read_query(struct str query)
{
	struct check_ask ask = { .sign_in = CHECK_REFUSE };

	read_pairs(&ask, query);
	return ask;
}

struct check_ask
check_read(const struct http_head *h)
{
	struct check_ask ask = { .sign_in = CHECK_REFUSE };

	if (h->path.n == S(CHECK_PATH).n)
		return check_read_query(h->query);
	if (http_field_count(h, S("X-Session-Check")) != 1)
		ask.wrong = "below " CHECK_PATH " the field X-Session-Check says the rule, once";
	else
		read_pairs(&ask, http_field(h, S("X-Session-Check")));
	return ask;
}

/* ---- the verdict ---- */

/* Is what was asked, decoded, what the line says, decoded? */
static bool
is_same(struct str asked, struct str said)
{
	/* The usual case: nothing to decode. No '+' is ever said, so it is no space here. */
	if (str_eq(asked, said))
		return true;
	while (asked.n > 0 && said.n > 0)
		if (next_byte(&asked, true) != next_byte(&said, false))
			return false;
	return asked.n == said.n;
}

static bool
is_listed(struct str lines, struct str name, struct str asked)
{
	struct str line, rest, item;

	while (lines.n > 0) {
		(void)str_cut(lines, '\r', &line, &lines);
		lines = str_from(lines, 1);
		if (!str_starts(line, name))
			continue;
		for (rest = str_from(line, name.n + 2); rest.n > 0;) {
			(void)str_cut(rest, ',', &item, &rest);
			if (is_same(asked, item))
				return true;
		}
	}
	return false;
}

static bool
is_met(const struct rule_info *rule, const struct vouched *v, struct str asked)
{
	if (rule->org_line.n > 0 && is_listed(v->org, rule->org_line, asked))
		return true;
	return rule->workspace_line.n > 0 && is_listed(v->workspace, rule->workspace_line, asked);
}

enum status
check_judge(const struct check_ask *ask, struct str vouch, const struct net_addr *client, struct str *ret_lines)
{
	struct vouched v;

	if (ask->wrong)
		return E_FORBIDDEN;
	if (!vouch_open(vouch, client, &v))
		return E_UNAUTHORIZED;
	for (size_t i = 0; i < CHECK_RULE__COUNT; i++)
		if (ask->rules[i].p && !is_met(&rules[i], &v, ask->rules[i]))
			return E_FORBIDDEN;
	*ret_lines = v.all;
	return OK;
}
