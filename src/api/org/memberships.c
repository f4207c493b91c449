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
memberships_load_workspaces(
    struct request *rq, struct org_id only_org, struct workspace_id only, struct memberships *ret_m)
{
	struct memberships m = { 0 };
	struct deployment_id d = rq->deployment->id;
	struct user_id user = rq->signin->user;

	TRY(sql_user_orgmems(&rq->task, d, user, only_org, &m.orgs, &m.n_orgs));
	TRY(sql_user_wsmems(&rq->task, d, user, only_org, only, &m.workspaces, &m.n_workspaces));
	TRY(sql_user_wsroles(&rq->task, d, user, only_org, only, &m.wsroles, &m.n_wsroles));
	*ret_m = m;
	return OK;
}

/* ---- the pieces that memberships share, each written once ---- */

static struct str
piece_user(struct request *rq)
{
	struct json j;
	struct buf b;

	buf_init_arena(&b, rq->task.arena, PIECE_MAX);
	json_init(&j, &b);
	view_public_user(&j, NULL, me_account(rq), rq->state.contacts, rq->state.n_contacts);
	return buf_str(&b);
}

static struct str
piece_org(struct request *rq, const struct org_view *o)
{
	struct json j;
	struct buf b;

	buf_init_arena(&b, rq->task.arena, PIECE_MAX);
	json_init(&j, &b);
	view_org(&j, NULL, o);
	return buf_str(&b);
}

/* ---- organizations ---- */

/* The roles of one membership: both lists run in the same order, so *at never goes back. */
static struct orgmem_view
orgmem_view_of(const struct memberships *m, const struct orgmem_row *row, size_t *at)
{
	struct orgmem_view v = {
		.id = row->id,
		.org = row->org,
		.metadata = row->metadata,
		.created_at = row->created_at,
		.updated_at = row->updated_at,
	};

	while (*at < m->n_orgroles && m->orgroles[*at].orgmem.v < row->id.v)
		++*at;
	v.roles = m->orgroles + *at;
	while (*at < m->n_orgroles && m->orgroles[*at].orgmem.v == row->id.v) {
		++*at;
		v.n_roles++;
	}
	return v;
}

static void
write_orgs(struct request *rq, struct json *j, const char *key, const struct memberships *m)
{
	struct visitor visitor = visitor_of(rq);
	struct str user_json = piece_user(rq);
	size_t at = 0;

	for (size_t i = 0; i < m->n_orgs; i++) {
		struct org_view org = org_view_of(&m->orgs[i]);
		struct orgmem_view v = orgmem_view_of(m, &m->orgs[i], &at);

		v.user = rq->signin->user;
		v.user_json = user_json;
		v.org_json = piece_org(rq, &org);
		v.eligibility = eligibility_org(&rq->deployment->settings, &org.gate, &visitor);
		view_orgmem(j, key, &v);
	}
}

static enum status
check_memory(struct request *rq)
{
	if (arena_failed(rq->task.arena))
		return fail(&rq->task, E_OVERLOADED, "out of memory for this task");
	return OK;
}

enum status
memberships_write_orgs(struct request *rq, struct json *j, const char *key, const struct memberships *m)
{
	json_array_begin(j, key);
	write_orgs(rq, j, NULL, m);
	json_array_end(j);
	return check_memory(rq);
}

enum status
memberships_write_org(struct request *rq, struct json *j, const char *key, const struct memberships *m)
{
	if (m->n_orgs != 1)
		return fail(&rq->task, E_BUG, "%zu memberships where one was made", m->n_orgs);
	write_orgs(rq, j, key, m);
	return check_memory(rq);
}

/* ---- workspaces ---- */

static struct wsmem_view
wsmem_view_of(const struct memberships *m, const struct wsmem_row *row, size_t *at)
{
	struct wsmem_view v = {
		.id = row->id,
		.orgmem = row->orgmem,
		.metadata = row->metadata,
		.created_at = row->created_at,
		.updated_at = row->updated_at,
	};

	while (*at < m->n_wsroles && m->wsroles[*at].wsmem.v < row->id.v)
		++*at;
	v.roles = m->wsroles + *at;
	while (*at < m->n_wsroles && m->wsroles[*at].wsmem.v == row->id.v) {
		++*at;
		v.n_roles++;
	}
	return v;
}

/* The index of that membership; n_orgs when there is none. They are in order of id. */
static size_t
find_orgmem(const struct memberships *m, struct orgmem_id id)
{
	size_t from = 0, to = m->n_orgs;

	while (from < to) {
		size_t mid = from + (to - from) / 2;

		if (m->orgs[mid].id.v < id.v)
			from = mid + 1;
		else
			to = mid;
	}
	return from < m->n_orgs && m->orgs[from].id.v == id.v ? from : m->n_orgs;
}

/* Every organization's JSON, for all its workspaces; NULL when the arena has failed. */
static const struct str *
pieces_orgs(struct request *rq, const struct memberships *m)
{
	struct str *pieces = arena_array(rq->task.arena, m->n_orgs + 1, sizeof(*pieces));

	for (size_t i = 0; pieces && i < m->n_orgs; i++) {
		struct org_view org = org_view_of(&m->orgs[i]);

		pieces[i] = piece_org(rq, &org);
	}
	return pieces;
}

static enum status
write_workspaces(struct request *rq, struct json *j, const char *key, const struct memberships *m)
{
	const struct str *orgs = pieces_orgs(rq, m);
	struct visitor visitor = visitor_of(rq);
	struct str user_json = piece_user(rq);
	size_t at = 0;

	TRY_MEM(&rq->task, orgs);
	for (size_t i = 0; i < m->n_workspaces; i++) {
		struct workspace_view workspace = workspace_view_of(&m->workspaces[i]);
		struct wsmem_view v = wsmem_view_of(m, &m->workspaces[i], &at);
		size_t o = find_orgmem(m, v.orgmem);
		struct org_view org;

		if (o == m->n_orgs)
			return fail(&rq->task, E_BUG, "wsmem %lld without its orgmem", (long long)v.id.v);
		org = org_view_of(&m->orgs[o]);
		v.workspace = &workspace;
		v.user = rq->signin->user;
		v.user_json = user_json;
		v.org_json = orgs[o];
		v.eligibility =
		    eligibility_workspace(&rq->deployment->settings, &org.gate, &workspace.gate, &visitor);
		view_wsmem(j, key, &v);
	}
	return check_memory(rq);
}

enum status
memberships_write_workspaces(struct request *rq, struct json *j, const char *key, const struct memberships *m)
{
	json_array_begin(j, key);
	TRY(write_workspaces(rq, j, NULL, m));
	json_array_end(j);
	return OK;
}

enum status
memberships_write_workspace(struct request *rq, struct json *j, const char *key, const struct memberships *m)
{
	if (m->n_workspaces != 1)
		return fail(&rq->task, E_BUG, "%zu memberships where one was made", m->n_workspaces);
	return write_workspaces(rq, j, key, m);
}
