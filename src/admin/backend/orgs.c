/* orgs.c - organizations: listed, made, read, changed, deleted. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/backend/org.h"

#include "base/str.h"
#include "org/join.h"

static enum status
org_list(struct call *c)
{
	struct org_row *rows;
	struct json *j;
	size_t n, shown;

	TRY(sql_org_page(c->t, c->by.d->id, c->after, c->most, &rows, &n));
	shown = call_page(c, n);
	j = call_list_begin(c);
	for (size_t i = 0; i < shown; i++)
		write_org(j, &rows[i]);
	call_list_end(c, n, shown > 0 ? org_id_str(c->t->arena, rows[shown - 1].id) : STR_NONE);
	return OK;
}

const struct backend_route backend_org_list = {
	.method = HTTP_GET, .path = "/v1/organizations", .name = "org_list",
	.summary = "Organizations in order of id.",
	.tx = CALL_READ, .pages = true, .answers = &shape_organization,
	.run = org_list,
};

static enum status
answer_org(struct call *c, struct org_id id)
{
	struct org_row row;

	TRY(organization_find(c->t, c->by.d->id, id, &row));
	write_org(call_answer(c), &row);
	return OK;
}

/* ---- make ---- */

struct new_org {
	struct str     name;
	struct user_id creator;
	struct org_id  id;
};

/* Its first member, as an admin; whoever makes one on the public API becomes that. */
static enum status
join_creator(struct call *c, const struct new_org *o)
{
	const struct join j = { .user = o->creator, .org = o->id, .role = c->by.d->orgrole_creator };
	const struct org_deed deed = call_org_deed(c);
	struct joined joined;

	return o->creator.v == 0 ? OK : org_told(c, org_join(&deed, &j, &joined));
}

static enum status
org_create(struct call *c)
{
	struct new_org o = { 0 };
	struct account_row creator;
	int64_t rows;

	TRY(org_read_name(c, &o.name));
	if (call_has(c, "created_by")) {
		if (!user_id_parse(call_text(c, "created_by"), &o.creator))
			return E_NOT_FOUND;
		TRY(deed_user_lock(c->t, &c->by, o.creator, &creator));
	}
	TRY(organization_make(c->t, c->by.d->id, o.name, call_text(c, "description"), o.creator, &o.id));
	if (call_has(c, "public_metadata"))
		TRY(sql_org_set_metadata(c->t, c->by.d->id, o.id, call_object(c, "public_metadata"), c->t->now, &rows));
	TRY(org_note(c, AUDIT_ORGANIZATION_CREATED, &(struct org_event){ .org = o.id, .user = o.creator }));
	TRY(join_creator(c, &o));
	return answer_org(c, o.id);
}

const struct backend_route backend_org_create = {
	.method = HTTP_POST, .path = "/v1/organizations", .name = "org_create",
	.summary = "Make an organization; with created_by its first admin.",
	.tx = CALL_WRITE, .answers = &shape_organization, .http = 201,
	.body = {
		{ .name = "name", .kind = VALUE_TEXT, .required = true, .max = ORG_NAME_MAX, .help = "printable" },
		{ .name = "created_by", .kind = VALUE_TEXT, .max = 64, .help = "a user, who becomes a member with the creator's role" },
		ORG_FIELDS,
	},
	.fails = { E_NOT_FOUND, E_LIMIT_REACHED },
	.run = org_create,
};

/* ---- one ---- */

static enum status
org_get(struct call *c)
{
	struct org_id id;

	TRY(call_org_id(c, 0, &id));
	return answer_org(c, id);
}

const struct backend_route backend_org_get = {
	.method = HTTP_GET, .path = "/v1/organizations/{id}", .name = "org_get",
	.summary = "One organization.",
	.tx = CALL_READ, .answers = &shape_organization,
	.fails = { E_NOT_FOUND },
	.run = org_get,
};

static enum status
read_auto_workspace(struct call *c, struct org_form *f)
{
	if (!call_has(c, "auto_workspace_id"))
		return OK;
	f->change.auto_workspace = &f->auto_workspace;
	if (call_text(c, "auto_workspace_id").n == 0 || workspace_id_parse(call_text(c, "auto_workspace_id"), &f->auto_workspace))
		return OK;
	return call_refuse(c, E_BAD_REQUEST_BODY, "auto_workspace_id", "Choose one of the organization's workspaces.");
}

static enum status
org_update(struct call *c)
{
	struct org_form form;
	struct org_row row;
	struct org_id id;
	int64_t rows;

	TRY(org_of_path(c, &id));
	TRY(org_read_form(c, &form));
	TRY(read_auto_workspace(c, &form));
	if (call_has(c, "public_metadata"))
		TRY(sql_org_set_metadata(c->t, c->by.d->id, id, call_object(c, "public_metadata"), c->t->now, &rows));
	/* Tells the caches, whatever of it changed. */
	TRY(org_told(c, organization_change(c->t, c->by.d->id, id, &form.change, &row)));
	TRY(org_note(c, AUDIT_ORGANIZATION_UPDATED, &(struct org_event){ .org = id }));
	return answer_org(c, id);
}

const struct backend_route backend_org_update = {
	.method = HTTP_PATCH, .path = "/v1/organizations/{id}", .name = "org_update",
	.summary = "Change an organization: what is not sent stays; its slug does too.",
	.tx = CALL_WRITE, .answers = &shape_organization,
	.body = {
		{ .name = "name", .kind = VALUE_TEXT, .min = 1, .max = ORG_NAME_MAX, .help = "printable" },
		ORG_FIELDS,
		ORG_GATES,
		{ .name = "auto_workspace_id", .kind = VALUE_TEXT, .max = 64, .nullable = true, .help = "where every new member is put, too" },
	},
	.fails = { E_NOT_FOUND },
	.run = org_update,
};

static enum status
org_delete(struct call *c)
{
	struct org_id id;

	TRY(org_of_path(c, &id));
	TRY(organization_delete(c->t, c->by.d->id, id));
	return org_note(c, AUDIT_ORGANIZATION_DELETED, &(struct org_event){ .org = id });
}

const struct backend_route backend_org_delete = {
	.method = HTTP_DELETE, .path = "/v1/organizations/{id}", .name = "org_delete",
	.summary = "Delete an organization with its workspaces, members, roles and invitations.",
	.tx = CALL_WRITE,
	.fails = { E_NOT_FOUND },
	.run = org_delete,
};
