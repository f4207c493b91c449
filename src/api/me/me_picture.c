/* me_picture.c - upload one's own picture. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/me/picture.h"
#include "store/store.gen.h"

static enum status
me_picture_prove(struct request *rq)
{
	struct picture *p = arena_one(rq->task.arena, struct picture);

	TRY_MEM(&rq->task, p);
	rq->proof = p;
	return picture_make(rq, "file", p);
}

static enum status
me_picture(struct request *rq)
{
	struct user_id user = rq->signin->user;
	int64_t rows;

	TRY(sql_account_lock(&rq->task, rq->deployment->id, user, &rows));
	if (rows == 0)
		return refuse(rq, E_UNAUTHORIZED, NULL);
	TRY(picture_set_of_user(&rq->task, rq->deployment, user, rq->proof));
	TRY(audit(rq, AUDIT_USER_UPDATED, user, STR_NONE));
	json_put_null(reply(rq), "data");
	return OK;
}

const struct route route_me_picture = {
	.method = HTTP_POST, .path = "/me/profile-picture", .name = "me_picture",
	.summary = "Upload the user's picture: PNG, JPEG, WebP or GIF of at most 2 MiB, made smaller and anew.",
	.auth = AUTH_SIGNIN, .tx = TX_WRITE, .lane = LANE_WORKER, .rate = RULE_PICTURE, .big_body = true,
	.body = { { .name = "file", .kind = F_FILE, .required = true, .help = "the picture" } },
	.fails = { E_PAYLOAD_TOO_LARGE, E_OVERLOADED },
	.prove = me_picture_prove, .run = me_picture,
};
