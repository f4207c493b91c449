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

/* What the memberships of one organization with these roles share. */
struct shared {
	struct shared *next;
	size_t n_roles;
	const struct wsrole_id *roles;
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
	/* The membership that is being read: a row of the store's for each of its roles. */
	struct wsmem_id id; /* 0: none yet */
	size_t org;
	struct str head, tail;
	struct wsrole_id *held;
	size_t n_held, held_cap;
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
take_role(struct list *l, struct wsrole_id id)
{
	if (l->n_held == l->held_cap) {
		size_t cap = l->held_cap > 0 ? 2 * l->held_cap : 8;
		struct wsrole_id *held = arena_array(l->rq->task.arena, cap, sizeof(*held));

		TRY_MEM(&l->rq->task, held);
		if (l->n_held > 0)
			memcpy(held, l->held, l->n_held * sizeof(*held));
		l->held = held;
		l->held_cap = cap;
	}
	l->held[l->n_held++] = id;
	return OK;
}

/* ---- what memberships share ---- */

static enum status
roles_json(struct list *l, struct str **ret_roles, size_t *ret_bytes)
{
	struct str *roles = arena_array(l->rq->task.arena, l->n_held + 1, sizeof(*roles));
	size_t bytes = 0;

	TRY_MEM(&l->rq->task, roles);
	for (size_t i = 0; i < l->n_held; i++) {
		TRY(find_role(l, l->held[i], &roles[i]));
		bytes += roles[i].n + 1;
	}
	*ret_roles = roles;
	*ret_bytes = bytes;
	return OK;
}

static enum status
write_shared(struct list *l, struct str *ret_json)
{
	struct wsmem_view v = { .org_json = l->org_json[l->org], .user_json = l->user_json, .n_roles = l->n_held };
	struct str *roles;
	struct json j;
	struct buf b;
	size_t bytes;

	TRY(roles_json(l, &roles, &bytes));
	v.roles_json = roles;
	rope_begin(l->rope, PLAIN_ROOM + v.org_json.n + bytes + 2 * v.user_json.n, &b);
	json_init(&j, &b);
	j.comma = true;
	view_wsmem_shared(&j, &v);
	*ret_json = rope_keep(l->rope, &b);
	return rope_failed(l->rope) ? no_room(l->rq) : OK;
}

static bool
is_of_these_roles(const struct list *l, const struct shared *s)
{
	return s->n_roles == l->n_held &&
	       (s->n_roles == 0 || memcmp(s->roles, l->held, s->n_roles * sizeof(*s->roles)) == 0);
}

static enum status
find_shared(struct list *l, struct str *ret_json)
{
	struct arena *a = l->rq->task.arena;
	struct shared *s;
	struct str roles;

	for (s = l->shared[l->org]; s; s = s->next) {
		if (!is_of_these_roles(l, s))
			continue;
		*ret_json = s->json;
		return OK;
	}
	s = arena_one(a, struct shared);
	roles = arena_dup(a, (struct str){ (const char *)l->held, l->n_held * sizeof(*l->held) });
	TRY_MEM(&l->rq->task, roles.p ? s : NULL);
	s->n_roles = l->n_held;
	s->roles = (const struct wsrole_id *)(const void *)roles.p;
	TRY(write_shared(l, &s->json));
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

/* Head and tail, one behind the other: the next head follows there, so that a tail and a head are one piece. */
static enum status
begin_membership(struct list *l, const struct user_workspaces_row *row)
{
	struct workspace_view workspace;
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
	TRY(membership_write(&l->rq->task, &l->writer, l->rope, &v, l->id.v != 0, &l->head, &l->tail));
	l->id = row->id;
	l->n_held = 0;
	return OK;
}

/* All its roles are known. */
static enum status
end_membership(struct list *l)
{
	struct str shared;

	if (l->id.v == 0)
		return OK;
	TRY(find_shared(l, &shared));
	rope_put(l->rope, l->head);
	rope_put(l->rope, shared);
	rope_put(l->rope, l->tail);
	return rope_failed(l->rope) ? no_room(l->rq) : OK;
}

static enum status
take_row(struct task *t, const struct user_workspaces_row *row, void *arg)
{
	struct list *l = arg;

	(void)t;
	if (row->id.v != l->id.v) {
		TRY(end_membership(l));
		TRY(begin_membership(l, row));
	}
	return row->role.v != 0 ? take_role(l, row->role) : OK;
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
	struct list l;

	TRY(list_init(rq, only, &l));
	TRY(sql_user_workspaces(&rq->task, rq->deployment->id, rq->signin->user, only, take_row, &l));
	return end_membership(&l);
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
