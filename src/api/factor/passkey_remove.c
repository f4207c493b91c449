/* passkey_remove.c - POST /me/passkeys/{id}/delete: one less, but never the last way in. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/factor/passkey.h"
#include "api/notice.h"
#include "base/str.h"
#include "session/coherence.h"

/* The account as it is now, locked: two last ways removed at once would leave none. */
struct account_now {
	struct account_row  account;
	struct contact_row *contacts;
	size_t              n_contacts;
};

static enum status
load_locked(struct request *rq, struct account_now *a)
{
	struct deployment_id d = rq->deployment->id;
	int64_t rows;

	TRY(sql_account_lock(&rq->task, d, rq->signin->user, &rows));
	if (rows == 0)
		return refuse(rq, E_UNAUTHORIZED, NULL);
	TRY(sql_account_find(&rq->task, d, rq->signin->user, &a->account));
	return sql_account_contacts(&rq->task, d, rq->signin->user, &a->contacts, &a->n_contacts);
}

static bool
has_contact(const struct account_now *a, bool is_phone, bool verified)
{
	for (size_t i = 0; i < a->n_contacts; i++)
		if (a->contacts[i].is_phone == is_phone && (!verified || a->contacts[i].verified_at != 0))
			return true;
	return false;
}

/* What the deployment lets people sign in with, and this one has. */
static bool
has_another_way(const struct settings *s, const struct account_now *a)
{
	if (a->account.n_passkeys > 0 && s->auth.passkey.enabled && s->auth.factors.passkey)
		return true;
	if (a->account.has_password && s->auth.factors.email_password && has_contact(a, false, false))
		return true;
	if (a->account.has_password && s->auth.factors.username_password && a->account.username.n > 0)
		return true;
	if ((s->auth.factors.email_otp || s->auth.factors.email_magic_link) && has_contact(a, false, true))
		return true;
	return s->auth.factors.phone_otp && has_contact(a, true, true);
}

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
	struct account_now a;
	struct passkey_id id;
	struct json *j;

	TRY(load_locked(rq, &a));
	TRY(delete_one(rq, &id));
	a.account.n_passkeys--;
	if (!has_another_way(&rq->deployment->settings, &a))
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
	.auth = AUTH_SIGNIN, .tx = TX_WRITE, .lane = LANE_WORKER, .credential = true,
	.fails = { E_NOT_FOUND, E_NO_ALTERNATIVE_AUTH_METHOD },
	.run = passkey_remove,
};
