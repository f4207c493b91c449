/* route.h - finding the row of a request. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "api/api.h"

/*
 * The row for method and path (HEAD finds GET's), its {…} segments in ret_ids.
 * E_NOT_FOUND: no such path. E_METHOD_NOT_ALLOWED: *ret_allow (static bits, 1 << enum
 * http_method) tells which would do. The path is compared as sent, undecoded: a twin
 * spelling ("//", "%2e", ";a", a trailing "/") is another path. Any thread.
 */
enum status route_find(enum http_method method, struct str path, const struct route **ret_route,
    struct str ret_ids[ROUTE_IDS_MAX], unsigned *ret_allow) MUST_CHECK;

/* Does `path` match the row's path, segment by segment? Fills ret_ids as far as it goes. Any thread. */
bool route_path_matches(const char *pattern, struct str path, struct str ret_ids[ROUTE_IDS_MAX]);

const char *route_method_name(enum http_method m);	/* "GET" */

/* "GET, HEAD, OPTIONS" for such bits. Task's arena. */
struct str route_allow_text(struct arena *a, unsigned allow);

/* The row's place in routes[]; for counters. */
size_t route_index(const struct route *r);
size_t route_count(void);
