/* workspace_member.c - members of workspaces: their roles, and how they go. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "org/member.h"

#include "org/member_count.h"
#include "org/shared.h"
#include "session/coherence.h"
#include "store/store.gen.h"

enum status
workspace_member_find(struct task *t, struct deployment_id d, struct workspace_id workspace, struct str id,
    struct workspace_member *ret_member)
{
	struct wsmem_who_row row;
	struct wsmem_id wsmem;
	struct user_id user;
	enum status st = E_NOT_FOUND;

	if (wsmem_id_parse(id, &wsmem))
		st = sql_wsmem_by_id(t, d, workspace, wsmem, &row);
	else if (user_id_parse(id, &user))
		st = sql_wsmem_by_user(t, d, workspace, user, &row);
	TRY(st);
	*ret_member = (struct workspace_member){ row.org, workspace, row.id, row.user };
	return OK;
}

static enum status
is_admin(struct task *t, struct deployment_id d, const struct workspace_member *m, bool *ret_admin)
{
	struct permission_row *rows;
	unsigned powers = 0;
	size_t n;

	TRY(sql_wsmem_permissions(t, d, m->id, &rows, &n));
	for (size_t i = 0; i < n; i++)
		powers |= powers_of(rows[i].permissions);
	*ret_admin = (powers & POWER_WORKSPACE_ADMIN) != 0;
	return OK;
}

/* The organization's row is held: nobody else leaves, is removed or loses a role meanwhile. */
static enum status
check_other_admin(struct task *t, struct deployment_id d, const struct workspace_member *m, const char *sentence)
{
	struct workspace_has_other_admin_row row;
	enum status st = sql_workspace_has_other_admin(t, d, m->workspace, m->user, &row);

	return st == E_NOT_FOUND ? refusal(t, E_FORBIDDEN, sentence) : st;
}

/* As in member.c. */
static enum status
end_membership(struct task *t, struct deployment_id d, const struct workspace_member *m)
{
	int64_t rows;

	TRY(workspace_member_drop(t, d, m));
	TRY(sql_account_forget_wsmem(t, d, m->user, m->id, &rows));
	TRY(sql_signin_forget_wsmem(t, d, m->id, t->now, &rows));
	return cache_touch(t, d, SUBJECT_USER, m->user.v);
}

enum status
workspace_member_leave(struct task *t, struct deployment_id d, const struct workspace_member *m)
{
	bool admin;

	TRY(is_admin(t, d, m, &admin));
	if (admin)
		TRY(check_other_admin(t, d, m, "You are the only admin of this workspace. Make somebody else an admin first."));
	return end_membership(t, d, m);
}

/* Whoever could not take an admin's role cannot take the whole membership either. */
enum status
workspace_member_remove(struct task *t, struct deployment_id d, const struct workspace_member *m, unsigned by)
{
	bool admin;

	TRY(is_admin(t, d, m, &admin));
	if (admin && !(by & POWER_WORKSPACE_ADMIN))
		return refusal(t, E_FORBIDDEN, "Only an admin of the workspace can remove one.");
	if (admin)
		TRY(check_other_admin(t, d, m, "This is the only admin of the workspace. Make somebody else an admin first."));
	return end_membership(t, d, m);
}

/* May the role be given or taken here, by somebody with these powers? *ret_admin: it makes an admin. */
static enum status
check_role(struct task *t, struct deployment_id d, const struct workspace_member *m, struct wsrole_id role, unsigned by,
    bool *ret_admin)
{
	struct wsrole_usable_row row;

	TRY(sql_wsrole_usable(t, d, m->workspace, role, &row));
	*ret_admin = (powers_of(row.permissions) & POWER_WORKSPACE_ADMIN) != 0;
	if (*ret_admin && !(by & POWER_WORKSPACE_ADMIN))
		return refusal(t, E_FORBIDDEN, "Only an admin of the workspace can make somebody one, or take that away.");
	return OK;
}

/* What answers and proxies are told of somebody may hold what they may do. */
static enum status
roles_changed(struct task *t, struct deployment_id d, const struct workspace_member *m)
{
	int64_t rows;

	TRY(sql_wsmem_set_updated(t, d, m->id, t->now, &rows));
	return cache_touch(t, d, SUBJECT_USER, m->user.v);
}

enum status
workspace_member_grant(struct task *t, struct deployment_id d, const struct workspace_member *m, struct wsrole_id role, unsigned by,
    bool *ret_changed)
{
	bool makes_admin;
	int64_t rows;

	TRY(check_role(t, d, m, role, by, &makes_admin));
	TRY(sql_wsmem_role_insert(t, d, m->id, role, &rows));
	*ret_changed = rows == 1;
	return rows == 1 ? roles_changed(t, d, m) : OK;
}

enum status
workspace_member_take(struct task *t, struct deployment_id d, const struct workspace_member *m, struct wsrole_id role, unsigned by,
    bool *ret_changed)
{
	bool was_admins, still_admin;
	int64_t rows;

	TRY(check_role(t, d, m, role, by, &was_admins));
	TRY(sql_wsmem_role_delete(t, d, m->id, role, &rows));
	*ret_changed = rows == 1;
	if (rows == 0)
		return OK;
	TRY(is_admin(t, d, m, &still_admin));
	if (was_admins && !still_admin)
		TRY(check_other_admin(t, d, m, "This is the only admin of the workspace. Make somebody else an admin first."));
	return roles_changed(t, d, m);
}
