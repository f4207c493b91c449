/* member_count.c - memberships begin and end here: their rows, and how many there are. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "org/member_count.h"

#include "store/store.gen.h"

enum status
org_member_add(struct task *t, struct deployment_id d, const struct org_member *m)
{
	int64_t rows;

	TRY(sql_orgmem_insert(t, d, m->id, m->org, m->user, t->now, &rows));
	if (rows == 0)
		return fail(t, E_CONFLICT, "orgmem %lld is there already", (long long)m->id.v);
	return sql_org_count_member(t, d, m->org, 1, &rows);
}

enum status
workspace_member_add(struct task *t, struct deployment_id d, const struct workspace_member *m, struct orgmem_id orgmem)
{
	int64_t rows;

	TRY(sql_wsmem_insert(t, d, m->id, m->workspace, m->org, orgmem, m->user, t->now, &rows));
	if (rows == 0)
		return fail(t, E_CONFLICT, "wsmem %lld is there already", (long long)m->id.v);
	return sql_workspace_count_member(t, d, m->workspace, 1, &rows);
}

enum status
org_member_drop(struct task *t, struct deployment_id d, const struct org_member *m)
{
	int64_t rows;

	TRY(sql_orgmem_uncount(t, d, m->id, &rows));
	TRY(sql_orgmem_delete(t, d, m->id, &rows));
	if (rows == 0)
		return E_NOT_FOUND;
	return sql_org_count_member(t, d, m->org, -1, &rows);
}

enum status
workspace_member_drop(struct task *t, struct deployment_id d, const struct workspace_member *m)
{
	int64_t rows;

	TRY(sql_wsmem_delete(t, d, m->id, &rows));
	if (rows == 0)
		return E_NOT_FOUND;
	return sql_workspace_count_member(t, d, m->workspace, -1, &rows);
}

enum status
org_hold_all_of(struct task *t, struct deployment_id d, struct user_id user)
{
	struct user_orgs_row *orgs;
	int64_t rows;
	size_t n;

	TRY(sql_user_orgs(t, d, user, &orgs, &n));
	for (size_t i = 0; i < n; i++)
		TRY(sql_org_lock(t, d, orgs[i].id, &rows));
	return OK;
}

enum status
org_uncount(struct task *t, struct deployment_id d, struct user_id user)
{
	int64_t rows;

	TRY(sql_account_uncount_orgs(t, d, user, &rows));
	return sql_account_uncount_workspaces(t, d, user, &rows);
}
