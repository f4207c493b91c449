/* picture_keep.c - whose picture is whose. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/me/picture.h"

#include "org/organization.h"
#include "org/workspace.h"
#include "session/coherence.h"
#include "store/store.gen.h"

static struct str
url_of(struct task *t, const struct deployment *d, const struct picture *p)
{
	struct str id = picture_id_str(t->arena, p->id);

	return arena_printf(t->arena, STR_FMT "/pictures/" STR_FMT ".webp", STR_ARG(d->base_url), STR_ARG(id));
}

enum status
picture_set_of_user(struct task *t, const struct deployment *d, struct user_id user, const struct picture *p)
{
	struct str url = url_of(t, d, p);
	int64_t rows;

	TRY(sql_picture_put(t, d->id, p->id, user, S("image/webp"), p->bytes, t->now));
	TRY(sql_account_set_image(t, d->id, user, url, t->now, &rows));
	return cache_touch(t, d->id, SUBJECT_USER, user.v);
}

enum status
picture_remove_of_user(struct task *t, const struct deployment *d, struct user_id user)
{
	int64_t rows;

	return sql_picture_delete_of_user(t, d->id, user, &rows);
}

static enum status
put(struct task *t, const struct deployment *d, struct org_id org, struct workspace_id workspace, const struct picture *p)
{
	return sql_org_picture_insert(t, d->id, p->id, org, workspace, S("image/webp"), p->bytes, t->now);
}

enum status
picture_set_of_org(struct task *t, const struct deployment *d, struct org_id org, const struct picture *p)
{
	int64_t rows;

	TRY(sql_org_picture_delete(t, d->id, org, &rows));
	TRY(put(t, d, org, (struct workspace_id){ 0 }, p));
	return organization_set_image(t, d->id, org, url_of(t, d, p));
}

enum status
picture_remove_of_org(struct task *t, const struct deployment *d, struct org_id org)
{
	int64_t rows;

	TRY(sql_org_picture_delete(t, d->id, org, &rows));
	return organization_set_image(t, d->id, org, S(""));
}

enum status
picture_set_of_workspace(struct task *t, const struct deployment *d, struct workspace_id workspace, const struct picture *p)
{
	int64_t rows;

	TRY(sql_workspace_picture_delete(t, d->id, workspace, &rows));
	TRY(put(t, d, (struct org_id){ 0 }, workspace, p));
	return workspace_set_image(t, d->id, workspace, url_of(t, d, p));
}

enum status
picture_remove_of_workspace(struct task *t, const struct deployment *d, struct workspace_id workspace)
{
	int64_t rows;

	TRY(sql_workspace_picture_delete(t, d->id, workspace, &rows));
	return workspace_set_image(t, d->id, workspace, S(""));
}
