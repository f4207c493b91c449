/* diagnose_carrier.c - is the token where this deployment reads it? If not: which cookie attribute keeps it away. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/doctor/examine.h"

#include <string.h>

#include "base/str.h"

/* Both names that a session cookie can have here. */
static const char *const cookie_names[] = { "__Host-session", "__session" };

/* "a, b": the names of the cookies that came, never a value. */
static struct str
names_sent(struct examination *e)
{
	struct str piece, rest, name, value;
	struct buf out;

	buf_init_arena(&out, e->t->arena, 512);
	for (rest = http_field(&e->x.head, S("Cookie")); rest.n > 0 && out.n < 256;) {
		(void)str_cut(rest, ';', &piece, &rest);
		/* Without a '=' it is a value, or the end of one. */
		if (str_cut(str_trim(piece), '=', &name, &value) && name.n > 0 && name.n < 64)
			buf_printf(&out, "%s" STR_FMT, out.n ? ", " : "", STR_ARG(name));
	}
	return out.n > 0 ? buf_str(&out) : S("");
}

/* The name of a session cookie that is not the deployment's own; .p NULL: none came. */
static struct str
other_cookie(const struct examination *e)
{
	bool twice;

	for (size_t i = 0; i < ARRAY_LEN(cookie_names); i++) {
		struct str name = str_of(cookie_names[i]);

		if (str_eq(name, e->rq.deployment->cookie_name))
			continue;
		if (cookie_get(&e->x.head, name, &twice).p || twice)
			return name;
	}
	return STR_NONE;
}

/* ---- is the page on the host's own site? ---- */

enum site { SITE_SAME, SITE_CROSS, SITE_NO_SCRIPT };

/* The last two labels: a guess, for browsers that do not say (Sec-Fetch-Site). */
static struct str
guess_site(struct str host)
{
	size_t at = host.n, dots = 0;

	while (at > 0 && (host.p[at - 1] != '.' || ++dots < 2))
		at--;
	return str_from(host, at);
}

static enum site
site_of(const struct examination *e)
{
	struct str said = http_field(&e->x.head, S("Sec-Fetch-Site"));
	struct origin origin;

	if (said.n > 0 && !str_eq(said, S("none")))
		return str_eq(said, S("cross-site")) ? SITE_CROSS : SITE_SAME;
	if (!e->rq.origin.p)
		return SITE_NO_SCRIPT;
	if (!origin_parse(e->rq.origin, &origin))
		return SITE_CROSS;
	return str_eq(guess_site(origin.host.name), guess_site(examine_host_name(e->x.head.host))) ? SITE_SAME : SITE_CROSS;
}

/* No Cookie field at all. */
static void
found_no_cookie(struct examination *e)
{
	enum site site = site_of(e);

	if (site == SITE_CROSS && e->rq.deployment->settings.cookie_same_site == SAME_SITE_LAX)
		examine_found(e, FINDING_SAME_SITE_LAX, examine_origin(e));
	else if (site == SITE_CROSS)
		examine_found(e, FINDING_THIRD_PARTY_COOKIE, examine_origin(e));
	else if (e->rq.origin.p)
		examine_found(e, FINDING_CREDENTIALS_OMITTED, e->rq.origin);
	else
		examine_found(e, FINDING_COOKIE_ABSENT, S(""));
}

static struct str
development_token(const struct examination *e)
{
	struct str token = params_get(&e->rq.query, S("__dev_session__"));

	return token.n > 0 ? token : http_field(&e->x.head, S("X-Development-Session"));
}

static void
carrier_cookie(struct examination *e)
{
	struct str name = e->rq.deployment->cookie_name, other = other_cookie(e), value;
	bool twice;

	value = cookie_get(&e->x.head, name, &twice);
	if (twice)
		examine_found(e, FINDING_COOKIE_TWICE, S(""));
	else if (!value.p && other.p)
		examine_found(e, FINDING_COOKIE_WRONG_NAME, other);
	else if (!value.p && development_token(e).n > 0)
		examine_found(e, FINDING_DEV_TOKEN_IN_PRODUCTION, S(""));
	else if (!value.p && http_field_count(&e->x.head, S("Cookie")) == 0)
		found_no_cookie(e);
	else if (!value.p && memmem(names_sent(e).p, names_sent(e).n, name.p, name.n))
		examine_found(e, FINDING_COOKIE_MALFORMED, S(""));
	else if (!value.p)
		examine_found(e, FINDING_COOKIE_ABSENT, names_sent(e));
}

static void
carrier_development(struct examination *e)
{
	bool twice;

	if (e->priv.token.n > 0)
		return;
	for (size_t i = 0; i < ARRAY_LEN(cookie_names); i++)
		if (cookie_get(&e->x.head, str_of(cookie_names[i]), &twice).p)
			examine_found(e, FINDING_COOKIE_AT_STAGING, S(""));
	if (e->d->n_findings == 0)
		examine_found(e, FINDING_DEV_TOKEN_MISSING, S(""));
}

void
examine_carrier(struct examination *e)
{
	struct str sent = names_sent(e);

	if (e->rq.route->auth == AUTH_NONE)
		return;
	e->again = capture_field(&e->c->answer, S("Set-Cookie")).p != NULL;
	if (e->rq.deployment->mode == MODE_PRODUCTION)
		carrier_cookie(e);
	else
		carrier_development(e);
	if (e->priv.token.n > 0)
		examine_saw(e, "token", "presented: " STR_FMT, STR_ARG(examine_masked(e, e->priv.token)));
	else
		examine_saw(e, "token", "none where it is read; cookies sent: " STR_FMT, STR_ARG(sent.n > 0 ? sent : S("none")));
}
