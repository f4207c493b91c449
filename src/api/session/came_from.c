/* came_from.c - where a browser wanted to go when a proxy asked about it. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/session/came_from.h"

#include <string.h>

#include "api/app.h"
#include "api/session/check.h"
#include "base/str.h"

enum { ADDRESS_MAX = 2048, LOCATION_MAX = 8192 };

/* Given once; two of a name are nobody's word. */
static struct str
only_field(const struct request *rq, struct str name)
{
	return http_field_count(&rq->x->head, name) == 1 ? http_field(&rq->x->head, name) : STR_NONE;
}

/* A proxy that appends the browser's path and query to the check's own has them there. */
static struct str
uri_of(const struct request *rq)
{
	const struct http_head *h = &rq->x->head;
	struct str path = str_from(h->path, S(CHECK_PATH).n);

	if (path.n == 0)
		return only_field(rq, S("X-Forwarded-Uri"));
	return h->query.n == 0 ? path : arena_printf(rq->task.arena, STR_FMT "?" STR_FMT, STR_ARG(path), STR_ARG(h->query));
}

static struct str
address_of(const struct request *rq)
{
	struct str host = only_field(rq, S("X-Forwarded-Host")), uri = uri_of(rq);

	if (!app_is_proxy(rq->app, &rq->x->peer))
		return STR_NONE;
	if (host.n == 0 || uri.n == 0 || uri.p[0] != '/')
		return only_field(rq, S("X-Original-URL"));
	return arena_printf(rq->task.arena, "%s://" STR_FMT STR_FMT, rq->https ? "https" : "http", STR_ARG(host), STR_ARG(uri));
}

/* RFC 3986 §2.3. */
static void
put_escaped(struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || strchr("-._~", c) != NULL;

		buf_printf(b, plain ? "%c" : "%%%02X", (unsigned char)c);
	}
}

struct str
came_from_sign_in(struct request *rq)
{
	struct str page = rq->deployment->settings.ui.sign_in_page_url, to = address_of(rq);
	struct buf b;

	buf_init_arena(&b, rq->task.arena, LOCATION_MAX);
	buf_put_str(&b, page);
	if (to.n > 0 && to.n <= ADDRESS_MAX && deployment_allows_redirect(rq->deployment, to)) {
		buf_put_str(&b, memchr(page.p, '?', page.n) ? S("&redirect_uri=") : S("?redirect_uri="));
		put_escaped(&b, to);
	}
	return b.failed ? page : buf_str(&b);
}

bool
came_from_script(const struct request *rq)
{
	struct str mode = http_field(&rq->x->head, S("Sec-Fetch-Mode"));

	return mode.n > 0 && !str_eq(mode, S("navigate"));
}
