/* rules.c - whose pages may read a deployment's answers, and where it sends browsers. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/str.h"
#include "deployment/deployment.h"

/*
 * frontend_host itself, or a host below it. Nothing is taken to be below a name of
 * one label: that would be everything below a top-level domain.
 */
static bool
is_frontend(const struct deployment *d, const struct host *h)
{
	if (h->port != d->frontend.port)
		return false;
	if (str_eq(h->name, d->frontend.name))
		return true;
	return memchr(d->frontend.name.p, '.', d->frontend.name.n) != NULL && host_is_within(h, &d->frontend);
}

static bool
is_listed(const struct deployment *d, struct str origin)
{
	const struct str_list *list = &d->settings.allowed_origins;

	for (size_t i = 0; i < list->n; i++) {
		if (str_eq(origin, list->items[i]))
			return true;
	}
	return false;
}

/* Plain http never leaves the machine: both ends are on it. */
static bool
stays_on_machine(const struct deployment *d, const struct origin *o)
{
	return origin_is_http(o) && d->is_loopback && o->host.is_loopback;
}

bool
deployment_allows_origin(const struct deployment *d, struct str origin)
{
	struct origin o;

	if (!origin_parse(origin, &o))
		return false;
	if (d->mode == MODE_STAGING)
		return true;
	if (origin_is_https(&o) && is_frontend(d, &o.host))
		return true;
	return stays_on_machine(d, &o) || is_listed(d, origin);
}

bool
deployment_allows_passkey_origin(const struct deployment *d, struct str origin)
{
	struct origin o;
	struct host rp;

	if (!deployment_allows_origin(d, origin))
		return false;
	if (d->mode != MODE_STAGING)
		return true;
	if (!origin_parse(origin, &o) || !host_parse(d->settings.passkey_rp_id, &rp) || !host_is_within(&o.host, &rp))
		return false;
	return origin_is_https(&o) || (origin_is_http(&o) && o.host.is_loopback);
}

bool
deployment_allows_redirect(const struct deployment *d, struct str url)
{
	struct origin o;

	if (!url_parse(url, &o))
		return false;
	if (d->mode == MODE_STAGING)
		return true;
	return (origin_is_https(&o) && is_frontend(d, &o.host)) || stays_on_machine(d, &o);
}
