/* roles_section.c - the roles that a deployment gives to all its organizations, and to all their workspaces. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/declare/roles.h"

#include "auth/identifier.h"
#include "base/str.h"
#include "deployment/settings_value.h"
#include "org/role.h"

/* What differs between the two: their tables, and the setting that lists what they may grant. */
static const struct {
	const char *section, *of, *catalogue;
} kinds[ROLE_KIND__COUNT] = {
	[ROLE_OF_ORG] = { "organization_roles", "organizations", "b2b_settings.organization_permissions" },
	[ROLE_OF_WORKSPACE] = { "workspace_roles", "workspaces", "b2b_settings.workspace_permissions" },
};

/* ---- the tables ---- */

enum status
roles_load(struct task *t, struct deployment_id d, enum role_kind kind, struct deployment_role_row **ret_rows, size_t *ret_n)
{
	return kind == ROLE_OF_ORG ? sql_deployment_orgroles(t, d, ret_rows, ret_n) : sql_deployment_wsroles(t, d, ret_rows, ret_n);
}

static enum status
role_insert(struct applying *a, enum role_kind kind, struct str name, struct str key, struct str permissions)
{
	int64_t id = id_next(a->t->now);

	if (kind == ROLE_OF_ORG)
		return sql_deployment_orgrole_insert(a->t, a->deployment, (struct orgrole_id){ id }, name, key, permissions, a->t->now);
	return sql_deployment_wsrole_insert(a->t, a->deployment, (struct wsrole_id){ id }, name, key, permissions, a->t->now);
}

static enum status
role_set(struct applying *a, enum role_kind kind, int64_t id, struct str name, struct str permissions)
{
	int64_t rows;

	if (kind == ROLE_OF_ORG)
		return sql_deployment_orgrole_set(a->t, a->deployment, (struct orgrole_id){ id }, name, permissions, a->t->now, &rows);
	return sql_deployment_wsrole_set(a->t, a->deployment, (struct wsrole_id){ id }, name, permissions, a->t->now, &rows);
}

/* E_NOT_FOUND: it is gone already. */
static enum status
role_lock(struct applying *a, enum role_kind kind, int64_t id)
{
	struct deployment_orgrole_lock_row org;
	struct deployment_wsrole_lock_row ws;

	if (kind == ROLE_OF_ORG)
		return sql_deployment_orgrole_lock(a->t, a->deployment, (struct orgrole_id){ id }, &org);
	return sql_deployment_wsrole_lock(a->t, a->deployment, (struct wsrole_id){ id }, &ws);
}

static enum status
role_delete(struct applying *a, enum role_kind kind, int64_t id, int64_t *ret_rows)
{
	if (kind == ROLE_OF_ORG)
		return sql_deployment_orgrole_delete(a->t, a->deployment, (struct orgrole_id){ id }, ret_rows);
	return sql_deployment_wsrole_delete(a->t, a->deployment, (struct wsrole_id){ id }, ret_rows);
}

static enum status
role_holders(struct applying *a, enum role_kind kind, int64_t id, int64_t *ret_n)
{
	struct deployment_orgrole_holders_row org;
	struct deployment_wsrole_holders_row ws;

	if (kind == ROLE_OF_ORG)
		TRY(sql_deployment_orgrole_holders(a->t, a->deployment, (struct orgrole_id){ id }, &org));
	else
		TRY(sql_deployment_wsrole_holders(a->t, a->deployment, (struct wsrole_id){ id }, &ws));
	*ret_n = kind == ROLE_OF_ORG ? org.n : ws.n;
	return OK;
}

const struct deployment_role_row *
roles_find(struct task *t, const struct deployment_role_row *rows, size_t n, struct str name)
{
	struct str key;

	if (identifier_label_key(t, name, &key) != OK)
		return NULL;
	for (size_t i = 0; i < n; i++)
		if (str_eq(rows[i].name_key, key))
			return &rows[i];
	return NULL;
}

/* ---- reading ---- */

static bool
is_permission(const struct node *n, enum role_kind kind)
{
	return n->kind == NODE_TEXT && n->text.n <= 64 && setting_find(str_of(kinds[kind].catalogue))->form->fits(n->text);
}

static bool
is_first(const struct node *list, const struct node *n)
{
	const struct node *m = list->first;

	while (m != n && !str_eq(m->text, n->text))
		m = m->next;
	return m == n;
}

static void
read_permissions(struct reading *r, enum role_kind kind, const struct node *list)
{
	if (list->kind != NODE_LIST) {
		problem(&r->p, list->line, "%s: a role is a list of permissions, such as [documents:edit]", log_quote(list->key).text);
		return;
	}
	json_array_begin(&r->j, list->key.p);
	for (const struct node *n = list->first; n; n = n->next) {
		if (!is_permission(n, kind))
			problem(&r->p, n->line, "%s is not a permission such as documents:edit", log_quote(n->text).text);
		else if (!is_first(list, n))
			problem(&r->p, n->line, "%s is given twice", log_quote(n->text).text);
		json_str(&r->j, NULL, n->text);
	}
	json_array_end(&r->j);
}

/* As it will be stored, so that what is exported is what was written. */
static bool
is_name(struct reading *r, const struct node *n)
{
	struct str name;
	bool good = identifier_name(r->t, n->key, ROLE_NAME_MAX, &name) == OK && str_eq(name, n->key) &&
	    str_code_points(name) >= ROLE_NAME_MIN;

	r->t->why[0] = '\0';
	if (!good)
		problem(&r->p, n->line, "%s cannot be a role's name: that is %d to %d visible characters, without spaces around them",
		    log_quote(n->key).text, ROLE_NAME_MIN, ROLE_NAME_MAX);
	return good;
}

/* "Admin" and "admin" are one role, which cannot have both names. */
static void
check_differs(struct reading *r, const struct node *map, const struct node *n)
{
	struct str key, other;

	for (const struct node *m = map->first; m != n; m = m->next)
		if (identifier_label_key(r->t, n->key, &key) == OK && identifier_label_key(r->t, m->key, &other) == OK &&
		    str_eq(key, other))
			problem(&r->p, n->line, "%s is the same name as %s in line %d", log_quote(n->key).text, log_quote(m->key).text,
			    m->line);
}

static void
read_roles(struct reading *r, enum role_kind kind, const struct node *map)
{
	int count = 0;

	if (!reading_is_map(r, map, kinds[kind].section))
		return;
	json_object_begin(&r->j, kinds[kind].section);
	for (const struct node *n = map->first; n; n = n->next) {
		if (++count == ROLES_MAX + 1)
			problem(&r->p, n->line, "%s: more than %d roles", kinds[kind].section, ROLES_MAX);
		if (count > ROLES_MAX || !is_name(r, n))
			continue;
		check_differs(r, map, n);
		read_permissions(r, kind, n);
	}
	json_object_end(&r->j);
}

/* ---- applying ---- */

static bool
is_listed(const struct str_list *list, struct str word)
{
	for (size_t i = 0; i < list->n; i++)
		if (str_eq(list->items[i], word))
			return true;
	return false;
}

/* Each permission in the catalogue that the settings have by now. */
static enum status
read_role(struct applying *a, enum role_kind kind, struct str name, const json_t *list, struct role_text *ret_text)
{
	struct str *given = arena_array(a->t->arena, json_array_size(list) + 1, sizeof(*given));
	const struct str_list *catalogue;
	struct settings before, now;
	const json_t *item;
	size_t i;

	TRY_MEM(a->t, given);
	TRY(deployment_try(a->t, a->deployment, NULL, 0, &before, &now));
	catalogue = kind == ROLE_OF_ORG ? &now.b2b.organization_permissions : &now.b2b.workspace_permissions;
	json_array_foreach(list, i, item)
	{
		given[i] = (struct str){ json_string_value(item), json_string_length(item) };
		if (!is_listed(catalogue, given[i]))
			return fail(a->t, E_BAD_REQUEST_BODY, "%s.%s grants %s, which settings.%s does not list", kinds[kind].section,
			    log_quote(name).text, log_quote(given[i]).text, kinds[kind].catalogue);
	}
	return role_read(a->t, catalogue, name, given, json_array_size(list), ret_text);
}

/* In whatever order. */
static bool
grants_the_same(struct str permissions, const json_t *list)
{
	struct str word;
	size_t n = 0;

	for (; permissions.n > 0; n++) {
		const json_t *item;
		bool found = false;
		size_t i;

		(void)str_cut(permissions, ' ', &word, &permissions);
		json_array_foreach(list, i, item)
			found |= str_eq(word, (struct str){ json_string_value(item), json_string_length(item) });
		if (!found)
			return false;
	}
	return n == json_array_size(list);
}

static struct str
show(struct task *t, struct str name, struct str permissions)
{
	return arena_printf(t->arena, STR_FMT " (" STR_FMT ")", STR_ARG(plan_text(t, name)),
	    STR_ARG(permissions.n > 0 ? permissions : S("no permissions")));
}

static void
tell(struct applying *a, enum role_kind kind, struct str name, struct str before, struct str after)
{
	plan_change(a->plan, arena_printf(a->t->arena, "%s." STR_FMT, kinds[kind].section, STR_ARG(name)), before, after);
}

/* One that is as declared stays, also where it grants what the catalogue has no more. */
static enum status
apply_role(struct applying *a, enum role_kind kind, struct str name, const json_t *list)
{
	const struct deployment_role_row *is;
	struct deployment_role_row *rows;
	struct role_text text;
	size_t n;

	TRY(roles_load(a->t, a->deployment, kind, &rows, &n));
	is = roles_find(a->t, rows, n, name);
	if (is && str_eq(is->name, name) && grants_the_same(is->permissions, list))
		return OK;
	TRY(read_role(a, kind, name, list, &text));
	tell(a, kind, is ? is->name : name, is ? show(a->t, is->name, is->permissions) : S("none"),
	    show(a->t, text.name, text.permissions));
	if (!is)
		return role_insert(a, kind, text.name, text.key, text.permissions);
	return role_set(a, kind, is->id, text.name, text.permissions);
}

static enum status
apply_roles(struct applying *a, enum role_kind kind, const json_t *value)
{
	const char *text;
	json_t *list;

	json_object_foreach((json_t *)(uintptr_t)value, text, list)
	{
		TRY(apply_role(a, kind, str_of(text), list));
	}
	return OK;
}

/* ---- pruning ---- */

static bool
is_declared(struct task *t, const json_t *value, const struct deployment_role_row *row)
{
	const char *text;
	json_t *list;

	json_object_foreach((json_t *)(uintptr_t)value, text, list)
	{
		if (roles_find(t, row, 1, str_of(text)))
			return true;
	}
	return false;
}

static enum status
check_no_default(struct applying *a, enum role_kind kind, const struct deployment_role_row *role)
{
	struct deployment_row row;

	TRY(sql_deployment_find(a->t, a->deployment, &row));
	for (size_t i = 0; i < DEFAULT_ROLES; i++)
		if (default_roles[i].kind == kind && *default_role_id(&default_roles[i], &row) == role->id)
			return fail(a->t, E_CONFLICT, "%s.%s stays: default_roles.%s is that role, so name another one there",
			    kinds[kind].section, log_quote(role->name).text, default_roles[i].name);
	return OK;
}

/* Whoever holds it would silently be able to do less from now on, or nothing at all. */
static enum status
refuse_held(struct applying *a, enum role_kind kind, const struct deployment_role_row *role)
{
	int64_t n;

	TRY(role_holders(a, kind, role->id, &n));
	return fail(a->t, E_CONFLICT, "%s.%s stays: %lld members of %s hold it, so give them another role first",
	    kinds[kind].section, log_quote(role->name).text, (long long)n, kinds[kind].of);
}

static enum status
prune_role(struct applying *a, enum role_kind kind, const struct deployment_role_row *role)
{
	int64_t rows;

	TRY(check_no_default(a, kind, role));
	TRY(role_lock(a, kind, role->id));
	TRY(role_delete(a, kind, role->id, &rows));
	if (rows == 0)
		return refuse_held(a, kind, role);
	tell(a, kind, role->name, show(a->t, role->name, role->permissions), S("none"));
	return OK;
}

static enum status
prune_roles(struct applying *a, enum role_kind kind, const json_t *value)
{
	struct deployment_role_row *rows;
	size_t n;

	TRY(roles_load(a->t, a->deployment, kind, &rows, &n));
	for (size_t i = 0; i < n; i++)
		if (!is_declared(a->t, value, &rows[i]))
			TRY(prune_role(a, kind, &rows[i]));
	return OK;
}

/* ---- exporting ---- */

static enum status
export_roles(struct exporting *e, enum role_kind kind)
{
	struct deployment_role_row *rows;
	struct str word, rest;
	size_t n;

	TRY(roles_load(e->t, e->d->id, kind, &rows, &n));
	yaml_out_map(e->out, kinds[kind].section);
	for (size_t i = 0; i < n; i++) {
		yaml_out_list(e->out, arena_dup(e->t->arena, rows[i].name).p);
		for (rest = rows[i].permissions; rest.n > 0;) {
			(void)str_cut(rest, ' ', &word, &rest);
			yaml_out_text(e->out, NULL, word);
		}
		yaml_out_list_end(e->out);
	}
	yaml_out_map_end(e->out);
	return OK;
}

/* ---- the two sections ---- */

#define ROLES_SECTION(section, kind) \
	void section##_read(struct reading *r, const char *name, const struct node *n) \
	{ \
		(void)name; \
		read_roles(r, kind, n); \
	} \
	enum status section##_apply(struct applying *a, const json_t *value) \
	{ \
		return apply_roles(a, kind, value); \
	} \
	enum status section##_prune(struct applying *a, const json_t *value) \
	{ \
		return prune_roles(a, kind, value); \
	} \
	enum status section##_export(struct exporting *e, const char *name) \
	{ \
		(void)name; \
		return export_roles(e, kind); \
	}
ROLES_SECTION(org_roles_section, ROLE_OF_ORG)
ROLES_SECTION(ws_roles_section, ROLE_OF_WORKSPACE)
