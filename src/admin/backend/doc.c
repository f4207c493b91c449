/* doc.c - what both documents of the Backend API go by. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/backend/doc.h"

static bool
writes(const struct backend_route *r)
{
	return r->tx != CALL_READ;
}

const struct backend_reason backend_reasons[] = {
	{ E_BAD_REQUEST_BODY, "Something was sent that the call does not take, is missing, or is not what it should be; `param` says which.", NULL },
	{ E_UNAUTHORIZED, "No live secret key.", NULL },
	{ E_FORBIDDEN, "The request has an `Origin`.", NULL },
	{ E_NOT_FOUND, "There is nothing at this path.", NULL },
	{ E_METHOD_NOT_ALLOWED, "The path takes other methods: `Allow` lists them.", NULL },
	{ E_REQUEST_TIMEOUT, "The request took too long to arrive.", NULL },
	{ E_CONFLICT, "The `Idempotency-Key` belongs to another request, or somebody changed the same thing at the same moment.", writes },
	{ E_PAYLOAD_TOO_LARGE, "The body is larger than 64 KiB; a picture, than 2 MiB.", NULL },
	{ E_URI_TOO_LONG, "The request line is longer than the server takes.", NULL },
	{ E_RATE_LIMITED, "More calls than `throttle-backend` with this key, or more than `throttle-secret-key` with wrong ones from this source; `Retry-After` tells how long to wait.", NULL },
	{ E_HEADERS_TOO_LARGE, "The headers are more or larger than the server takes.", NULL },
	{ E_INTERNAL, "A failure of the server's; its log says which.", NULL },
	{ E_OVERLOADED, "Too much waits already, or the database does not answer; `Retry-After` tells when to try again.", NULL },
};
const size_t backend_n_reasons = ARRAY_LEN(backend_reasons);

static size_t
add_shape(const struct shape **shapes, size_t n, size_t cap, const struct shape *s)
{
	for (size_t i = 0; i < n; i++)
		if (shapes[i] == s)
			return n;
	CHECK(n < cap);
	shapes[n++] = s;
	for (size_t i = 0; i < members_count(s); i++)
		if (s->members[i].of)
			n = add_shape(shapes, n, cap, s->members[i].of);
	return n;
}

size_t
backend_shapes(const struct shape **shapes, size_t cap)
{
	size_t n = 0;

	for (size_t i = 0; backend_routes[i]; i++)
		if (backend_routes[i]->answers)
			n = add_shape(shapes, n, cap, backend_routes[i]->answers);
	return n;
}
