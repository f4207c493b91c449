/* role.c - the roles that organizations and workspaces have of their own. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "org/role.h"

#include "auth/identifier.h"
#include "base/buf.h"
#include "base/str.h"
#include "session/coherence.h"

enum { PERMISSIONS_MAX = 8192 };

/* ---- reading ---- */

static bool
is_among(struct str word, const struct str *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(word, words[i]))
			return true;
	return false;
}

static enum status
read_permissions(struct task *t, const struct str_list *catalogue, const struct str *given, size_t n, struct str *ret_words)
{
	struct buf b;

	for (size_t i = 0; i < n; i++)
		if (given[i].n > 0 && !is_among(given[i], catalogue->items, catalogue->n))
			return fail(t, E_BAD_REQUEST_BODY, "One of these permissions is not there to be given.");
	buf_init_arena(&b, t->arena, PERMISSIONS_MAX);
	for (size_t i = 0; i < catalogue->n; i++)
		if (is_among(catalogue->items[i], given, n))
			buf_printf(&b, "%s" STR_FMT, b.n ? " " : "", STR_ARG(catalogue->items[i]));
	if (b.failed)
		return fail(t, E_OVERLOADED, "a role with more permissions than there is room for");
	*ret_words = b.n ? buf_str(&b) : S("");
	return OK;
}

enum status
role_read(struct task *t, const struct str_list *catalogue, struct str name, const struct str *permissions, size_t n,
    struct role_text *ret_text)
{
	struct role_text text;
	enum status st = identifier_name(t, name, ROLE_NAME_MAX, &text.name);

	if (st == E_BAD_REQUEST_BODY || (st == OK && str_code_points(text.name) < ROLE_NAME_MIN)) {
		t->why[0] = '\0';
		return fail(t, E_BAD_REQUEST_BODY, "Enter a name of %d to %d printable characters.", ROLE_NAME_MIN, ROLE_NAME_MAX);
	}
	TRY(st);
	TRY(identifier_label_key(t, text.name, &text.key));
	TRY(read_permissions(t, catalogue, permissions, n, &text.permissions));
	*ret_text = text;
	return OK;
}

int
role_rank(struct str permissions)
{
	unsigned powers = powers_of(permissions);

	if (powers & (POWER_ORG_ADMIN | POWER_WORKSPACE_ADMIN))
		return 2;
	return powers ? 1 : 0;
}

/* ---- who may ---- */

/* Who is no admin neither makes one nor unmakes one. */
static enum status
check_power(struct task *t, struct str permissions, enum power admin, unsigned by)
{
	if (!(powers_of(permissions) & admin) || (by & admin))
		return OK;
	return fail(t, E_FORBIDDEN, "Only an admin can do this with a role that makes admins.");
}

static enum status
check_org_keeps_admin(struct task *t, struct deployment_id d, struct org_id org, struct str permissions, struct orgrole_id id)
{
	struct org_admin_by_another_role_row row;
	enum status st;

	if (!(powers_of(permissions) & POWER_ORG_ADMIN))
		return OK;
	st = sql_org_admin_by_another_role(t, d, org, id, &row);
	if (st == E_NOT_FOUND)
		return fail(t, E_FORBIDDEN, "Nobody would be an admin of this organization any more. Make somebody an admin first.");
	return st;
}

/* Who administers the organization is left; still the workspace keeps its admin as long as it had one by this role. */
static enum status
check_workspace_keeps_admin(
    struct task *t, struct deployment_id d, struct workspace_id workspace, struct str permissions, struct wsrole_id id)
{
	struct workspace_admin_by_another_role_row other;
	struct workspace_role_holder_row holder;
	enum status st;

	if (!(powers_of(permissions) & POWER_WORKSPACE_ADMIN))
		return OK;
	st = sql_workspace_admin_by_another_role(t, d, workspace, id, &other);
	if (st != E_NOT_FOUND)
		return st;
	st = sql_workspace_role_holder(t, d, id, &holder);
	if (st == E_NOT_FOUND)
		return OK;
	TRY(st);
	return fail(t, E_FORBIDDEN, "Nobody would be an admin of this workspace any more. Make somebody an admin first.");
}

/* ---- organizations ---- */

static enum status
check_free_in_org(struct task *t, struct deployment_id d, struct org_id org, struct str key)
{
	struct org_role_named_row *rows;
	struct org_role_count_row have;
	size_t n;

	TRY(sql_org_role_named(t, d, org, key, &rows, &n));
	if (n > 0)
		return fail(t, E_CONFLICT, "There is a role of that name already.");
	TRY(sql_org_role_count(t, d, org, &have));
	if (have.n >= ROLES_MAX)
		return fail(t, E_LIMIT_REACHED, "This organization has as many roles as it can have.");
	return OK;
}

enum status
org_role_create(struct task *t, struct deployment_id d, struct org_id org, const struct role_text *text, unsigned by,
    struct orgrole_row *ret_role)
{
	struct orgrole_row role = { .id = { id_next(t->now) }, .org = org, .name = text->name, .permissions = text->permissions,
		.created_at = t->now, .updated_at = t->now };
	int64_t rows;

	TRY(check_power(t, text->permissions, POWER_ORG_ADMIN, by));
	TRY(check_free_in_org(t, d, org, text->key));
	TRY(sql_org_role_insert(t, d, role.id, org, text->name, text->key, text->permissions, t->now, &rows));
	if (rows == 0)
		return fail(t, E_CONFLICT, "This changed meanwhile. Please try again.");
	*ret_role = role;
	return OK;
}

enum status
org_role_remove(struct task *t, struct deployment_id d, struct org_id org, struct orgrole_id id, unsigned by)
{
	struct org_role_owner_row role;
	int64_t rows;

	TRY(sql_org_role_owner(t, d, id, org, &role));
	if (role.org.v == 0)
		return fail(t, E_FORBIDDEN, "This role is there for every organization. It cannot be deleted here.");
	TRY(check_power(t, role.permissions, POWER_ORG_ADMIN, by));
	TRY(check_org_keeps_admin(t, d, org, role.permissions, id));
	TRY(sql_org_role_delete(t, d, id, org, &rows));
	return rows == 0 ? E_NOT_FOUND : cache_touch(t, d, SUBJECT_ORG, org.v);
}

/* ---- workspaces ---- */

static enum status
check_room_in_workspace(struct task *t, struct deployment_id d, struct workspace_id workspace)
{
	struct workspace_role_count_row have;

	TRY(sql_workspace_role_count(t, d, workspace, &have));
	if (have.n >= ROLES_MAX)
		return fail(t, E_LIMIT_REACHED, "This workspace has as many roles as it can have.");
	return OK;
}

/* Its own of that name; *ret_old.id 0 when there is none. */
static enum status
find_old(struct task *t, struct deployment_id d, struct workspace_id workspace, struct str key,
    struct workspace_role_named_row *ret_old)
{
	struct workspace_role_named_row *rows;
	size_t n;

	*ret_old = (struct workspace_role_named_row){ 0 };
	TRY(sql_workspace_role_named(t, d, workspace, key, &rows, &n));
	for (size_t i = 0; i < n; i++) {
		if (rows[i].workspace.v == 0)
			return fail(t, E_CONFLICT, "There is a role of that name for every workspace.");
		*ret_old = rows[i];
	}
	return OK;
}

static enum status
change(struct task *t, struct deployment_id d, struct workspace_id workspace, const struct workspace_role_named_row *old,
    const struct role_text *text, unsigned by)
{
	int64_t rows;

	TRY(check_power(t, old->permissions, POWER_WORKSPACE_ADMIN, by));
	if (!(powers_of(text->permissions) & POWER_WORKSPACE_ADMIN))
		TRY(check_workspace_keeps_admin(t, d, workspace, old->permissions, old->id));
	TRY(sql_workspace_role_update(t, d, old->id, workspace, text->name, text->permissions, t->now, &rows));
	return rows == 0 ? E_NOT_FOUND : cache_touch(t, d, SUBJECT_WORKSPACE, workspace.v);
}

static enum status
make(struct task *t, struct deployment_id d, struct org_id org, struct workspace_id workspace, const struct role_text *text,
    struct wsrole_id id)
{
	int64_t rows;

	TRY(check_room_in_workspace(t, d, workspace));
	TRY(sql_workspace_role_insert(t, d, id, workspace, org, text->name, text->key, text->permissions, t->now, &rows));
	return rows == 1 ? OK : fail(t, E_CONFLICT, "This changed meanwhile. Please try again.");
}

static enum status
find_again(struct task *t, struct deployment_id d, struct workspace_id workspace, struct wsrole_id id, struct wsrole_row *ret_role)
{
	struct wsrole_row *rows;
	size_t n;

	TRY(sql_workspace_roles(t, d, workspace, &rows, &n));
	for (size_t i = 0; i < n; i++) {
		if (rows[i].id.v != id.v)
			continue;
		*ret_role = rows[i];
		return OK;
	}
	return fail(t, E_BUG, "wsrole %lld is not there", (long long)id.v);
}

enum status
workspace_role_put(struct task *t, struct deployment_id d, struct org_id org, struct workspace_id workspace,
    const struct role_text *text, unsigned by, struct wsrole_row *ret_role, bool *ret_is_new)
{
	struct workspace_role_named_row old;
	struct wsrole_id id;

	TRY(check_power(t, text->permissions, POWER_WORKSPACE_ADMIN, by));
	TRY(find_old(t, d, workspace, text->key, &old));
	id.v = old.id.v ? old.id.v : id_next(t->now);
	TRY(old.id.v ? change(t, d, workspace, &old, text, by) : make(t, d, org, workspace, text, id));
	TRY(find_again(t, d, workspace, id, ret_role));
	*ret_is_new = old.id.v == 0;
	return OK;
}

enum status
workspace_role_remove(struct task *t, struct deployment_id d, struct workspace_id workspace, struct wsrole_id id, unsigned by)
{
	struct workspace_role_owner_row role;
	int64_t rows;

	TRY(sql_workspace_role_owner(t, d, id, workspace, &role));
	if (role.workspace.v == 0)
		return fail(t, E_FORBIDDEN, "This role is there for every workspace. It cannot be deleted here.");
	TRY(check_power(t, role.permissions, POWER_WORKSPACE_ADMIN, by));
	TRY(check_workspace_keeps_admin(t, d, workspace, role.permissions, id));
	TRY(sql_workspace_role_delete(t, d, id, workspace, &rows));
	return rows == 0 ? E_NOT_FOUND : cache_touch(t, d, SUBJECT_WORKSPACE, workspace.v);
}
