/* rules.h - who may call a route: what every row must say, and the check of what it says. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "api/api.h"

/* Does the row say who may call it, in the terms of its path? NULL, or what is wrong. The build stops at one that does not. */
const char *rule_flaw(const struct route *r);

/* "organization_manage"; docs/openapi.json has it as x-rule. */
const char *rule_name(enum rule rule);

/*
 * Inside a transaction, AUTH_SIGNIN: rq->standing is set as the row's rule needs it, or refused with E_FORBIDDEN. hold: in
 * a write transaction, the organization's row is held until the commit (org/standing.h).
 */
enum status rule_check(struct request *rq, bool hold) MUST_CHECK;
