/* workspaces.c - an organization's workspaces: listed, made, read, changed, deleted. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/backend/org.h"

#include "base/str.h"
#include "org/workspace.h"

static enum status
workspace_list(struct call *c)
{
	struct workspace_row *rows;
	struct org_row org;
	struct org_id id;
	struct json *j;
	size_t n, shown;

	TRY(call_org_id(c, 0, &id));
	TRY(organization_find(c->t, c->by.d->id, id, &org));
	TRY(sql_workspace_page(c->t, c->by.d->id, id, c->after, c->most, &rows, &n));
	shown = call_page(c, n);
	j = call_list_begin(c);
	for (size_t i = 0; i < shown; i++)
		write_workspace(j, &rows[i]);
	call_list_end(c, n, shown > 0 ? workspace_id_str(c->t->arena, rows[shown - 1].id) : STR_NONE);
	return OK;
}

const struct backend_route backend_workspace_list = {
	.method = HTTP_GET, .path = "/v1/organizations/{id}/workspaces", .name = "workspace_list",
	.summary = "An organization's workspaces in order of id.",
	.tx = CALL_READ, .pages = true, .answers = &shape_workspace,
	.fails = { E_NOT_FOUND },
	.run = workspace_list,
};

static enum status
answer_workspace(struct call *c, struct workspace_id id)
{
	struct workspace_row row;

	TRY(workspace_find(c->t, c->by.d->id, id, &row));
	write_workspace(call_answer(c), &row);
	return OK;
}

/* ---- make ---- */

static enum status
workspace_create(struct call *c)
{
	struct workspace_id id;
	struct org_id org;
	struct str name;
	int64_t rows;

	TRY(org_of_path(c, &org));
	TRY(org_read_name(c, &name));
	TRY(workspace_make(c->t, c->by.d->id, org, name, call_text(c, "description"), &id));
	if (call_has(c, "public_metadata"))
		TRY(sql_workspace_set_metadata(c->t, c->by.d->id, id, call_object(c, "public_metadata"), c->t->now, &rows));
	TRY(org_note(c, AUDIT_WORKSPACE_CREATED, &(struct org_event){ .org = org, .workspace = id }));
	return answer_workspace(c, id);
}

const struct backend_route backend_workspace_create = {
	.method = HTTP_POST, .path = "/v1/organizations/{id}/workspaces", .name = "workspace_create",
	.summary = "Make a workspace in an organization; nobody is in it yet.",
	.tx = CALL_WRITE, .answers = &shape_workspace, .http = 201,
	.body = { { .name = "name", .kind = VALUE_TEXT, .required = true, .max = ORG_NAME_MAX, .help = "printable" }, ORG_FIELDS },
	.fails = { E_NOT_FOUND },
	.run = workspace_create,
};

/* ---- one ---- */

static enum status
workspace_get(struct call *c)
{
	struct workspace_id id;

	TRY(call_workspace_id(c, 0, &id));
	return answer_workspace(c, id);
}

const struct backend_route backend_workspace_get = {
	.method = HTTP_GET, .path = "/v1/workspaces/{id}", .name = "workspace_get",
	.summary = "One workspace.",
	.tx = CALL_READ, .answers = &shape_workspace,
	.fails = { E_NOT_FOUND },
	.run = workspace_get,
};

static enum status
workspace_update(struct call *c)
{
	struct workspace_row was, row;
	struct org_form form;
	int64_t rows;

	TRY(workspace_of_path(c, &was));
	TRY(org_read_form(c, &form));
	if (call_has(c, "public_metadata"))
		TRY(sql_workspace_set_metadata(c->t, c->by.d->id, was.id, call_object(c, "public_metadata"), c->t->now, &rows));
	/* Tells the caches, whatever of it changed. */
	TRY(org_told(c, workspace_change(c->t, c->by.d->id, was.id, &form.change, &row)));
	TRY(org_note(c, AUDIT_WORKSPACE_UPDATED, &(struct org_event){ .org = was.org, .workspace = was.id }));
	return answer_workspace(c, was.id);
}

const struct backend_route backend_workspace_update = {
	.method = HTTP_PATCH, .path = "/v1/workspaces/{id}", .name = "workspace_update",
	.summary = "Change a workspace: what is not sent stays; its slug does too.",
	.tx = CALL_WRITE, .answers = &shape_workspace,
	.body = { { .name = "name", .kind = VALUE_TEXT, .min = 1, .max = ORG_NAME_MAX, .help = "printable" }, ORG_FIELDS, ORG_GATES },
	.fails = { E_NOT_FOUND },
	.run = workspace_update,
};

static enum status
workspace_remove(struct call *c)
{
	struct workspace_row was;

	TRY(workspace_of_path(c, &was));
	TRY(org_told(c, workspace_delete(c->t, c->by.d->id, was.id)));
	return org_note(c, AUDIT_WORKSPACE_DELETED, &(struct org_event){ .org = was.org, .workspace = was.id });
}

const struct backend_route backend_workspace_delete = {
	.method = HTTP_DELETE, .path = "/v1/workspaces/{id}", .name = "workspace_delete",
	.summary = "Delete a workspace with its members and roles; not while new members of its organization are put there.",
	.tx = CALL_WRITE,
	.fails = { E_NOT_FOUND },
	.run = workspace_remove,
};
