/* invitation.c - an operator's invitations, at sign-up. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/sign_up/invitation.h"

#include "api/app.h"
#include "base/str.h"
#include "store/store.gen.h"

enum status
invitation_hash(struct task *t, const struct keys *k, struct deployment_id d, struct str token, uint8_t ret_hash[32])
{
	struct str parts[] = { S("invitation"), token };

	return keys_mac(t, k, KEY_CODE, d, parts, ARRAY_LEN(parts), ret_hash);
}

struct lookup {
	struct deployment_id           deployment;
	struct str                     hash;
	struct invitation_by_token_row row;
};

static enum status
find(struct task *t, void *arg)
{
	struct lookup *l = arg;
	enum status st = sql_invitation_by_token(t, l->deployment, l->hash, t->now, &l->row);

	return st == E_NOT_FOUND ? OK : st;
}

enum status
invitation_find(struct request *rq, struct str token, struct invitation *ret_invitation)
{
	struct lookup l = { .deployment = rq->deployment->id };
	uint8_t hash[32];

	if (token.n > 0) {
		TRY(invitation_hash(&rq->task, rq->app->keys, l.deployment, token, hash));
		l.hash = (struct str){ (const char *)hash, sizeof(hash) };
		TRY(request_read(rq, find, &l));
	}
	*ret_invitation = (struct invitation){ l.row.id, l.row.email, l.row.email_key, l.row.first_name, l.row.last_name };
	return OK;
}

static enum status
refuse_uninvited(struct request *rq)
{
	switch (rq->deployment->settings.restrictions.sign_up_mode) {
	case SIGN_UP_PUBLIC:
		return OK;
	case SIGN_UP_RESTRICTED:
		return refuse(rq, E_SIGNUP_RESTRICTED, NULL);
	case SIGN_UP_WAITLIST:
		return refuse(rq, E_SIGNUP_WAITLIST_ONLY, NULL);
	}
	return fail(&rq->task, E_BUG, "sign-up mode");
}

enum status
invitation_check(struct request *rq, struct invitation *ret_invitation)
{
	TRY(invitation_find(rq, body_text(rq, "invite_token"), ret_invitation));
	return ret_invitation->id.v ? OK : refuse_uninvited(rq);
}

enum status
invitation_match(struct request *rq, const struct invitation *inv, struct account_spec *spec)
{
	if (inv->id.v == 0)
		return OK;
	if (!str_eq(inv->email_key, spec->email_key))
		return refuse(rq, E_EMAIL_NOT_ALLOWED, "Use the email address that the invitation was sent to.");
	spec->email_verified = true;
	spec->invitation = inv->id;
	return OK;
}

/* Where everybody may sign up, the address is proven by the invitation alone: it must still be good there too. */
enum status
invitation_use(struct request *rq, struct invitation_id id)
{
	int64_t rows;

	if (id.v == 0)
		return OK;
	TRY(sql_invitation_use(&rq->task, rq->deployment->id, id, rq->task.now, &rows));
	if (rows == 1)
		return OK;
	TRY(refuse_uninvited(rq));
	return refuse(rq, E_SIGNUP_RESTRICTED, "This invitation has been used already.");
}
