/* memberships.c - what the active sign-in's user belongs to, as JSON. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/org/memberships.h"

#include "api/me/me.h"
#include "api/org/visitor.h"

enum { PIECE_MAX = 1 << 20 };

enum status
memberships_load_orgs(struct request *rq, struct org_id only, struct memberships *ret_m)
{
	struct memberships m = { 0 };
	struct deployment_id d = rq->deployment->id;

	TRY(sql_user_orgmems(&rq->task, d, rq->signin->user, only, &m.orgs, &m.n_orgs));
	TRY(sql_user_orgroles(&rq->task, d, rq->signin->user, only, &m.orgroles, &m.n_orgroles));
	*ret_m = m;
	return OK;
}

enum status
memberships_load_workspace(
    struct request *rq, struct org_id org, struct workspace_id only, struct memberships *ret_m)
{
	struct memberships m = { 0 };
	struct deployment_id d = rq->deployment->id;
	struct user_id user = rq->signin->user;

	TRY(sql_user_orgmems(&rq->task, d, user, org, &m.orgs, &m.n_orgs));
	TRY(sql_user_wsmem(&rq->task, d, user, only, &m.workspaces, &m.n_workspaces));
	TRY(sql_user_wsroles_in(&rq->task, d, user, only, &m.wsroles, &m.n_wsroles));
	*ret_m = m;
	return OK;
}

/* ---- the pieces that memberships share, each written once ---- */

struct str
memberships_user_json(struct request *rq)
{
	struct json j;
	struct buf b;

	buf_init_arena(&b, rq->task.arena, PIECE_MAX);
	json_init(&j, &b);
	view_public_user(&j, NULL, me_account(rq), rq->state.contacts, rq->state.n_contacts);
	return buf_str(&b);
}

struct str
memberships_org_json(struct request *rq, const struct orgmem_row *row)
{
	struct org_view o = org_view_of(row);
	struct json j;
	struct buf b;

	buf_init_arena(&b, rq->task.arena, PIECE_MAX);
	json_init(&j, &b);
	view_org(&j, NULL, &o);
	return buf_str(&b);
}

/* ---- organizations ---- */

/* Both lists run in the same order, so *at never goes back. */
static void
find_roles(const struct memberships *m, size_t *at, struct orgmem_view *v)
{
	while (*at < m->n_orgroles && m->orgroles[*at].orgmem.v < v->id.v)
		++*at;
	v->roles = m->orgroles + *at;
	while (*at < m->n_orgroles && m->orgroles[*at].orgmem.v == v->id.v) {
		++*at;
		v->n_roles++;
	}
}

struct orgmem_view
memberships_org_at(struct request *rq, const struct memberships *m, size_t i, size_t *at)
{
	const struct orgmem_row *row = &m->orgs[i];
	struct org_view org = org_view_of(row);
	struct visitor visitor = visitor_of(rq);
	struct orgmem_view v = {
		.id = row->id,
		.org = row->org,
		.user = rq->signin->user,
		.org_json = memberships_org_json(rq, row),
		.metadata = row->metadata,
		.eligibility = eligibility_org(&rq->deployment->settings, &org.gate, &visitor),
		.created_at = row->created_at,
		.updated_at = row->updated_at,
	};

	find_roles(m, at, &v);
	return v;
}

static enum status
check_memory(struct request *rq)
{
	if (arena_failed(rq->task.arena))
		return fail(&rq->task, E_OVERLOADED, "out of memory for this task");
	return OK;
}

enum status
memberships_write_org(struct request *rq, struct json *j, const char *key, const struct memberships *m)
{
	struct orgmem_view v;
	size_t at = 0;

	if (m->n_orgs != 1)
		return fail(&rq->task, E_BUG, "%zu memberships where one was made", m->n_orgs);
	v = memberships_org_at(rq, m, 0, &at);
	v.user_json = memberships_user_json(rq);
	view_orgmem(j, key, &v);
	return check_memory(rq);
}

/* ---- a workspace ---- */

enum status
memberships_write_workspace(struct request *rq, struct json *j, const char *key, const struct memberships *m)
{
	const struct wsmem_row *row = m->workspaces;
	struct visitor visitor = visitor_of(rq);
	struct workspace_view workspace;
	struct org_view org;
	struct wsmem_view v;

	if (m->n_workspaces != 1 || m->n_orgs != 1)
		return fail(&rq->task, E_BUG, "%zu memberships in %zu organizations where one was made", m->n_workspaces,
		    m->n_orgs);
	workspace = workspace_view_of(row);
	org = org_view_of(&m->orgs[0]);
	v = (struct wsmem_view){
		.id = row->id,
		.orgmem = row->orgmem,
		.user = rq->signin->user,
		.workspace = &workspace,
		.metadata = row->metadata,
		.org_json = memberships_org_json(rq, &m->orgs[0]),
		.user_json = memberships_user_json(rq),
		.roles = m->wsroles,
		.n_roles = m->n_wsroles,
		.eligibility =
		    eligibility_workspace(&rq->deployment->settings, &org.gate, &workspace.gate, &visitor),
		.created_at = row->created_at,
		.updated_at = row->updated_at,
	};
	view_wsmem(j, key, &v);
	return check_memory(rq);
}
