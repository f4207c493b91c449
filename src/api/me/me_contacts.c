/* me_contacts.c - what the deeds on one's own addresses and numbers share. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/me/me_contacts.h"

#include "api/me/me.h"
#include "api/notice.h"
#include "auth/identifier.h"
#include "base/str.h"
#include "session/coherence.h"

enum status
contacts_lock(struct request *rq, struct contacts *ret_contacts)
{
	struct deployment_id d = rq->deployment->id;
	struct user_id user = rq->signin->user;
	struct task *t = &rq->task;
	int64_t rows;

	TRY(sql_account_lock(t, d, user, &rows));
	if (rows == 0)
		return refuse(rq, E_UNAUTHORIZED, NULL);
	TRY(sql_account_find(t, d, user, &ret_contacts->account));
	return sql_account_contacts(t, d, user, &ret_contacts->rows, &ret_contacts->n);
}

struct contacts
contacts_seen(struct request *rq)
{
	return (struct contacts){ *me_account(rq), rq->state.contacts, rq->state.n_contacts };
}

static bool
parse_id(struct str text, bool is_phone, int64_t *ret_id)
{
	struct email_id email;
	struct phone_id phone;

	if (is_phone ? !phone_id_parse(text, &phone) : !email_id_parse(text, &email))
		return false;
	*ret_id = is_phone ? phone.v : email.v;
	return true;
}

enum status
contacts_named(struct request *rq, const struct contacts *c, bool is_phone, const struct contact_row **ret_row)
{
	int64_t id;

	if (!parse_id(rq->ids[0], is_phone, &id))
		return refuse(rq, E_NOT_FOUND, NULL);
	for (size_t i = 0; i < c->n; i++) {
		const struct contact_row *row = &c->rows[i];

		if (row->user.v != c->account.id.v || row->is_phone != is_phone || row->id != id)
			continue;
		*ret_row = row;
		return OK;
	}
	return refuse(rq, E_NOT_FOUND, NULL);
}

struct str
contact_key(struct task *t, const struct contact_row *row)
{
	struct str shown, key;

	if (row->is_phone)
		return own_contact_recipient(t->arena, row);
	return identifier_email(t, row->value, &shown, &key) == OK ? key : S("");
}

struct str
contact_id_str(struct arena *a, const struct contact_row *row)
{
	return row->is_phone ? phone_id_str(a, (struct phone_id){ row->id }) : email_id_str(a, (struct email_id){ row->id });
}

struct str
own_contact_recipient(struct arena *a, const struct contact_row *row)
{
	return row->is_phone ? arena_printf(a, STR_FMT STR_FMT, STR_ARG(row->dial_code), STR_ARG(row->value)) : row->value;
}

enum code_purpose
contact_code_purpose(bool is_phone)
{
	return is_phone ? CODE_PHONE : CODE_EMAIL;
}

/* ---- ways to sign in ---- */

/* One that is not verified counts with a password only, and only for an account that began with it. */
static bool
contact_signs_in(const struct settings *s, const struct contacts *c, const struct contact_row *row, bool has_password)
{
	if (row->is_phone)
		return s->auth.factors.phone_otp && row->verified_at != 0;
	if (has_password && s->auth.factors.email_password && (row->verified_at != 0 || row->id == c->account.primary_email.v))
		return true;
	return (s->auth.factors.email_otp || s->auth.factors.email_magic_link) && row->verified_at != 0;
}

bool
contacts_can_sign_in(const struct settings *s, const struct contacts *c, bool has_password, const struct contact_row *without)
{
	if (has_password && s->auth.factors.username_password && c->account.username.n > 0)
		return true;
	if (s->auth.factors.passkey && s->auth.passkey.enabled && c->account.n_passkeys > 0)
		return true;
	for (size_t i = 0; i < c->n; i++)
		if (&c->rows[i] != without && c->rows[i].user.v == c->account.id.v &&
		    contact_signs_in(s, c, &c->rows[i], has_password))
			return true;
	return false;
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

enum status
contact_changed(struct request *rq, struct user_id user, const struct contact_row *row, enum contact_deed deed)
{
	struct arena *a = rq->task.arena;
	struct str id = contact_id_str(a, row);
	struct str shown = row->is_phone ? code_mask_phone(a, row->value) : row->value;
	struct str what = arena_printf(a, "The %s " STR_FMT " %s", row->is_phone ? "phone number" : "email address",
	    STR_ARG(shown), deeds[deed].said);
	/* Who loses an address that was theirs is told there too: the row is gone by now. */
	bool lost = deed == CONTACT_REMOVED && !row->is_phone && row->verified_at != 0;

	TRY_MEM(&rq->task, what.p);
	TRY(notice_put(rq, user, what.p, lost ? row->value : S("")));
	TRY(audit(rq, deeds[deed].events[row->is_phone], user, arena_printf(a, "{\"id\":\"" STR_FMT "\"}", STR_ARG(id))));
	return cache_touch(&rq->task, rq->deployment->id, SUBJECT_USER, user.v);
}

/* ---- who has it ---- */

static enum status
find_holder(struct request *rq, bool is_phone, struct str key, struct contact_holder *ret_holder)
{
	struct deployment_id d = rq->deployment->id;

	return is_phone ? sql_phone_holder(&rq->task, d, key, ret_holder) : sql_email_holder(&rq->task, d, key, ret_holder);
}

static enum status
take_from(struct request *rq, bool is_phone, const struct contact_holder *h)
{
	struct deployment_id d = rq->deployment->id;
	struct task *t = &rq->task;
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
contact_release(struct request *rq, bool is_phone, struct str key, int64_t own_id)
{
	enum status taken = is_phone ? E_PHONE_NUMBER_EXISTS : E_EMAIL_EXISTS;
	struct contact_holder h;
	enum status st = find_holder(rq, is_phone, key, &h);
	struct contact_row row;

	if (st == E_NOT_FOUND)
		return OK;
	TRY(st);
	if (h.id == own_id)
		return OK;
	if (h.verified_at != 0)
		return refuse(rq, taken, NULL);
	TRY(take_from(rq, is_phone, &h));
	row = (struct contact_row){ .user = h.user, .is_phone = is_phone, .id = h.id, .value = key };
	return contact_changed(rq, h.user, &row, CONTACT_REMOVED);
}
