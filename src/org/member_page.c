/* member_page.c - the members of an organization or a workspace, page by page. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "org/member_page.h"

#include "auth/identifier.h"
#include "base/buf.h"

/* Rows of one member are neighbours. */
static enum status
fold(struct task *t, const struct member_row *rows, size_t n, int64_t total, struct member_page *ret_page)
{
	struct member_page page = { .total = total, .members = arena_array(t->arena, n + 1, sizeof(*page.members)) };

	TRY_MEM(t, page.members);
	for (size_t i = 0; i < n; i++) {
		if (i == 0 || rows[i].user.v != rows[i - 1].user.v)
			page.members[page.n++] = (struct member){ &rows[i], 0 };
		page.members[page.n - 1].n_rows++;
	}
	*ret_page = page;
	return OK;
}

/* %text%, with what means something in a pattern escaped. */
static enum status
make_pattern(struct task *t, struct str search, struct str *ret_pattern)
{
	struct str text;
	struct buf b;

	TRY(identifier_search(t, search, MEMBER_SEARCH_MAX, &text));
	buf_init_arena(&b, t->arena, 2 * text.n + 3);
	buf_put_char(&b, '%');
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '%' || text.p[i] == '_' || text.p[i] == '\\')
			buf_put_char(&b, '\\');
		buf_put_char(&b, text.p[i]);
	}
	buf_put_char(&b, '%');
	TRY_MEM(t, b.failed ? NULL : b.p);
	*ret_pattern = buf_str(&b);
	return OK;
}

static enum status
find_in_org(struct task *t, struct deployment_id d, struct org_id org, const struct member_query *q,
    struct member_page *ret_page)
{
	struct org_members_found_count_row found;
	struct member_row *rows;
	struct str pattern;
	size_t n;

	TRY(make_pattern(t, q->search, &pattern));
	TRY(sql_org_members_found_count(t, d, org, pattern, &found));
	TRY(sql_org_members_found(t, d, org, pattern, q->skip, q->most, &rows, &n));
	return fold(t, rows, n, found.n, ret_page);
}

enum status
member_page_org(struct task *t, struct deployment_id d, struct org_id org, const struct member_query *q,
    struct member_page *ret_page)
{
	struct org_members_count_row all;
	struct member_row *rows;
	size_t n;

	if (q->search.n > 0)
		return find_in_org(t, d, org, q, ret_page);
	TRY(sql_org_members_count(t, d, org, &all));
	TRY(sql_org_members_page(t, d, org, q->skip, q->most, &rows, &n));
	return fold(t, rows, n, all.n, ret_page);
}

static enum status
find_in_workspace(struct task *t, struct deployment_id d, struct workspace_id workspace, const struct member_query *q,
    struct member_page *ret_page)
{
	struct workspace_members_found_count_row found;
	struct member_row *rows;
	struct str pattern;
	size_t n;

	TRY(make_pattern(t, q->search, &pattern));
	TRY(sql_workspace_members_found_count(t, d, workspace, pattern, &found));
	TRY(sql_workspace_members_found(t, d, workspace, pattern, q->skip, q->most, &rows, &n));
	return fold(t, rows, n, found.n, ret_page);
}

enum status
member_page_workspace(struct task *t, struct deployment_id d, struct workspace_id workspace, const struct member_query *q,
    struct member_page *ret_page)
{
	struct workspace_members_count_row all;
	struct member_row *rows;
	size_t n;

	if (q->search.n > 0)
		return find_in_workspace(t, d, workspace, q, ret_page);
	TRY(sql_workspace_members_count(t, d, workspace, &all));
	TRY(sql_workspace_members_page(t, d, workspace, q->skip, q->most, &rows, &n));
	return fold(t, rows, n, all.n, ret_page);
}

void
member_account(const struct member_row *row, struct account_row *ret_account, struct contact_row ret_contacts[2],
    size_t *ret_n)
{
	*ret_account = (struct account_row){
		.id = row->user,
		.first_name = row->first_name,
		.last_name = row->last_name,
		.username = row->username,
		.image_url = row->image_url,
		.availability = row->availability,
		.created_at = row->user_created_at,
		.updated_at = row->user_updated_at,
		.primary_email = row->email,
		.primary_phone = row->phone,
	};
	*ret_n = 0;
	if (row->email.v != 0)
		ret_contacts[(*ret_n)++] = (struct contact_row){ row->user, false, row->email.v, row->address, STR_NONE,
			row->email_verified_at, row->strategy };
	if (row->phone.v != 0)
		ret_contacts[(*ret_n)++] = (struct contact_row){ row->user, true, row->phone.v, row->phone_number,
			row->dial_code, row->phone_verified_at, S("") };
}
