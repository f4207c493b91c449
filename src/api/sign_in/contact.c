/* contact.c - whose address or number is this, and what it means to have proved it. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/sign_in/contact.h"

#include "api/notice.h"
#include "api/org/org_deed.h"
#include "api/sign_in/code.h"
#include "base/str.h"
#include "org/domain.h"
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
contact_recipient(struct arena *a, struct str dial_code, struct str value)
{
	return arena_printf(a, STR_FMT STR_FMT, STR_ARG(dial_code), STR_ARG(value));
}

struct str
contact_id_str(struct arena *a, const struct contact_row *row)
{
	return row->is_phone ? phone_id_str(a, (struct phone_id){ row->id }) : email_id_str(a, (struct email_id){ row->id });
}

/* Nobody had shown that this account is theirs: now somebody has, and what was prepared for them is taken away. */
static enum status
disown(struct request *rq, struct user_id user)
{
	struct deployment_id d = rq->deployment->id;
	struct task *t = &rq->task;
	int64_t rows;

	TRY(sql_account_disown(t, d, user, t->now, &rows));
	TRY(sql_authenticator_delete_all(t, d, user, &rows));
	TRY(sql_backup_code_delete_all(t, d, user, &rows));
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
	struct org_deed deed = org_deed_of(rq);
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
	if (!is_phone)
		TRY(domain_join(&deed, user, c.value));
	return by_password || c.claimed ? OK : disown(rq, user);
}

/* ---- what is told ---- */

static const struct {
	enum audit_event events[2];	/* of an address, of a number */
	const char      *said;
} deeds[CONTACT_DEED__COUNT] = {
	[CONTACT_ADDED] = { { AUDIT_EMAIL_ADDED, AUDIT_PHONE_ADDED }, "was added to your account. It has not been verified yet." },
	[CONTACT_VERIFIED] = { { AUDIT_EMAIL_VERIFIED, AUDIT_PHONE_VERIFIED }, "was added to your account and verified." },
	[CONTACT_REMOVED] = { { AUDIT_EMAIL_REMOVED, AUDIT_PHONE_REMOVED }, "was removed from your account." },
	[CONTACT_PRIMARY] = { { AUDIT_EMAIL_PRIMARY, AUDIT_PHONE_PRIMARY }, "is now the primary one of your account." },
};

enum audit_event
contact_event(const struct contact_row *row, enum contact_deed deed)
{
	return deeds[deed].events[row->is_phone];
}

struct str
contact_sentence(struct arena *a, const struct contact_row *row, enum contact_deed deed)
{
	struct str shown = row->is_phone ? code_mask_phone(a, row->value) : row->value;

	return arena_printf(a, "The %s " STR_FMT " %s", row->is_phone ? "phone number" : "email address", STR_ARG(shown),
	    deeds[deed].said);
}

enum status
contact_changed(struct request *rq, struct user_id user, const struct contact_row *row, enum contact_deed deed)
{
	struct arena *a = rq->task.arena;
	struct str id = contact_id_str(a, row);
	struct str what = contact_sentence(a, row, deed);
	/* Who loses an address that was theirs is told there too: the row is gone by now. */
	bool lost = deed == CONTACT_REMOVED && !row->is_phone && row->verified_at != 0;

	TRY_MEM(&rq->task, what.p);
	TRY(notice_put(rq, user, what.p, lost ? row->value : S("")));
	TRY(audit(rq, contact_event(row, deed), user, arena_printf(a, "{\"id\":\"" STR_FMT "\"}", STR_ARG(id))));
	return cache_touch(&rq->task, rq->deployment->id, SUBJECT_USER, user.v);
}

/* ---- who has it ---- */

static enum status
find_holder(struct task *t, struct deployment_id d, bool is_phone, struct str key, struct contact_holder *ret_holder)
{
	return is_phone ? sql_phone_holder(t, d, key, ret_holder) : sql_email_holder(t, d, key, ret_holder);
}

enum status
contact_is_verified(struct task *t, struct deployment_id d, bool is_phone, struct str key, bool *ret_verified)
{
	struct contact_holder h = { .verified_at = 0 };
	enum status st = find_holder(t, d, is_phone, key, &h);

	if (st != OK && st != E_NOT_FOUND)
		return st;
	*ret_verified = h.verified_at != 0;
	return OK;
}

static enum status
take_from(struct task *t, struct deployment_id d, bool is_phone, const struct contact_holder *h)
{
	int64_t rows, cleared;

	if (is_phone) {
		TRY(sql_account_clear_primary_phone(t, d, h->user, h->id, t->now, &cleared));
		TRY(sql_phone_release(t, d, h->id, &rows));
	} else {
		TRY(sql_account_clear_primary_email(t, d, h->user, h->id, t->now, &cleared));
		TRY(sql_email_release(t, d, h->id, &rows));
	}
	return rows == 1 ? OK : E_CONFLICT;
}

enum status
contact_take(struct task *t, struct deployment_id d, bool is_phone, struct str key, int64_t own_id,
    struct contact_row *ret_lost, bool *ret_was_lost)
{
	struct contact_holder h;
	enum status st = find_holder(t, d, is_phone, key, &h);

	*ret_was_lost = false;
	if (st == E_NOT_FOUND || (st == OK && h.id == own_id))
		return OK;
	TRY(st);
	if (h.verified_at != 0)
		return is_phone ? E_PHONE_NUMBER_EXISTS : E_EMAIL_EXISTS;
	TRY(take_from(t, d, is_phone, &h));
	*ret_lost = (struct contact_row){ .user = h.user, .is_phone = is_phone, .id = h.id, .value = key };
	*ret_was_lost = true;
	return OK;
}

enum status
contact_release(struct request *rq, bool is_phone, struct str key, int64_t own_id)
{
	struct contact_row lost;
	bool was_lost;
	enum status st = contact_take(&rq->task, rq->deployment->id, is_phone, key, own_id, &lost, &was_lost);

	if (st == E_EMAIL_EXISTS || st == E_PHONE_NUMBER_EXISTS)
		return refuse(rq, st, NULL);
	TRY(st);
	return was_lost ? contact_changed(rq, lost.user, &lost, CONTACT_REMOVED) : OK;
}

/* ---- the rows ---- */

enum status
contact_insert(struct task *t, struct deployment_id d, const struct contact_row *row, struct str key)
{
	int64_t rows;

	if (row->is_phone)
		TRY(sql_phone_insert(t, d, (struct phone_id){ row->id }, row->user, row->value, row->dial_code, key, row->verified_at,
		    t->now, &rows));
	else
		TRY(sql_email_insert(t, d, (struct email_id){ row->id }, row->user, row->value, key, row->verified_at, t->now, &rows));
	return rows == 1 ? OK : E_CONFLICT;
}

enum status
contact_verify(struct task *t, struct deployment_id d, const struct contact_row *row, struct str key)
{
	enum status st;
	int64_t rows;

	if (row->is_phone)
		st = sql_phone_verify(t, d, row->user, row->id, key, t->now, &rows);
	else
		st = sql_email_verify(t, d, row->user, row->id, key, t->now, &rows);
	if (st == E_CONFLICT)
		return row->is_phone ? E_PHONE_NUMBER_EXISTS : E_EMAIL_EXISTS;
	TRY(st);
	return rows == 1 ? OK : E_NOT_FOUND;
}

enum status
contact_remove(struct task *t, struct deployment_id d, const struct contact_row *row)
{
	int64_t rows;

	TRY(sql_code_drop(t, d, row->is_phone ? CODE_PHONE : CODE_EMAIL, row->id, &rows));
	if (row->is_phone) {
		TRY(sql_account_clear_primary_phone(t, d, row->user, row->id, t->now, &rows));
		return sql_phone_delete(t, d, row->user, row->id, &rows);
	}
	TRY(sql_account_clear_primary_email(t, d, row->user, row->id, t->now, &rows));
	return sql_email_delete(t, d, row->user, row->id, &rows);
}
