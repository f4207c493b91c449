/*
 * membership_list.c - all that the active sign-in's user belongs to, as a list of any length.
 *
 * Somebody in a hundred organizations with a hundred workspaces each gets 22 MB, most of
 * which is the same organization, role and person again. So a membership of a workspace is
 * written as three parts, in a row as the store has it: a head and a tail of its own, and
 * between them what it shares with others of its organization that have the same roles,
 * which is written once and put wherever it belongs.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/org/membership_list.h"

#include <string.h>

#include "api/org/membership_row.h"
#include "api/org/memberships.h"
#include "api/org/visitor.h"
#include "base/str.h"

enum {
	ROLE_SLOTS = 64,
	/* Of a membership without its texts, and how many bytes one of text can become: \u0001. */
	PLAIN_ROOM = 2048,
	ESCAPED = 6,
};

struct role {
	struct role *next;
	struct wsrole_id id;
	struct str json;
};

/* The roles of one membership: next to each other among all of that user's. */
struct held {
	const struct user_wsrole_ids_row *rows;
	size_t n;
};
struct all_held {
	struct user_wsrole_ids_row *rows;
	size_t n, cap;
};

/* What the memberships of one organization with these roles share. */
struct shared {
	struct shared *next;
	struct held held;
	struct str json; /* in the rope */
};

struct list {
	struct request *rq;
	struct rope *rope;
	struct visitor visitor;
	struct str user_json;
	struct memberships m; /* the organizations */
	struct str *org_json;
	struct gate *gates;
	struct shared **shared; /* of each organization */
	struct role *roles[ROLE_SLOTS];
	struct membership_writer writer;
	struct held roles_left; /* of this membership, after others that are not in this list, and of those to come */
	size_t org;             /* of the membership before, which is most often this one's */
	bool follows;           /* another membership */
};

static enum status
no_room(struct request *rq)
{
	return fail(&rq->task, E_OVERLOADED, "a list finds no memory: see answer-memory");
}

/* ---- roles ---- */

static enum status
write_role(struct list *l, struct wsrole_id id, struct str *ret_json)
{
	struct task *t = &l->rq->task;
	struct wsrole_row row;
	enum status st;
	struct json j;
	struct buf b;

	st = sql_wsrole_find(t, l->rq->deployment->id, id, &row);
	if (st == E_NOT_FOUND)
		return fail(t, E_BUG, "a membership holds wsrole %lld, which is none", (long long)id.v);
	TRY(st);
	buf_init_arena(&b, t->arena, PLAIN_ROOM + ESCAPED * (row.name.n + row.permissions.n));
	json_init(&j, &b);
	view_wsrole(&j, NULL, &row);
	TRY_MEM(t, b.p);
	*ret_json = buf_str(&b);
	return OK;
}

/* There are few, and many hold them. */
static enum status
find_role(struct list *l, struct wsrole_id id, struct str *ret_json)
{
	struct role **slot = &l->roles[(uint64_t)id.v % ROLE_SLOTS], *r;

	for (r = *slot; r; r = r->next) {
		if (r->id.v != id.v)
			continue;
		*ret_json = r->json;
		return OK;
	}
	r = arena_one(l->rq->task.arena, struct role);
	TRY_MEM(&l->rq->task, r);
	r->id = id;
	TRY(write_role(l, id, &r->json));
	r->next = *slot;
	*slot = r;
	*ret_json = r->json;
	return OK;
}

static enum status
keep_role(struct task *t, const struct user_wsrole_ids_row *row, void *arg)
{
	struct all_held *all = arg;

	if (all->n == all->cap) {
		size_t cap = all->cap > 0 ? 2 * all->cap : 64;
		struct user_wsrole_ids_row *rows = arena_array(t->arena, cap, sizeof(*rows));

		TRY_MEM(t, rows);
		if (all->n > 0)
			memcpy(rows, all->rows, all->n * sizeof(*rows));
		all->rows = rows;
		all->cap = cap;
	}
	all->rows[all->n++] = *row;
	return OK;
}

/* Those of the next membership; both are in its order. */
static struct held
take_roles(struct list *l, struct wsmem_id id)
{
	struct held *left = &l->roles_left, got = { 0 };

	for (; left->n > 0 && left->rows->wsmem.v < id.v; left->n--)
		left->rows++;
	got.rows = left->rows;
	for (; left->n > 0 && left->rows->wsmem.v == id.v; left->n--, got.n++)
		left->rows++;
	return got;
}

/* ---- what memberships share ---- */

static enum status
roles_json(struct list *l, const struct held *held, struct str **ret_roles, size_t *ret_bytes)
{
	struct str *roles = arena_array(l->rq->task.arena, held->n + 1, sizeof(*roles));
	size_t bytes = 0;

	TRY_MEM(&l->rq->task, roles);
	for (size_t i = 0; i < held->n; i++) {
		TRY(find_role(l, held->rows[i].role, &roles[i]));
		bytes += roles[i].n + 1;
	}
	*ret_roles = roles;
	*ret_bytes = bytes;
	return OK;
}

static enum status
write_shared(struct list *l, const struct held *held, struct str *ret_json)
{
	struct wsmem_view v = { .org_json = l->org_json[l->org], .user_json = l->user_json, .n_roles = held->n };
	struct str *roles;
	struct json j;
	struct buf b;
	size_t bytes;

	TRY(roles_json(l, held, &roles, &bytes));
	v.roles_json = roles;
	rope_begin(l->rope, PLAIN_ROOM + v.org_json.n + bytes + 2 * v.user_json.n, &b);
	json_init(&j, &b);
	j.comma = true;
	view_wsmem_shared(&j, &v);
	*ret_json = rope_keep(l->rope, &b);
	return rope_failed(l->rope) ? no_room(l->rq) : OK;
}

static bool
are_the_same(const struct held *a, const struct held *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (a->rows[i].role.v != b->rows[i].role.v)
			return false;
	return true;
}

static enum status
find_shared(struct list *l, struct held held, struct str *ret_json)
{
	struct shared *s;

	for (s = l->shared[l->org]; s; s = s->next) {
		if (!are_the_same(&s->held, &held))
			continue;
		*ret_json = s->json;
		return OK;
	}
	s = arena_one(l->rq->task.arena, struct shared);
	TRY_MEM(&l->rq->task, s);
	s->held = held;
	TRY(write_shared(l, &held, &s->json));
	s->next = l->shared[l->org];
	l->shared[l->org] = s;
	*ret_json = s->json;
	return OK;
}

/* ---- a membership ---- */

/* Most rows are of the same organization as the one before. Organizations are in order of membership. */
static enum status
find_org(struct list *l, struct orgmem_id id)
{
	const struct orgmem_row *orgs = l->m.orgs;
	size_t from = 0, to = l->m.n_orgs;

	if (l->org < to && orgs[l->org].id.v == id.v)
		return OK;
	while (from < to) {
		size_t mid = from + (to - from) / 2;

		if (orgs[mid].id.v < id.v)
			from = mid + 1;
		else
			to = mid;
	}
	if (from == l->m.n_orgs || orgs[from].id.v != id.v)
		return fail(&l->rq->task, E_BUG, "a workspace's membership without its orgmem %lld", (long long)id.v);
	l->org = from;
	return OK;
}

static struct workspace_view
workspace_of(const struct user_workspaces_row *row, struct org_id org)
{
	return (struct workspace_view){
		.id = row->workspace,
		.org = org,
		.name = row->name,
		.slug = row->slug,
		.image_url = row->image_url,
		.description = row->description,
		.metadata = row->ws_metadata,
		.member_count = row->member_count,
		.gate = { row->enforce_2fa, row->ip_restriction, row->ip_allowlist },
		.created_at = row->ws_created_at,
		.updated_at = row->ws_updated_at,
	};
}

/* Head and tail lie one behind the other, and the next head follows there, so that a tail and a head are one piece. */
static enum status
take_row(struct task *t, const struct user_workspaces_row *row, void *arg)
{
	struct list *l = arg;
	struct workspace_view workspace;
	struct str head, tail, shared;
	struct wsmem_view v;

	TRY(find_org(l, row->orgmem));
	workspace = workspace_of(row, l->m.orgs[l->org].org);
	v = (struct wsmem_view){
		.id = row->id,
		.orgmem = row->orgmem,
		.user = l->rq->signin->user,
		.workspace = &workspace,
		.metadata = row->metadata,
		.eligibility = eligibility_workspace(&l->rq->deployment->settings, &l->gates[l->org], &workspace.gate,
		    &l->visitor),
		.created_at = row->created_at,
		.updated_at = row->updated_at,
	};
	TRY(find_shared(l, take_roles(l, row->id), &shared));
	TRY(membership_write(t, &l->writer, l->rope, &v, l->follows, &head, &tail));
	l->follows = true;
	rope_put(l->rope, head);
	rope_put(l->rope, shared);
	rope_put(l->rope, tail);
	return rope_failed(l->rope) ? no_room(l->rq) : OK;
}

static enum status
list_init(struct request *rq, struct org_id only, struct list *ret_l)
{
	struct arena *a = rq->task.arena;
	struct list l = { .rq = rq, .visitor = visitor_of(rq), .user_json = memberships_user_json(rq) };

	TRY(memberships_load_orgs(rq, only, &l.m));
	l.org_json = arena_array(a, l.m.n_orgs + 1, sizeof(*l.org_json));
	l.gates = arena_array(a, l.m.n_orgs + 1, sizeof(*l.gates));
	l.shared = arena_array(a, l.m.n_orgs + 1, sizeof(*l.shared));
	TRY_MEM(&rq->task, l.org_json && l.gates && l.shared ? rq : NULL);
	for (size_t i = 0; i < l.m.n_orgs; i++) {
		l.org_json[i] = memberships_org_json(rq, &l.m.orgs[i]);
		l.gates[i] = org_view_of(&l.m.orgs[i]).gate;
	}
	TRY(reply_list(rq, &l.rope));
	*ret_l = l;
	return OK;
}

enum status
membership_list_workspaces(struct request *rq, struct org_id only)
{
	struct deployment_id d = rq->deployment->id;
	struct all_held all = { 0 };
	struct list l;

	TRY(list_init(rq, only, &l));
	TRY(sql_user_wsrole_ids(&rq->task, d, rq->signin->user, keep_role, &all));
	l.roles_left = (struct held){ all.rows, all.n };
	return sql_user_workspaces(&rq->task, d, rq->signin->user, only, take_row, &l);
}

/* ---- organizations: there is nothing that two of them share but the person ---- */

static size_t
room_for_org(const struct orgmem_view *v)
{
	size_t n = PLAIN_ROOM + v->metadata.n + v->org_json.n + v->user_json.n;

	for (size_t i = 0; i < v->n_roles; i++)
		n += PLAIN_ROOM + ESCAPED * (v->roles[i].name.n + v->roles[i].permissions.n);
	return n;
}

enum status
membership_list_orgs(struct request *rq)
{
	struct memberships m;
	struct orgmem_view v;
	struct rope *rope;
	struct str user_json;
	size_t at = 0;

	TRY(memberships_load_orgs(rq, (struct org_id){ 0 }, &m));
	TRY(reply_list(rq, &rope));
	user_json = memberships_user_json(rq);
	for (size_t i = 0; i < m.n_orgs; i++) {
		struct json j;
		struct buf b;

		v = memberships_org_at(rq, &m, i, &at);
		v.user_json = user_json;
		rope_begin(rope, room_for_org(&v), &b);
		json_init(&j, &b);
		j.comma = i > 0;
		view_orgmem(&j, NULL, &v);
		rope_end(rope, &b);
	}
	return rope_failed(rope) ? no_room(rq) : OK;
}
