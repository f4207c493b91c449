/* restrictions.c - which addresses and names an operator lets sign up. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/restrictions.h"

#include <string.h>

#include "api/banned.h"
#include "auth/identifier.h"
#include "base/str.h"

/* Entries are compared as addresses are: an operator's "Example.COM" means example.com. */
static struct str
entry_key(struct task *t, struct str entry)
{
	struct str shown, key, at;

	if (entry.n > 0 && entry.p[0] == '@')
		entry = str_from(entry, 1);
	if (memchr(entry.p, '@', entry.n))
		return identifier_email(t, entry, &shown, &key) == OK ? key : S("");
	/* A domain has no key of its own: read it as part of an address. */
	at = arena_printf(t->arena, "x@" STR_FMT, STR_ARG(entry));
	return identifier_email(t, at, &shown, &key) == OK ? str_from(key, 2) : S("");
}

bool
restrictions_lists(struct task *t, const struct str_list *list, struct str email_key)
{
	struct str local, domain, key;

	(void)str_cut(email_key, '@', &local, &domain);
	for (size_t i = 0; i < list->n; i++) {
		key = entry_key(t, list->items[i]);
		if (key.n > 0 && (str_eq(key, domain) || str_eq(key, email_key)))
			return true;
	}
	return false;
}

static bool
is_subaddress(struct str email_key)
{
	struct str local, domain;

	(void)str_cut(email_key, '@', &local, &domain);
	return memchr(local.p, '+', local.n) != NULL;
}

static enum status
check_email(struct request *rq, struct str email_key)
{
	const struct settings *s = &rq->deployment->settings;
	struct task *t = &rq->task;

	if (email_key.n == 0)
		return OK;
	if (s->restrictions.blocklist_enabled && restrictions_lists(t, &s->restrictions.blocklisted_resources, email_key))
		return refuse(rq, E_EMAIL_BLOCKED, NULL);
	if (s->restrictions.allowlist_enabled && !restrictions_lists(t, &s->restrictions.allowlisted_resources, email_key))
		return refuse(rq, E_EMAIL_NOT_ALLOWED, NULL);
	if (s->restrictions.block_subaddresses && is_subaddress(email_key))
		return refuse(rq, E_EMAIL_NOT_ALLOWED, "Use your address without the part behind the plus sign.");
	return OK;
}

enum status
restrictions_check(struct request *rq, const struct account_spec *spec)
{
	struct str names[] = { spec->username, spec->first_name, spec->last_name, spec->email };
	enum status st = check_email(rq, spec->email_key);

	for (size_t i = 0; i < ARRAY_LEN(names) && st == OK; i++)
		st = banned_check(rq, names[i]);
	return st;
}
