/* switch_scope.h - the deed behind every change of the active organization or workspace. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "api/api.h"
#include "api/scope.h"

/*
 * TX_WRITE, AUTH_SIGNIN: move the active sign-in's scope by scope_after(), remember it
 * for the user's next sign-in, and tell the caches. The memberships in `to` are held
 * until the commit, so that nobody can end one while it becomes active.
 * E_FORBIDDEN, refused: one of them has gone meanwhile.
 */
enum status switch_scope(struct request *rq, enum scope_event event, struct scope to) MUST_CHECK;

/* The caller asked for no organization and no workspace: the id is absent, empty or "0". */
bool switch_is_personal(struct str id);
