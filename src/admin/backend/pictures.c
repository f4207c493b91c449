/* pictures.c - the pictures of users, organizations and workspaces. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/backend/org.h"

#include "admin/backend/view.h"
#include "api/fields_read.h"
#include "api/me/picture.h"
#include "base/str.h"
#include "org/workspace.h"
#include "session/coherence.h"

/* ---- what is sent ---- */

static enum status
check_type(struct call *c)
{
	struct str field = http_field(&c->x->head, S("Content-Type"));
	struct media_type m;

	if (http_field_count(&c->x->head, S("Content-Type")) == 1 && media_type_parse(field, &m) && str_starts(m.type, S("image/")))
		return OK;
	return call_refuse(c, E_BAD_REQUEST_BODY, "Content-Type", "Send the picture itself as the body, with its type: image/png, image/jpeg, image/webp or image/gif.");
}

/* What does not exist is told before what was sent is looked at, and has no picture made. */
static enum status
make(struct call *c, enum status (*find)(struct task *t, void *arg))
{
	struct picture *p = arena_one(c->t->arena, struct picture);
	enum status st;

	TRY_MEM(c->t, p);
	TRY(db_read(c->t, c->db, find, c));
	if (c->x->body.n == 0)
		return call_refuse(c, E_BAD_REQUEST_BODY, NULL, "The picture is missing.");
	TRY(check_type(c));
	st = picture_convert(c->t, PICTURE_OF_KEYS, c->x->body, p);
	c->proof = p;
	return st;
}

/* ---- of a user ---- */

static enum status
find_user(struct task *t, void *arg)
{
	const struct call *c = arg;
	struct account_row row;
	struct user_id user;

	TRY(call_user_id(c, 0, &user));
	return sql_account_find(t, c->by.d->id, user, &row);
}

static enum status
user_picture_prove(struct call *c)
{
	return make(c, find_user);
}

static enum status
lock_user(struct call *c, struct user_id *ret_user)
{
	struct account_row row;

	TRY(call_user_id(c, 0, ret_user));
	return deed_user_lock(c->t, &c->by, *ret_user, &row);
}

static enum status
user_changed(struct call *c, struct user_id user)
{
	TRY(deed_audit(c->t, &c->by, AUDIT_USER_UPDATED, user, (struct session_id){ 0 }, S("{}")));
	return answer_user(c, user);
}

static enum status
user_picture_set(struct call *c)
{
	struct user_id user;

	TRY(lock_user(c, &user));
	TRY(picture_set_of_user(c->t, c->by.d, user, c->proof));
	return user_changed(c, user);
}

const struct backend_route backend_user_picture_set = {
	.method = HTTP_PUT, .path = "/v1/users/{id}/picture", .name = "user_picture_set",
	.summary = "Give a user a picture: PNG, JPEG, WebP or GIF of at most 2 MiB as the body, made smaller and anew.",
	.tx = CALL_WRITE, .answers = &shape_user, .takes_picture = true,
	.fails = { E_NOT_FOUND },
	.prove = user_picture_prove, .run = user_picture_set,
};

static enum status
user_picture_remove(struct call *c)
{
	struct user_id user;
	int64_t rows;

	TRY(lock_user(c, &user));
	TRY(picture_remove_of_user(c->t, c->by.d, user));
	TRY(sql_account_set_image(c->t, c->by.d->id, user, S(""), c->t->now, &rows));
	TRY(cache_touch(c->t, c->by.d->id, SUBJECT_USER, user.v));
	return user_changed(c, user);
}

const struct backend_route backend_user_picture_remove = {
	.method = HTTP_DELETE, .path = "/v1/users/{id}/picture", .name = "user_picture_remove",
	.summary = "Take a user's picture away.",
	.tx = CALL_WRITE, .answers = &shape_user,
	.fails = { E_NOT_FOUND },
	.run = user_picture_remove,
};

/* ---- of an organization ---- */

static enum status
find_org(struct task *t, void *arg)
{
	const struct call *c = arg;
	struct org_row row;
	struct org_id org;

	TRY(call_org_id(c, 0, &org));
	return organization_find(t, c->by.d->id, org, &row);
}

static enum status
org_picture_prove(struct call *c)
{
	return make(c, find_org);
}

static enum status
org_changed(struct call *c, struct org_id org)
{
	struct org_row row;

	TRY(org_note(c, AUDIT_ORGANIZATION_UPDATED, &(struct org_event){ .org = org }));
	TRY(organization_find(c->t, c->by.d->id, org, &row));
	write_org(call_answer(c), &row);
	return OK;
}

static enum status
org_picture_set(struct call *c)
{
	struct org_id org;

	TRY(org_of_path(c, &org));
	TRY(picture_set_of_org(c->t, c->by.d, org, c->proof));
	return org_changed(c, org);
}

const struct backend_route backend_org_picture_set = {
	.method = HTTP_PUT, .path = "/v1/organizations/{id}/picture", .name = "org_picture_set",
	.summary = "Give an organization a picture, as a user gets one.",
	.tx = CALL_WRITE, .answers = &shape_organization, .takes_picture = true,
	.fails = { E_NOT_FOUND },
	.prove = org_picture_prove, .run = org_picture_set,
};

static enum status
org_picture_remove(struct call *c)
{
	struct org_id org;

	TRY(org_of_path(c, &org));
	TRY(picture_remove_of_org(c->t, c->by.d, org));
	return org_changed(c, org);
}

const struct backend_route backend_org_picture_remove = {
	.method = HTTP_DELETE, .path = "/v1/organizations/{id}/picture", .name = "org_picture_remove",
	.summary = "Take an organization's picture away.",
	.tx = CALL_WRITE, .answers = &shape_organization,
	.fails = { E_NOT_FOUND },
	.run = org_picture_remove,
};

/* ---- of a workspace ---- */

static enum status
find_workspace(struct task *t, void *arg)
{
	const struct call *c = arg;
	struct workspace_row row;
	struct workspace_id workspace;

	TRY(call_workspace_id(c, 0, &workspace));
	return workspace_find(t, c->by.d->id, workspace, &row);
}

static enum status
workspace_picture_prove(struct call *c)
{
	return make(c, find_workspace);
}

static enum status
workspace_changed(struct call *c, const struct workspace_row *was)
{
	struct workspace_row row;

	TRY(org_note(c, AUDIT_WORKSPACE_UPDATED, &(struct org_event){ .org = was->org, .workspace = was->id }));
	TRY(workspace_find(c->t, c->by.d->id, was->id, &row));
	write_workspace(call_answer(c), &row);
	return OK;
}

static enum status
workspace_picture_set(struct call *c)
{
	struct workspace_row was;

	TRY(workspace_of_path(c, &was));
	TRY(picture_set_of_workspace(c->t, c->by.d, was.id, c->proof));
	return workspace_changed(c, &was);
}

const struct backend_route backend_workspace_picture_set = {
	.method = HTTP_PUT, .path = "/v1/workspaces/{id}/picture", .name = "workspace_picture_set",
	.summary = "Give a workspace a picture, as a user gets one.",
	.tx = CALL_WRITE, .answers = &shape_workspace, .takes_picture = true,
	.fails = { E_NOT_FOUND },
	.prove = workspace_picture_prove, .run = workspace_picture_set,
};

static enum status
workspace_picture_remove(struct call *c)
{
	struct workspace_row was;

	TRY(workspace_of_path(c, &was));
	TRY(picture_remove_of_workspace(c->t, c->by.d, was.id));
	return workspace_changed(c, &was);
}

const struct backend_route backend_workspace_picture_remove = {
	.method = HTTP_DELETE, .path = "/v1/workspaces/{id}/picture", .name = "workspace_picture_remove",
	.summary = "Take a workspace's picture away.",
	.tx = CALL_WRITE, .answers = &shape_workspace,
	.fails = { E_NOT_FOUND },
	.run = workspace_picture_remove,
};
