/* user.c - operators make, change, disable and delete accounts. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/deed/deed.h"

#include "api/factor/second_factor.h"
#include "api/sign_in/code.h"
#include "auth/identifier.h"
#include "base/str.h"
#include "org/member_count.h"
#include "session/coherence.h"
#include "session/session.h"

static const struct session_id no_session = { 0 };

enum status
deed_user_create(struct task *t, const struct deed *by, const struct account_spec *spec, struct str metadata,
    struct user_id *ret_user)
{
	struct user_id user;
	int64_t rows;

	TRY(account_create(t, by->d->id, spec, &user));
	if (metadata.n > 0)
		TRY(sql_account_set_metadata(t, by->d->id, user, metadata, t->now, &rows));
	TRY(deed_audit(t, by, AUDIT_USER_CREATED, user, no_session, S("{}")));
	*ret_user = user;
	return OK;
}

enum status
deed_user_lock(struct task *t, const struct deed *by, struct user_id user, struct account_row *ret_row)
{
	int64_t rows;

	TRY(sql_account_lock_any(t, by->d->id, user, &rows));
	return rows == 1 ? sql_account_find(t, by->d->id, user, ret_row) : E_NOT_FOUND;
}

static enum status
set_username(struct task *t, const struct deed *by, const struct account_row *was, const struct user_change *change)
{
	int64_t rows;
	enum status st;

	if (str_eq(change->username, was->username))
		return OK;
	st = sql_account_set_username(t, by->d->id, was->id, change->username, change->username_key, t->now, &rows);
	/* E_CONFLICT: somebody took it in the same moment, and the unique index had the last word. */
	if (st == E_CONFLICT || (st == OK && rows == 0))
		return E_USERNAME_EXISTS;
	return st;
}

enum status
deed_user_change(struct task *t, const struct deed *by, const struct account_row *was, const struct user_change *change)
{
	struct deployment_id d = by->d->id;
	struct str name_key;
	int64_t rows;

	TRY(identifier_name_key(t, change->first_name, change->last_name, &name_key));
	TRY(sql_account_set_names(t, d, was->id, change->first_name, change->last_name, name_key, t->now, &rows));
	TRY(set_username(t, by, was, change));
	if (!str_eq(change->second_factor_policy, was->second_factor_policy))
		TRY(sql_account_set_second_factor_policy(t, d, was->id, change->second_factor_policy, t->now, &rows));
	if (!str_eq(change->metadata, was->public_metadata))
		TRY(sql_account_set_metadata(t, d, was->id, change->metadata, t->now, &rows));
	TRY(cache_touch(t, d, SUBJECT_USER, was->id.v));
	return deed_audit(t, by, AUDIT_USER_UPDATED, was->id, no_session, S("{}"));
}

/* Disabled already: whatever sign-ins there are end all the same, so doing it twice is safe. */
enum status
deed_user_disable(struct task *t, const struct deed *by, struct user_id user, int64_t *ret_ended)
{
	struct account_row row;
	int64_t rows;

	TRY(deed_user_lock(t, by, user, &row));
	TRY(sql_account_disable(t, by->d->id, user, t->now, &rows));
	TRY(session_end_user(t, by->d->id, user, ret_ended));
	return deed_audit(t, by, AUDIT_USER_DISABLED, user, no_session, S("{}"));
}

enum status
deed_user_enable(struct task *t, const struct deed *by, struct user_id user)
{
	struct account_row row;
	int64_t rows;

	TRY(deed_user_lock(t, by, user, &row));
	TRY(sql_account_enable(t, by->d->id, user, t->now, &rows));
	TRY(cache_touch(t, by->d->id, SUBJECT_USER, user.v));
	return deed_audit(t, by, AUDIT_USER_ENABLED, user, no_session, S("{}"));
}

/* Codes know their subject only by number: nothing else takes them along. */
static enum status
drop_codes(struct task *t, const struct deed *by, struct user_id user)
{
	struct contact_row *contacts;
	int64_t rows;
	size_t n;

	TRY(sql_account_contacts(t, by->d->id, user, &contacts, &n));
	for (size_t i = 0; i < n; i++) {
		TRY(sql_code_drop(t, by->d->id, contacts[i].is_phone ? CODE_PHONE : CODE_EMAIL, contacts[i].id, &rows));
		if (!contacts[i].is_phone)
			TRY(sql_code_drop(t, by->d->id, CODE_RESET_TOKEN, contacts[i].id, &rows));
	}
	return OK;
}

/* The sign-ins first, by the way that clears their sessions' pointers and tells the caches. */
enum status
deed_user_delete(struct task *t, const struct deed *by, struct user_id user, int64_t *ret_ended)
{
	struct account_row row;
	int64_t rows;

	TRY(deed_user_lock(t, by, user, &row));
	TRY(session_end_user(t, by->d->id, user, ret_ended));
	TRY(drop_codes(t, by, user));
	TRY(org_hold_all_of(t, by->d->id, user));
	TRY(org_uncount(t, by->d->id, user));
	TRY(sql_account_delete(t, by->d->id, user, &rows));
	return deed_audit(t, by, AUDIT_USER_DELETED, user, no_session, S("{}"));
}

enum status
deed_user_reset_factors(struct task *t, const struct deed *by, struct user_id user, int64_t *ret_ended)
{
	struct account_row row;

	TRY(deed_user_lock(t, by, user, &row));
	TRY(second_factors_remove(t, by->d, user));
	TRY(session_end_user(t, by->d->id, user, ret_ended));
	TRY(cache_touch(t, by->d->id, SUBJECT_USER, user.v));
	TRY(deed_audit(t, by, AUDIT_FACTORS_RESET, user, no_session, S("{}")));
	return deed_tell(t, by, user, "An operator removed the second factors of your account.", S(""));
}
