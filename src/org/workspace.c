/* workspace.c - what becomes of a workspace. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "org/workspace.h"

#include "org/shared.h"
#include "session/coherence.h"

enum status
workspace_find(struct task *t, struct deployment_id d, struct workspace_id workspace, struct workspace_row *ret_workspace)
{
	return sql_workspace_find(t, d, workspace, ret_workspace);
}

enum status
workspace_make(struct task *t, struct deployment_id d, struct org_id org, struct str name, struct str description,
    struct workspace_id *ret_workspace)
{
	struct workspace_id id = { id_next(t->now) };
	struct str slug;
	int64_t rows;

	TRY(slug_new(t, d, org, name, &slug));
	TRY(sql_workspace_insert(t, d, id, org, name, slug, description, t->now, &rows));
	if (rows == 0)
		return fail(t, E_CONFLICT, "slug " STR_FMT ": a workspace has it", STR_ARG(slug));
	*ret_workspace = id;
	return OK;
}

enum status
workspace_change(struct task *t, struct deployment_id d, struct workspace_id workspace, const struct org_change *change,
    struct workspace_row *ret_workspace)
{
	struct workspace_row w;
	int64_t rows;

	TRY(sql_workspace_find(t, d, workspace, &w));
	TRY(change_name(t, change, &w.name));
	if (change->description)
		w.description = *change->description;
	change_gate(change, &w.enforce_2fa, &w.ip_restriction, &w.ip_allowlist);
	w.updated_at = t->now;
	TRY(sql_workspace_set(t, d, workspace, w.name, w.description, w.enforce_2fa, w.ip_restriction, w.ip_allowlist,
	    t->now, &rows));
	*ret_workspace = w;
	return cache_touch(t, d, SUBJECT_WORKSPACE, workspace.v);
}

enum status
workspace_set_image(struct task *t, struct deployment_id d, struct workspace_id workspace, struct str url)
{
	int64_t rows;

	TRY(sql_workspace_set_image(t, d, workspace, url, t->now, &rows));
	return rows == 1 ? cache_touch(t, d, SUBJECT_WORKSPACE, workspace.v) : E_NOT_FOUND;
}

static enum status
check_not_auto(struct task *t, struct deployment_id d, struct workspace_id workspace)
{
	struct workspace_is_auto_row row;
	enum status st = sql_workspace_is_auto(t, d, workspace, &row);

	if (st == E_NOT_FOUND)
		return OK;
	TRY(st);
	return refusal(t, E_FORBIDDEN,
	    "New members of the organization are put into this workspace. Choose another one for them first.");
}

/* In the order of organization_delete(), for its reasons. */
enum status
workspace_delete(struct task *t, struct deployment_id d, struct workspace_id workspace)
{
	int64_t rows;

	TRY(check_not_auto(t, d, workspace));
	TRY(sql_workspace_hold_members(t, d, workspace, &rows));
	TRY(sql_workspace_forget_accounts(t, d, workspace, &rows));
	TRY(sql_workspace_forget_signins(t, d, workspace, t->now, &rows));
	TRY(sql_workspace_delete(t, d, workspace, &rows));
	return rows == 1 ? cache_touch(t, d, SUBJECT_WORKSPACE, workspace.v) : E_NOT_FOUND;
}
