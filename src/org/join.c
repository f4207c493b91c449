/* join.c - become a member of an organization, and of its workspaces. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "org/join.h"

#include "org/member_count.h"
#include "session/coherence.h"
#include "store/store.gen.h"

/* How things are, with both rows held. */
struct found {
	struct orgmem_id    orgmem;	/* 0: not a member yet */
	struct orgrole_id   role;
	struct wsmem_id     wsmem;	/* 0: not a member of the workspace asked for */
	struct wsrole_id    workspace_role;
	struct workspace_id auto_workspace;	/* to be added; 0: none */
};

/* ---- looking ---- */

/* The account first, as in whatever else counts what belongs to it. */
static enum status
hold(const struct org_deed *deed, const struct join *j)
{
	struct deployment_id d = deed->deployment->id;
	int64_t rows;

	TRY(sql_account_lock(deed->t, d, j->user, &rows));
	if (rows == 0)
		return E_NOT_FOUND;
	TRY(sql_org_lock(deed->t, d, j->org, &rows));
	return rows == 0 ? E_NOT_FOUND : OK;
}

static bool
is_full(int64_t have, int64_t most)
{
	return most > 0 && have >= most;
}

static enum status
check_user_limit(const struct org_deed *deed, const struct join *j)
{
	int64_t most = deed->deployment->settings.b2b.max_orgs_per_user;
	struct user_org_counts_row have;

	if (most <= 0)
		return OK;
	TRY(sql_user_org_counts(deed->t, deed->deployment->id, j->user, &have));
	if (is_full(have.joined, most))
		return fail(deed->t, E_LIMIT_REACHED, "You are in as many organizations as you can be. Leave one first.");
	return OK;
}

static enum status
check_org_limit(const struct org_deed *deed, const struct join *j)
{
	int64_t most = deed->deployment->settings.b2b.max_allowed_org_members;
	struct org_members_count_row have;

	if (most <= 0)
		return OK;
	TRY(sql_org_members_count(deed->t, deed->deployment->id, j->org, &have));
	if (is_full(have.n, most))
		return fail(deed->t, E_LIMIT_REACHED, "This organization has as many members as it can have.");
	return OK;
}

static enum status
workspace_has_room(const struct org_deed *deed, struct workspace_id workspace, bool *ret_has_room)
{
	int64_t most = deed->deployment->settings.b2b.max_allowed_workspace_members;
	struct workspace_members_count_row have = { 0 };

	if (most > 0)
		TRY(sql_workspace_members_count(deed->t, deed->deployment->id, workspace, &have));
	*ret_has_room = !is_full(have.n, most);
	return OK;
}

static enum status
check_workspace(const struct org_deed *deed, const struct join *j, struct found *f)
{
	struct join_workspace_row row;
	bool has_room;

	if (j->workspace.v == 0)
		return OK;
	TRY(sql_join_workspace(deed->t, deed->deployment->id, j->org, j->workspace, j->user, &row));
	f->wsmem = row.wsmem;
	if (f->wsmem.v != 0)
		return OK;
	TRY(workspace_has_room(deed, j->workspace, &has_room));
	if (!has_room)
		return fail(deed->t, E_LIMIT_REACHED, "This workspace has as many members as it can have.");
	return OK;
}

/* Nobody is kept out of an organization because its workspace for everybody has no room left. */
static enum status
find_auto_workspace(const struct org_deed *deed, const struct join *j, struct workspace_id workspace, struct found *f)
{
	bool has_room;

	if (workspace.v == 0 || workspace.v == j->workspace.v || !deed->deployment->settings.b2b.workspaces_enabled)
		return OK;
	TRY(workspace_has_room(deed, workspace, &has_room));
	if (has_room)
		f->auto_workspace = workspace;
	return OK;
}

static enum status
find_roles(const struct org_deed *deed, const struct join *j, struct found *f)
{
	struct deployment_id d = deed->deployment->id;
	struct orgrole_usable_row orgrole;
	struct wsrole_usable_row wsrole;

	f->role = j->role.v ? j->role : deed->deployment->orgrole_member;
	f->workspace_role = j->workspace_role.v ? j->workspace_role : deed->deployment->wsrole_member;
	TRY(sql_orgrole_usable(deed->t, d, j->org, f->role, &orgrole));
	return sql_wsrole_usable(deed->t, d, j->workspace, f->workspace_role, &wsrole);
}

static enum status
look(const struct org_deed *deed, const struct join *j, struct found *ret_found)
{
	struct found f = { 0 };
	struct join_org_row row;

	TRY(hold(deed, j));
	TRY(sql_join_org(deed->t, deed->deployment->id, j->org, j->user, &row));
	f.orgmem = row.orgmem;
	TRY(find_roles(deed, j, &f));
	if (f.orgmem.v == 0) {
		TRY(check_user_limit(deed, j));
		TRY(check_org_limit(deed, j));
		TRY(find_auto_workspace(deed, j, row.auto_workspace, &f));
	}
	TRY(check_workspace(deed, j, &f));
	*ret_found = f;
	return OK;
}

enum status
org_join_check(const struct org_deed *deed, const struct join *j)
{
	struct found f;

	return look(deed, j, &f);
}

/* ---- doing ---- */

static enum status
add_to_org(const struct org_deed *deed, const struct join *j, struct orgrole_id role, struct orgmem_id *ret_orgmem)
{
	struct deployment_id d = deed->deployment->id;
	struct task *t = deed->t;
	struct orgmem_id orgmem = { id_next(t->now) };
	int64_t rows;

	TRY(org_member_add(t, d, &(struct org_member){ j->org, orgmem, j->user }));
	TRY(sql_orgmem_role_insert(t, d, orgmem, role, &rows));
	*ret_orgmem = orgmem;
	return deed->audit(deed, AUDIT_ORGANIZATION_MEMBER_ADDED, j->user,
	    arena_printf(t->arena, "{\"organization_id\":\"org_%lld\",\"membership_id\":\"orgmem_%lld\",\"user_id\":\"user_%lld\"}",
		(long long)j->org.v, (long long)orgmem.v, (long long)j->user.v));
}

static enum status
add_to_workspace(const struct org_deed *deed, const struct join *j, struct orgmem_id orgmem, struct workspace_id workspace,
    struct wsrole_id role, struct wsmem_id *ret_wsmem)
{
	struct deployment_id d = deed->deployment->id;
	struct task *t = deed->t;
	struct wsmem_id wsmem = { id_next(t->now) };
	int64_t rows;

	TRY(workspace_member_add(t, d, &(struct workspace_member){ j->org, workspace, wsmem, j->user }, orgmem));
	TRY(sql_wsmem_role_insert(t, d, wsmem, role, &rows));
	*ret_wsmem = wsmem;
	return deed->audit(deed, AUDIT_WORKSPACE_MEMBER_ADDED, j->user,
	    arena_printf(t->arena,
		"{\"organization_id\":\"org_%lld\",\"workspace_id\":\"workspace_%lld\",\"membership_id\":\"wsmem_%lld\",\"user_id\":\"user_%lld\"}",
		(long long)j->org.v, (long long)workspace.v, (long long)wsmem.v, (long long)j->user.v));
}

enum status
org_join(const struct org_deed *deed, const struct join *j, struct joined *ret_joined)
{
	struct wsrole_id common = deed->deployment->wsrole_member;
	struct joined joined = { 0 };
	struct found f;

	TRY(look(deed, j, &f));
	joined.orgmem = f.orgmem;
	joined.wsmem = f.wsmem;
	joined.is_new = f.orgmem.v == 0;
	joined.workspace_is_new = j->workspace.v != 0 && f.wsmem.v == 0;
	if (joined.is_new)
		TRY(add_to_org(deed, j, f.role, &joined.orgmem));
	if (joined.workspace_is_new)
		TRY(add_to_workspace(deed, j, joined.orgmem, j->workspace, f.workspace_role, &joined.wsmem));
	if (f.auto_workspace.v != 0)
		TRY(add_to_workspace(deed, j, joined.orgmem, f.auto_workspace, common, &joined.auto_wsmem));
	*ret_joined = joined;
	return cache_touch(deed->t, deed->deployment->id, SUBJECT_USER, j->user.v);
}
