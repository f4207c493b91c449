/* diagnose.c - a captured request, led through the resolver once more, step by step. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/doctor/examine.h"

#include "base/clock.h"

static enum status
examine(struct examination *e, struct str peer)
{
	bool is_readable;

	examine_saw(e, "capture", "read as %s: " STR_FMT " " STR_FMT, e->c->form, STR_ARG(e->c->method), STR_ARG(e->c->host));
	TRY(examine_arrival(e, peer, &is_readable));
	if (!is_readable)
		return OK;
	if (examine_admission(e)) {
		examine_carrier(e);
		TRY(examine_session(e));
	}
	examine_answer(e);
	return OK;
}

enum status
diagnose(struct task *t, struct app *app, struct db *db, const struct capture *c, struct str peer,
    struct diagnosis *ret_diagnosis)
{
	struct diagnosis *d = arena_one(t->arena, struct diagnosis);
	struct examination *e = arena_one(t->arena, struct examination);
	enum status st;

	TRY_MEM(t, d);
	TRY_MEM(t, e);
	*e = (struct examination){ .t = t, .app = app, .db = db, .c = c, .d = d };
	e->rq = (struct request){ .task = { .arena = t->arena, .now = clock_now() }, .app = app, .x = &e->x, .priv = &e->priv };
	reply_reset(&e->rq);
	st = examine(e, peer);
	deployment_unref(e->rq.deployment);
	if (st == OK)
		*ret_diagnosis = *d;
	return st;
}
