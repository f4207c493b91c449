/* picture_keep.c - whose picture is whose. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/me/picture.h"

#include "session/coherence.h"
#include "store/store.gen.h"

enum status
picture_set_of_user(struct request *rq, struct user_id user, const struct picture *p)
{
	struct deployment_id d = rq->deployment->id;
	struct task *t = &rq->task;
	struct str id = picture_id_str(t->arena, p->id);
	struct str url = arena_printf(t->arena, STR_FMT "/pictures/" STR_FMT ".webp", STR_ARG(rq->deployment->base_url), STR_ARG(id));
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
