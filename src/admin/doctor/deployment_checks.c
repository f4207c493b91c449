/* deployment_checks.c - each deployment: hosts, cookies, modes, keys, and the servers it sends to. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/doctor/report.h"

#include <string.h>
#include <unistd.h>

#include "admin/doctor/reach.h"
#include "base/clock.h"
#include "base/str.h"
#include "store/store.gen.h"

#define REACH_US  (3 * SECOND_US)
#define KEYS_LATE_US HOUR_US

/* "deployment set api.example.com cookie_domain=default", ready to be pasted. */
static const char *
set(struct doctor *d, const struct deployment *dep, const char *change)
{
	return arena_printf(d->c->t->arena, "sessiond deployment set " STR_FMT " %s%c", STR_ARG(dep->backend_host), change, '\0').p;
}

#define HOST(dep) (int)(dep)->backend_host.n, (dep)->backend_host.p

/* All is well when nothing was said. */
struct said {
	struct doctor *d;
	size_t         before;
};

static void
say_well(const struct said *s, const char *name, const char *what)
{
	if (s->d->c->out.n == s->before)
		doctor_say(s->d, DOCTOR_OK, name, NULL, "%zu deployments: %s", s->d->n_deployments, what);
}

/* ---- hosts ---- */

/* Nobody reads proxies from a running configuration but its own server. */
static bool
has_proxy(const struct doctor *d)
{
	struct net_addr first;

	return d->c->app ? app_first_proxy(d->c->app, &first) : !d->c->conf || d->c->conf->trusted_proxy.n > 0;
}

static void
check_host(struct doctor *d, const char *name, const struct deployment *dep)
{
	struct origin base;

	if (dep->mode == MODE_PRODUCTION && !dep->is_loopback && !has_proxy(d))
		doctor_say(d, DOCTOR_PROBLEM, name, "trusted-proxy = the TLS proxy's address", "%.*s answers over https only, and no proxy is listed that could say so", HOST(dep));
	if (!origin_parse(dep->base_url, &base))
		doctor_say(d, DOCTOR_PROBLEM, name, NULL, "%.*s: its base_url is no origin", HOST(dep));
	else if (!str_starts(dep->backend_host, base.host.name))
		doctor_say(d, DOCTOR_WARNING, name, "make it anew with the right --base-url, if the proxy does not map one onto the other",
		    "%.*s: apps call %.*s, by its publishable key", HOST(dep), (int)dep->base_url.n, dep->base_url.p);
	if (dep->mode == MODE_PRODUCTION && !dep->is_loopback && str_starts(dep->base_url, S("http://")))
		doctor_say(d, DOCTOR_PROBLEM, name, "make it anew with --base-url https://...", "%.*s: its base_url is plain http, over which its cookie is not kept", HOST(dep));
}

void
doctor_check_hosts(struct doctor *d, const char *name)
{
	struct said s = { d, d->c->out.n };

	for (size_t i = 0; i < d->n_deployments; i++)
		check_host(d, name, d->deployments[i]);
	say_well(&s, name, "hosts and base URLs agree");
}

/* ---- modes ---- */

static void
check_mode(struct doctor *d, const char *name, const struct deployment *dep)
{
	if (dep->is_demo)
		doctor_say(d, DOCTOR_WARNING, name, "delete the demo's rows: start from an empty database for production",
		    "%.*s is the demo's, with people whose passwords are known; it answers only with --demo", HOST(dep));
	else if (dep->mode == MODE_STAGING && !dep->is_loopback)
		doctor_say(d, DOCTOR_WARNING, name, "production people belong in a production deployment; keep staging inside a VPN",
		    "%.*s is staging on a public host: any page may read its answers, and tokens stand in URLs", HOST(dep));
	if (dep->settings.maintenance_mode)
		doctor_say(d, DOCTOR_WARNING, name, set(d, dep, "maintenance_mode=false"), "%.*s is in maintenance: it answers 503", HOST(dep));
}

void
doctor_check_modes(struct doctor *d, const char *name)
{
	struct said s = { d, d->c->out.n };

	for (size_t i = 0; i < d->n_deployments; i++)
		check_mode(d, name, d->deployments[i]);
	say_well(&s, name, "none is staging in public, a demo, or in maintenance");
}

/* ---- cookies ---- */

/* The last two labels: a guess at what browsers call a site. */
static struct str
site_of(struct str host)
{
	size_t at, dots = 0;

	for (at = 0; at < host.n; at++)
		if (host.p[at] == ':')
			host.n = at;
	for (at = host.n; at > 0 && (host.p[at - 1] != '.' || ++dots < 2);)
		at--;
	return str_from(host, at);
}

static void
check_cookie(struct doctor *d, const char *name, const struct deployment *dep)
{
	bool cross = !str_eq(site_of(dep->backend_host), site_of(dep->frontend_host));
	struct host host, domain;

	if (dep->mode != MODE_PRODUCTION || dep->is_loopback)
		return;
	if (cross && dep->settings.cookie_same_site == SAME_SITE_LAX)
		doctor_say(d, DOCTOR_WARNING, name, set(d, dep, "cookie_same_site=none"),
		    "%.*s and its frontend %.*s look like two sites: browsers send no SameSite=Lax cookie between them", HOST(dep),
		    (int)dep->frontend_host.n, dep->frontend_host.p);
	if (cross && dep->settings.cookie_same_site == SAME_SITE_NONE)
		doctor_say(d, DOCTOR_WARNING, name, "serve both below one registrable domain",
		    "%.*s needs third-party cookies, which many browsers block", HOST(dep));
	if (dep->settings.cookie_domain.n == 0)
		return;
	if (!host_parse(dep->backend_host, &host) || !host_parse(dep->settings.cookie_domain, &domain) || !host_is_within(&host, &domain))
		doctor_say(d, DOCTOR_PROBLEM, name, set(d, dep, "cookie_domain=default"), "%.*s is not within its cookie_domain: browsers drop the cookie", HOST(dep));
	else
		doctor_say(d, DOCTOR_WARNING, name, set(d, dep, "cookie_domain=default"), "%.*s: every host below its cookie_domain can send or replace the session cookie", HOST(dep));
}

void
doctor_check_cookies(struct doctor *d, const char *name)
{
	struct said s = { d, d->c->out.n };

	for (size_t i = 0; i < d->n_deployments; i++)
		check_cookie(d, name, d->deployments[i]);
	say_well(&s, name, "cookies reach their frontends");
}

/* ---- signing keys ---- */

void
doctor_check_keys_due(struct doctor *d, const char *name)
{
	struct said s = { d, d->c->out.n };

	for (size_t i = 0; i < d->n_deployments; i++) {
		const struct deployment *dep = d->deployments[i];

		if (dep->keys_due_at > 0 && dep->keys_due_at < d->c->t->now - KEYS_LATE_US)
			doctor_say(d, DOCTOR_WARNING, name, "look at the log's lines about keys; a server must run",
			    "%.*s: a signing key has been due for %lld hours", HOST(dep),
			    (long long)((d->c->t->now - dep->keys_due_at) / HOUR_US));
	}
	say_well(&s, name, "no signing key is overdue");
}

/* ---- other servers ---- */

static int64_t
deadline(const struct doctor *d)
{
	int64_t own = clock_mono() + REACH_US;

	return own < d->until_mono ? own : d->until_mono;
}

static void
look_at_mail(struct doctor *d, const char *name, const struct deployment *dep)
{
	struct task t = { .arena = d->c->t->arena, .now = d->c->t->now };
	const struct settings *s = &dep->settings;
	struct str host = s->smtp.host;
	bool starttls = false, speaks;
	int64_t until = deadline(d);
	int fd;

	if (reach_connect(&t, host, (uint16_t)s->smtp.port, parcel_mail_scope(s), until, &fd) != OK) {
		doctor_say(d, DOCTOR_PROBLEM, name, set(d, dep, "smtp_host=... smtp_port=..."), "%.*s: mail server %.*s:%lld: %s", HOST(dep),
		    (int)host.n, host.p, (long long)s->smtp.port, t.why);
		return;
	}
	/* With TLS from the first byte on nothing can be read without it. */
	speaks = s->smtp.security == SMTP_TLS || reach_smtp(fd, until, &starttls);
	close(fd);
	if (!speaks)
		doctor_say(d, DOCTOR_PROBLEM, name, set(d, dep, "smtp_security=tls (port 465), or the right smtp_port"),
		    "%.*s: %.*s:%lld answers, but not as SMTP does", HOST(dep), (int)host.n, host.p, (long long)s->smtp.port);
	else if (s->smtp.security == SMTP_STARTTLS && !starttls)
		doctor_say(d, DOCTOR_PROBLEM, name, set(d, dep, "smtp_security=tls, or another smtp_port (587)"),
		    "%.*s: %.*s:%lld offers no STARTTLS, without which nothing is sent", HOST(dep), (int)host.n, host.p, (long long)s->smtp.port);
	else
		doctor_say(d, DOCTOR_OK, name, NULL, "%.*s: %.*s:%lld answers", HOST(dep), (int)host.n, host.p, (long long)s->smtp.port);
}

/* Asked once, however many send there; and not for ever. */
static bool
was_asked(const struct doctor *d, size_t i)
{
	const struct settings *s = &d->deployments[i]->settings;

	for (size_t k = 0; k < i; k++) {
		const struct settings *o = &d->deployments[k]->settings;

		if (str_eq(s->smtp.host, o->smtp.host) && s->smtp.port == o->smtp.port && s->smtp.security == o->smtp.security)
			return true;
	}
	return clock_mono() >= d->until_mono;
}

void
doctor_check_mail(struct doctor *d, const char *name)
{
	struct said s = { d, d->c->out.n };

	for (size_t i = 0; i < d->n_deployments; i++) {
		const struct deployment *dep = d->deployments[i];

		if (dep->settings.smtp.host.n > 0 && !was_asked(d, i))
			look_at_mail(d, name, dep);
		else if (dep->settings.smtp.host.n == 0 && dep->mode == MODE_PRODUCTION && !dep->is_demo && !dep->is_loopback)
			doctor_say(d, DOCTOR_WARNING, name, set(d, dep, "smtp_host=... smtp_from=..."), "%.*s has no mail server: its mail stays in the outbox", HOST(dep));
	}
	say_well(&s, name, "no mail server is set where none is needed");
}

/* Only that somebody takes connections there: nothing is sent. The path, which may be a secret, is not shown. */
static void
look_at_url(struct doctor *d, const char *name, const struct deployment *dep, struct str url)
{
	struct task t = { .arena = d->c->t->arena, .now = d->c->t->now };
	const char *sentence;
	struct origin o;
	uint16_t port;
	int fd;

	if (!parcel_may_post_to(url, &sentence) || !url_parse(url, &o)) {
		doctor_say(d, DOCTOR_PROBLEM, name, NULL, "%.*s: its URL cannot be posted to", HOST(dep));
		return;
	}
	port = o.host.port ? o.host.port : origin_is_https(&o) ? 443 : 80;
	if (reach_connect(&t, o.host.name, port, o.host.is_loopback ? SCOPE_LOOPBACK : SCOPE_PUBLIC, deadline(d), &fd) != OK) {
		doctor_say(d, DOCTOR_PROBLEM, name, "correct the URL, or let this machine reach it", "%.*s: %.*s:%u: %s", HOST(dep), (int)o.host.name.n,
		    o.host.name.p, (unsigned)port, t.why);
		return;
	}
	close(fd);
	doctor_say(d, DOCTOR_OK, name, NULL, "%.*s: %.*s:%u takes connections", HOST(dep), (int)o.host.name.n, o.host.name.p, (unsigned)port);
}

void
doctor_check_messages(struct doctor *d, const char *name)
{
	struct said s = { d, d->c->out.n };

	for (size_t i = 0; i < d->n_deployments && clock_mono() < d->until_mono; i++)
		if (d->deployments[i]->settings.sms.webhook_url.n > 0)
			look_at_url(d, name, d->deployments[i], d->deployments[i]->settings.sms.webhook_url);
	say_well(&s, name, "none sends text messages");
}

struct hook_list {
	struct deployment_id deployment;
	struct hook_row     *rows;
	size_t               n;
};

static enum status
hooks_read(struct task *t, void *arg)
{
	struct hook_list *l = arg;

	return sql_hooks(t, l->deployment, &l->rows, &l->n);
}

static void
look_at_hooks(struct doctor *d, const char *name, const struct deployment *dep)
{
	struct hook_list l = { .deployment = dep->id };

	if (db_read(d->c->t, d->c->db, hooks_read, &l) != OK)
		return;
	for (size_t i = 0; i < l.n && clock_mono() < d->until_mono; i++) {
		const struct hook_row *h = &l.rows[i];

		if (h->state != 0)
			doctor_say(d, DOCTOR_WARNING, name, "sessiond webhook update ID --enable, once it answers", "%.*s: webhook_%lld is disabled: %.*s",
			    HOST(dep), (long long)h->id.v, (int)h->why.n, h->why.p);
		else
			look_at_url(d, name, dep, h->url);
	}
}

void
doctor_check_hooks(struct doctor *d, const char *name)
{
	struct said s = { d, d->c->out.n };

	for (size_t i = 0; i < d->n_deployments; i++)
		look_at_hooks(d, name, d->deployments[i]);
	say_well(&s, name, "none has webhook endpoints");
}
