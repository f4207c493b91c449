/* examine.c - telling what a captured request shows: steps, findings, and texts without secrets. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/doctor/examine.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "api/doctor/veil.h"
#include "base/str.h"
#include "notify/template.h"

enum { TEXT_MAX = 4096 };

void
examine_saw(struct examination *e, const char *step, const char *fmt, ...)
{
	struct diagnosis *d = e->d;
	char text[TEXT_MAX];
	va_list ap;

	if (d->n_steps == DIAGNOSIS_STEPS_MAX)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	d->steps[d->n_steps++] = (struct diagnosis_step){ step, veil(e->t->arena, str_of(text)) };
}

static struct str
render(struct examination *e, const char *text, struct str value)
{
	const struct deployment *dep = e->rq.deployment;
	const struct template_var vars[] = {
		{ "host", veil(e->t->arena, e->x.head.host.n > 0 ? e->x.head.host : e->c->host) },
		{ "deployment", dep ? dep->backend_host : veil(e->t->arena, e->c->host) },
		{ "cookie", dep ? dep->cookie_name : S("") },
		{ "peer", str_of(e->peer) },
		{ "value", veil(e->t->arena, value) },
		{ "again", e->again ? S("1") : S("") },
	};
	struct buf out;

	buf_init_arena(&out, e->t->arena, TEXT_MAX);
	template_render(str_of(text), TEMPLATE_PLAIN, vars, ARRAY_LEN(vars), &out);
	return buf_str(&out);
}

void
examine_found(struct examination *e, enum finding_code code, struct str value)
{
	struct diagnosis *d = e->d;

	for (size_t i = 0; i < d->n_findings; i++)
		if (d->findings[i].code == code)
			return;
	if (d->n_findings == DIAGNOSIS_FINDINGS_MAX)
		return;
	d->findings[d->n_findings++] = (struct diagnosis_finding){
		code, render(e, finding_info[code].means, value), render(e, finding_info[code].mend, value),
	};
}

void
examine_found_first(struct examination *e, enum finding_code code, struct str value)
{
	struct diagnosis *d = e->d;
	size_t before = d->n_findings;
	struct diagnosis_finding found;

	examine_found(e, code, value);
	if (d->n_findings == before)
		return;
	found = d->findings[before];
	memmove(&d->findings[1], &d->findings[0], before * sizeof(found));
	d->findings[0] = found;
}

struct str
examine_masked(struct examination *e, struct str token)
{
	struct str begin = { token.p, token.n > 16 ? 4 : 0 };

	return arena_printf(e->t->arena, STR_FMT "…, %zu characters", STR_ARG(begin), token.n);
}

struct str
examine_host_name(struct str host)
{
	size_t at = host.n;

	while (at > 0 && host.p[at - 1] >= '0' && host.p[at - 1] <= '9')
		at--;
	if (at > 0 && at < host.n && host.p[at - 1] == ':')
		host.n = at - 1;
	return host;
}

bool
examine_has_field(const struct examination *e, struct str name)
{
	return capture_field(&e->c->request, name).p != NULL;
}

const char *
examine_forwarding_field(const struct examination *e)
{
	static const char *const names[] = { "X-Forwarded-For", "X-Forwarded-Proto", "Forwarded", "X-Forwarded-Host", "X-Real-IP" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (examine_has_field(e, str_of(names[i])))
			return names[i];
	return NULL;
}

bool
examine_is_loopback(struct str host_text)
{
	struct host host;

	return host_parse(host_text, &host) && host.is_loopback;
}

struct str
examine_origin(const struct examination *e)
{
	return e->rq.origin.n > 0 ? e->rq.origin : S("a page");
}
