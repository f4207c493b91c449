/* running.c - the configuration put in effect, and what the start tells. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/running.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/demo.h"
#include "admin/notify.h"
#include "api/place.h"
#include "api/sign_up/blocklists.h"
#include "auth/keys_ring.h"
#include "base/clock.h"
#include "base/str.h"

enum { PROBLEMS_TEXT_MAX = 64 * 1024, ANNOUNCEMENT_MAX = 64 * 1024 };

const struct conf *
running_load_conf(int argc, char **argv, struct conf_list *ret_rest)
{
	const struct conf *c;
	struct buf problems;

	buf_init(&problems, PROBLEMS_TEXT_MAX);
	c = conf_load(argc, argv, ret_rest, &problems);
	if (!c)
		fprintf(stderr, STR_FMT, STR_ARG(buf_str(&problems)));
	buf_done(&problems);
	return c;
}

static bool
apply_limits(const struct conf *c)
{
	for (enum throttle_rule rule = 0; rule < THROTTLE_RULE__COUNT; rule++)
		if (!throttle_set_limit(rule, c->throttle[rule]))
			return false;
	return true;
}

void
running_set_means(const struct conf *c)
{
	settings_set_means(MEANS_VOIP_PREFIXES, c->voip_prefixes[0] != '\0');
	settings_set_means(MEANS_PLACES, c->geoip_file[0] != '\0');
}

static enum status
apply_lists(struct task *t, struct app *app, const struct conf *c)
{
	TRY(blocklists_load(t, app->blocklists, c->disposable_domains, c->voip_prefixes));
	running_set_means(c);
	return OK;
}

enum status
running_apply(struct task *t, struct app *app, const struct conf *c)
{
	struct net_cidr *proxies = arena_array(t->arena, c->trusted_proxy.n + 1, sizeof(*proxies));

	TRY_MEM(t, proxies);
	for (size_t i = 0; i < c->trusted_proxy.n; i++)
		if (!net_cidr_parse(str_of(c->trusted_proxy.items[i]), &proxies[i]))
			return fail(t, E_BAD_REQUEST_BODY, "trusted-proxy: %s is no network", c->trusted_proxy.items[i]);
	TRY(places_open(t, app->places, c->geoip_file));
	if (!app_set_proxies(app, proxies, c->trusted_proxy.n))
		return fail(t, E_OVERLOADED, "out of memory");
	TRY(apply_lists(t, app, c));
	if (!apply_limits(c))
		return fail(t, E_BAD_REQUEST_BODY, "a throttle limit is out of bounds");
	app->dns_server = c->dns_server;
	app->proxies_write_forwarded = c->proxy_header == PROXY_FORWARDED;
	app->body_max = (size_t)c->request_body;
	app->image_max = (size_t)c->image_body;
	log_set_level(c->log_level);
	return OK;
}

/* One log line a problem. */
static void
log_problems(const struct buf *problems)
{
	struct str line, rest = buf_str(problems);

	while (rest.n > 0) {
		(void)str_cut(rest, '\n', &line, &rest);
		if (line.n > 0)
			log_event(LOG_ERROR, EV_RELOAD, "kept=old why=\"" STR_FMT "\"", STR_ARG(line));
	}
}

static void
reload_with(struct running *r, const struct conf *fresh)
{
	struct task t = { .arena = arena_new(1024 * 1024), .now = clock_now() };

	if (!t.arena || running_apply(&t, &r->app, fresh) != OK) {
		log_event(LOG_ERROR, EV_RELOAD, "kept=old why=\"%s\"", t.why);
		conf_free(fresh);
	} else {
		if (r->conf != r->start_conf)
			conf_free(r->conf);
		r->conf = fresh;
		log_event(LOG_NOTICE, EV_RELOAD, "result=ok");
	}
	arena_free(t.arena);
}

/* A new master key may be in the file, in front of the one in use. */
static void
reread_keys(struct running *r)
{
	struct task t = { .arena = arena_new(1024 * 1024), .now = clock_now() };

	if (!t.arena || keys_reread(&t, r->opened.keys) != OK)
		log_event(LOG_ERROR, EV_RELOAD, "kept=old why=\"%s\"", t.why);
	arena_free(t.arena);
}

void
running_reload(struct running *r)
{
	const struct conf *fresh;
	struct buf problems;
	char state[64];

	snprintf(state, sizeof(state), "RELOADING=1\nMONOTONIC_USEC=%lld", (long long)clock_mono());
	notify(state);
	reread_keys(r);
	buf_init(&problems, PROBLEMS_TEXT_MAX);
	fresh = conf_reload(r->conf, &problems);
	if (fresh)
		reload_with(r, fresh);
	else
		log_problems(&problems);
	buf_done(&problems);
	notify("READY=1");
}

uint16_t
running_port(const struct running *r)
{
	for (size_t i = 0; i < r->start_conf->listen.n; i++) {
		const char *address = server_address(r->server, i);
		const char *colon = address[0] == '/' ? NULL : strrchr(address, ':');
		int64_t port;

		if (colon && str_int(str_of(colon + 1), 1, UINT16_MAX, &port))
			return (uint16_t)port;
	}
	return 0;
}

static void
put_listener(struct buf *out, const char *what, const char *address)
{
	buf_printf(out, "%s %s%s\n", what, address[0] == '/' ? "unix:" : "http://", address);
}

/* The lines work wherever they are pasted. */
static void
put_demo(struct buf *out, const struct running *r)
{
	char *data = realpath(r->start_conf->data, NULL);

	demo_print(out, data ? data : r->start_conf->data, r->demo_port);
	free(data);
}

void
running_announce(const struct running *r)
{
	struct buf out;

	buf_init(&out, ANNOUNCEMENT_MAX);
	for (size_t i = 0; i < r->start_conf->listen.n; i++)
		put_listener(&out, "listening on", server_address(r->server, i));
	if (r->start_conf->admin_listen[0] != '\0')
		put_listener(&out, "admin on", server_address(r->admin_server, 0));
	if (r->start_conf->demo)
		put_demo(&out, r);
	fwrite(out.p, 1, out.n, stdout);
	fflush(stdout);
	buf_done(&out);
}
