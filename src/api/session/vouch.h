/* vouch.h - what a session's answer to a check says, ready to be sent: kept beside the answer of GET /session. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "api/api.h"

#define VOUCH_USER_ID               "X-User-Id"
#define VOUCH_ACTOR                 "X-Impersonated-By"
#define VOUCH_ORG_ID                "X-Organization-Id"
#define VOUCH_ORG_ROLES             "X-Organization-Roles"
#define VOUCH_ORG_PERMISSIONS       "X-Organization-Permissions"
#define VOUCH_WORKSPACE_ID          "X-Workspace-Id"
#define VOUCH_WORKSPACE_ROLES       "X-Workspace-Roles"
#define VOUCH_WORKSPACE_PERMISSIONS "X-Workspace-Permissions"
#define VOUCH_TOKEN                 "X-Session-Token"

/*
 * TX_READ, from rq->state: the block for rq's session, in the task's arena. Roles and permissions are lists
 * with commas between percent-encoded texts (RFC 3986 §2.1, all but unreserved characters and ':'), so that
 * nothing somebody named can end a line or a list. A scope whose second factor is missing, or whose roles are
 * more than headers can hold, is left out here; its list of addresses is kept, and asked each time. E_OVERLOADED: no
 * memory for it.
 */
enum status vouch_make(struct request *rq, struct str *ret_block) MUST_CHECK;

/* Views into a block, as far as they are the client's to have. */
struct vouched {
	struct str all;	/* whole header lines */
	struct str org, workspace;	/* the part of them; empty: not in one, or it does not admit the client */
};

/* false: the block is empty, or nobody is signed in. Allocates nothing; any thread. */
bool vouch_open(struct str block, const struct net_addr *client, struct vouched *ret_vouched) MUST_CHECK;
