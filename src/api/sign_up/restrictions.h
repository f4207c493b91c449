/* restrictions.h - who may have an account, and by which addresses and numbers: `restrictions` of the deployment. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "api/api.h"
#include "api/sign_up/account_create.h"

/* Refuses what a new account may not be called, and whom a country's rule keeps out: each finding is told. For .prove. */
enum status restrictions_check(struct request *rq, const struct account_spec *spec) MUST_CHECK;

/*
 * For an address or a number that is added to an account. Refuses with E_EMAIL_BLOCKED, E_EMAIL_NOT_ALLOWED,
 * E_DISPOSABLE_EMAIL_BLOCKED, E_BANNED_KEYWORD; with E_COUNTRY_RESTRICTED, E_VOIP_NUMBER_BLOCKED. `digits`: as
 * identifier_phone() gives them, dial code with plus. An empty one passes. In .prove or .run.
 */
enum status restrictions_check_email(struct request *rq, struct str email, struct str email_key) MUST_CHECK;
enum status restrictions_check_phone(struct request *rq, struct str dial_code, struct str digits) MUST_CHECK;
