/* invitation.c - invitations at sign-up: an operator's, and those to organizations. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/sign_up/invitation.h"

#include "api/app.h"
#include "base/str.h"
#include "org/invitation.h"
#include "store/store.gen.h"

enum status
invitation_hash(struct task *t, const struct keys *k, struct deployment_id d, struct str token, struct keys_each *each,
    uint8_t ret_hash[32])
{
	struct str parts[] = { S("invitation"), token };

	return keys_mac_each(t, k, KEY_CODE, d, parts, ARRAY_LEN(parts), each, ret_hash);
}

struct lookup {
	const struct request *rq;
	struct str            token;
	struct invitation     found;
};

static enum status
find_operators(struct task *t, struct lookup *l)
{
	struct invitation_by_token_row row;
	struct keys_each each = { 0 };
	uint8_t hash[32];
	enum status st;

	do {
		TRY(invitation_hash(t, l->rq->app->keys, l->rq->deployment->id, l->token, &each, hash));
		st = sql_invitation_by_token(t, l->rq->deployment->id, (struct str){ (const char *)hash, sizeof(hash) }, t->now, &row);
	} while (st == E_NOT_FOUND);
	TRY(st);
	l->found = (struct invitation){ row.id, row.email, row.email_key, row.first_name, row.last_name, false };
	return OK;
}

/* The page of an invitation to an organization sends whoever has no account here, with the same token. */
static enum status
find_organizations(struct task *t, struct lookup *l)
{
	struct org_invitation_by_token_row row;

	if (!l->rq->deployment->settings.b2b.organizations_enabled)
		return E_NOT_FOUND;
	TRY(org_invitation_find(t, l->rq->app->keys, l->rq->deployment, l->token, &row));
	if (row.expires_at <= t->now)
		return E_NOT_FOUND;
	l->found = (struct invitation){ row.id, row.email, row.email_key, S(""), S(""), true };
	return OK;
}

static enum status
find(struct task *t, void *arg)
{
	struct lookup *l = arg;
	enum status st = find_operators(t, l);

	if (st == E_NOT_FOUND)
		st = find_organizations(t, l);
	return st == E_NOT_FOUND ? OK : st;
}

enum status
invitation_find(struct request *rq, struct str token, struct invitation *ret_invitation)
{
	struct lookup l = { .rq = rq, .token = token };

	if (token.n > 0)
		TRY(request_read(rq, find, &l));
	*ret_invitation = l.found;
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
	/* As they are kept: two mailboxes may have one key, and only one of them got the letter. */
	if (!str_eq(inv->email, spec->email))
		return refuse(rq, E_EMAIL_NOT_ALLOWED, "Use the email address that the invitation was sent to.");
	spec->email_verified = true;
	spec->invitation = inv->id;
	return OK;
}

/* Where everybody may sign up, the address is proven by the invitation alone: it must still be good there too. */
enum status
invitation_use(struct request *rq, struct invitation_id id)
{
	struct org_invitation_live_row live;
	enum status st;
	int64_t rows;

	if (id.v == 0)
		return OK;
	TRY(sql_invitation_use(&rq->task, rq->deployment->id, id, rq->task.now, &rows));
	if (rows == 1)
		return OK;
	st = sql_org_invitation_live(&rq->task, rq->deployment->id, id, rq->task.now, &live);
	if (st != E_NOT_FOUND)
		return st;
	TRY(refuse_uninvited(rq));
	return refuse(rq, E_SIGNUP_RESTRICTED, "This invitation has been used already.");
}
