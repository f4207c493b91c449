/* tenancy_test.h - handlers run by themselves on a real database, with a few people in two deployments. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <jansson.h>

#include "api/api.h"
#include "test/unit.h"

enum { PAIRS_MAX = 8 };

/* John (1) and Mira (2) live in deployment 1, Ada (3) in deployment 2; each is signed in (people.sql). */
enum { JOHN = 1, MIRA = 2, ADA = 3 };

struct fixture {
	char dir[64];
	struct store *store;
	struct db *db;
	struct activity *activity;
	struct arena *arena; /* of the test */
	struct deployment deployments[2];
	const char *client; /* where requests come from */
	struct rope_pool *ropes;
	struct rope *list; /* of the request at work: reply_list() */
	size_t list_at;

	/* what fails in the next requests: the n-th allocation, the n-th call of the store; 0: none */
	long fail_alloc;
	int64_t fail_store;

	/* what the last request gave */
	bool failed; /* and it did go wrong */
	enum status st;
	char *text; /* its body, or its problems */
	json_t *body;
	enum audit_event event; /* the last one; AUDIT__COUNT: none */
	const char *why;
	int64_t took_us;
};

int tenancy_setup(void **state);
int tenancy_teardown(void **state);

/* One request of that user's: "name", "value", … for query and body alike, NULL at the end. */
enum status call(struct fixture *f, int user, const struct route *r, const char *id, ...)
    __attribute__((sentinel));
#define CALL(f, user, r, ...) call((f), (user), &(r), NULL, ##__VA_ARGS__, NULL)

/* A value of the last answer as text: at(f, "data.organization.slug"); "" when absent. */
const char *at(struct fixture *f, const char *path);
size_t count(struct fixture *f, const char *path);

/* Run SQL as it is, with the store closed meanwhile. */
void sql(struct fixture *f, const char *text);
