/* default_roles_section.c - which role somebody begins with who makes an organization, joins one, and so on. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/declare/roles.h"

#include <stddef.h>

#include "base/str.h"

const struct default_role default_roles[DEFAULT_ROLES] = {
	{ "organization_creator", ROLE_OF_ORG, offsetof(struct deployment_row, orgrole_creator.v) },
	{ "organization_member", ROLE_OF_ORG, offsetof(struct deployment_row, orgrole_member.v) },
	{ "workspace_creator", ROLE_OF_WORKSPACE, offsetof(struct deployment_row, wsrole_creator.v) },
	{ "workspace_member", ROLE_OF_WORKSPACE, offsetof(struct deployment_row, wsrole_member.v) },
};

int64_t *
default_role_id(const struct default_role *dr, struct deployment_row *row)
{
	return (int64_t *)(void *)((char *)row + dr->offset);
}

static const struct default_role *
find(struct str name)
{
	for (size_t i = 0; i < DEFAULT_ROLES; i++)
		if (str_eq(name, str_of(default_roles[i].name)))
			return &default_roles[i];
	return NULL;
}

void
default_roles_section_read(struct reading *r, const char *name, const struct node *n)
{
	const char *names[DEFAULT_ROLES + 1] = { NULL };

	for (size_t i = 0; i < DEFAULT_ROLES; i++)
		names[i] = default_roles[i].name;
	if (!reading_is_map(r, n, name))
		return;
	json_object_begin(&r->j, name);
	for (const struct node *m = n->first; m; m = m->next) {
		const struct default_role *dr = find(m->key);

		if (!dr)
			reading_unknown(r, m, "default role", names);
		else if (reading_is_text(r, m, dr->name))
			json_str(&r->j, dr->name, m->text);
	}
	json_object_end(&r->j);
}

static struct str
name_of(struct task *t, const struct deployment_role_row *rows, size_t n, int64_t id)
{
	for (size_t i = 0; i < n; i++)
		if (rows[i].id == id)
			return plan_text(t, rows[i].name);
	return S("none");
}

/* *changed: this one differs, and is set in the row. */
static enum status
apply_one(struct applying *a, const struct default_role *dr, struct str name, struct deployment_row *row, bool *changed)
{
	struct deployment_role_row *rows;
	const struct deployment_role_row *role;
	int64_t *id = default_role_id(dr, row);
	size_t n;

	TRY(roles_load(a->t, a->deployment, dr->kind, &rows, &n));
	role = roles_find(a->t, rows, n, name);
	if (!role)
		return fail(a->t, E_BAD_REQUEST_BODY, "default_roles.%s: there is no role %s", dr->name, log_quote(name).text);
	if (role->id == *id)
		return OK;
	plan_change(a->plan, arena_printf(a->t->arena, "default_roles.%s", dr->name), name_of(a->t, rows, n, *id),
	    plan_text(a->t, role->name));
	*id = role->id;
	*changed = true;
	return OK;
}

enum status
default_roles_section_apply(struct applying *a, const json_t *value)
{
	struct deployment_row row;
	bool changed = false;
	const char *key;
	json_t *v;
	int64_t rows;

	TRY(sql_deployment_find(a->t, a->deployment, &row));
	json_object_foreach((json_t *)(uintptr_t)value, key, v)
	{
		const struct default_role *dr = find(str_of(key));

		if (!dr)
			return fail(a->t, E_BAD_REQUEST_BODY, "there is no default role %s", log_quote(str_of(key)).text);
		TRY(apply_one(a, dr, (struct str){ json_string_value(v), json_string_length(v) }, &row, &changed));
	}
	if (!changed)
		return OK;
	return sql_deployment_set_default_roles(a->t, a->deployment, row.orgrole_creator, row.orgrole_member,
	    row.wsrole_creator, row.wsrole_member, a->t->now, &rows);
}

enum status
default_roles_section_export(struct exporting *e, const char *name)
{
	struct deployment_role_row *rows;
	struct deployment_row row;
	size_t n;

	TRY(sql_deployment_find(e->t, e->d->id, &row));
	yaml_out_map(e->out, name);
	for (size_t k = 0; k < DEFAULT_ROLES; k++) {
		TRY(roles_load(e->t, e->d->id, default_roles[k].kind, &rows, &n));
		for (size_t i = 0; i < n; i++)
			if (rows[i].id == *default_role_id(&default_roles[k], &row))
				yaml_out_text(e->out, default_roles[k].name, rows[i].name);
	}
	yaml_out_map_end(e->out);
	return OK;
}
