/* pipeline.h - the life of a request, between the loop's bytes and a handler's deed. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "api/api.h"
#include "api/app.h"
#include "api/session/check.h"
#include "session/cache.h"

/* One line for the log and the audit table, kept until the commit. */
struct audit_line {
	struct audit_line *next;
	enum audit_event   event;
	struct user_id     user;
	struct str         actor;
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
	struct rope      *list;		/* reply_list: what goes into rq->out at list_at; NULL: nothing */
	size_t            list_at;
	const char       *more_headers;	/* of a 200; NULL: none */
	struct buf        headers;
	struct answer     answer;
	enum status       outcome;
	struct token_hash hash;		/* of the token, for the cache */
	bool              leads;	/* others wait for what this one reads: cache_land() when it is done */
	struct waiter     waiter;	/* this one waits for another's */
	uint64_t          moment;	/* coherence_now() before the view that is being read */
	struct snapshot  *snapshot;	/* what was read, ready for the cache; a reference */
	bool              is_prepared;	/* rate and fields have been checked */
	struct check_ask  ask;		/* by_proxy: what is asked */
	struct str        vouch;	/* by_proxy: what the answer can say, for the cache; vouch.h */
	struct str        own_headers;	/* of a 200 without a body, in place of the standing ones; .p NULL: none */
	struct str        location;	/* of a 401; .n 0: none */
	bool              redirects;	/* that 401 is a 303 */
	bool              state_is_fresh;	/* rq->state still tells the truth: nothing was written since it was read */
};

/* ---- admit.c: on the loop thread, before anything may block ---- */

/* Route, deployment, scheme, origin, token carrier, method, query: step 3 in docs/ARCHITECTURE.md. Never blocks. */
enum status request_admit(struct request *rq) MUST_CHECK;

/* The part of it that allocates nothing: caller, deployment, origin and scheme. false: not all is as it should be. */
bool request_admit_light(struct request *rq) MUST_CHECK;

/* ---- app.c ---- */

/* A request on the caller's stack, without an arena: for answers from memory only. */
void request_init_light(struct request *rq, struct request_private *p, struct app *app, struct exchange *x);
/* Send priv->answer at once, count it and log it; frees nothing. Loop thread. */
void request_answer_light(struct request *rq);
/* The outcome is final: build the answer here, send it from the loop. Any thread. */
void request_finish(struct request *rq, enum status st);

/* ---- deed.c: on a worker ---- */

/* Body, rate, session, sign-in, the handler and its transaction: steps 5 and 6. Ends in request_finish(). */
void request_work(struct work *w, void *worker);
/* The same without a database, on the loop thread: light routes and LANE_LOOP. */
enum status request_run_light(struct request *rq) MUST_CHECK;

/* ---- audit.c ---- */

/* Tell the log what has been committed. */
void audit_log(const struct request *rq);
/* Tell the log when somebody failed to prove who they are, or was denied what they asked for (OPS-02). */
void refusal_log(const struct request *rq);

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
