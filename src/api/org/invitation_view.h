/* invitation_view.h - the API's invitation objects: read in a few statements, written as JSON, never with a token. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "api/api.h"

/*
 * Inside a transaction, a route about an organization: all of its invitations, or those to one workspace, as an array;
 * or one, as an object. 0 for `only…` is all. E_NOT_FOUND: that one is not there.
 */
enum status reply_invitations(struct request *rq, struct workspace_id only_workspace) MUST_CHECK;
enum status reply_invitation(struct request *rq, struct invitation_id only) MUST_CHECK;
