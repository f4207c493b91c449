/* org_domains.c - an organization's domains: claimed, proved by a TXT record, given up. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/backend/org.h"

#include "api/tries.h"
#include "base/str.h"
#include "dns/txt.h"
#include "org/domain.h"

static const struct shape shape_domain = { "organization_domain", {
	{ "id", MEMBER_ID, .help = "domain_…" },
	{ "organization_id", MEMBER_ID },
	{ "domain", MEMBER_TEXT, .help = "such as example.com" },
	{ "verified", MEMBER_BOOL, .help = "people with proved addresses in it join by themselves" },
	{ "verified_at", MEMBER_TIME, .nullable = true },
	{ "record_type", MEMBER_TEXT, .help = "TXT" },
	{ "record_name", MEMBER_TEXT, .help = "where the record that proves it stands in the DNS" },
	{ "record_data", MEMBER_TEXT, .help = "what it says" },
	{ "looks_left", MEMBER_INT, .help = "how often it can still be looked for" },
	{ "created_at", MEMBER_TIME },
	{ "updated_at", MEMBER_TIME },
} };
static const struct shape shape_domains = { "organization_domains", { { "data", MEMBER_LIST, .of = &shape_domain } } };

static void
write_domain(const struct call *c, struct json *j, const struct org_domain_row *d)
{
	json_object_begin(j, NULL);
	json_domain_id(j, "id", d->id);
	json_org_id(j, "organization_id", d->org);
	json_str(j, "domain", d->fqdn);
	json_bool(j, "verified", d->verified_at != 0);
	json_time(j, "verified_at", d->verified_at);
	json_str(j, "record_type", S("TXT"));
	json_str(j, "record_name", domain_record(c->t, d));
	json_str(j, "record_data", domain_record_data(c->t, d));
	json_int(j, "looks_left", d->attempts < DOMAIN_ATTEMPTS_MAX ? DOMAIN_ATTEMPTS_MAX - d->attempts : 0);
	json_time(j, "created_at", d->created_at);
	json_time(j, "updated_at", d->updated_at);
	json_object_end(j);
}

static enum status
org_domain_list(struct call *c)
{
	struct org_domain_row *rows;
	struct org_row org;
	struct org_id id;
	struct json *j;
	size_t n;

	TRY(call_org_id(c, 0, &id));
	TRY(organization_find(c->t, c->by.d->id, id, &org));
	TRY(sql_org_domain_list(c->t, c->by.d->id, id, &rows, &n));
	j = call_list_begin(c);
	for (size_t i = 0; i < n; i++)
		write_domain(c, j, &rows[i]);
	json_array_end(j);
	json_object_end(j);
	return OK;
}

const struct backend_route backend_org_domain_list = {
	.method = HTTP_GET, .path = "/v1/organizations/{id}/domains", .name = "org_domain_list",
	.summary = "An organization's domains, with the record that proves each.",
	.tx = CALL_READ, .answers = &shape_domains,
	.fails = { E_NOT_FOUND },
	.run = org_domain_list,
};

static enum status
org_domain_add(struct call *c)
{
	const struct org_deed deed = call_org_deed(c);
	struct org_domain_row row;
	struct org_id org;
	struct str fqdn;
	enum status st;

	TRY(org_of_path(c, &org));
	st = domain_read(c->t, call_text(c, "domain"), &fqdn);
	if (st == E_BAD_REQUEST_BODY)
		return call_refuse(c, st, "domain", "Send a domain such as example.com. Write other scripts in their xn-- form.");
	TRY(st);
	st = domain_add(&deed, org, fqdn, &row);
	if (st == E_CONFLICT)
		return call_refuse(c, st, "domain", "An organization has this domain already.");
	TRY(st);
	write_domain(c, call_answer(c), &row);
	return OK;
}

const struct backend_route backend_org_domain_add = {
	.method = HTTP_POST, .path = "/v1/organizations/{id}/domains", .name = "org_domain_add",
	.summary = "Claim a domain for an organization. It counts once its TXT record has been seen.",
	.tx = CALL_WRITE, .answers = &shape_domain, .http = 201,
	.body = { { .name = "domain", .kind = VALUE_TEXT, .required = true, .max = 253, .help = "its name, such as example.com" } },
	.fails = { E_NOT_FOUND, E_CONFLICT, E_LIMIT_REACHED },
	.run = org_domain_add,
};

/* ---- one ---- */

static enum status
read_ids(const struct call *c, struct org_id *ret_org, struct domain_id *ret_id)
{
	TRY(call_org_id(c, 0, ret_org));
	return call_domain_id(c, 1, ret_id);
}

static enum status
answer_domain(struct call *c)
{
	struct org_domain_row row;
	struct domain_id id;
	struct org_id org;

	TRY(read_ids(c, &org, &id));
	TRY(sql_org_domain_find(c->t, c->by.d->id, org, id, &row));
	write_domain(c, call_answer(c), &row);
	return OK;
}

static enum status
org_domain_get(struct call *c)
{
	return answer_domain(c);
}

const struct backend_route backend_org_domain_get = {
	.method = HTTP_GET, .path = "/v1/organizations/{id}/domains/{domain_id}", .name = "org_domain_get",
	.summary = "One domain of an organization.",
	.tx = CALL_READ, .answers = &shape_domain,
	.fails = { E_NOT_FOUND },
	.run = org_domain_get,
};

static enum status
org_domain_drop(struct call *c)
{
	const struct org_deed deed = call_org_deed(c);
	struct domain_id id;
	struct org_id org;

	TRY(call_domain_id(c, 1, &id));
	TRY(org_of_path(c, &org));
	return domain_delete(&deed, org, id);
}

const struct backend_route backend_org_domain_remove = {
	.method = HTTP_DELETE, .path = "/v1/organizations/{id}/domains/{domain_id}", .name = "org_domain_remove",
	.summary = "Give a domain up: nobody joins by it any more. Who did stays.",
	.tx = CALL_WRITE,
	.fails = { E_NOT_FOUND },
	.run = org_domain_drop,
};

/* ---- proved ---- */

/* One look, reserved before it is taken, and then what it found. */
struct look {
	struct call          *c;
	struct org_domain_row domain;
	int64_t               wait_us;
};

static enum status
take_look(struct task *t, void *arg)
{
	struct look *l = arg;
	const struct deed *by = &l->c->by;
	struct domain_id id;
	struct org_id org;

	TRY(read_ids(l->c, &org, &id));
	TRY(domain_take_look(t, by->d->id, org, id, &l->domain));
	if (l->domain.verified_at != 0)
		return OK;
	return tries_take(t, by->keys, by->d->id, RULE_DOMAIN_LOOK, org_id_str(t->arena, org), &l->wait_us);
}

static enum status
reserve(struct call *c, const struct deed_desk *desk, struct look *l)
{
	enum status st = deed_write(c->t, desk, take_look, l);

	if (st == E_CONFLICT)
		return call_refuse(c, st, NULL, "Another organization has proved this domain.");
	if (st == E_LIMIT_REACHED)
		return call_refuse(c, E_BAD_REQUEST_BODY, NULL,
		    "The record was not found in %d looks. Delete the domain and add it again for a new one.", DOMAIN_ATTEMPTS_MAX);
	if (st == E_RATE_LIMITED)
		c->retry_after_s = l->wait_us / SECOND_US + 1;
	return st;
}

static enum status
give_back(struct task *t, void *arg)
{
	const struct look *l = arg;

	return domain_give_back_look(t, l->c->by.d->id, l->domain.id);
}

/* Without a transaction: somebody else's name server takes its time. */
static enum status
ask(struct call *c, const struct deed_desk *desk, struct look *l)
{
	enum dns_verdict verdict;
	enum status st = dns_txt_has(c->t, c->app->dns_server, domain_record(c->t, &l->domain), domain_record_data(c->t, &l->domain), &verdict);

	if (st == OK && verdict == DNS_HAS)
		return OK;
	if (st == OK && verdict == DNS_HAS_NOT)
		return call_refuse(c, E_BAD_REQUEST_BODY, NULL, "The record was not found. The DNS may need a while; looks left: %lld.",
		    (long long)(DOMAIN_ATTEMPTS_MAX - l->domain.attempts - 1));
	TRY(deed_write(c->t, desk, give_back, l));
	if (st != OK)
		return st;
	return call_refuse(c, E_BAD_REQUEST_BODY, NULL, "The DNS did not answer. Try again in a moment; this look does not count.");
}

/*
 * Deleted, or deleted and added again, while the DNS was asked: what was seen proves nothing of what is there now. Or another
 * organization's record was seen meanwhile.
 */
static enum status
prove(struct task *t, void *arg)
{
	struct look *l = arg;
	const struct org_deed deed = call_org_deed(l->c);

	TRY(organization_hold(t, l->c->by.d->id, l->domain.org));
	return domain_prove(&deed, &l->domain);
}

static enum status
answer_read(struct task *t, void *arg)
{
	(void)t;
	return answer_domain(arg);
}

static enum status
org_domain_verify(struct call *c)
{
	const struct deed_desk desk = call_desk(c);
	struct look l = { .c = c };

	TRY(reserve(c, &desk, &l));
	if (l.domain.verified_at == 0) {
		TRY(ask(c, &desk, &l));
		TRY(deed_write(c->t, &desk, prove, &l));
	}
	return db_read(c->t, c->db, answer_read, c);
}

const struct backend_route backend_org_domain_verify = {
	.method = HTTP_POST, .path = "/v1/organizations/{id}/domains/{domain_id}/verify", .name = "org_domain_verify",
	.summary = "Look for a domain's TXT record now; five looks without it, and the domain has to be added anew.",
	.tx = CALL_STEPS, .answers = &shape_domain,
	.fails = { E_NOT_FOUND, E_CONFLICT },
	.run = org_domain_verify,
};
