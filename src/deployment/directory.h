/* directory.h - every deployment of this process by host, for threads that must not block. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "deployment/deployment.h"
#include "store/db.h"

struct directory;

/*
 * Load all live deployments. `with_demo`: only then demo deployments are in it.
 * A deployment that does not load (its key does not open) is left out with a log line.
 */
enum status directory_new(struct task *t, struct store *s, struct db *db, const struct keys *k,
    bool with_demo, struct directory **ret_directory) MUST_CHECK;
struct directory *directory_free(struct directory *d);

/*
 * Read one deployment again (created, changed, deleted) and publish the new table. Any thread with
 * a connection; not inside a transaction.
 */
enum status directory_refresh(
    struct task *t, struct directory *dir, struct db *db, struct deployment_id id) MUST_CHECK;
/* The same for all: whoever was away too long to know which. */
enum status directory_refresh_all(struct task *t, struct directory *dir, struct db *db) MUST_CHECK;

/*
 * The deployment of a Host header's value: lower case, one trailing dot dropped, the
 * scheme's default port dropped (:443 for https, :80 for http), nothing else forgiven.
 * A reference, or NULL. Any thread; the lock it takes is held for a few instructions,
 * also by those who publish.
 */
const struct deployment *directory_find(struct directory *dir, struct str host, bool https);
const struct deployment *directory_find_id(struct directory *dir, struct deployment_id id);

/*
 * Goes up with every new table: as long as it stands, a reference found before is the current one.
 * Any thread.
 */
uint64_t directory_version(const struct directory *dir);

/* All of them, in order of id, each with a reference for the caller; the array is in `a`. Any thread. */
size_t directory_all(struct directory *dir, struct arena *a, const struct deployment ***ret_all);
