/* scope.h - which organization and workspace a sign-in acts in, and whether they let it in. No HTTP. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/id.h"
#include "base/task.h"
#include "deployment/settings.h"
#include "net/loop.h"

/*
 * What is active on a sign-in; 0 is none. A workspace is only ever active together
 * with its organization: wsmem_in, the organization membership that wsmem belongs
 * to, is orgmem then.
 */
struct scope {
	struct orgmem_id orgmem;
	struct wsmem_id wsmem;
	struct orgmem_id wsmem_in;
};

/* What happens to a scope; `to` of scope_after() names the memberships it is about. */
enum scope_event {
	SCOPE_PERSONAL,         /* a switch without an id, of either kind */
	SCOPE_ENTER_ORG,        /* to.orgmem */
	SCOPE_ENTER_WORKSPACE,  /* to.wsmem, and to.orgmem = to.wsmem_in */
	SCOPE_CREATE_ORG,       /* to.orgmem, the creator's new membership */
	SCOPE_CREATE_WORKSPACE, /* changes nothing: no switch ever picks a workspace by itself */
	SCOPE_LOSE_ORG,         /* to.orgmem has gone: left, removed, deleted */
	SCOPE_LOSE_WORKSPACE,   /* to.wsmem has gone */
	SCOPE_EVENT__COUNT
};

/* The scope after an event: every rule about active scopes there is. Any thread. */
struct scope scope_after(struct scope now, enum scope_event event, struct scope to);

/* What an organization or a workspace asks of those who enter. */
struct gate {
	bool mfa;
	bool ip;
	struct str ip_allowlist; /* addresses and CIDRs, separated by spaces */
};

/* Who wants in. */
struct visitor {
	struct net_addr address;
	bool has_second_factor; /* one is enrolled */
};

/* What is missing to enter: bits. */
enum eligibility { ELIGIBLE = 0, LACKS_IP = 1, LACKS_MFA = 2, ELIGIBILITY__COUNT = 4 };

/* Is the address, or a network it is in, on the list? An entry that cannot be read admits nobody. */
bool ip_is_listed(struct str allowlist, const struct net_addr *address);

/*
 * A list as gates keep it, of what somebody typed: each an IPv4 or IPv6 address or a CIDR, in one spelling, once; empty
 * ones are nothing. E_BAD_REQUEST_BODY, t->why being a sentence: one cannot be read, or there are more than IP_LIST_MAX.
 */
enum { IP_LIST_MAX = 100 };
enum status ip_list_read(struct task *t, const struct str *items, size_t n, struct str *ret_list) MUST_CHECK;

/*
 * A gate counts only where the deployment has its kind switched on. A workspace asks what
 * its organization asks, too. Any thread.
 */
enum eligibility eligibility_org(const struct settings *s, const struct gate *org, const struct visitor *v);
enum eligibility eligibility_workspace(
    const struct settings *s, const struct gate *org, const struct gate *workspace, const struct visitor *v);

/* How eligibility_restriction says it: the type, and the sentence for people ("" when eligible). */
struct str eligibility_type(enum eligibility e);
struct str eligibility_text(enum eligibility e, bool of_workspace);
