/* contact.c - operators add, verify and remove addresses and numbers. docs/decisions/contacts.md. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/deed/deed.h"

#include "api/me/me_contacts.h"
#include "base/str.h"
#include "session/coherence.h"

/* An account, locked, with what it has. */
struct held {
	const struct deed  *by;
	struct account_row  account;
	struct contact_row *rows;
	size_t              n;
};

static enum status
held_load(struct task *t, const struct deed *by, struct user_id user, struct held *h)
{
	h->by = by;
	TRY(deed_user_lock(t, by, user, &h->account));
	return sql_account_contacts(t, by->d->id, user, &h->rows, &h->n);
}

static enum status
held_find(const struct held *h, bool is_phone, int64_t id, const struct contact_row **ret_row)
{
	for (size_t i = 0; i < h->n; i++) {
		if (h->rows[i].is_phone != is_phone || h->rows[i].id != id)
			continue;
		*ret_row = &h->rows[i];
		return OK;
	}
	return E_NOT_FOUND;
}

static size_t
held_count(const struct held *h, bool is_phone)
{
	size_t n = 0;

	for (size_t i = 0; i < h->n; i++)
		n += h->rows[i].is_phone == is_phone;
	return n;
}

static enum status
changed(struct task *t, const struct held *h, struct user_id user, const struct contact_row *row, enum contact_deed deed)
{
	struct str detail = arena_printf(t->arena, "{\"id\":\"" STR_FMT "\"}", STR_ARG(contact_id_str(t->arena, row)));
	struct str what = contact_sentence(t->arena, row, deed);
	bool lost = deed == CONTACT_REMOVED && !row->is_phone && row->verified_at != 0;

	TRY_MEM(t, what.p);
	TRY(deed_tell(t, h->by, user, what.p, lost ? row->value : S("")));
	TRY(deed_audit(t, h->by, contact_event(row, deed), user, (struct session_id){ 0 }, detail));
	return cache_touch(t, h->by->d->id, SUBJECT_USER, user.v);
}

static enum status
taken(const struct contact_row *row)
{
	return row->is_phone ? E_PHONE_NUMBER_EXISTS : E_EMAIL_EXISTS;
}

/* Whoever holds it without having proved it loses it, and is told. */
static enum status
release(struct task *t, const struct held *h, const struct contact_row *row, struct str key)
{
	struct contact_row lost;
	bool was_lost;

	TRY(contact_take(t, h->by->d->id, row->is_phone, key, row->id, &lost, &was_lost));
	return was_lost ? changed(t, h, lost.user, &lost, CONTACT_REMOVED) : OK;
}

static enum status
set_primary(struct task *t, const struct held *h, const struct contact_row *row)
{
	struct email_id email = h->account.primary_email;
	struct phone_id phone = h->account.primary_phone;
	int64_t rows;

	if (row->is_phone)
		phone.v = row->id;
	else
		email.v = row->id;
	TRY(sql_account_set_primary(t, h->by->d->id, h->account.id, email, phone, t->now, &rows));
	return changed(t, h, h->account.id, row, CONTACT_PRIMARY);
}

/* ---- adding ---- */

static enum status
check_own(struct task *t, const struct held *h, const struct contact_row *new, struct str key)
{
	for (size_t i = 0; i < h->n; i++)
		if (h->rows[i].is_phone == new->is_phone && str_eq(contact_key(t, &h->rows[i]), key))
			return taken(new);
	return held_count(h, new->is_phone) < DEED_CONTACTS_MAX ? OK : E_LIMIT_REACHED;
}

static enum status
check_taken(struct task *t, const struct held *h, const struct contact_row *new, struct str key)
{
	enum status st;
	bool verified;

	st = contact_is_verified(t, h->by->d->id, new->is_phone, key, &verified);
	return st == OK && verified ? taken(new) : st;
}

enum status
deed_contact_add(struct task *t, const struct deed *by, struct user_id user, struct contact_row *row, bool primary)
{
	bool is_verified = row->verified_at != 0;
	struct held h;
	struct str key;

	TRY(held_load(t, by, user, &h));
	row->user = user;
	row->id = id_next(t->now);
	row->verified_at = is_verified ? t->now : 0;
	key = contact_key(t, row);
	TRY(check_own(t, &h, row, key));
	if (is_verified)
		TRY(release(t, &h, row, key));
	else
		TRY(check_taken(t, &h, row, key));
	TRY(contact_insert(t, by->d->id, row, is_verified ? key : contact_id_str(t->arena, row)));
	TRY(changed(t, &h, user, row, is_verified ? CONTACT_VERIFIED : CONTACT_ADDED));
	if (is_verified && (primary || (row->is_phone ? h.account.primary_phone.v : h.account.primary_email.v) == 0))
		return set_primary(t, &h, row);
	return OK;
}

/* ---- what there is ---- */

static bool
is_primary(const struct held *h, const struct contact_row *row)
{
	return row->id == (row->is_phone ? h->account.primary_phone.v : h->account.primary_email.v);
}

enum status
deed_contact_remove(struct task *t, const struct deed *by, struct user_id user, bool is_phone, int64_t id)
{
	const struct contact_row *row;
	struct held h;

	TRY(held_load(t, by, user, &h));
	TRY(held_find(&h, is_phone, id, &row));
	if (is_primary(&h, row) && held_count(&h, is_phone) > 1)
		return fail(t, E_BAD_REQUEST_BODY, "this is the primary one; make another one primary first");
	TRY(contact_remove(t, by->d->id, row));
	return changed(t, &h, user, row, CONTACT_REMOVED);
}

enum status
deed_contact_verify(struct task *t, const struct deed *by, struct user_id user, bool is_phone, int64_t id)
{
	const struct contact_row *row;
	struct held h;
	struct str key;

	TRY(held_load(t, by, user, &h));
	TRY(held_find(&h, is_phone, id, &row));
	if (row->verified_at != 0)
		return OK;
	key = contact_key(t, row);
	TRY(release(t, &h, row, key));
	TRY(contact_verify(t, by->d->id, row, key));
	TRY(changed(t, &h, user, row, CONTACT_VERIFIED));
	return (is_phone ? h.account.primary_phone.v : h.account.primary_email.v) == 0 ? set_primary(t, &h, row) : OK;
}

enum status
deed_contact_make_primary(struct task *t, const struct deed *by, struct user_id user, bool is_phone, int64_t id)
{
	const struct contact_row *row;
	struct held h;

	TRY(held_load(t, by, user, &h));
	TRY(held_find(&h, is_phone, id, &row));
	if (row->verified_at == 0)
		return fail(t, E_BAD_REQUEST_BODY, "only a verified one can be the primary one");
	return is_primary(&h, row) ? OK : set_primary(t, &h, row);
}
