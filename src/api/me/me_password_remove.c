/* me_password_remove.c - do away with one's password, when there is another way to sign in. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/me/me_contacts.h"
#include "api/me/me_password.h"

static enum status
me_password_remove_prove(struct request *rq)
{
	struct own_password *own;

	TRY(own_password_load(rq, &own));
	if (!own_password_is_there(own))
		return refuse(rq, E_BAD_REQUEST_BODY, "Your account has no password.");
	return own_password_prove(rq, own, body_text(rq, "current_password"));
}

static enum status
me_password_remove(struct request *rq)
{
	struct contacts c;

	TRY(contacts_lock(rq, &c));
	if (!contacts_can_sign_in(&rq->deployment->settings, &c, false, NULL))
		return refuse(rq, E_NO_ALTERNATIVE_AUTH_METHOD, NULL);
	TRY(own_password_store(rq, rq->proof, AUDIT_PASSWORD_REMOVED, "Your password was removed."));
	return reply_text(rq, "Your password has been removed.");
}

const struct route route_me_password_remove = {
	.method = HTTP_POST, .path = "/me/remove-password", .name = "me_remove_password",
	.summary = "Do away with the password, when there is another way to sign in; the user's other sign-ins end.",
	.auth = AUTH_SIGNIN, .tx = TX_WRITE, .lane = LANE_HASH, .credential = true,
	.body = { REQ_TEXT("current_password", 1024, "the password") },
	.fails = { E_INVALID_CREDENTIALS, E_NO_ALTERNATIVE_AUTH_METHOD, E_FEATURE_DISABLED, E_OVERLOADED },
	.prove = me_password_remove_prove, .run = me_password_remove,
};
