/* restrictions.c - who may have an account, and by which addresses and numbers. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/sign_up/restrictions.h"

#include <string.h>

#include "api/app.h"
#include "api/place.h"
#include "api/sign_up/banned.h"
#include "api/sign_up/blocklists.h"
#include "auth/dial_country.h"
#include "auth/identifier.h"
#include "base/str.h"

/*
 * How an entry is compared. A domain whose key is another's is somebody else's in the DNS (straße.de, strasse.de): who
 * is let in is looked for as written, who is kept out by key, whichever spelling they choose.
 */
enum form { AS_KEPT, BY_KEY };

/* Entries are read as addresses are: an operator's "Example.COM" means example.com. "" is none. */
static struct str
read_entry(struct task *t, struct str entry, enum form form)
{
	struct str kept, key, at;

	if (entry.n > 0 && entry.p[0] == '@')
		entry = str_from(entry, 1);
	if (memchr(entry.p, '@', entry.n)) {
		if (identifier_email(t, entry, &kept, &key) != OK)
			return S("");
		return form == BY_KEY ? key : kept;
	}
	/* A domain by itself is read as part of an address. */
	at = arena_printf(t->arena, "x@" STR_FMT, STR_ARG(entry));
	if (identifier_email(t, at, &kept, &key) != OK)
		return S("");
	return str_from(form == BY_KEY ? key : kept, 2);
}

/* "*.example.com": example.com's subdomains, and not itself. */
static bool
is_below(struct task *t, struct str domain, struct str entry, enum form form)
{
	struct str above = read_entry(t, str_from(entry, 2), form);

	return above.n > 0 && domain.n > above.n + 1 && str_ends(domain, above) && domain.p[domain.n - above.n - 1] == '.';
}

/*
 * Is the address, in that form, on the list? An entry is an address, a domain (with or without "@" before it), or
 * "*.domain" for all domains below that one.
 */
static bool
is_listed(struct task *t, const struct str_list *list, struct str email, enum form form)
{
	struct str local, domain, entry;

	(void)str_cut(email, '@', &local, &domain);
	for (size_t i = 0; i < list->n; i++) {
		if (str_starts(list->items[i], S("*.")) && is_below(t, domain, list->items[i], form))
			return true;
		entry = read_entry(t, list->items[i], form);
		if (entry.n > 0 && (str_eq(entry, domain) || str_eq(entry, email)))
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

static bool
is_disposable(struct request *rq, struct str email_key)
{
	struct str local, domain;

	(void)str_cut(email_key, '@', &local, &domain);
	return blocklists_is_disposable(rq->app->blocklists, domain);
}

static enum status
check_email(struct request *rq, struct str email, struct str email_key)
{
	const struct settings *s = &rq->deployment->settings;
	struct task *t = &rq->task;

	if (email_key.n == 0)
		return OK;
	if (s->restrictions.blocklist_enabled && is_listed(t, &s->restrictions.blocklisted_resources, email_key, BY_KEY))
		return refuse(rq, E_EMAIL_BLOCKED, NULL);
	if (s->restrictions.allowlist_enabled && !is_listed(t, &s->restrictions.allowlisted_resources, email, AS_KEPT))
		return refuse(rq, E_EMAIL_NOT_ALLOWED, NULL);
	if (s->restrictions.block_subaddresses && is_subaddress(email_key))
		return refuse(rq, E_EMAIL_NOT_ALLOWED, "Use your address without the part behind the plus sign.");
	if (s->restrictions.block_disposable_emails && is_disposable(rq, email_key))
		return refuse(rq, E_DISPOSABLE_EMAIL_BLOCKED, NULL);
	return OK;
}

enum status
restrictions_check_email(struct request *rq, struct str email, struct str email_key)
{
	TRY(check_email(rq, email, email_key));
	return banned_check(rq, email);
}

/* ---- countries and numbers ---- */

static bool
country_is_listed(const struct request *rq, struct str country)
{
	const struct str_list *list = &rq->deployment->settings.restrictions.country_codes;

	for (size_t i = 0; i < list->n; i++)
		if (country.n > 0 && str_eq(country, list->items[i]))
			return true;
	return false;
}

/* A number of no known country, where countries matter, is refused: it may be of a listed one. */
static enum status
check_number_country(struct request *rq, struct str digits)
{
	struct str country;

	if (!rq->deployment->settings.restrictions.country_restrictions_enabled)
		return OK;
	country = dial_country(digits);
	if (country.n == 0 || country_is_listed(rq, country))
		return refuse(rq, E_COUNTRY_RESTRICTED, NULL);
	return OK;
}

/* The list may have gone from the configuration after the setting was made: then nobody knows, and nobody passes. */
static enum status
check_voip(struct request *rq, struct str digits)
{
	struct blocklists *lists = rq->app->blocklists;

	if (!rq->deployment->settings.restrictions.block_voip_numbers)
		return OK;
	if (!blocklists_knows_voip(lists) || blocklists_is_voip(lists, digits))
		return refuse(rq, E_VOIP_NUMBER_BLOCKED, NULL);
	return OK;
}

enum status
restrictions_check_phone(struct request *rq, struct str dial_code, struct str digits)
{
	struct str all = arena_printf(rq->task.arena, STR_FMT STR_FMT, STR_ARG(str_from(dial_code, 1)), STR_ARG(digits));

	if (digits.n == 0)
		return OK;
	TRY(check_number_country(rq, all));
	return check_voip(rq, all);
}

/* Told by the number, by the place, or by both; by neither is not told, and nobody passes. */
static enum status
check_source_country(struct request *rq, const struct account_spec *spec)
{
	struct str country;

	if (!rq->deployment->settings.restrictions.country_restrictions_enabled)
		return OK;
	country = place_find(rq->app->places, rq->task.arena, &rq->client).country_code;
	if (country_is_listed(rq, country) || (country.n == 0 && spec->phone.n == 0))
		return refuse(rq, E_COUNTRY_RESTRICTED, NULL);
	return OK;
}

enum status
restrictions_check(struct request *rq, const struct account_spec *spec)
{
	struct str names[] = { spec->username, spec->first_name, spec->last_name };
	enum status st = restrictions_check_email(rq, spec->email, spec->email_key);

	if (st == OK)
		st = restrictions_check_phone(rq, spec->dial_code, spec->phone);
	if (st == OK)
		st = check_source_country(rq, spec);
	for (size_t i = 0; i < ARRAY_LEN(names) && st == OK; i++)
		st = banned_check(rq, names[i]);
	return st;
}
