/* contact.c - whose address or number is this, and what it means to have proved it. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/sign_in/contact.h"

#include "api/notice.h"
#include "base/str.h"
#include "session/coherence.h"

/* An address nobody ever proved speaks for an account only where nothing else does. */
static bool
speaks_for_account(const struct contact_owner *c)
{
	return c->verified_at != 0 || !c->claimed;
}

static enum status
only_speaking(enum status st, const struct contact_owner *found, struct contact_owner *ret_owner)
{
	TRY(st);
	if (!speaks_for_account(found))
		return E_NOT_FOUND;
	*ret_owner = *found;
	return OK;
}

enum status
contact_find_email(struct task *t, struct deployment_id d, struct str email_key, struct contact_owner *ret_owner)
{
	struct contact_owner found;

	return only_speaking(sql_contact_by_email(t, d, email_key, &found), &found, ret_owner);
}

static enum status
load(struct task *t, struct deployment_id d, bool is_phone, int64_t id, struct contact_owner *ret_owner)
{
	return is_phone ? sql_contact_by_phone_id(t, d, id, ret_owner) : sql_contact_by_email_id(t, d, id, ret_owner);
}

enum status
contact_find(struct task *t, struct deployment_id d, bool is_phone, int64_t id, struct contact_owner *ret_owner)
{
	struct contact_owner found;

	return only_speaking(load(t, d, is_phone, id, &found), &found, ret_owner);
}

enum status
contact_find_phone(struct task *t, struct deployment_id d, struct str digits, struct str dial_code, struct contact_owner *ret_owner)
{
	struct str whole = arena_printf(t->arena, "%s" STR_FMT STR_FMT, dial_code.n ? "" : "+", STR_ARG(dial_code), STR_ARG(digits));
	const struct contact_owner *one = NULL;
	struct contact_owner *found;
	size_t n;

	TRY(sql_contacts_by_phone(t, d, dial_code.n ? S("") : digits, whole, &found, &n));
	for (size_t i = 0; i < n; i++) {
		if (!speaks_for_account(&found[i]))
			continue;
		if (one && one->user.v != found[i].user.v)
			return E_CONFLICT;
		one = &found[i];
	}
	if (!one)
		return E_NOT_FOUND;
	*ret_owner = *one;
	return OK;
}

struct str
contact_recipient(struct arena *a, const struct contact_owner *c)
{
	return arena_printf(a, STR_FMT STR_FMT, STR_ARG(c->dial_code), STR_ARG(c->value));
}

/* Nobody had shown that this account is theirs: now somebody has, and what was prepared for them is taken away. */
static enum status
disown(struct request *rq, struct user_id user)
{
	struct deployment_id d = rq->deployment->id;
	struct task *t = &rq->task;
	int64_t rows;

	TRY(sql_account_disown(t, d, user, t->now, &rows));
	TRY(sql_authenticator_disown(t, d, user, &rows));
	TRY(sql_backup_code_disown(t, d, user, &rows));
	TRY(sql_passkey_disown(t, d, user, &rows));
	TRY(session_end_user(t, d, user, NULL));
	return audit(rq, AUDIT_USER_CLAIMED, user, STR_NONE);
}

static enum status
mark_verified(struct request *rq, bool is_phone, int64_t id, struct user_id user)
{
	struct deployment_id d = rq->deployment->id;
	struct task *t = &rq->task;
	int64_t rows;

	if (is_phone)
		TRY(sql_phone_mark_proved(t, d, id, user, t->now, &rows));
	else
		TRY(sql_email_mark_proved(t, d, id, user, t->now, &rows));
	return cache_touch(t, d, SUBJECT_USER, user.v);
}

enum status
contact_prove(struct request *rq, bool is_phone, int64_t id, struct user_id user, bool by_password)
{
	struct contact_owner c;
	int64_t rows;

	/* Two people prove addresses of one account at one moment: the second finds it claimed. */
	TRY(sql_account_lock(&rq->task, rq->deployment->id, user, &rows));
	TRY(load(&rq->task, rq->deployment->id, is_phone, id, &c));
	if (c.user.v != user.v || (!by_password && !speaks_for_account(&c)))
		return E_NOT_FOUND;
	if (c.verified_at)
		return OK;
	TRY(mark_verified(rq, is_phone, id, user));
	return by_password || c.claimed ? OK : disown(rq, user);
}

enum status
contact_release_email(struct request *rq, struct str email_key)
{
	struct deployment_id d = rq->deployment->id;
	struct task *t = &rq->task;
	struct contact_owner c;
	int64_t rows;
	enum status st = sql_contact_by_email(t, d, email_key, &c);

	if (st == E_NOT_FOUND || (st == OK && c.verified_at))
		return OK;
	TRY(st);
	TRY(sql_email_unproved_delete(t, d, email_key, &rows));
	TRY(sql_account_forget_email(t, d, c.user, c.contact, t->now, &rows));
	return cache_touch(t, d, SUBJECT_USER, c.user.v);
}

enum status
contact_release_phone(struct request *rq, struct str phone_key)
{
	struct deployment_id d = rq->deployment->id;
	struct task *t = &rq->task;
	struct contact_owner *found;
	int64_t rows;
	size_t n;

	TRY(sql_contacts_by_phone(t, d, S(""), phone_key, &found, &n));
	if (n == 0 || found[0].verified_at)
		return OK;
	TRY(sql_phone_unproved_delete(t, d, phone_key, &rows));
	TRY(sql_account_forget_phone(t, d, found[0].user, found[0].contact, t->now, &rows));
	return cache_touch(t, d, SUBJECT_USER, found[0].user.v);
}
