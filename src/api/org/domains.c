/* domains.c - an organization's domains: listed, claimed, proved by a TXT record, given up. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/app.h"
#include "api/org/org_deed.h"
#include "base/str.h"
#include "dns/txt.h"
#include "org/domain.h"

/* ---- as JSON ---- */

static void
put_members(struct request *rq, struct json *j, const struct org_domain_row *d)
{
	json_domain_id(j, "id", d->id);
	json_org_id(j, "organization_id", d->org);
	json_str(j, "fqdn", d->fqdn);
	json_bool(j, "verified", d->verified_at != 0);
	json_str(j, "verification_dns_record_type", S("TXT"));
	json_str(j, "verification_dns_record_name", S(DOMAIN_RECORD_NAME));
	json_str(j, "verification_dns_record_data", domain_record_data(&rq->task, d));
	json_int(j, "verification_attempts", d->attempts);
	json_time(j, "created_at", d->created_at);
	json_time(j, "updated_at", d->updated_at);
}

static void
put_domain(struct request *rq, struct json *j, const char *key, const struct org_domain_row *d)
{
	json_object_begin(j, key);
	put_members(rq, j, d);
	json_object_end(j);
}

/* ---- the list ---- */

static enum status
org_domains(struct request *rq)
{
	struct org_domain_row *rows;
	struct json *j;
	size_t n;

	TRY(sql_org_domain_list(&rq->task, rq->deployment->id, rq->standing.org, &rows, &n));
	j = reply(rq);
	json_array_begin(j, "data");
	for (size_t i = 0; i < n; i++)
		put_domain(rq, j, NULL, &rows[i]);
	json_array_end(j);
	return OK;
}

const struct route route_org_domains = {
	.method = HTTP_GET, .path = "/organizations/{id}/domains", .name = "organization_domains",
	.summary = "The organization's domains, with the record that proves each.",
	.auth = AUTH_SIGNIN, .rule = RULE_ORG_MEMBER, .tx = TX_READ, .lane = LANE_WORKER,
	.run = org_domains,
};

/* ---- claimed ---- */

static enum status
org_domain_add(struct request *rq)
{
	struct org_deed deed = org_deed_of(rq);
	struct org_domain_row row;
	struct str fqdn;
	enum status st = domain_read(&rq->task, body_text(rq, "domain"), &fqdn);

	if (st == E_BAD_REQUEST_BODY)
		return refuse(rq, st, "Enter a domain such as example.com. Write other scripts in their xn-- form.");
	TRY(st);
	st = domain_add(&deed, rq->standing.org, fqdn, &row);
	if (st == E_CONFLICT)
		return refuse(rq, st, "This domain has been added already.");
	if (st == E_LIMIT_REACHED)
		return refuse(rq, st, "An organization can have %d domains.", DOMAINS_MAX);
	TRY(st);
	put_domain(rq, reply(rq), "data", &row);
	return OK;
}

const struct route route_org_domain_add = {
	.method = HTTP_POST, .path = "/organizations/{id}/domains", .name = "organization_domain_add",
	.summary = "Add a domain. It counts once its TXT record has been seen; then it is this organization's alone, and people with proved addresses in it join by themselves.",
	.auth = AUTH_SIGNIN, .rule = RULE_ORG_MANAGE, .tx = TX_WRITE, .lane = LANE_WORKER,
	.body = { REQ_TEXT("domain", 253, "its name, such as example.com") },
	.fails = { E_CONFLICT, E_LIMIT_REACHED },
	.run = org_domain_add,
};

/* ---- proved ---- */

/* One look, reserved before it is taken: parallel ones count for themselves. */
struct look {
	struct request *rq;
	struct org_domain_row domain;
};

static enum status
find_domain(struct request *rq, struct org_domain_row *ret_row)
{
	struct domain_id id;
	enum status st = E_NOT_FOUND;

	if (domain_id_parse(rq->ids[1], &id))
		st = sql_org_domain_find(&rq->task, rq->deployment->id, rq->standing.org, id, ret_row);
	return st;
}

static enum status
reserve_look(struct task *t, void *arg)
{
	struct look *l = arg;
	struct request *rq = l->rq;
	struct domain_id id;

	if (!domain_id_parse(rq->ids[1], &id))
		return E_NOT_FOUND;
	return domain_take_look(t, rq->deployment->id, rq->standing.org, id, &l->domain);
}

static enum status
give_back(struct task *t, void *arg)
{
	const struct look *l = arg;

	return domain_give_back_look(t, l->rq->deployment->id, l->domain.id);
}

static enum status
reserve(struct look *l)
{
	struct request *rq = l->rq;
	struct try tries[] = {
		{ RULE_DOMAIN_LOOK, org_id_str(rq->task.arena, rq->standing.org) },
		{ RULE_DOMAIN_LOOK, user_id_str(rq->task.arena, rq->signin->user) },
	};
	enum status st = request_reserve_with(rq, tries, ARRAY_LEN(tries), reserve_look, l);

	if (st == E_NOT_FOUND)
		return refuse(rq, E_FORBIDDEN, NULL);
	if (st == E_CONFLICT)
		return refuse(rq, st, "Another organization has proved this domain.");
	if (st == E_LIMIT_REACHED)
		return refuse(rq, E_BAD_REQUEST_BODY,
		    "The record was not found in %d looks. Delete the domain and add it again for a new one.", DOMAIN_ATTEMPTS_MAX);
	return st;
}

/* Without a transaction: somebody else's name server takes its time. */
static enum status
look(struct look *l)
{
	struct request *rq = l->rq;
	int64_t left = DOMAIN_ATTEMPTS_MAX - l->domain.attempts - 1;
	enum dns_verdict verdict;
	enum status st = dns_txt_has(&rq->task, rq->app->dns_server, domain_record(&rq->task, &l->domain),
	    domain_record_data(&rq->task, &l->domain), &verdict);

	if (st == OK && verdict == DNS_HAS)
		return OK;
	if (st == OK && verdict == DNS_HAS_NOT)
		return refuse(rq, E_BAD_REQUEST_BODY, "The record was not found. The DNS may need a while; %lld %s left.", (long long)left,
		    left == 1 ? "look is" : "looks are");
	TRY(request_write(rq, give_back, l));
	if (st != OK)
		return st;
	return refuse(rq, E_BAD_REQUEST_BODY, "The DNS did not answer. Please try again in a moment; this look does not count.");
}

static enum status
org_domain_verify_prove(struct request *rq)
{
	struct look *l = arena_one(rq->task.arena, struct look);

	TRY_MEM(&rq->task, l);
	l->rq = rq;
	rq->proof = l;
	TRY(reserve(l));
	return l->domain.verified_at != 0 ? OK : look(l);
}

static enum status
org_domain_verify(struct request *rq)
{
	const struct look *l = rq->proof;
	struct org_deed deed = org_deed_of(rq);
	struct org_domain_row row;
	enum status st = l->domain.verified_at != 0 ? OK : domain_prove(&deed, &l->domain);
	struct json *j;

	if (st == OK)
		st = find_domain(rq, &row);
	/*
	 * Deleted, or deleted and added again, while the DNS was asked: what was seen proves nothing of what is there now.
	 * Or another organization's record was seen meanwhile.
	 */
	if (st == E_NOT_FOUND || st == E_CONFLICT)
		return refuse(rq, E_CONFLICT, NULL);
	TRY(st);
	j = reply(rq);
	json_object_begin(j, "data");
	put_members(rq, j, &row);
	put_domain(rq, j, "domain", &row);
	json_object_end(j);
	return OK;
}

const struct route route_org_domain_verify = {
	.method = HTTP_POST, .path = "/organizations/{id}/domains/{domain}/verify", .name = "organization_domain_verify",
	.summary = "Look for the domain's TXT record now; five looks without it, and the domain has to be added anew.",
	.auth = AUTH_SIGNIN, .rule = RULE_ORG_MANAGE, .tx = TX_WRITE, .lane = LANE_WORKER,
	.fails = { E_BAD_REQUEST_BODY, E_RATE_LIMITED, E_CONFLICT, E_OVERLOADED },
	.prove = org_domain_verify_prove, .run = org_domain_verify,
};

/* ---- given up ---- */

static enum status
org_domain_delete(struct request *rq)
{
	struct org_deed deed = org_deed_of(rq);
	struct domain_id id;
	enum status st = E_NOT_FOUND;

	if (domain_id_parse(rq->ids[1], &id))
		st = domain_delete(&deed, rq->standing.org, id);
	if (st == E_NOT_FOUND)
		return refuse(rq, E_FORBIDDEN, NULL);
	TRY(st);
	return reply_done(rq, "The domain has been deleted.");
}

const struct route route_org_domain_delete = {
	.method = HTTP_POST, .path = "/organizations/{id}/domains/{domain}/delete", .name = "organization_domain_delete",
	.summary = "Give a domain up: nobody joins by it any more. Who did stays.",
	.auth = AUTH_SIGNIN, .rule = RULE_ORG_MANAGE, .tx = TX_WRITE, .lane = LANE_WORKER,
	.run = org_domain_delete,
};
