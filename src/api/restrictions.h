/* restrictions.h - which addresses and names an operator lets sign up: contract 12.3, restrictions. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "api/account_create.h"
#include "api/api.h"

/* Refuses what a new account may not be called: each finding is told. */
enum status restrictions_check(struct request *rq, const struct account_spec *spec) MUST_CHECK;

/* Is the address (a key) on the list? An entry is an address, a domain, or a domain with "@" before it. Any thread. */
bool restrictions_lists(struct task *t, const struct str_list *list, struct str email_key);
