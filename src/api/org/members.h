/* members.h - pages of members as JSON, and what a request asks of them. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "api/api.h"
#include "org/member_page.h"

struct member_pager {
	int64_t page, limit;
	struct member_query query;
};

/* Query: page, limit, search. E_BAD_REQUEST_BODY, refused: no such page. */
enum status members_read(struct request *rq, struct member_pager *ret_pager) MUST_CHECK;
/* What finding a page gave: a search that is no text is refused with a sentence. */
enum status members_outcome(struct request *rq, enum status st) MUST_CHECK;
/* "meta": {total, page, limit, has_more}. */
void members_write_meta(struct json *j, const struct member_pager *p, const struct member_page *page);

/* The organization that the request is about, as JSON: it is in every membership, and so written once. E_NOT_FOUND. */
enum status members_org(struct request *rq, struct str *ret_json) MUST_CHECK;

/*
 * A PublicUser. Telephone numbers are for who manages the place, and for whose they are: a member who only is
 * there has no use for them.
 */
struct str members_user(struct request *rq, const struct member_row *row, bool manages);
