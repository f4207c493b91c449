/* change_read.h - what an update of an organization or a workspace sends, and what nobody may do to a gate. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "api/api.h"
#include "api/scope.h"
#include "org/organization.h"

/* `change` points at the rest. */
struct change_form {
	struct org_change change;
	struct str name, description, ip_allowlist;
	bool enforce_mfa, ip_restriction;
	struct workspace_id auto_workspace;
};

/*
 * Absent stays; so does an empty name. An empty description clears it, and a single empty whitelisted_ips the list:
 * forms cannot send an empty list. `mfa`: the body's name of it; `mfa_alias`: its older name, or NULL. Refused with
 * E_BAD_REQUEST_BODY: an address or a workspace id that cannot be read.
 */
enum status change_read(struct request *rq, const char *mfa, const char *mfa_alias, struct change_form *form) MUST_CHECK;

/*
 * Only from where a gate lets in can its networks be changed, where the deployment has such gates (`counts`): else whoever
 * stole a cookie would open it from outside. And nobody locks themselves out. Refused: E_IP_NOT_ALLOWED, E_BAD_REQUEST_BODY.
 */
enum status change_check_networks(struct request *rq, bool counts, const struct gate *was, const struct gate *now) MUST_CHECK;
