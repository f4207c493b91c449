/* picture_keep.c - whose picture is whose. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/me/picture.h"

#include "org/organization.h"
#include "org/workspace.h"
#include "session/coherence.h"
#include "store/store.gen.h"

static struct str
url_of(const struct request *rq, const struct picture *p)
{
	struct str id = picture_id_str(rq->task.arena, p->id);

	return arena_printf(rq->task.arena, STR_FMT "/pictures/" STR_FMT ".webp", STR_ARG(rq->deployment->base_url), STR_ARG(id));
}

enum status
picture_set_of_user(struct request *rq, struct user_id user, const struct picture *p)
{
	struct deployment_id d = rq->deployment->id;
	struct task *t = &rq->task;
	struct str url = url_of(rq, p);
	int64_t rows;

	TRY(sql_picture_put(t, d, p->id, user, S("image/webp"), p->bytes, t->now));
	TRY(sql_account_set_image(t, d, user, url, t->now, &rows));
	return cache_touch(t, d, SUBJECT_USER, user.v);
}

enum status
picture_remove_of_user(struct request *rq, struct user_id user)
{
	int64_t rows;

	return sql_picture_delete_of_user(&rq->task, rq->deployment->id, user, &rows);
}

static enum status
put(struct request *rq, struct org_id org, struct workspace_id workspace, const struct picture *p)
{
	return sql_org_picture_insert(
	    &rq->task, rq->deployment->id, p->id, org, workspace, S("image/webp"), p->bytes, rq->task.now);
}

enum status
picture_set_of_org(struct request *rq, struct org_id org, const struct picture *p)
{
	int64_t rows;

	TRY(sql_org_picture_delete(&rq->task, rq->deployment->id, org, &rows));
	TRY(put(rq, org, (struct workspace_id){ 0 }, p));
	return organization_set_image(&rq->task, rq->deployment->id, org, url_of(rq, p));
}

enum status
picture_set_of_workspace(struct request *rq, struct workspace_id workspace, const struct picture *p)
{
	int64_t rows;

	TRY(sql_workspace_picture_delete(&rq->task, rq->deployment->id, workspace, &rows));
	TRY(put(rq, (struct org_id){ 0 }, workspace, p));
	return workspace_set_image(&rq->task, rq->deployment->id, workspace, url_of(rq, p));
}
