/* new_password.h - may this be somebody's password? By the deployment's policy, and by what is known of them. And then it is. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "api/api.h"

enum { NEW_PASSWORD_WORDS_MAX = 6 };

/*
 * Refuses with E_WEAK_PASSWORD and one sentence, E_BAD_REQUEST_BODY when it is not text. `words`: names, username and address of
 * who chooses it, at most NEW_PASSWORD_WORDS_MAX, empty ones are skipped; the app's name is added here. PWD-06. In .prove.
 */
enum status new_password_check(struct request *rq, struct str password, const struct str *words, size_t n) MUST_CHECK;

/*
 * TX_WRITE, without the old one: `record` is the account's own password from here on. Whoever knew the old one is out,
 * everywhere but in this session, and no browser is known any more; the user is told. The account is locked.
 */
enum status new_password_put(struct request *rq, struct user_id user, struct str record, enum audit_event event) MUST_CHECK;

/* The same without a request: *ret_sentence stays as it is where there is none. Any thread. */
enum status new_password_judge(const struct deployment *d, struct str password, const struct str *words, size_t n,
    const char **ret_sentence) MUST_CHECK;
