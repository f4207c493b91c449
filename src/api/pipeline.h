/* pipeline.h - the life of a request, between the loop's bytes and a handler's deed. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "api/api.h"
#include "api/app.h"

/* One line for the log and the audit table, kept until the commit. */
struct audit_line {
	struct audit_line *next;
	enum audit_event   event;
	struct user_id     user;
};

/* What the pipeline keeps about a request, out of the handlers' sight. */
struct request_private {
	struct work       work;		/* in a pool's queue */
	struct write_job  job;		/* in the writer's queue */
	struct db        *db;		/* the worker's connection */
	struct str        token;	/* what the client presented; empty: none */
	struct session_ref settled;	/* as of the last commit: what goes out when the handler's transaction does not */
	struct audit_line *audits;
	unsigned          allow;	/* for 405 */
	bool              preflight;
	bool              raw;		/* reply_raw: no envelope */
	const char       *content_type, *cache_control;
	struct str        raw_body;
	struct buf        headers;
	struct answer     answer;
	enum status       outcome;
	bool              state_is_fresh;	/* rq->state still tells the truth: nothing was written since it was read */
};

/* ---- admit.c: on the loop thread, before anything may block ---- */

/* Route, deployment, scheme, origin, token carrier, method, query: steps 3 to 5. Never blocks. */
enum status request_admit(struct request *rq) MUST_CHECK;

/* ---- deed.c: on a worker ---- */

/* Body, rate, session, sign-in, the handler and its transaction: steps 8 to 10. Ends in request_finish(). */
void request_work(struct work *w, void *worker);
/* The same without a database, on the loop thread: light routes and LANE_LOOP. */
enum status request_run_light(struct request *rq) MUST_CHECK;

/* ---- audit.c ---- */

/* Tell the log what has been committed. */
void audit_log(const struct request *rq);

/* ---- answer.c ---- */

/* Complete a handler's 200: the slim session and the errors list. Inside the transaction. */
enum status reply_complete(struct request *rq) MUST_CHECK;
/* Turn the outcome into priv->answer: headers, CORS, cookie, envelope. Any thread. */
void answer_build(struct request *rq, enum status st);
/* CORS and the standing headers of an answer, for any refusal. */
void answer_headers(struct request *rq, struct buf *headers);
/* An error envelope. */
void answer_error_body(struct buf *out, const struct request *rq, enum status st);
/* Forget what a run of the handler prepared, so that it can run again. */
void reply_reset(struct request *rq);
