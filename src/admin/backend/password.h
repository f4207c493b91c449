/* password.h - passwords that operators choose. For src/admin/backend only. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "admin/backend/backend.h"

/*
 * For .prove: the body's `password`, checked against the policy and what is known of its owner unless `skip_checks` is
 * true, then hashed on a computing thread. An empty record when there is none. E_WEAK_PASSWORD, E_OVERLOADED.
 */
enum status password_read(struct call *c, const struct str *words, size_t n_words, struct str *ret_record) MUST_CHECK;
