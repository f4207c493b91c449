/* me_account_delete.c - delete one's own account, for good. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/me/me_contacts.h"
#include "api/me/me_password.h"
#include "api/notice.h"
#include "base/str.h"
#include "org/member_count.h"

/* The stock client asks for a phrase and sends no password; one that is sent has to be right. */
static enum status
me_account_delete_prove(struct request *rq)
{
	struct str password = body_text(rq, "password");
	struct own_password *own;

	rq->proof = NULL;
	if (password.n == 0)
		return OK;
	TRY(own_password_load(rq, &own));
	return own_password_prove(rq, own, password);
}

static enum status
check_org(struct request *rq, const struct user_admin_orgs_row *org)
{
	struct org_has_other_admin_row other;
	enum status st = sql_org_has_other_admin(&rq->task, rq->deployment->id, org->id, rq->signin->user, &other);

	if (st != E_NOT_FOUND)
		return st;
	return refuse(rq, E_FORBIDDEN, "You are the only admin of " STR_FMT ". Make somebody else an admin first, or delete it.",
	    STR_ARG(org->name));
}

static enum status
check_orgs(struct request *rq)
{
	struct user_admin_orgs_row *orgs;
	enum status st = OK;
	size_t n;

	TRY(sql_user_admin_orgs(&rq->task, rq->deployment->id, rq->signin->user, &orgs, &n));
	for (size_t i = 0; i < n; i++) {
		enum status one = check_org(rq, &orgs[i]);

		if (one != OK && one != E_FORBIDDEN)
			return one;
		st = one != OK ? one : st;
	}
	return st;
}

/* Codes know their subject only by number: nothing else takes them along. */
static enum status
drop_codes(struct request *rq, const struct contacts *c)
{
	struct deployment_id d = rq->deployment->id;
	int64_t rows;

	for (size_t i = 0; i < c->n; i++) {
		TRY(sql_code_drop(&rq->task, d, contact_code_purpose(c->rows[i].is_phone), c->rows[i].id, &rows));
		if (!c->rows[i].is_phone)
			TRY(sql_code_drop(&rq->task, d, CODE_RESET_TOKEN, c->rows[i].id, &rows));
	}
	return OK;
}

/*
 * All organizations are held before anything is looked at: two admins who leave at once would both count the other, and
 * somebody who makes a member an admin in order to leave would count one who is on the way out.
 */
static enum status
me_account_delete(struct request *rq)
{
	struct deployment_id d = rq->deployment->id;
	const struct own_password *own = rq->proof;
	struct contacts c;
	int64_t rows;

	TRY(contacts_lock(rq, &c));
	TRY(org_hold_all_of(&rq->task, d, c.account.id));
	TRY(check_orgs(rq));
	if (own)
		TRY(own_password_give_back(rq, own));
	TRY(notice_put_last(rq, c.account.id, "Your account was deleted."));
	TRY(drop_codes(rq, &c));
	TRY(session_end_user(&rq->task, d, c.account.id, NULL));
	TRY(org_uncount(&rq->task, d, c.account.id));
	TRY(sql_account_delete(&rq->task, d, c.account.id, &rows));
	TRY(audit(rq, AUDIT_USER_DELETED, c.account.id, STR_NONE));
	rq->session.active_signin.v = 0;
	return reply_text(rq, "Your account has been deleted.");
}

const struct route route_me_account_delete = {
	.method = HTTP_POST, .path = "/me/account/delete", .name = "me_account_delete",
	.summary = "Delete the user and all that is theirs; refused while an organization has no other admin.",
	.auth = AUTH_SIGNIN, .tx = TX_WRITE, .lane = LANE_HASH, .credential = true,
	.body = { OPT_TEXT("password", 1024, "verified when it is sent") },
	.fails = { E_FORBIDDEN, E_INVALID_CREDENTIALS, E_FEATURE_DISABLED, E_OVERLOADED },
	.prove = me_account_delete_prove, .run = me_account_delete,
};
