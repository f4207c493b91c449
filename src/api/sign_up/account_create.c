/* account_create.c - make an account. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/sign_up/account_create.h"

#include "auth/identifier.h"
#include "store/store.gen.h"

static enum status
add_email(struct task *t, struct deployment_id d, const struct account_spec *spec, struct user_id user,
    struct email_id *ret_email)
{
	struct email_id id = { id_next(t->now) };
	int64_t rows;

	if (spec->email_key.n == 0)
		return OK;
	TRY(sql_email_insert(t, d, id, user, spec->email, spec->email_key, spec->email_verified ? t->now : 0, t->now, &rows));
	if (rows == 0)
		return E_EMAIL_EXISTS;
	*ret_email = id;
	return OK;
}

static enum status
add_phone(struct task *t, struct deployment_id d, const struct account_spec *spec, struct user_id user,
    struct phone_id *ret_phone)
{
	struct phone_id id = { id_next(t->now) };
	int64_t rows;

	if (spec->phone_key.n == 0)
		return OK;
	TRY(sql_phone_insert(t, d, id, user, spec->phone, spec->dial_code, spec->phone_key, spec->phone_verified ? t->now : 0, t->now, &rows));
	if (rows == 0)
		return E_PHONE_NUMBER_EXISTS;
	*ret_phone = id;
	return OK;
}

enum status
account_create(struct task *t, struct deployment_id d, const struct account_spec *spec, struct user_id *ret_user)
{
	struct user_id user = { id_next(t->now) };
	struct email_id email = { 0 };
	struct phone_id phone = { 0 };
	struct str name_key;
	int64_t rows;

	TRY(identifier_name_key(t, spec->first_name, spec->last_name, &name_key));
	TRY(sql_account_insert(t, d, user, spec->first_name, spec->last_name, name_key, spec->username, spec->username_key,
	    spec->password_record, spec->password_record.n > 0 ? t->now : 0, spec->second_factor_policy, t->now, &rows));
	if (rows == 0)
		return E_USERNAME_EXISTS;
	TRY(add_email(t, d, spec, user, &email));
	TRY(add_phone(t, d, spec, user, &phone));
	TRY(sql_account_set_primary(t, d, user, email, phone, t->now, &rows));
	*ret_user = user;
	return OK;
}
