/* table.h - deployments by host and by id, unchanging. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "deployment/deployment.h"

struct table {
	const struct deployment **all; /* in order of id */
	size_t n;
	uint32_t *by_host; /* open addressing; index into all + 1, 0 is free */
	size_t mask;       /* slots - 1; at least half of them are free */
};

/* Room for n deployments, empty; NULL when out of memory. */
struct table *table_new(size_t n);
struct table *table_free(struct table *t); /* gives its references back; NULL is fine */

/* Takes over the reference. Only while making a table; ids come in ascending order. */
void table_add(struct table *t, const struct deployment *d);

/* Borrowed; NULL when there is none. */
const struct deployment *table_find(const struct table *t, struct str host);
const struct deployment *table_find_id(const struct table *t, struct deployment_id id);

/*
 * The same as `old` but for one id, which is d now, or is gone when d is NULL. Takes
 * over d's reference; NULL when out of memory, and d is still the caller's.
 */
struct table *table_with(const struct table *old, struct deployment_id id, const struct deployment *d);
