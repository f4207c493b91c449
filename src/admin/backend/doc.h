/* doc.h - the Backend API's documents; for backenddoc.c and its writers only. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "admin/backend/backend.h"

void doc_backend_md(struct arena *a, struct buf *out);
void doc_backend_openapi(struct arena *a, struct buf *out);

/* What any call may be given, and when; what a row adds is in its .fails. */
struct backend_reason {
	enum status st;
	const char *when;
	bool      (*applies)(const struct backend_route *r);	/* NULL: to every call */
};
extern const struct backend_reason backend_reasons[];
extern const size_t backend_n_reasons;

/* Every shape that some call answers, once, those inside others too; in the order of the calls. Fills at most `cap`. */
size_t backend_shapes(const struct shape **shapes, size_t cap);
enum { BACKEND_SHAPES_MAX = 128 };
