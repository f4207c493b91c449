/* me_password_update.c - set another password, or a first one. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/app.h"
#include "api/me/me_password.h"
#include "auth/password.h"

static enum status
prove_current(struct request *rq, struct own_password *own)
{
	struct str current = body_text(rq, "current_password");

	if (!own_password_is_there(own))
		return OK;
	if (current.n == 0)
		return refuse(rq, E_INVALID_CREDENTIALS, "Enter your current password.");
	return own_password_prove(rq, own, current);
}

static enum status
me_password_update_prove(struct request *rq)
{
	struct str new = body_text(rq, "new_password");
	struct own_password *own;

	TRY(own_password_load(rq, &own));
	TRY(own_password_check_new(rq, new));
	TRY(prove_current(rq, own));
	return password_hash(&rq->task, rq->app->hasher, rq->deployment->id, new, &own->record);
}

static enum status
me_password_update(struct request *rq)
{
	TRY(own_password_store(rq, rq->proof, AUDIT_PASSWORD_CHANGED, "Your password was changed."));
	return reply_text(rq, "Your password has been changed.");
}

const struct route route_me_password_update = {
	.method = HTTP_POST, .path = "/me/update-password", .name = "me_update_password",
	.summary = "Set another password, or a first one; the user's other sign-ins end.",
	.auth = AUTH_SIGNIN, .tx = TX_WRITE, .lane = LANE_HASH, .credential = true,
	.body = {
		OPT_TEXT("current_password", 1024, "needed when there is one"),
		REQ_TEXT("new_password", 1024, "by the deployment's policy"),
	},
	.fails = { E_INVALID_CREDENTIALS, E_WEAK_PASSWORD, E_FEATURE_DISABLED, E_OVERLOADED },
	.prove = me_password_update_prove, .run = me_password_update,
};
