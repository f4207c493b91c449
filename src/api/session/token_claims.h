/* token_claims.h - what a session's JWT says. For session_token.c. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "api/api.h"

/* Where the token's holder is, as far as it is vouched for; all in the task's arena. */
struct token_scope {
	bool        in_org, in_workspace;
	struct str *org_permissions, *workspace_permissions;	/* each once */
	size_t      n_org, n_workspace;
};

/* A scope whose gate has closed meanwhile stays active, but is not vouched for. */
enum status token_scope_load(struct request *rq, struct token_scope *ret_scope) MUST_CHECK;

/*
 * The claims of the default token as the text of a JSON object. Lists of permissions are told twice, once, or
 * not at all: the first of these that fits the deployment's jwt_claims_max.
 */
enum status token_claims(struct request *rq, const struct token_scope *scope, int64_t lifetime_s, int64_t skew_s,
    struct str *ret_json) MUST_CHECK;

/*
 * What placeholders are looked up in, as the text of a JSON object: the active sign-in as GET /session shows it, with
 * active_organization and active_workspace in it, or null.
 */
enum status token_view(struct request *rq, const struct token_scope *scope, struct str *ret_json) MUST_CHECK;
