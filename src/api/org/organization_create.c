/* organization_create.c - make an organization and become its first member, in it at once. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/me/picture.h"
#include "api/org/create.h"
#include "api/org/memberships.h"
#include "api/org/switch_scope.h"
#include "org/member_count.h"
#include "org/organization.h"

struct new_org {
	struct org_id id;
	struct orgmem_id orgmem;
};

/* Parallel creations of one user wait for each other here, so that each counts what the others made. */
static enum status
check_limits(struct request *rq)
{
	const struct settings *s = &rq->deployment->settings;
	int64_t rows, most = s->b2b.limit_org_creation_per_user ? s->b2b.org_creation_per_user_count : CREATED_ORGS_MAX;
	struct user_org_counts_row have;

	TRY(sql_account_lock(&rq->task, rq->deployment->id, rq->signin->user, &rows));
	if (rows == 0)
		return refuse(rq, E_UNAUTHORIZED, NULL);
	TRY(sql_user_org_counts(&rq->task, rq->deployment->id, rq->signin->user, &have));
	if (!create_has_room(have.joined, s->b2b.max_orgs_per_user))
		return refuse(
		    rq, E_LIMIT_REACHED, "You are in as many organizations as you can be. Leave one first.");
	if (!create_has_room(have.created, most))
		return refuse(rq, E_LIMIT_REACHED, "You have created as many organizations as you can.");
	return OK;
}

static enum status
check_allowed(struct request *rq)
{
	const struct settings *s = &rq->deployment->settings;

	if (!s->b2b.organizations_enabled)
		return refuse(rq, E_FEATURE_DISABLED, "Organizations are not used here.");
	if (!s->b2b.allow_users_to_create_orgs)
		return refuse(rq, E_FORBIDDEN, "Organizations are only created by the operator here.");
	return OK;
}

/* Who may not create one has no picture made. */
static enum status
organization_create_prove(struct request *rq)
{
	struct picture *p;

	TRY(check_allowed(rq));
	TRY(picture_make_if_sent(rq, "image", &p));
	rq->proof = p;
	return OK;
}

static enum status
insert_membership(struct request *rq, struct new_org *o)
{
	struct deployment_id d = rq->deployment->id;
	struct task *t = &rq->task;
	int64_t rows;

	o->orgmem.v = id_next(t->now);
	TRY(org_member_add(t, d, &(struct org_member){ o->id, o->orgmem, rq->signin->user }));
	return sql_orgmem_role_insert(t, d, o->orgmem, rq->deployment->orgrole_creator, &rows);
}

static enum status
reply_created(struct request *rq, const struct new_org *o)
{
	struct memberships m;
	struct org_view org;
	struct json *j;

	TRY(memberships_load_orgs(rq, o->id, &m));
	if (m.n_orgs != 1)
		return fail(&rq->task, E_BUG, "a new organization has %zu memberships", m.n_orgs);
	org = org_view_of(&m.orgs[0]);
	j = reply(rq);
	json_object_begin(j, "data");
	view_org(j, "organization", &org);
	TRY(memberships_write_org(rq, j, "membership", &m));
	json_object_end(j);
	return OK;
}

static enum status
organization_create(struct request *rq)
{
	struct create_text text;
	struct new_org o;
	struct str detail;

	TRY(check_allowed(rq));
	TRY(create_read(rq, &text));
	TRY(check_limits(rq));
	TRY(organization_make(&rq->task, rq->deployment->id, text.name, text.description, rq->signin->user, &o.id));
	TRY(insert_membership(rq, &o));
	if (rq->proof)
		TRY(picture_set_of_org(&rq->task, rq->deployment, o.id, rq->proof));
	TRY(switch_scope(rq, SCOPE_CREATE_ORG, (struct scope){ .orgmem = o.orgmem }));
	TRY(create_take_rate(rq));
	detail = arena_printf(rq->task.arena, "{\"organization_id\":\"org_%lld\"}", (long long)o.id.v);
	TRY(audit(rq, AUDIT_ORGANIZATION_CREATED, rq->signin->user, detail));
	return reply_created(rq, &o);
}

const struct route route_organization_create = {
	.method = HTTP_POST, .path = "/organizations", .name = "organization_create",
	.summary = "Create an organization; its creator becomes a member and acts in it at once.",
	.auth = AUTH_SIGNIN, .tx = TX_WRITE, .lane = LANE_WORKER, .big_body = true,
	.body = {
		REQ_TEXT("name", 400, "at most 100 printable characters; its slug is made of it"),
		OPT_TEXT("description", CREATE_DESCRIPTION_MAX, "what it is about"),
		OPT_FILE("image", "its picture: PNG, JPEG, WebP or GIF of at most 2 MiB"),
	},
	.fails = { E_FEATURE_DISABLED, E_FORBIDDEN, E_LIMIT_REACHED, E_CONFLICT, E_PAYLOAD_TOO_LARGE, E_RATE_LIMITED, E_OVERLOADED },
	.prove = organization_create_prove, .run = organization_create,
};
