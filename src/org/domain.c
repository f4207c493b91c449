/* domain.c - names in the DNS that an organization has proved to be its own, and who joins it by them. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "org/domain.h"

#include <sodium.h>
#include <string.h>

#include "base/secret.h"
#include "base/str.h"
#include "deployment/origin.h"
#include "org/join.h"

/* RIVALS_MAX: so that no crowd of claims makes one proof a long transaction. */
enum { TOKEN_BYTES = 32, TOKEN_TEXT = 44, RIVALS_MAX = 100 };

struct str
domain_record(struct task *t, const struct org_domain_row *domain)
{
	return arena_printf(t->arena, DOMAIN_RECORD_NAME "." STR_FMT, STR_ARG(domain->fqdn));
}

struct str
domain_record_data(struct task *t, const struct org_domain_row *domain)
{
	return arena_printf(t->arena, DOMAIN_RECORD_PREFIX STR_FMT, STR_ARG(domain->token));
}

/* Nobody can own a top-level domain here, and an address is no domain. */
static bool
is_domain(struct str s)
{
	struct host h;

	return s.n <= DOMAIN_BYTES_MAX && host_parse(s, &h) && h.kind == HOST_NAME && h.port == 0 && memchr(s.p, '.', s.n) != NULL;
}

enum status
domain_read(struct task *t, struct str text, struct str *ret_fqdn)
{
	struct str fqdn = str_lower(t->arena, str_trim(text));

	TRY_MEM(t, fqdn.p);
	if (fqdn.n > 0 && fqdn.p[fqdn.n - 1] == '.')
		fqdn.n--;
	if (!is_domain(fqdn))
		return E_BAD_REQUEST_BODY;
	*ret_fqdn = fqdn;
	return OK;
}

static enum status
make_token(struct task *t, struct str *ret_token)
{
	uint8_t random[TOKEN_BYTES];
	char text[TOKEN_TEXT];

	if (!secret_random(random, sizeof(random)))
		return fail(t, E_OVERLOADED, "no randomness for a domain's token");
	sodium_bin2base64(text, sizeof(text), random, sizeof(random), sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	*ret_token = arena_dup(t->arena, str_of(text));
	TRY_MEM(t, ret_token->p);
	return OK;
}

static enum status
write_down(const struct org_deed *deed, enum audit_event event, struct org_id org, struct domain_id domain, struct str fqdn)
{
	struct str detail = arena_printf(deed->t->arena,
	    "{\"organization_id\":\"org_%lld\",\"domain_id\":\"domain_%lld\",\"fqdn\":\"" STR_FMT "\"}", (long long)org.v,
	    (long long)domain.v, STR_ARG(fqdn));

	TRY_MEM(deed->t, detail.p);
	return deed->audit(deed, event, (struct user_id){ 0 }, detail);
}

enum status
domain_add(const struct org_deed *deed, struct org_id org, struct str fqdn, struct org_domain_row *ret_domain)
{
	struct task *t = deed->t;
	struct deployment_id d = deed->deployment->id;
	struct domain_id id = { id_next(t->now) };
	struct org_domain_count_row have;
	struct str token;
	int64_t rows;

	TRY(sql_org_domain_count(t, d, org, &have));
	if (have.n >= DOMAINS_MAX)
		return E_LIMIT_REACHED;
	TRY(make_token(t, &token));
	TRY(sql_org_domain_insert(t, d, id, org, fqdn, token, t->now, &rows));
	if (rows == 0)
		return E_CONFLICT;
	TRY(write_down(deed, AUDIT_ORGANIZATION_DOMAIN_ADDED, org, id, fqdn));
	return sql_org_domain_find(t, d, org, id, ret_domain);
}

/* E_CONFLICT: another organization has proved the name. */
static enum status
check_free(struct task *t, struct deployment_id d, const struct org_domain_row *domain)
{
	struct org_domain_owner_row owner;
	enum status st = sql_org_domain_owner(t, d, domain->fqdn, &owner);

	if (st == E_NOT_FOUND || (st == OK && owner.org.v == domain->org.v))
		return OK;
	return st == OK ? E_CONFLICT : st;
}

enum status
domain_take_look(struct task *t, struct deployment_id d, struct org_id org, struct domain_id domain, struct org_domain_row *ret_domain)
{
	int64_t rows;

	TRY(sql_org_domain_find(t, d, org, domain, ret_domain));
	if (ret_domain->verified_at != 0)
		return OK;
	TRY(check_free(t, d, ret_domain));
	TRY(sql_org_domain_take_attempt(t, d, org, domain, DOMAIN_ATTEMPTS_MAX, t->now, &rows));
	/* Perhaps it has just gone, with somebody else's proof. */
	if (rows == 0)
		TRY(sql_org_domain_find(t, d, org, domain, ret_domain));
	return rows == 1 ? OK : E_LIMIT_REACHED;
}

enum status
domain_give_back_look(struct task *t, struct deployment_id d, struct domain_id domain)
{
	int64_t rows;

	return sql_org_domain_give_back(t, d, domain, &rows);
}

/*
 * Those of other organizations go, now that they can come to nothing. What a crowd leaves behind proves nothing, joins
 * nobody, and is its organizations' to delete.
 */
static enum status
displace_rivals(const struct org_deed *deed, const struct org_domain_row *proved)
{
	struct deployment_id d = deed->deployment->id;
	struct org_domain_rivals_row *rivals;
	int64_t rows;
	size_t n;

	TRY(sql_org_domain_rivals(deed->t, d, proved->fqdn, proved->id, RIVALS_MAX, &rivals, &n));
	for (size_t i = 0; i < n; i++) {
		TRY(sql_org_domain_delete(deed->t, d, rivals[i].org, rivals[i].id, &rows));
		if (rows == 1)
			TRY(write_down(deed, AUDIT_ORGANIZATION_DOMAIN_DISPLACED, rivals[i].org, rivals[i].id, proved->fqdn));
	}
	return OK;
}

enum status
domain_prove(const struct org_deed *deed, const struct org_domain_row *seen)
{
	struct task *t = deed->t;
	int64_t rows;

	TRY(sql_org_domain_prove(t, deed->deployment->id, seen->org, seen->id, seen->fqdn, seen->token, t->now, &rows));
	if (rows == 0)
		return E_CONFLICT;
	TRY(write_down(deed, AUDIT_ORGANIZATION_DOMAIN_VERIFIED, seen->org, seen->id, seen->fqdn));
	return displace_rivals(deed, seen);
}

enum status
domain_delete(const struct org_deed *deed, struct org_id org, struct domain_id domain)
{
	struct deployment_id d = deed->deployment->id;
	struct org_domain_row row;
	int64_t rows;

	TRY(sql_org_domain_find(deed->t, d, org, domain, &row));
	TRY(sql_org_domain_delete(deed->t, d, org, domain, &rows));
	if (rows == 0)
		return E_NOT_FOUND;
	return write_down(deed, AUDIT_ORGANIZATION_DOMAIN_DELETED, org, domain, row.fqdn);
}

/* What is behind the last '@', as domains are kept; names in other scripts are kept as xn--, and match nothing here. */
static bool
domain_of(struct str email, struct str *ret_fqdn)
{
	const char *at = email.n > 0 ? memrchr(email.p, '@', email.n) : NULL;

	if (at == NULL)
		return false;
	*ret_fqdn = str_from(email, (size_t)(at + 1 - email.p));
	return is_domain(*ret_fqdn);
}

enum status
domain_join(const struct org_deed *deed, struct user_id user, struct str email)
{
	struct org_domain_owner_row owner;
	struct joined joined;
	struct str fqdn;
	enum status st;

	if (!deed->deployment->settings.b2b.organizations_enabled || !domain_of(email, &fqdn))
		return OK;
	st = sql_org_domain_owner(deed->t, deed->deployment->id, fqdn, &owner);
	if (st == E_NOT_FOUND)
		return OK;
	TRY(st);
	st = org_join(deed, &(struct join){ .user = user, .org = owner.org }, &joined);
	if (st != E_LIMIT_REACHED && st != E_NOT_FOUND)
		return st;
	/* Full, or gone meanwhile: the address is proved all the same. */
	deed->t->why[0] = '\0';
	return OK;
}
