/* master_key_care.c - a rotation of the master key, brought to its end in the background. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/master_key_care.h"

#include "admin/master_key.h"
#include "auth/keys_ring.h"
#include "base/log.h"

static enum status
finish(struct task *t, struct app *app, struct db *db, const struct reseal *r)
{
	bool ended;

	TRY(master_key_finish(t, app->store, db, app->keys, &ended));
	if (ended)
		log_event(LOG_NOTICE, EV_KEY, "master=%s resealed=all rows=%llu closed=%llu", keys_current(app->keys)->id,
		    (unsigned long long)r->resealed, (unsigned long long)r->closed);
	return OK;
}

/* The clock that dated it may have gone before this one: then it counts from when it was seen, which is later than it was. */
static int64_t
settled_at(const struct master_key_work *w)
{
	return (w->since < w->seen_at ? w->since : w->seen_at) + MASTER_KEY_SETTLE_US;
}

enum status
master_key_care(struct task *t, struct app *app, struct db *db, struct master_key_work *w, int64_t until_mono)
{
	int64_t since = master_key_unfinished_since(app->keys), settled;
	struct reseal *r = &w->reseal;

	if (since != w->since)
		*w = (struct master_key_work){ .since = since, .seen_at = t->now };
	if (since == 0)
		return keys_tidy_file(t, app->keys);
	settled = settled_at(w);
	/* A first pass at once: most is done while the rest settles. */
	if (r->ended && r->began_at < settled && t->now < settled)
		return OK;
	if (!r->ended || r->began_at < settled)
		TRY(reseal_run(t, r, app->store, db, app->keys, until_mono));
	return r->ended && r->began_at >= settled ? finish(t, app, db, r) : OK;
}
