/* me_contacts.c - what the deeds on one's own addresses and numbers share. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/me/me_contacts.h"

#include "api/me/me.h"
#include "auth/identifier.h"
#include "base/str.h"

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
		return contact_recipient(t->arena, row->dial_code, row->value);
	return identifier_email(t, row->value, &shown, &key) == OK ? key : S("");
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
