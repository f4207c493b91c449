/* account_create.h - make an account: by signing up, by an operator. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/id.h"
#include "base/task.h"

/* Checked and canonical already (auth/identifier.h); empty means none. */
struct account_spec {
	struct str first_name, last_name;
	struct str username, username_key;
	struct str email, email_key;
	bool       email_verified;
	struct str phone, dial_code, phone_key;
	bool       phone_verified;
	struct str password_record;
	struct invitation_id invitation;	/* that allowed it; 0: none */
	struct str second_factor_policy;	/* none, optional, enforced */
};

/*
 * Inside a write transaction: the account and its primary address and number, or
 * nothing: E_USERNAME_EXISTS, E_EMAIL_EXISTS, E_PHONE_NUMBER_EXISTS (the first that
 * is taken; the rows decide, whatever races).
 */
enum status account_create(struct task *t, struct deployment_id d, const struct account_spec *spec,
    struct user_id *ret_user) MUST_CHECK;
