/* member_page.h - the members of an organization or a workspace, page by page, perhaps only those searched for. No HTTP. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/id.h"
#include "base/task.h"
#include "store/store.gen.h"

enum { MEMBER_PAGE_MAX = 100, MEMBER_SEARCH_MAX = 100 };

struct member_query {
	int64_t skip, most;	/* most: at most MEMBER_PAGE_MAX */
	struct str search;	/* as typed; empty: everybody */
};

/* A member: one row or more, which differ in the role alone. A single one without a role: role 0. */
struct member {
	const struct member_row *rows;
	size_t n_rows;
};
struct member_page {
	struct member *members;	/* oldest membership first; task's arena */
	size_t n;
	int64_t total;	/* of all pages */
};

/*
 * Inside a transaction. Searched, in any case and as a part: names, the username, the primary e-mail address; nothing
 * that is not shown, so that searching tells no secret. E_BAD_REQUEST_BODY: the search is no text, or longer than
 * MEMBER_SEARCH_MAX code points.
 */
enum status member_page_org(struct task *t, struct deployment_id d, struct org_id org, const struct member_query *q,
    struct member_page *ret_page) MUST_CHECK;
enum status member_page_workspace(struct task *t, struct deployment_id d, struct workspace_id workspace,
    const struct member_query *q, struct member_page *ret_page) MUST_CHECK;

/* The member's account and what is shown of it, as view_public_user() takes them. */
void member_account(const struct member_row *row, struct account_row *ret_account, struct contact_row ret_contacts[2],
    size_t *ret_n);
