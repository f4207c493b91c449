/* standing.c - what somebody is in an organization or a workspace, and what that allows. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "org/standing.h"

#include "base/str.h"
#include "store/store.gen.h"

static const struct {
	struct str permission;
	unsigned powers;
} table[] = {
	{ S_INIT("organization:admin"), POWER_ORG_ADMIN | POWER_ORG_MANAGE },
	{ S_INIT("organization:manage"), POWER_ORG_MANAGE },
	{ S_INIT("workspace:admin"), POWER_WORKSPACE_ADMIN | POWER_WORKSPACE_MANAGE },
	{ S_INIT("workspace:manage"), POWER_WORKSPACE_MANAGE },
};

unsigned
powers_of(struct str permissions)
{
	unsigned powers = 0;
	struct str word;

	while (permissions.n > 0) {
		(void)str_cut(permissions, ' ', &word, &permissions);
		for (size_t i = 0; i < ARRAY_LEN(table); i++)
			if (str_eq(word, table[i].permission))
				powers |= table[i].powers;
	}
	return powers;
}

/* A role of an organization gives no power over one workspace by its words, nor the other way round. */
static enum status
add_org_powers(struct task *t, struct deployment_id d, struct standing *s)
{
	const unsigned kind = POWER_ORG_MANAGE | POWER_ORG_ADMIN;
	struct permission_row *rows;
	size_t n;

	TRY(sql_orgmem_permissions(t, d, s->orgmem, &rows, &n));
	for (size_t i = 0; i < n; i++)
		s->powers |= powers_of(rows[i].permissions) & kind;
	if (s->powers & POWER_ORG_ADMIN)
		s->powers |= POWER_WORKSPACE_MANAGE | POWER_WORKSPACE_ADMIN;
	return OK;
}

static enum status
add_workspace_powers(struct task *t, struct deployment_id d, struct standing *s)
{
	const unsigned kind = POWER_WORKSPACE_MANAGE | POWER_WORKSPACE_ADMIN;
	struct permission_row *rows;
	size_t n;

	TRY(sql_wsmem_permissions(t, d, s->wsmem, &rows, &n));
	for (size_t i = 0; i < n; i++)
		s->powers |= powers_of(rows[i].permissions) & kind;
	return OK;
}

enum status
standing_in_org(struct task *t, struct deployment_id d, struct user_id user, struct org_id org, struct standing *ret_s)
{
	struct standing s = { .org = org };
	struct org_gate_row row;

	TRY(sql_org_gate(t, d, user, org, &row));
	s.orgmem = row.orgmem;
	TRY(add_org_powers(t, d, &s));
	*ret_s = s;
	return OK;
}

enum status
standing_in_workspace(struct task *t, struct deployment_id d, struct user_id user, struct workspace_id workspace,
    struct standing *ret_s)
{
	struct standing s = { .workspace = workspace };
	struct workspace_standing_row row;

	TRY(sql_workspace_standing(t, d, user, workspace, &row));
	s.org = row.org;
	s.orgmem = row.orgmem;
	s.wsmem = row.wsmem;
	TRY(add_org_powers(t, d, &s));
	if (s.wsmem.v == 0 && !(s.powers & POWER_ORG_ADMIN))
		return E_NOT_FOUND;
	TRY(add_workspace_powers(t, d, &s));
	*ret_s = s;
	return OK;
}

static enum status
hold(struct task *t, struct deployment_id d, struct org_id org)
{
	int64_t rows;

	TRY(sql_org_lock(t, d, org, &rows));
	return rows == 1 ? OK : E_NOT_FOUND;
}

enum status
standing_hold_org(struct task *t, struct deployment_id d, struct user_id user, struct org_id org, struct standing *ret_s)
{
	struct org_gate_row row;

	TRY(sql_org_gate(t, d, user, org, &row));
	TRY(hold(t, d, org));
	return standing_in_org(t, d, user, org, ret_s);
}

enum status
standing_hold_workspace(struct task *t, struct deployment_id d, struct user_id user, struct workspace_id workspace,
    struct standing *ret_s)
{
	struct workspace_standing_row row;

	TRY(sql_workspace_standing(t, d, user, workspace, &row));
	TRY(hold(t, d, row.org));
	return standing_in_workspace(t, d, user, workspace, ret_s);
}
