/* table.c - deployments by host and by id, unchanging. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "deployment/table.h"

#include <stdlib.h>

#include "base/str.h"

/* FNV-1a: the names in a table are the operator's, so nobody can pile them up. */
static size_t
hash_of(struct str s)
{
	uint64_t h = UINT64_C(14695981039346656037);

	for (size_t i = 0; i < s.n; i++)
		h = (h ^ (unsigned char)s.p[i]) * UINT64_C(1099511628211);
	return (size_t)(h ^ h >> 32);
}

struct table *
table_free(struct table *t)
{
	if (t == NULL)
		return NULL;
	for (size_t i = 0; i < t->n; i++)
		deployment_unref(t->all[i]);
	free(t->all);
	free(t->by_host);
	free(t);
	return NULL;
}

struct table *
table_new(size_t n)
{
	struct table *t = calloc(1, sizeof(*t));
	size_t slots = 8;

	while (slots < 2 * n)
		slots *= 2;
	if (t == NULL)
		return NULL;
	t->mask = slots - 1;
	t->all = calloc(n + 1, sizeof(*t->all));
	t->by_host = calloc(slots, sizeof(*t->by_host));
	if (t->all == NULL || t->by_host == NULL)
		return table_free(t);
	return t;
}

void
table_add(struct table *t, const struct deployment *d)
{
	size_t slot = hash_of(d->backend_host) & t->mask;

	while (t->by_host[slot] != 0)
		slot = (slot + 1) & t->mask;
	t->all[t->n++] = d;
	t->by_host[slot] = (uint32_t)t->n;
}

const struct deployment *
table_find(const struct table *t, struct str host)
{
	size_t slot = hash_of(host) & t->mask;

	for (; t->by_host[slot] != 0; slot = (slot + 1) & t->mask) {
		const struct deployment *d = t->all[t->by_host[slot] - 1];

		if (str_eq(d->backend_host, host))
			return d;
	}
	return NULL;
}

const struct deployment *
table_find_id(const struct table *t, struct deployment_id id)
{
	size_t low = 0, high = t->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (t->all[middle]->id.v == id.v)
			return t->all[middle];
		if (t->all[middle]->id.v < id.v)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

struct table *
table_with(const struct table *old, struct deployment_id id, const struct deployment *d)
{
	struct table *t = table_new(old->n + 1);
	bool added = d == NULL;

	if (t == NULL)
		return NULL;
	for (size_t i = 0; i < old->n; i++) {
		if (!added && old->all[i]->id.v >= id.v) {
			table_add(t, d);
			added = true;
		}
		if (old->all[i]->id.v != id.v)
			table_add(t, deployment_ref(old->all[i]));
	}
	if (!added)
		table_add(t, d);
	return t;
}
