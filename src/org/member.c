/* member.c - members of organizations: their roles, and how they go. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "org/member.h"

#include "org/member_count.h"
#include "org/shared.h"
#include "session/coherence.h"
#include "store/store.gen.h"

enum status
org_member_find(struct task *t, struct deployment_id d, struct org_id org, struct str id, struct org_member *ret_member)
{
	struct orgmem_who_row row;
	struct orgmem_id orgmem;
	struct user_id user;
	enum status st = E_NOT_FOUND;

	if (orgmem_id_parse(id, &orgmem))
		st = sql_orgmem_by_id(t, d, org, orgmem, &row);
	else if (user_id_parse(id, &user))
		st = sql_orgmem_by_user(t, d, org, user, &row);
	TRY(st);
	*ret_member = (struct org_member){ org, row.id, row.user };
	return OK;
}

static enum status
is_admin(struct task *t, struct deployment_id d, const struct org_member *m, bool *ret_admin)
{
	struct permission_row *rows;
	unsigned powers = 0;
	size_t n;

	TRY(sql_orgmem_permissions(t, d, m->id, &rows, &n));
	for (size_t i = 0; i < n; i++)
		powers |= powers_of(rows[i].permissions);
	*ret_admin = (powers & POWER_ORG_ADMIN) != 0;
	return OK;
}

/* The row is held: nobody else leaves, is removed or loses a role meanwhile. */
static enum status
check_other_admin(struct task *t, struct deployment_id d, const struct org_member *m, const char *sentence)
{
	struct org_has_other_admin_row row;
	enum status st = sql_org_has_other_admin(t, d, m->org, m->user, &row);

	return st == E_NOT_FOUND ? refusal(t, E_FORBIDDEN, sentence) : st;
}

/* The row first, then what points to it: see org.sql. The rest goes with the row. */
static enum status
end_membership(struct task *t, struct deployment_id d, const struct org_member *m)
{
	int64_t rows;

	TRY(org_member_drop(t, d, m));
	TRY(sql_account_forget_orgmem(t, d, m->user, m->id, &rows));
	TRY(sql_signin_forget_orgmem(t, d, m->id, t->now, &rows));
	return cache_touch(t, d, SUBJECT_USER, m->user.v);
}

enum status
org_member_leave(struct task *t, struct deployment_id d, const struct org_member *m)
{
	bool admin;

	TRY(is_admin(t, d, m, &admin));
	if (admin)
		TRY(check_other_admin(t, d, m, "You are the only admin of this organization. Make somebody else an admin first, or delete it."));
	return end_membership(t, d, m);
}

/* Whoever could not take an admin's role cannot take the whole membership either. */
enum status
org_member_remove(struct task *t, struct deployment_id d, const struct org_member *m, unsigned by)
{
	bool admin;

	TRY(is_admin(t, d, m, &admin));
	if (admin && !(by & POWER_ORG_ADMIN))
		return refusal(t, E_FORBIDDEN, "Only an admin can remove an admin.");
	if (admin)
		TRY(check_other_admin(t, d, m, "This is the only admin of the organization. Make somebody else an admin first."));
	return end_membership(t, d, m);
}

/* May the role be given or taken here, by somebody with these powers? *ret_admin: it makes an admin. */
static enum status
check_role(struct task *t, struct deployment_id d, const struct org_member *m, struct orgrole_id role, unsigned by,
    bool *ret_admin)
{
	struct orgrole_usable_row row;

	TRY(sql_orgrole_usable(t, d, m->org, role, &row));
	*ret_admin = (powers_of(row.permissions) & POWER_ORG_ADMIN) != 0;
	if (*ret_admin && !(by & POWER_ORG_ADMIN))
		return refusal(t, E_FORBIDDEN, "Only an admin can make somebody an admin, or take that away.");
	return OK;
}

/* What answers and proxies are told of somebody may hold what they may do. */
static enum status
roles_changed(struct task *t, struct deployment_id d, const struct org_member *m)
{
	int64_t rows;

	TRY(sql_orgmem_set_updated(t, d, m->id, t->now, &rows));
	return cache_touch(t, d, SUBJECT_USER, m->user.v);
}

enum status
org_member_grant(struct task *t, struct deployment_id d, const struct org_member *m, struct orgrole_id role, unsigned by,
    bool *ret_changed)
{
	bool makes_admin;
	int64_t rows;

	TRY(check_role(t, d, m, role, by, &makes_admin));
	TRY(sql_orgmem_role_insert(t, d, m->id, role, &rows));
	*ret_changed = rows == 1;
	return rows == 1 ? roles_changed(t, d, m) : OK;
}

enum status
org_member_take(struct task *t, struct deployment_id d, const struct org_member *m, struct orgrole_id role, unsigned by,
    bool *ret_changed)
{
	bool was_admins, still_admin;
	int64_t rows;

	TRY(check_role(t, d, m, role, by, &was_admins));
	TRY(sql_orgmem_role_delete(t, d, m->id, role, &rows));
	*ret_changed = rows == 1;
	if (rows == 0)
		return OK;
	TRY(is_admin(t, d, m, &still_admin));
	if (was_admins && !still_admin)
		TRY(check_other_admin(t, d, m, "This is the only admin of the organization. Make somebody else an admin first."));
	return roles_changed(t, d, m);
}
