/* apidoc_fails.c - which codes a route can give: those of its row, and those that follow from it. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/apidoc.h"

#include <string.h>

#include "base/str.h"

/* Here one code may come for two reasons: a sentence each. */
static void
add(struct arena *a, struct fails *f, enum status st, const char *sentence)
{
	struct str *when = &f->when[st];

	*when = when->n > 0 ? arena_printf(a, STR_FMT " %s", STR_ARG(*when), sentence) : str_of(sentence);
	CHECK(when->p != NULL);
}

size_t
route_fields(const struct field *fields, size_t cap)
{
	size_t n = 0;

	while (n < cap && fields[n].kind != F_END)
		n++;
	return n;
}

bool
route_answers_bare(const struct route *r)
{
	return r->no_envelope || r->auth == AUTH_NONE;
}

/* ---- what follows from a row ---- */

static bool
has_fields(const struct route *r)
{
	return ROUTE_N_QUERY(r) + ROUTE_N_BODY(r) > 0 && !r->by_proxy;
}

static bool
needs_signin(const struct route *r)
{
	return r->auth == AUTH_SIGNIN;
}

static bool
changes_credentials(const struct route *r)
{
	return r->credential;
}

static bool
is_about_an_organization(const struct route *r)
{
	return r->rule >= RULE_ORG_MEMBER;
}

static bool
refuses_superseded(const struct route *r)
{
	return r->auth == AUTH_SIGNIN || (r->auth == AUTH_SESSION && r->tx == TX_WRITE);
}

static bool
checks_origin(const struct route *r)
{
	return r->method != HTTP_GET || r->no_navigation;
}

static bool
refuses_navigation(const struct route *r)
{
	return r->no_navigation;
}

static bool
has_session(const struct route *r)
{
	return r->auth != AUTH_NONE;
}

static bool
stops_for_maintenance(const struct route *r)
{
	return has_session(r) && strcmp(r->path, "/deployment") != 0;
}

/* Reading with a session may write its next token. */
static bool
may_write(const struct route *r)
{
	return has_session(r) || r->tx == TX_WRITE;
}

/* The loop's own routes count only by their own rule. */
static bool
counts_requests(const struct route *r)
{
	return r->lane != LANE_LOOP;
}

static bool
always(const struct route *r)
{
	(void)r;
	return true;
}

struct reason {
	enum status st;
	bool (*applies)(const struct route *r);
	const char *sentence;
};

static const struct reason implied[] = {
	{ E_BAD_REQUEST_BODY, has_fields,
	    "A field is missing, given twice, too long or not what it should be." },
	{ E_UNAUTHORIZED, needs_signin, "Nobody is signed in." },
	{ E_UNAUTHORIZED, refuses_superseded,
	    "The session has just been renewed by a sign-in; ask again with its new token." },
	{ E_FORBIDDEN, checks_origin, "The `Origin` is not one of the deployment's." },
	{ E_FEATURE_DISABLED, is_about_an_organization, "The deployment does not use organizations, or workspaces." },
	{ E_FORBIDDEN, is_about_an_organization,
	    "The caller may not do it there, is not in it, or there is no such thing: one answer for all." },
	{ E_FORBIDDEN, changes_credentials, "An operator acts for the user: the active sign-in came with an impersonation ticket." },
	{ E_REAUTH_REQUIRED, changes_credentials,
	    "The deployment asks for a fresh proof (`step_up_required`), and the sign-in's is older than 10 minutes." },
	{ E_FORBIDDEN, refuses_navigation, "A link was followed to it, or a picture shown: `Sec-Fetch-Mode` is `navigate` or `no-cors`." },
};

static const struct reason general[] = {
	{ E_BAD_REQUEST_BODY, always,
	    "The message, its query or its body is not well-formed, or its Content-Type is not one of those "
	    "above." },
	{ E_TLS_REQUIRED, always,
	    "A production deployment was not reached over https by way of a listed proxy." },
	{ E_NOT_FOUND, always, "No deployment answers at this host, or nothing is at this path." },
	{ E_METHOD_NOT_ALLOWED, always, "The path takes other methods: `Allow` lists them." },
	{ E_CONFLICT, may_write,
	    "Somebody changed the same thing at the same moment; the call can be repeated." },
	{ E_REQUEST_TIMEOUT, always, "The request took too long to arrive." },
	{ E_PAYLOAD_TOO_LARGE, always, "The body is larger than the server takes." },
	{ E_URI_TOO_LONG, always, "The request line is longer than the server takes." },
	{ E_HEADERS_TOO_LARGE, always, "The headers are more or larger than the server takes." },
	{ E_RATE_LIMITED, counts_requests,
	    "Too many calls with this session or from this source; `Retry-After` tells how long to wait." },
	{ E_INTERNAL, always, "A failure of the server's; its log says which." },
	{ E_OVERLOADED, always,
	    "Too much waits already, or the database does not answer; `Retry-After` tells when to try "
	    "again." },
	{ E_MAINTENANCE, stops_for_maintenance,
	    "The deployment is in maintenance; `/deployment` and what needs no session still answer." },
};

static void
add_reasons(struct arena *a, struct fails *f, const struct route *r, const struct reason *reasons, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (r == NULL || reasons[i].applies(r))
			add(a, f, reasons[i].st, reasons[i].sentence);
}

static void
add_missing(struct arena *a, struct fails *f, const struct field *fields, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!fields[i].required || fields[i].missing == OK)
			continue;
		add(a, f, fields[i].missing, arena_printf(a, "`%s` is missing.", fields[i].name).p);
	}
}

static void
add_rate(struct arena *a, struct fails *f, const struct route *r)
{
	const struct throttle_rule_info *rule = &throttle_rule_info[r->rate];

	if (r->rate == 0)
		return;
	add(a, f, E_RATE_LIMITED,
	    arena_printf(a, "More than `%s` allows from one source (by default %lld in %lld s).", rule->name,
		(long long)rule->limit_default, (long long)(rule->window_us / SECOND_US))
		.p);
}

struct fails
fails_of_route(struct arena *a, const struct route *r)
{
	struct fails f = { 0 };

	add_reasons(a, &f, r, implied, ARRAY_LEN(implied));
	add_missing(a, &f, r->query, ROUTE_N_QUERY(r));
	add_missing(a, &f, r->body, ROUTE_N_BODY(r));
	add_rate(a, &f, r);
	for (size_t i = 0; i < ROUTE_FAILS_MAX && r->fails[i] != OK; i++)
		add(a, &f, r->fails[i], status_info[r->fails[i]].text);
	return f;
}

struct fails
fails_of_any(struct arena *a, const struct route *r)
{
	struct fails f = { 0 };

	add_reasons(a, &f, r, general, ARRAY_LEN(general));
	return f;
}
