/* here_checks.c - what is looked at where the command was typed: the configuration, and what it names. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/doctor/report.h"

#include <string.h>

#include "api/me/picture.h"
#include "base/str.h"
#include "dns/txt.h"
#include "net/loop.h"

static void
check_configuration(struct doctor *d, const char *name)
{
	const struct conf *c = d->conf;

	doctor_say(d, DOCTOR_OK, name, NULL, "read from %s%s; sessiond check-config prints it", c->config[0] ? c->config : "flags and environment",
	    c->config[0] ? ", flags and environment" : "");
	if (c->demo)
		doctor_say(d, DOCTOR_WARNING, name, "demo = false where anybody else can reach it", "the demo is on: people with known passwords");
}

/* "127.0.0.1:8080", "[::]:8080", a path. */
static bool
is_local(const char *listen)
{
	struct str text = str_of(listen), address = text, rest;
	struct net_addr a;

	if (listen[0] == '/')
		return true;
	if (listen[0] == '[')
		(void)str_cut(str_from(text, 1), ']', &address, &rest);
	else
		(void)str_cut(text, ':', &address, &rest);
	return net_addr_parse(address, &a) && net_addr_is_loopback(&a);
}

static void
check_listeners(struct doctor *d, const char *name)
{
	const struct conf *c = d->conf;
	bool open = false;

	for (size_t i = 0; i < c->listen.n; i++)
		open = open || !is_local(c->listen.items[i]);
	if (c->admin_listen[0] != '\0' && !is_local(c->admin_listen))
		doctor_say(d, DOCTOR_PROBLEM, name, "admin-listen = 127.0.0.1:9090, or off",
		    "the operator's listener (%s) is not on loopback: whoever reaches it reads metrics, staging's mail and diagnoses", c->admin_listen);
	if (open && c->trusted_proxy.n == 0)
		doctor_say(d, DOCTOR_WARNING, name, "trusted-proxy = the proxy's address; or listen on 127.0.0.1 behind a proxy here",
		    "a listener is open to the network, in plain http, and no proxy is listed: production deployments refuse all of it");
	else
		doctor_say(d, DOCTOR_OK, name, NULL, "%zu, %s", c->listen.n, open ? "open to the network" : "on this machine only");
}

static void
check_proxies(struct doctor *d, const char *name)
{
	const struct conf_list *list = &d->conf->trusted_proxy;
	struct net_cidr net;
	bool wide = false;

	for (size_t i = 0; i < list->n; i++)
		if (net_cidr_parse(str_of(list->items[i]), &net) && net.bits == 0)
			wide = true;
	if (wide)
		doctor_say(d, DOCTOR_PROBLEM, name, "list the proxies' own addresses only",
		    "everybody is a trusted proxy: anybody can say who they are and that they speak https");
	else if (list->n == 0)
		doctor_say(d, DOCTOR_OK, name, NULL, "none: only loopback and staging deployments can be reached");
	else
		doctor_say(d, DOCTOR_OK, name, NULL, "%zu listed, which write %s", list->n,
		    d->conf->proxy_header == PROXY_FORWARDED ? "Forwarded" : "X-Forwarded-For and X-Forwarded-Proto");
}

static void
check_pictures(struct doctor *d, const char *name)
{
	if (picture_has_helper())
		doctor_say(d, DOCTOR_OK, name, NULL, "sessiond-picture is beside this program");
	else
		doctor_say(d, DOCTOR_PROBLEM, name, "install sessiond-picture there", "sessiond-picture is not beside this program: no picture can be uploaded");
}

/* A name that does not exist by definition (RFC 6761 §6.4): that it does not is an answer. */
static void
check_dns(struct doctor *d, const char *name)
{
	struct task t = { .arena = d->c->t->arena, .now = d->c->t->now };
	enum dns_verdict v = DNS_NO_ANSWER;

	if (dns_txt_has(&t, d->conf->dns_server, S("doctor.invalid"), S("-"), &v) == OK && v != DNS_NO_ANSWER)
		doctor_say(d, DOCTOR_OK, name, NULL, "%s answers", d->conf->dns_server[0] ? d->conf->dns_server : "the system's server");
	else
		doctor_say(d, DOCTOR_WARNING, name, "dns-server = one that this machine reaches on port 53",
		    "no answer (%s): organizations cannot prove domains", t.why[0] ? t.why : "in time");
}

const struct doctor_check doctor_here_checks[] = {
	{ "configuration", check_configuration },
	{ "listeners", check_listeners },
	{ "trusted proxies", check_proxies },
	{ "data directory", doctor_check_data },
	{ "disk", doctor_check_space },
	{ "master key", doctor_check_key },
	{ "clock", doctor_check_clock },
	{ "randomness", doctor_check_randomness },
	{ "dns", check_dns },
	{ "pictures", check_pictures },
};
const size_t doctor_here_n = ARRAY_LEN(doctor_here_checks);
