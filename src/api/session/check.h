/* check.h - what a reverse proxy asks about somebody else's request, and the verdict. docs/decisions/forward-auth.md. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "api/api.h"

/* What a rule is about. All that are given must be met. */
enum check_rule {
	CHECK_ORGANIZATION,	/* the active one is this */
	CHECK_WORKSPACE,
	CHECK_ORGANIZATION_ROLE,	/* held in the active one, by name */
	CHECK_WORKSPACE_ROLE,
	CHECK_ORGANIZATION_PERMISSION,
	CHECK_WORKSPACE_PERMISSION,
	CHECK_PERMISSION,	/* in either */
	CHECK_RULE__COUNT
};

/* What becomes of somebody who is not signed in. */
enum check_sign_in {
	CHECK_REFUSE,	/* 401 */
	CHECK_LOCATION,	/* 401, with the sign-in page in Location: for proxies that take no redirect from a check */
	CHECK_REDIRECT,	/* 303 to it */
};

struct check_ask {
	struct str         rules[CHECK_RULE__COUNT];	/* as sent, still encoded; .p NULL: none */
	enum check_sign_in sign_in;
	bool               token;	/* a fresh JWT, too */
	struct str         template;	/* of that JWT, as sent; .p NULL: none */
	bool               set_cookie;	/* the proxy hands Set-Cookie on: the session's token may be replaced */
	const char        *wrong;	/* why it cannot be read: then it admits nobody; NULL: it can */
};

#define CHECK_PATH "/session/check"

/* Is this path the check, or below it? */
bool check_is_path(struct str path);

/*
 * Read what is asked: from the query of CHECK_PATH, which the proxy's configuration wrote; below it (a proxy
 * that appends the browser's own path and query) from the one field X-Session-Check, in the same form. What
 * is unknown, empty, given twice or not readable sets .wrong. Views into `h`. Allocates nothing.
 */
struct check_ask check_read(const struct http_head *h);
/* The same of such a query alone. */
struct check_ask check_read_query(struct str query);

/*
 * The verdict, whoever asks from wherever the session was read. `vouch`: see vouch.h; empty: nobody is signed
 * in. OK: *ret_lines are the answer's header lines (a view into vouch), without those of a scope that
 * does not admit `client`. E_UNAUTHORIZED: nobody is signed in. E_FORBIDDEN: a rule is not met, or the
 * question cannot be read. Allocates nothing; any thread.
 */
enum status check_judge(const struct check_ask *ask, struct str vouch, const struct net_addr *client,
    struct str *ret_lines) MUST_CHECK;
