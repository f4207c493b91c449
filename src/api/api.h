/* api.h - what a handler sees: its request, its row, and how it answers. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "api/audit.h"
#include "api/fields.h"
#include "org/standing.h"
#include "auth/throttle.h"
#include "base/json.h"
#include "base/rope.h"
#include "base/task.h"
#include "deployment/deployment.h"
#include "net/loop.h"
#include "session/session.h"
#include "session/state.h"
#include "store/db.h"

struct app;
struct request;

/* What a route asks of its caller, checked before its handler runs. Written in every row. */
enum auth {
	AUTH_UNSAID,	/* no route: rules.c */
	AUTH_NONE,	/* no session at all: well-known documents, challenges */
	AUTH_SESSION,	/* a session, signed in or not; a missing one is made */
	AUTH_SIGNIN,	/* an active sign-in, else 401 */
};

/*
 * Who may call a route whose path names something: written in every such row, checked before its handler runs. What
 * the caller may not know of, what exists elsewhere and what does not exist get the same answer.
 */
enum rule {
	RULE_NONE,	/* the path names nothing */
	RULE_PUBLIC,	/* anybody who knows the name */
	RULE_OWN,	/* something of the caller's own; the handler finds it among those */
	RULE_ORG_MEMBER,	/* the first {…} is an organization, the caller is in it */
	RULE_ORG_MANAGE,	/* and has organization:admin or organization:manage */
	RULE_ORG_ADMIN,	/* and has organization:admin */
	RULE_WORKSPACE_MEMBER,	/* the first {…} is a workspace, the caller is in it; or is an admin of its organization, here and below */
	RULE_WORKSPACE_MANAGE,	/* and has workspace:admin or workspace:manage */
	RULE_WORKSPACE_ADMIN,	/* and has workspace:admin */
	RULE__COUNT
};

/* The transaction that .run works in. */
enum tx {
	TX_NONE,
	TX_READ,	/* one view of the data, on the worker's own connection */
	TX_WRITE,	/* one outcome: the reply goes out after the commit; .run may run twice */
};

/* Where it runs. */
enum lane {
	LANE_WORKER,
	LANE_HASH,	/* a few workers of their own, with a fair share per source: passwords */
	LANE_LOOP,	/* at once on the loop thread: may not block, TX_NONE only */
};

enum field_kind { F_END = 0, F_TEXT, F_BOOL, F_LIST, F_FILE };

/* A declared field. What is not declared is ignored, but a second value of a plain field is refused. */
struct field {
	const char     *name;
	enum field_kind kind;
	bool            required;
	uint16_t        max;		/* code points of each value; for F_FILE unused */
	enum status     missing;	/* given when a required one is absent; OK means E_BAD_REQUEST_BODY */
	const char     *help;		/* one phrase for docs/API.md */
};
#define REQ_TEXT(name_, max_, help_) { .name = (name_), .kind = F_TEXT, .required = true, .max = (max_), .help = (help_) }
#define OPT_TEXT(name_, max_, help_) { .name = (name_), .kind = F_TEXT, .max = (max_), .help = (help_) }
#define OPT_BOOL(name_, help_)       { .name = (name_), .kind = F_BOOL, .help = (help_) }
#define OPT_LIST(name_, max_, help_) { .name = (name_), .kind = F_LIST, .max = (max_), .help = (help_) }
#define OPT_FILE(name_, help_)       { .name = (name_), .kind = F_FILE, .help = (help_) }

enum { ROUTE_IDS_MAX = 3, ROUTE_FIELDS_MAX = 16, ROUTE_FAILS_MAX = 20 };

/* One endpoint. Its row sits under its handler; routes.c lists the rows. */
struct route {
	enum http_method method;
	const char      *path;		/* "/me/signins/{id}/signout": {…} is one segment, a wire id */
	const char      *name;		/* for metrics and logs: "me_signin_signout" */
	const char      *summary;	/* one sentence for docs/API.md */
	enum auth        auth;
	enum rule        rule;
	enum tx          tx;
	enum lane        lane;
	uint8_t          rate;		/* a further enum throttle_rule by source, kept in memory; 0: only the general one */
	bool             credential;	/* changes how its user proves who they are: not while impersonated, and with a fresh proof where step-up is on */
	bool             no_navigation;	/* a GET with side effects: for a script of an allowed page alone, as Sec-Fetch-Mode and Origin say */
	bool             renewed_too;	/* looks, and changes nothing, for a token that a sign-in has just replaced: see request_is_renewed() */
	bool             big_body;	/* takes images: the larger body limit */
	bool             page;		/* a page of our own for a person, errors too; its form has its own secret, so any Origin may send it */
	bool             no_envelope;	/* answers outside the envelope, errors too (challenges) */
	bool             cached;	/* its answer depends on the token alone, and may be kept in memory: see session/cache.h */
	bool             by_proxy;	/* asked by a reverse proxy about a request of its own: any method, any path below, no body, its own reading of the query */
	bool             light;		/* needs no database while the session is anonymous: then answered on the loop */
	struct field     query[12];
	struct field     body[ROUTE_FIELDS_MAX];
	enum status      fails[ROUTE_FAILS_MAX];	/* beyond what the fields above already add */
	/*
	 * Before the transaction, on the lane's worker: reserve a try, compute a hash.
	 * May use request_read() and request_write() for short transactions of its own.
	 * With AUTH_SIGNIN, rq->signin and rq->state are set, as read just before.
	 */
	enum status    (*prove)(struct request *rq);
	enum status    (*run)(struct request *rq);
	/* In the same view, after what .run read has been kept: is it an answer for this caller? */
	enum status    (*judge)(struct request *rq);
};

/* One thing that is wrong, for the errors list. */
struct problem {
	enum status st;
	struct str  text;
};
enum { PROBLEMS_MAX = 8 };

struct request {
	struct task              task;
	struct app              *app;
	struct exchange         *x;
	const struct route      *route;
	const struct deployment *deployment;	/* a reference; NULL only while refusing an unknown host */
	struct str               ids[ROUTE_IDS_MAX];	/* the {…} segments, as sent */
	struct params            query, body;
	struct str               origin;		/* the Origin field; .p NULL when absent */
	bool                     origin_allowed;
	bool                     https;			/* what the browser used, by a listed proxy's word */
	struct net_addr          client;
	char                     client_text[46];
	uint64_t                 source;		/* throttle_source() of client */

	struct session_ref       session;		/* AUTH_SESSION and AUTH_SIGNIN: whose request this is */
	struct session_state     state;			/* what the session holds, as read when .run began; AUTH_NONE: nothing */
	const struct signin_row *signin;		/* AUTH_SIGNIN: the active one of state */
	struct standing          standing;		/* RULE_ORG_… and RULE_WORKSPACE_…: what the caller is there */
	void                    *proof;			/* what .prove found, for .run */
	const char              *factor;		/* what is being proved with, for the log; NULL: nothing but the session */
	struct user_id           tried;			/* whose it would be; 0: nobody's, or the sign-in's */
	struct str               on_behalf;		/* who acts for a user in this very request, before a sign-in says so; empty: nobody */
	struct signin_attempt_id told_signin_attempt;	/* listed last in the answer, even when completed */
	struct signup_attempt_id told_signup_attempt;

	struct problem           problems[PROBLEMS_MAX];
	size_t                   n_problems;
	int64_t                  retry_after_s;
	struct buf               out;			/* the answer's body as it grows */
	struct json              json;
	bool                     replied;
	struct request_private  *priv;			/* pipeline.h */
};

/* ---- reading: request.c; the names must be declared in the row ---- */

struct str  query_text(const struct request *rq, const char *name);	/* empty when absent */
struct str  body_text(const struct request *rq, const char *name);	/* empty when absent */
bool        body_has(const struct request *rq, const char *name);	/* present, even if empty */
bool        body_bool(const struct request *rq, const char *name, bool dflt);
size_t      body_list(const struct request *rq, const char *name, const struct str **ret_items);	/* task's arena */
const struct param *body_file(const struct request *rq, const char *name);	/* NULL when absent */

/* ---- answering: answer.c ---- */

/* Begin a 200; the next value written, with key "data", is the envelope's data. The envelope is ours. */
struct json *reply(struct request *rq);
/* data: the session, as GET /session has it, told attempts last. */
enum status reply_session(struct request *rq) MUST_CHECK;
/* data: a short string. */
enum status reply_text(struct request *rq, const char *text) MUST_CHECK;
/*
 * Begin a 200 whose data is a list of any length: its items, with the commas between them, go into *ret_rope, which is
 * the pipeline's. It asks whether that has failed. E_OVERLOADED: out of memory.
 */
enum status reply_list(struct request *rq, struct rope **ret_rope) MUST_CHECK;
/* Outside the envelope: this JSON or script is the whole body. */
enum status reply_raw(struct request *rq, const char *content_type, const char *cache_control, struct str body) MUST_CHECK;
/* Complete header lines ("Name: value\r\n", static text) beside those that every 200 has. */
void reply_more_headers(struct request *rq, const char *lines);

/*
 * Say no: adds (st, sentence) to the errors list and returns st. The sentence is
 * shown to end users; NULL takes the status table's. The first one sets the status.
 */
enum status refuse(struct request *rq, enum status st, const char *fmt, ...) PRINTF(3, 4) MUST_CHECK;

/* ---- deeds most handlers share: request.c, where nothing else is said ---- */

/* Short transactions for .prove. */
enum status request_read(struct request *rq, enum status (*fn)(struct task *t, void *arg), void *arg) MUST_CHECK;
enum status request_write(struct request *rq, enum status (*fn)(struct task *t, void *arg), void *arg) MUST_CHECK;

/* TX_WRITE: make sure the session has its row; the first stored token goes out with the answer. */
enum status request_store_session(struct request *rq) MUST_CHECK;
/* TX_WRITE, security event: every token of the session is superseded, a new random one goes out. */
enum status request_renew_token(struct request *rq) MUST_CHECK;
#define SESSION_RENEWED_TEXT "This session has just been renewed. Please try again."
/*
 * Did it come with a token of this session that a sign-in has replaced meanwhile? Then the answer is the signed-out
 * one from here on, and carries no token: the browser has the new one already, or the old one was planted.
 */
bool request_is_renewed(struct request *rq, struct session_id session);
/* For the log, from .prove or .run, as soon as it is known: who is to be proved, and by what (a word of ours). */
void request_tries(struct request *rq, struct user_id user, const char *factor);
/* TX_WRITE: write the audit table, and the log after the commit. detail: JSON object text or empty. audit.c */
enum status audit(struct request *rq, enum audit_event event, struct user_id user, struct str detail) MUST_CHECK;

/*
 * Count one try of each rule (kept in the database), in one write, before the costly
 * thing: for .prove. E_RATE_LIMITED with Retry-After when one is used up; then none is
 * counted. `subject` names the account or source; it is MACed before it is stored.
 */
struct try {
	enum throttle_rule rule;
	struct str         subject;
};
enum status request_reserve(struct request *rq, const struct try *tries, size_t n) MUST_CHECK;
/* Count one try of this source in memory only, as a row's .rate does. E_RATE_LIMITED, refused. deed.c */
enum status request_limit(struct request *rq, enum throttle_rule rule) MUST_CHECK;
/* The source as a subject. Task's arena. */
struct str request_source(const struct request *rq);
/* The same, with something else that is counted in the same write: `also` says no by its status, unrefused. */
enum status request_reserve_with(struct request *rq, const struct try *tries, size_t n,
    enum status (*also)(struct task *t, void *arg), void *arg) MUST_CHECK;
/* TX_WRITE: count in this very transaction. E_RATE_LIMITED, unrefused; those before the used-up one are counted. */
enum status request_take(struct request *rq, const struct try *tries, size_t n) MUST_CHECK;
/* TX_WRITE: the try succeeded and does not count. */
enum status request_give_back(struct request *rq, const struct try *tried) MUST_CHECK;

/* TX_WRITE: what was counted of this is forgotten; *ret_tries: how many there were in its window. */
enum status request_end_streak(struct request *rq, const struct try *tried, int64_t *ret_tries) MUST_CHECK;

/* For .prove: when the deployment asks for a challenge, its proof must be in challenge_token. challenge.c */
enum status challenge_prove(struct request *rq) MUST_CHECK;

/* What session/ needs to know about this request. deed.c */
struct session_rules request_session_rules(const struct request *rq);

extern const struct route *const routes[];	/* every row, NULL-terminated; routes.c */
