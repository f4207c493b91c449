/* shared.h - what the deeds to organizations, workspaces and members have in common. For src/org only. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "org/organization.h"

/* Unlike fail(), which keeps the first account: t->why becomes this sentence, whatever a callee said of it. Returns st. */
enum status refusal(struct task *t, enum status st, const char *sentence) MUST_CHECK;

/* The new name, or the one there is. E_BAD_REQUEST_BODY: t->why is a sentence. */
enum status change_name(struct task *t, const struct org_change *change, struct str *name) MUST_CHECK;
void change_gate(const struct org_change *change, bool *enforce_mfa, bool *ip_restriction, struct str *ip_allowlist);

/* Take a slug made of the name: an organization's, or, with `of`, a workspace's of that one. As slug_claim() fails. */
enum status slug_new(
    struct task *t, struct deployment_id d, struct org_id of, struct str name, struct str *ret_slug) MUST_CHECK;
