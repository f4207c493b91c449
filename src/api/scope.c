/* scope.c - which organization and workspace a sign-in acts in, and whether they let it in. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/scope.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/str.h"

static struct scope
scope_moved(struct scope now, enum scope_event event, struct scope to)
{
	const struct scope personal = { { 0 }, { 0 }, { 0 } };

	switch (event) {
	case SCOPE_PERSONAL:
		return personal;
	case SCOPE_ENTER_ORG:
		return (struct scope){ to.orgmem, now.wsmem, now.wsmem_in };
	case SCOPE_ENTER_WORKSPACE:
		return to;
	case SCOPE_CREATE_ORG:
		return (struct scope){ to.orgmem, { 0 }, { 0 } };
	case SCOPE_LOSE_ORG:
		return now.orgmem.v == to.orgmem.v ? personal : now;
	case SCOPE_LOSE_WORKSPACE:
		return now.wsmem.v == to.wsmem.v ? (struct scope){ now.orgmem, { 0 }, { 0 } } : now;
	case SCOPE_CREATE_WORKSPACE:
	case SCOPE_EVENT__COUNT:
		break;
	}
	return now;
}

struct scope
scope_after(struct scope now, enum scope_event event, struct scope to)
{
	struct scope next = scope_moved(now, event, to);

	/* The one invariant, kept here for all of them: no workspace of another organization. */
	if (next.wsmem.v == 0 || next.orgmem.v == 0 || next.wsmem_in.v != next.orgmem.v)
		return (struct scope){ next.orgmem, { 0 }, { 0 } };
	return next;
}

bool
ip_is_listed(struct str allowlist, const struct net_addr *address)
{
	struct net_cidr cidr;
	struct str entry;

	while (allowlist.n > 0) {
		(void)str_cut(allowlist, ' ', &entry, &allowlist);
		if (entry.n > 0 && net_cidr_parse(entry, &cidr) && net_cidr_has(&cidr, address))
			return true;
	}
	return false;
}

static enum status
no_list(struct task *t, struct str item)
{
	(void)snprintf(t->why, sizeof(t->why),
	    "\"%.*s\" is no IP address and no network such as 203.0.113.0/24.", (int)(item.n < 64 ? item.n : 64), item.p);
	return E_BAD_REQUEST_BODY;
}

/* One spelling each. */
static struct str
cidr_text(struct arena *a, const struct net_cidr *c)
{
	char address[46];

	(void)net_addr_format(&c->base, address);
	if (c->bits == (c->base.family == AF_INET ? 32 : 128))
		return arena_printf(a, "%s", address);
	return arena_printf(a, "%s/%u", address, c->bits);
}

static bool
has_word(struct str words, struct str wanted)
{
	struct str word;

	while (words.n > 0) {
		(void)str_cut(words, ' ', &word, &words);
		if (str_eq(word, wanted))
			return true;
	}
	return false;
}

enum status
ip_list_read(struct task *t, const struct str *items, size_t n, struct str *ret_list)
{
	struct buf list;
	size_t kept = 0;

	buf_init_arena(&list, t->arena, IP_LIST_MAX * 64);
	for (size_t i = 0; i < n; i++) {
		struct str item = str_trim(items[i]), text;
		struct net_cidr cidr;

		if (item.n == 0)
			continue;
		if (item.n > 64 || !net_cidr_parse(item, &cidr))
			return no_list(t, item);
		text = cidr_text(t->arena, &cidr);
		if (has_word(buf_str(&list), text))
			continue;
		if (++kept > IP_LIST_MAX) {
			(void)snprintf(t->why, sizeof(t->why), "Name at most %d networks.", IP_LIST_MAX);
			return E_BAD_REQUEST_BODY;
		}
		buf_printf(&list, "%s" STR_FMT, kept > 1 ? " " : "", STR_ARG(text));
	}
	TRY_MEM(t, list.failed || arena_failed(t->arena) ? NULL : t);
	*ret_list = kept > 0 ? buf_str(&list) : S("");
	return OK;
}

static enum eligibility
eligibility_at(bool ip_enabled, bool mfa_enabled, const struct gate *g, const struct visitor *v)
{
	bool lacks_ip = ip_enabled && g->ip && !ip_is_listed(g->ip_allowlist, &v->address);
	bool lacks_mfa = mfa_enabled && g->mfa && !v->has_second_factor;

	return (enum eligibility)((lacks_ip ? LACKS_IP : 0) | (lacks_mfa ? LACKS_MFA : 0));
}

enum eligibility
eligibility_org(const struct settings *s, const struct gate *org, const struct visitor *v)
{
	return eligibility_at(
	    s->b2b.ip_allowlist_per_org_enabled, s->b2b.enforce_mfa_per_org_enabled, org, v);
}

enum eligibility
eligibility_workspace(
    const struct settings *s, const struct gate *org, const struct gate *workspace, const struct visitor *v)
{
	enum eligibility own = eligibility_at(s->b2b.ip_allowlist_per_workspace_enabled,
	    s->b2b.enforce_mfa_per_workspace_enabled, workspace, v);

	return (enum eligibility)(own | eligibility_org(s, org, v));
}

struct str
eligibility_type(enum eligibility e)
{
	static const struct str types[ELIGIBILITY__COUNT] = {
		S_INIT("none"),
		S_INIT("ip_not_allowed"),
		S_INIT("mfa_required"),
		S_INIT("ip_and_mfa_required"),
	};

	return types[e];
}

struct str
eligibility_text(enum eligibility e, bool of_workspace)
{
	static const struct str texts[ELIGIBILITY__COUNT][2] = {
		{ S_INIT(""), S_INIT("") },
		{ S_INIT("This organization only allows access from approved networks."),
		    S_INIT("This workspace only allows access from approved networks.") },
		{ S_INIT("This organization requires a second factor. Set one up to enter."),
		    S_INIT("This workspace requires a second factor. Set one up to enter.") },
		{ S_INIT("This organization requires an approved network and a second factor."),
		    S_INIT("This workspace requires an approved network and a second factor.") },
	};

	return texts[e][of_workspace ? 1 : 0];
}
