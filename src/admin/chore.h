/* chore.h - what the admin listener does on its own threads. For src/admin only. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "admin/admin.h"
#include "net/pool.h"

/* An admin thread's own. */
struct chore_worker {
	struct app *app;
	struct db  *db;
};
void *chore_worker_enter(void *app);	/* pool_config.enter */
void  chore_worker_leave(void *worker);

struct chore {
	struct work                work;	/* first: the pool hands it back */
	struct exchange           *x;
	const struct admin_config *c;
	void                     (*run)(struct chore *ch, struct chore_worker *worker);
	struct task                t;
	int                        http;
	struct buf                 out;	/* JSON, unless headers say otherwise */
	const char                *headers;	/* NULL: those of JSON */
};
struct chore *chore_new(struct exchange *x, const struct admin_config *c,
    void (*run)(struct chore *ch, struct chore_worker *worker));	/* NULL: out of memory */
void chore_free(struct chore *ch);	/* wipes the request's body: a password may be in it */

/* The Backend API's envelope for what was refused below, or before a thread was free. Any thread. */
void backend_refusal(enum status why, struct buf *ret_headers, struct buf *ret_body);
/* How long the body of this call of it may be. Any thread. */
size_t backend_body_limit(const struct http_head *head);

void chore_command(struct chore *ch, struct chore_worker *worker);
void chore_error(struct chore *ch, int http, struct str why);	/* {"error": why} instead of what was written */
void chore_doctor(struct chore *ch, struct chore_worker *worker);
void chore_doctor_page(struct chore *ch, struct chore_worker *worker);
void chore_outbox(struct chore *ch, struct chore_worker *worker);
void chore_backend(struct chore *ch, struct chore_worker *worker);	/* backend/backend.c */
void chore_sweep(struct chore *ch, struct chore_worker *worker);
