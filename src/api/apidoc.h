/* apidoc.h - the documents that are written from the tables; for apidoc.c and its writers only. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "api/api.h"

/* When a call is answered with each code; .n is 0 for what it never gives. Everything is in the arena. */
struct fails {
	struct str when[E__COUNT];
};

/* What the row says, and what follows from it. */
struct fails fails_of_route(struct arena *a, const struct route *r);
/* What befalls any call, as far as this row can meet it; NULL for all of it. */
struct fails fails_of_any(struct arena *a, const struct route *r);

/* The answer is not in the envelope. */
bool route_answers_bare(const struct route *r);

size_t route_fields(const struct field *fields, size_t cap); /* how many are declared */
#define ROUTE_N_QUERY(r) route_fields((r)->query, ARRAY_LEN((r)->query))
#define ROUTE_N_BODY(r)  route_fields((r)->body, ARRAY_LEN((r)->body))

/* The writers. */
void doc_api(struct arena *a, struct buf *out);
void doc_openapi(struct arena *a, struct buf *out);
void doc_events(struct arena *a, struct buf *out);
