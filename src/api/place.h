/* place.h - where on earth an address is, by a file that the operator supplies. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/task.h"

struct net_addr;

/* In English; empty where the file does not say. Task's arena. */
struct place {
	struct str city, region, region_code, country, country_code;
};

/* A MaxMind DB (city or country), or none. Any thread. */
struct places;
struct places *places_new(void);	/* none yet; NULL without memory */
struct places *places_free(struct places *p);	/* NULL is fine */

/*
 * From now on by this file, opened anew even when it is the same name: it may have been replaced, which is done by
 * renaming another one onto it, never by writing into it. Empty: by none. E_BAD_REQUEST_BODY, t->why: it cannot
 * be read, and what there was stays.
 */
enum status places_open(struct task *t, struct places *p, const char *file) MUST_CHECK;

/* All empty without a file (p NULL too), for addresses that it does not know, and when it is damaged. */
struct place place_find(struct places *p, struct arena *a, const struct net_addr *addr);
