/* new_password.c - may this be somebody's password here? */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/new_password.h"

#include "auth/password.h"

enum status
new_password_check(struct request *rq, struct str password)
{
	const struct settings *s = &rq->deployment->settings;
	struct password_policy policy = {
		s->auth.password.min_length, s->auth.password.require_lowercase, s->auth.password.require_uppercase,
		s->auth.password.require_number, s->auth.password.require_special,
	};
	const char *sentence = NULL;
	enum status st = password_check(&policy, password, &sentence);

	return st == OK ? OK : refuse(rq, st, sentence ? "%s" : NULL, sentence);
}
