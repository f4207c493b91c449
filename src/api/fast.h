/* fast.h - GET /session from memory: on the loop thread, without SQL and without allocating. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "api/app.h"

/*
 * Answer x from the cache. false: it is not such a request, or the answer is not in
 * memory, or anything at all is unusual about it: nothing happened, and the whole
 * pipeline takes it. Loop thread.
 */
bool fast_answer(struct app *app, struct exchange *x) MUST_CHECK;

/* The first half of it, as struct handler has it: begin; `room` is fast_room bytes. fast_answer() is the second. */
bool fast_begin(struct app *app, struct exchange *x, void *room);
extern const size_t fast_room;

struct request;
struct snapshot;

/*
 * Fill in rq's answer from a snapshot; for requests that waited for another's fill. Any thread.
 * false: the session has been idle for too long.
 */
bool fast_answer_waiting(struct request *rq, const struct snapshot *s) MUST_CHECK;
