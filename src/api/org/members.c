/* members.c - what both lists of members have in common. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/org/members.h"

#include "api/org/org_view.h"
#include "base/str.h"
#include "org/organization.h"
#include "session/state.h"

enum { PAGE_LAST = 1000000, LIMIT_DEFAULT = 10, PIECE_MAX = 1 << 20 };

static enum status
read_number(struct request *rq, const char *name, int64_t most, int64_t dflt, int64_t *ret_n)
{
	struct str text = query_text(rq, name);

	*ret_n = dflt;
	if (text.n == 0 || str_int(text, 1, most, ret_n))
		return OK;
	return refuse(rq, E_BAD_REQUEST_BODY, "%s is a number from 1 on.", name);
}

enum status
members_read(struct request *rq, struct member_pager *ret_pager)
{
	struct member_pager p = { .query.search = str_trim(query_text(rq, "search")) };

	TRY(read_number(rq, "page", PAGE_LAST, 1, &p.page));
	TRY(read_number(rq, "limit", INT32_MAX, LIMIT_DEFAULT, &p.limit));
	p.limit = p.limit < MEMBER_PAGE_MAX ? p.limit : MEMBER_PAGE_MAX;
	p.query.most = p.limit;
	p.query.skip = (p.page - 1) * p.limit;
	*ret_pager = p;
	return OK;
}

enum status
members_outcome(struct request *rq, enum status st)
{
	if (st == E_BAD_REQUEST_BODY)
		return refuse(rq, st, "Search for at most %d characters.", MEMBER_SEARCH_MAX);
	return st;
}

void
members_write_meta(struct json *j, const struct member_pager *p, const struct member_page *page)
{
	json_object_begin(j, "meta");
	json_int(j, "total", page->total);
	json_int(j, "page", p->page);
	json_int(j, "limit", p->limit);
	json_bool(j, "has_more", p->query.skip + (int64_t)page->n < page->total);
	json_object_end(j);
}

struct str
members_user(struct request *rq, const struct member_row *row, bool manages)
{
	struct contact_row contacts[2];
	struct account_row account;
	struct json j;
	struct buf b;
	size_t n;

	member_account(row, &account, contacts, &n);
	if (!manages && row->user.v != rq->signin->user.v)
		account.primary_phone.v = 0;
	buf_init_arena(&b, rq->task.arena, PIECE_MAX);
	json_init(&j, &b);
	view_public_user(&j, NULL, &account, contacts, n);
	return buf_str(&b);
}

enum status
members_org(struct request *rq, struct str *ret_json)
{
	struct org_row row;
	struct org_view view;
	struct json j;
	struct buf b;

	TRY(organization_find(&rq->task, rq->deployment->id, rq->standing.org, &row));
	view = org_view_of_row(&row);
	buf_init_arena(&b, rq->task.arena, PIECE_MAX);
	json_init(&j, &b);
	view_org(&j, NULL, &view);
	*ret_json = buf_str(&b);
	return OK;
}
