/* password.c - operators set and take away passwords. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/deed/deed.h"

#include "api/sign_in/code.h"
#include "api/sign_in/new_password.h"
#include "base/str.h"
#include "session/coherence.h"
#include "session/session.h"

enum status
deed_password_check(struct task *t, const struct deployment *d, struct str password, const struct str *words, size_t n_words)
{
	const char *sentence = NULL;
	enum status st = new_password_judge(d, password, words, n_words, &sentence);

	return st == OK ? OK : fail(t, st, "%s", sentence ? sentence : "The password is not text.");
}

/* A code mailed before could set another one. */
static enum status
void_resets(struct task *t, const struct deed *by, struct user_id user)
{
	struct contact_row *contacts;
	int64_t rows;
	size_t n;

	TRY(sql_account_contacts(t, by->d->id, user, &contacts, &n));
	for (size_t i = 0; i < n; i++) {
		if (contacts[i].is_phone)
			continue;
		TRY(sql_code_drop(t, by->d->id, CODE_RESET, contacts[i].id, &rows));
		TRY(sql_code_drop(t, by->d->id, CODE_RESET_TOKEN, contacts[i].id, &rows));
	}
	return OK;
}

enum status
deed_password_set(struct task *t, const struct deed *by, struct user_id user, struct str record, bool ends_sign_ins)
{
	bool removed = record.n == 0;
	struct account_row row;
	int64_t rows;

	TRY(deed_user_lock(t, by, user, &row));
	TRY(sql_account_reset_password(t, by->d->id, user, record, t->now, &rows));
	TRY(void_resets(t, by, user));
	TRY(sql_known_device_forget(t, by->d->id, user, &rows));
	if (ends_sign_ins)
		TRY(session_end_user(t, by->d->id, user, NULL));
	TRY(cache_touch(t, by->d->id, SUBJECT_USER, user.v));
	TRY(deed_audit(t, by, removed ? AUDIT_PASSWORD_REMOVED : AUDIT_PASSWORD_CHANGED, user, (struct session_id){ 0 }, S("{}")));
	return deed_tell(t, by, user, removed ? "An operator removed your password." : "An operator set your password.", S(""));
}

/* ---- those that do not last: docs/decisions/lent-passwords.md ---- */

/* Whoever came in with the old one is out, in every browser. The notice does not hold the password: it goes by another way. */
static enum status
end_all(struct task *t, const struct deed *by, struct user_id user, enum audit_event event, const char *said, int64_t *ret_ended)
{
	int64_t rows;

	TRY(void_resets(t, by, user));
	TRY(session_end_user(t, by->d->id, user, ret_ended));
	TRY(sql_known_device_forget(t, by->d->id, user, &rows));
	TRY(cache_touch(t, by->d->id, SUBJECT_USER, user.v));
	TRY(deed_audit(t, by, event, user, (struct session_id){ 0 }, S("{}")));
	return deed_tell(t, by, user, said, S(""));
}

enum status
deed_password_lend_new(struct task *t, const struct deed *by, struct user_id user, struct str record)
{
	int64_t rows;

	TRY(sql_account_lend_password(t, by->d->id, user, record, t->now + PASSWORD_LENT_US, t->now, &rows));
	return rows == 1 ? OK : E_NOT_FOUND;
}

enum status
deed_password_lend(struct task *t, const struct deed *by, struct user_id user, struct str record, int64_t *ret_ended)
{
	struct account_row row;

	TRY(deed_user_lock(t, by, user, &row));
	TRY(deed_password_lend_new(t, by, user, record));
	return end_all(t, by, user, AUDIT_PASSWORD_LENT,
	    "An operator set a new password for your account. At the next sign-in you choose one of your own.", ret_ended);
}

enum status
deed_password_expose(struct task *t, const struct deed *by, struct user_id user, int64_t *ret_ended)
{
	struct account_row row;
	int64_t rows;

	TRY(deed_user_lock(t, by, user, &row));
	TRY(sql_account_expose_password(t, by->d->id, user, t->now, &rows));
	if (rows == 0)
		return fail(t, E_NOT_FOUND, "this account has no password of its own");
	return end_all(t, by, user, AUDIT_PASSWORD_EXPOSED,
	    "Your password may be known to others, and does not work any more. Set a new one with \"Forgot password?\".", ret_ended);
}
