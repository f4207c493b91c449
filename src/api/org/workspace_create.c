/* workspace_create.c - make a workspace in an organization one is a member of. The active scope stays. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/me/picture.h"
#include "api/org/create.h"
#include "api/org/memberships.h"
#include "org/member_count.h"
#include "org/workspace.h"

struct new_workspace {
	struct request *rq;
	struct org_id org;
	struct orgmem_id orgmem;
	struct workspace_id id;
};

/* Not a member, unknown, of another deployment, no id at all: one answer. */
static enum status
find_org(struct request *rq, struct new_workspace *w)
{
	struct org_gate_row row;
	enum status st = E_NOT_FOUND;

	if (org_id_parse(body_text(rq, "organization_id"), &w->org))
		st = sql_org_gate(&rq->task, rq->deployment->id, rq->signin->user, w->org, &row);
	if (st == E_NOT_FOUND)
		return refuse(rq, E_FORBIDDEN, NULL);
	TRY(st);
	w->orgmem = row.orgmem;
	return OK;
}

static enum status
check_used(struct request *rq)
{
	const struct settings *s = &rq->deployment->settings;

	if (!s->b2b.organizations_enabled || !s->b2b.workspaces_enabled)
		return refuse(rq, E_FEATURE_DISABLED, "Workspaces are not used here.");
	return OK;
}

static enum status
look(struct task *t, void *arg)
{
	struct new_workspace *w = arg;

	(void)t;
	TRY(check_used(w->rq));
	return find_org(w->rq, w);
}

/* Who may not create one has no picture made. */
static enum status
workspace_create_prove(struct request *rq)
{
	struct new_workspace w = { .rq = rq };
	struct picture *p;

	TRY(request_read(rq, look, &w));
	TRY(picture_make_if_sent(rq, "image", &p));
	rq->proof = p;
	return OK;
}

/*
 * The organization's row first, as in deleting one, then the membership. Parallel
 * creations wait for each other here, and each counts what the others made.
 */
static enum status
check_limit(struct request *rq, const struct new_workspace *w)
{
	const struct settings *s = &rq->deployment->settings;
	int64_t rows, most = s->b2b.limit_workspace_creation_per_org ? s->b2b.workspaces_per_org_count : WORKSPACES_MAX;
	struct org_workspace_count_row have;

	TRY(sql_org_lock(&rq->task, rq->deployment->id, w->org, &rows));
	if (rows == 1)
		TRY(sql_orgmem_lock(&rq->task, rq->deployment->id, w->orgmem, &rows));
	if (rows == 0)
		return refuse(rq, E_FORBIDDEN, NULL);
	TRY(sql_org_workspace_count(&rq->task, rq->deployment->id, w->org, &have));
	if (!create_has_room(have.workspaces, most))
		return refuse(
		    rq, E_LIMIT_REACHED, "This organization has as many workspaces as it can have.");
	return OK;
}

static enum status
insert_membership(struct request *rq, const struct new_workspace *w)
{
	struct deployment_id d = rq->deployment->id;
	struct task *t = &rq->task;
	struct wsmem_id wsmem = { id_next(t->now) };
	int64_t rows;

	TRY(workspace_member_add(
	    t, d, &(struct workspace_member){ w->org, w->id, wsmem, rq->signin->user }, w->orgmem));
	return sql_wsmem_role_insert(t, d, wsmem, rq->deployment->wsrole_creator, &rows);
}

static enum status
reply_created(struct request *rq, const struct new_workspace *w)
{
	struct workspace_view workspace;
	struct memberships m;
	struct json *j;

	TRY(memberships_load_workspace(rq, w->org, w->id, &m));
	if (m.n_workspaces != 1)
		return fail(&rq->task, E_BUG, "a new workspace has %zu memberships", m.n_workspaces);
	workspace = workspace_view_of(&m.workspaces[0]);
	j = reply(rq);
	json_object_begin(j, "data");
	view_workspace(j, "workspace", &workspace);
	TRY(memberships_write_workspace(rq, j, "membership", &m));
	json_object_end(j);
	return OK;
}

static enum status
workspace_create(struct request *rq)
{
	struct create_text text;
	struct new_workspace w;
	struct str detail;

	TRY(check_used(rq));
	TRY(create_read(rq, &text));
	TRY(find_org(rq, &w));
	TRY(check_limit(rq, &w));
	TRY(workspace_make(&rq->task, rq->deployment->id, w.org, text.name, text.description, &w.id));
	TRY(insert_membership(rq, &w));
	if (rq->proof)
		TRY(picture_set_of_workspace(&rq->task, rq->deployment, w.id, rq->proof));
	TRY(create_take_rate(rq));
	detail = arena_printf(rq->task.arena, "{\"organization_id\":\"org_%lld\",\"workspace_id\":\"workspace_%lld\"}",
	    (long long)w.org.v, (long long)w.id.v);
	TRY(audit(rq, AUDIT_WORKSPACE_CREATED, rq->signin->user, detail));
	return reply_created(rq, &w);
}

const struct route route_workspace_create = {
	.method = HTTP_POST, .path = "/workspaces", .name = "workspace_create",
	.summary = "Create a workspace in an organization of the user's, who becomes its first member.",
	.auth = AUTH_SIGNIN, .tx = TX_WRITE, .lane = LANE_WORKER, .big_body = true,
	.body = {
		REQ_TEXT("organization_id", 0, "the organization it is in"),
		REQ_TEXT("name", 400, "at most 100 printable characters; its slug is made of it"),
		OPT_TEXT("description", CREATE_DESCRIPTION_MAX, "what it is about"),
		OPT_FILE("image", "its picture: PNG, JPEG, WebP or GIF of at most 2 MiB"),
	},
	.fails = { E_FEATURE_DISABLED, E_FORBIDDEN, E_LIMIT_REACHED, E_CONFLICT, E_PAYLOAD_TOO_LARGE, E_RATE_LIMITED, E_OVERLOADED },
	.prove = workspace_create_prove, .run = workspace_create,
};
