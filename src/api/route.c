/* route.c - finding the row of a request. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/route.h"

#include <string.h>

#include "api/session/check.h"
#include "base/str.h"

enum { ID_SEGMENT_MAX = 64 };

static const char *const method_names[HTTP_METHOD__COUNT] = {
	[HTTP_GET] = "GET", [HTTP_HEAD] = "HEAD", [HTTP_POST] = "POST", [HTTP_PUT] = "PUT",
	[HTTP_PATCH] = "PATCH", [HTTP_DELETE] = "DELETE", [HTTP_OPTIONS] = "OPTIONS",
};

bool
route_path_matches(const char *pattern, struct str path, struct str ret_ids[ROUTE_IDS_MAX])
{
	size_t n_ids = 0, i = 0;

	while (*pattern) {
		if (*pattern != '{') {
			if (i == path.n || path.p[i] != *pattern)
				return false;
			pattern++, i++;
			continue;
		}
		size_t start = i;

		while (i < path.n && path.p[i] != '/')
			i++;
		if (i == start || i - start > ID_SEGMENT_MAX || n_ids == ROUTE_IDS_MAX)
			return false;
		ret_ids[n_ids++] = (struct str){ path.p + start, i - start };
		pattern = strchr(pattern, '}') + 1;
	}
	return i == path.n;
}

/* A check is below its own path, too: some proxies append the browser's. */
static bool
row_matches(const struct route *r, struct str path, struct str ret_ids[ROUTE_IDS_MAX])
{
	return r->by_proxy ? check_is_path(path) : route_path_matches(r->path, path, ret_ids);
}

static unsigned
method_bits(enum http_method m)
{
	return m == HTTP_GET ? 1u << HTTP_GET | 1u << HTTP_HEAD : 1u << m;
}

enum status
route_find(enum http_method method, struct str path, const struct route **ret_route,
    struct str ret_ids[ROUTE_IDS_MAX], unsigned *ret_allow)
{
	unsigned allow = 0;

	for (size_t i = 0; routes[i]; i++) {
		if (!row_matches(routes[i], path, ret_ids))
			continue;
		if (routes[i]->by_proxy || method_bits(routes[i]->method) & 1u << method) {
			*ret_route = routes[i];
			return OK;
		}
		allow |= method_bits(routes[i]->method);
	}
	*ret_allow = allow | 1u << HTTP_OPTIONS;
	return allow ? E_METHOD_NOT_ALLOWED : E_NOT_FOUND;
}

const char *
route_method_name(enum http_method m)
{
	return method_names[m];
}

struct str
route_allow_text(struct arena *a, unsigned allow)
{
	struct buf b;

	buf_init_arena(&b, a, 128);
	for (unsigned m = 0; m < HTTP_METHOD__COUNT; m++)
		if (allow & 1u << m && method_names[m])
			buf_printf(&b, "%s%s", b.n ? ", " : "", method_names[m]);
	return buf_str(&b);
}

size_t
route_count(void)
{
	size_t n = 0;

	while (routes[n])
		n++;
	return n;
}

size_t
route_index(const struct route *r)
{
	size_t i = 0;

	while (routes[i] && routes[i] != r)
		i++;
	return i;
}
