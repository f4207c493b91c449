/* link.c - mailed links: made of what is configured, whatever a request's headers say. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/sign_in/link.h"

#include <string.h>

#include "base/str.h"

enum { LINK_MAX = 8192 };

enum status
link_check_redirect(struct request *rq)
{
	struct str to = query_text(rq, "redirect_uri");

	if (to.n == 0 || deployment_allows_redirect(rq->deployment, to))
		return OK;
	return refuse(rq, E_BAD_REQUEST_BODY, "The field redirect_uri must be an address of this app.");
}

/* RFC 3986 §2.3. */
static bool
is_unreserved(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '.' || c == '_' ||
	    c == '~';
}

static void
put_escaped(struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		buf_printf(b, is_unreserved(c) ? "%c" : "%%%02X", c);
	}
}

struct str
link_text(struct request *rq, struct signin_attempt_id attempt, struct str secret)
{
	struct str page = rq->deployment->settings.magic_link_page_url, to = query_text(rq, "redirect_uri");
	struct buf b;

	buf_init_arena(&b, rq->task.arena, LINK_MAX);
	buf_put_str(&b, page);
	buf_printf(&b, "%ctoken=" STR_FMT "&attempt=" STR_FMT, memchr(page.p, '?', page.n) ? '&' : '?', STR_ARG(secret),
	    STR_ARG(signin_attempt_id_str(rq->task.arena, attempt)));
	if (to.n > 0) {
		buf_put_str(&b, S("&redirect_uri="));
		put_escaped(&b, to);
	}
	return buf_str(&b);
}
