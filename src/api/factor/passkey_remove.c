/* passkey_remove.c - POST /me/passkeys/{id}/delete: one less, but never the last way in. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/factor/passkey.h"
#include "api/me/me_contacts.h"
#include "api/notice.h"
#include "base/str.h"
#include "session/coherence.h"

static enum status
delete_one(struct request *rq, struct passkey_id *ret_id)
{
	struct deployment_id d = rq->deployment->id;
	int64_t rows = 0;

	if (passkey_id_parse(rq->ids[0], ret_id))
		TRY(sql_passkey_delete(&rq->task, d, rq->signin->user, *ret_id, &rows));
	if (rows == 0)
		return refuse(rq, E_NOT_FOUND, NULL);
	return sql_account_count_passkeys(&rq->task, d, rq->signin->user, &rows);
}

static enum status
passkey_remove(struct request *rq)
{
	struct user_id user = rq->signin->user;
	struct passkey_id id;
	struct contacts c;
	struct json *j;

	/* Locked: two last ways removed at once would leave none. */
	TRY(contacts_lock(rq, &c));
	TRY(delete_one(rq, &id));
	c.account.n_passkeys--;
	if (!contacts_can_sign_in(&rq->deployment->settings, &c, c.account.has_password, NULL))
		return refuse(rq, E_NO_ALTERNATIVE_AUTH_METHOD, NULL);
	TRY(cache_touch(&rq->task, rq->deployment->id, SUBJECT_USER, user.v));
	TRY(audit(rq, AUDIT_PASSKEY_REMOVED, user, passkey_detail(rq, id)));
	TRY(notice_put(rq, user, "A passkey was removed from your account.", S("")));
	j = reply(rq);
	json_object_begin(j, "data");
	json_str(j, "message", S("The passkey has been removed."));
	json_object_end(j);
	return OK;
}

const struct route route_me_passkey_delete = {
	.method = HTTP_POST, .path = "/me/passkeys/{id}/delete", .name = "me_passkey_delete",
	.summary = "Remove one of the user's passkeys, unless it is the last way to sign in.",
	.auth = AUTH_SIGNIN, .rule = RULE_OWN, .tx = TX_WRITE, .lane = LANE_WORKER, .credential = true,
	.fails = { E_NOT_FOUND, E_NO_ALTERNATIVE_AUTH_METHOD },
	.run = passkey_remove,
};
