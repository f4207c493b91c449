/* membership_list.h - all that the active sign-in's user belongs to, as a list of any length. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "api/api.h"

/*
 * The reply: a list of every organization, or of every workspace (of one organization; 0: of all),
 * in order of membership, with this caller's eligibility. Inside a transaction, AUTH_SIGNIN.
 * E_OVERLOADED: no memory for so long a list just now.
 */
enum status membership_list_orgs(struct request *rq) MUST_CHECK;
enum status membership_list_workspaces(struct request *rq, struct org_id only) MUST_CHECK;
