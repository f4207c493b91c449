/* diagnose_answer.c - the answer that was captured: does it say what the server says, and will a browser take it? */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/doctor/examine.h"

#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/str.h"

enum { SKEW_S = 30 };

static const struct capture_fields *
answer_of(const struct examination *e)
{
	return &e->c->answer;
}

static bool
body_says(const struct examination *e, const char *text)
{
	return e->c->answer_body.n > 0 && memmem(e->c->answer_body.p, e->c->answer_body.n, text, str_of(text).n);
}

/* ---- the status ---- */

/* What was refused then is not refused now, by what the browser sent: so something else arrived. */
static void
answer_refused(struct examination *e)
{
	int status = e->c->status;

	if (status == 404 && body_says(e, "No deployment answers at this host") && e->rq.deployment)
		examine_found_first(e, FINDING_HOST_REWRITTEN, e->c->host);
	else if (status == 403 && body_says(e, "TLS_REQUIRED") && e->admitted != E_TLS_REQUIRED)
		examine_found_first(e, FINDING_PROTO_MISSING, S("word of https that this server believes (X-Forwarded-Proto, from a listed trusted-proxy)"));
	else if (status == 503 && body_says(e, "MAINTENANCE"))
		examine_found(e, FINDING_MAINTENANCE, S(""));
	else if (status == 429)
		examine_found(e, FINDING_RATE_LIMITED, S(""));
	else if (status >= 500)
		examine_found(e, FINDING_SERVER_FAILED, arena_printf(e->t->arena, "%d", status));
}

static bool
is_ours(struct examination *e)
{
	if (capture_field(answer_of(e), S("X-Request-Id")).p)
		return true;
	examine_found(e, FINDING_NOT_OUR_ANSWER, arena_printf(e->t->arena, "%d", e->c->status));
	return false;
}

/* ---- Set-Cookie ---- */

struct set_cookie {
	struct str name, domain, path, same_site, expires, max_age;
	bool       secure, has_domain, has_path;
};

static void
read_attribute(struct set_cookie *s, struct str name, struct str value)
{
	if (str_eq_nocase(name, S("Secure")))
		s->secure = true;
	else if (str_eq_nocase(name, S("SameSite")))
		s->same_site = value;
	else if (str_eq_nocase(name, S("Domain"))) {
		s->domain = str_starts(value, S(".")) ? str_from(value, 1) : value;
		s->has_domain = value.n > 0;
	} else if (str_eq_nocase(name, S("Path"))) {
		s->path = value;
		s->has_path = true;
	} else if (str_eq_nocase(name, S("Expires")))
		s->expires = value;
	else if (str_eq_nocase(name, S("Max-Age")))
		s->max_age = value;
}

/* RFC 6265 §5.2. The value is not looked at: it is a token. */
static struct set_cookie
read_set_cookie(struct str field)
{
	struct set_cookie s = { 0 };
	struct str piece, value;

	(void)str_cut(field, ';', &piece, &field);
	(void)str_cut(piece, '=', &s.name, &value);
	s.name = str_trim(s.name);
	while (field.n > 0) {
		struct str name;

		(void)str_cut(field, ';', &piece, &field);
		(void)str_cut(piece, '=', &name, &value);
		read_attribute(&s, str_trim(name), str_trim(value));
	}
	return s;
}

/* RFC 9110 §5.6.7's usual form. 0: none. */
static int64_t
read_http_date(struct str text)
{
	char cstr[64];
	struct tm tm = { 0 };

	if (text.n == 0 || text.n >= sizeof(cstr))
		return 0;
	memcpy(cstr, text.p, text.n);
	cstr[text.n] = '\0';
	if (!strptime(cstr, "%a, %d %b %Y %H:%M:%S GMT", &tm) && !strptime(cstr, "%a, %d-%b-%Y %H:%M:%S GMT", &tm))
		return 0;
	return (int64_t)timegm(&tm) * SECOND_US;
}

static int64_t
read_rfc3339(struct str text)
{
	char cstr[20];
	struct tm tm = { 0 };

	/* Browsers write it in UTC. */
	if (text.n < 20 || text.p[text.n - 1] != 'Z')
		return 0;
	memcpy(cstr, text.p, 19);
	cstr[19] = '\0';
	return strptime(cstr, "%Y-%m-%dT%H:%M:%S", &tm) ? (int64_t)timegm(&tm) * SECOND_US : 0;
}

/* By the browser's clock, when the capture has it. */
static int64_t
browser_now(const struct examination *e)
{
	int64_t at = read_rfc3339(e->c->client_time);

	if (at == 0)
		at = read_http_date(capture_field(&e->c->request, S("Date")));
	return at;
}

static bool
is_expired(struct examination *e, const struct set_cookie *s)
{
	int64_t max_age, at = read_http_date(s->expires), now = browser_now(e);

	/* Max-Age wins (RFC 6265 §5.3). */
	if (str_int(s->max_age, INT64_MIN, INT64_MAX, &max_age))
		return max_age <= 0;
	return at != 0 && at <= (now ? now : e->rq.task.now);
}

/* RFC 6265bis §4.1.3.2 */
static void
check_prefix(struct examination *e, const struct set_cookie *s)
{
	if (!str_starts(s->name, S("__Host-")))
		return;
	if (s->has_domain)
		examine_found(e, FINDING_SET_COOKIE_PREFIX, S("a Domain"));
	else if (!s->secure)
		examine_found(e, FINDING_SET_COOKIE_PREFIX, S("no Secure"));
	else if (!str_eq(s->path, S("/")))
		examine_found(e, FINDING_SET_COOKIE_PREFIX, S("a Path that is not /"));
}

static void
check_set_cookie(struct examination *e, const struct set_cookie *s)
{
	struct host host, domain;

	if (str_eq_nocase(s->same_site, S("None")) && !s->secure)
		examine_found(e, FINDING_SET_COOKIE_INSECURE, S(""));
	check_prefix(e, s);
	if (s->has_domain && !(host_parse(e->c->host, &host) && host_parse(s->domain, &domain) && host_is_within(&host, &domain)))
		examine_found(e, FINDING_SET_COOKIE_DOMAIN, s->domain);
	if (is_expired(e, s))
		examine_found(e, FINDING_SET_COOKIE_EXPIRED, s->expires.n > 0 ? s->expires : S("Max-Age"));
	examine_saw(e, "set-cookie", STR_FMT ": Domain %s, %s, SameSite " STR_FMT, STR_ARG(s->name), s->has_domain ? "set" : "none",
	    s->secure ? "Secure" : "not Secure", STR_ARG(s->same_site));
}

static bool
is_session_cookie(struct str name)
{
	return str_eq(name, S("__Host-session")) || str_eq(name, S("__session"));
}

/* Whoever brings nothing is given a token: session_resolve() has made one. */
static bool
token_goes_out(const struct examination *e)
{
	return e->rq.route && e->rq.route->auth != AUTH_NONE && !e->rq.route->by_proxy && e->priv.token.n == 0 && e->c->status == 200 &&
	    e->rq.session.token_out.n > 0;
}

static void
check_cookies(struct examination *e)
{
	bool production = e->rq.deployment->mode == MODE_PRODUCTION;
	bool came = !production && capture_field(answer_of(e), S("X-Development-Session")).p;

	for (size_t i = 0; i < answer_of(e)->n; i++) {
		struct set_cookie s;

		if (!str_eq_nocase(answer_of(e)->items[i].name, S("Set-Cookie")))
			continue;
		s = read_set_cookie(answer_of(e)->items[i].value);
		if (!is_session_cookie(s.name))
			continue;
		came = true;
		check_set_cookie(e, &s);
	}
	if (!came && token_goes_out(e))
		examine_found(e, FINDING_SET_COOKIE_STRIPPED, production ? S("Set-Cookie") : S("X-Development-Session"));
}

/* ---- CORS ---- */

static void
check_cors(struct examination *e)
{
	struct str origin = S("Access-Control-Allow-Origin"), credentials = S("Access-Control-Allow-Credentials");
	struct str said = capture_field(answer_of(e), origin);

	if (!e->rq.origin.p || !e->rq.origin_allowed || e->rq.deployment->mode != MODE_PRODUCTION)
		return;
	if (e->rq.route && e->rq.route->auth == AUTH_NONE)
		return;
	if (capture_field_count(answer_of(e), origin) > 1 || capture_field_count(answer_of(e), credentials) > 1)
		examine_found(e, FINDING_CORS_TWICE, origin);
	else if (!str_eq(said, e->rq.origin))
		examine_found(e, FINDING_CORS_STRIPPED, origin);
	else if (!str_eq(capture_field(answer_of(e), credentials), S("true")))
		examine_found(e, FINDING_CORS_STRIPPED, credentials);
}

/* ---- clocks ---- */

static void
check_clock(struct examination *e)
{
	int64_t browser = browser_now(e), server = read_http_date(capture_field(answer_of(e), S("Date")));
	int64_t off_s;

	if (browser == 0 || server == 0)
		return;
	off_s = (browser - server) / SECOND_US;
	examine_saw(e, "clock", "the browser's clock is %lld s from the server's", (long long)off_s);
	if (off_s > SKEW_S || off_s < -SKEW_S)
		examine_found(e, FINDING_CLOCK_SKEW, arena_printf(e->t->arena, "%lld seconds", (long long)off_s));
}

void
examine_answer(struct examination *e)
{
	size_t before;

	if (e->c->status == 0 && e->c->answer.n == 0)
		return;
	examine_saw(e, "answer", "status %d", e->c->status);
	check_clock(e);
	before = e->d->n_findings;
	answer_refused(e);
	/* Of an answer to another question than this one, the rest says nothing. */
	if (!is_ours(e) || !e->rq.deployment || e->d->n_findings > before)
		return;
	check_cookies(e);
	check_cors(e);
}
