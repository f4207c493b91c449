/* parcel.h - one message or event on its way to another server, as libcurl carries it. For src/notify only. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <curl/curl.h>

#include "base/buf.h"
#include "deployment/deployment.h"
#include "notify/letter.h"

/* Which addresses a host's name may lead to. */
enum parcel_scope {
	SCOPE_ANY,	/* a mail server that an operator named is often in the private network */
	SCOPE_PUBLIC,	/* a webhook never is: its name must not lead to what only we can reach */
	SCOPE_LOOPBACK,
};

enum parcel_verdict { PARCEL_SENT, PARCEL_AGAIN, PARCEL_NEVER };
enum { PARCEL_WHY_MAX = 160, PARCEL_SOCKETS = 4 };

struct lane;

struct parcel {
	struct parcel       *next;
	struct deployment_id deployment;
	struct message_id    id;
	enum message_kind    kind;
	enum message_channel channel;
	/* Of CHANNEL_WEBHOOK, in the place of id, kind and to. */
	struct hook_id       hook;
	struct hook_event_id event;
	int64_t              subject;
	bool                 was_failing;	/* the endpoint, when this was packed */
	const char          *gave_out;	/* why it was disabled for this, once that is written down */
	struct str           to;
	int64_t              created_at, expires_at;
	int64_t              claim;	/* until when it is ours: the row's next_at */
	int64_t              tries;	/* this one included */
	int64_t              again_at;	/* the next try, once it is back; 0: none */
	struct lane         *lane;
	enum parcel_verdict  verdict;	/* and why, once it is back */
	char                 why[PARCEL_WHY_MAX];
	struct arena        *arena;	/* freed with the parcel; holds all of its texts */
	CURL                *easy;
	int                  sockets[PARCEL_SOCKETS];	/* of its connection, -1: none */
	struct curl_slist   *recipients, *headers;
	struct buf           body;
	size_t               n_read;	/* of body, by libcurl */
	size_t               n_received;
	enum parcel_scope    scope;
	bool                 ended;	/* libcurl has all of body */
	bool                 address_refused;
	bool                 stopped;	/* by us: nobody has failed */
	bool                 unasked;	/* it could not be made or begun here: nobody was asked */
	long                 status;	/* of the head that is coming in */
	bool                 heard_head;	/* all of a final one: what follows it is of no interest */
	long                 reply;	/* status or SMTP code, 0: none; once it is back */
	char                 error[CURL_ERROR_SIZE];
};

/* An empty one with the options that hold for every transfer. NULL: out of memory. */
struct parcel *parcel_new(void);
struct parcel *parcel_free(struct parcel *p);	/* not while a multi handle has it; NULL is fine, returns NULL */

/* A copy that ends with NUL, in the parcel's arena. */
static inline const char *
parcel_cstr(const struct parcel *p, struct str s)
{
	return arena_printf(p->arena, STR_FMT, STR_ARG(s)).p;
}

/*
 * In a read transaction: address it by the deployment's settings and secrets. E_BAD_REQUEST_BODY, with
 * words in t->why, when no try can ever succeed; other failures may pass.
 */
enum status parcel_address_mail(struct task *t, const struct keys *k, const struct deployment *d, const char *ca_file,
    const struct letter *letter, struct parcel *p) MUST_CHECK;
enum status parcel_address_sms(struct task *t, const struct keys *k, const struct deployment *d, const char *ca_file,
    const struct letter *letter, struct parcel *p) MUST_CHECK;

/* Signed, with p->event as its id; `before` is the secret of before a rotation, or empty. */
enum status parcel_address_hook(struct task *t, struct str url, const char *ca_file, const struct secret *secret,
    const struct secret *before, struct parcel *p) MUST_CHECK;

/* ---- for the two that are posted ---- */

/*
 * https to a host that is, or may lead to, an address on the internet; http and https to loopback when the URL
 * says so. false: the sentence goes after the URL.
 */
bool parcel_may_post_to(struct str url, const char **ret_sentence);
/* The body is JSON and complete: sign it as Standard Webhooks has it. `before` signs as well, unless NULL or empty. */
enum status parcel_sign(struct task *t, struct str id, const struct secret *secret, const struct secret *before,
    struct parcel *p) MUST_CHECK;
void parcel_add_header(struct parcel *p, struct str line);
/* Body and headers are complete. false: out of memory. */
bool parcel_post_to(struct parcel *p, struct str url, const char *ca_file) MUST_CHECK;

/* What became of it, with a few words for the operator in p->why: printable ASCII, no secret. */
void parcel_judge(struct parcel *p, CURLcode code);
/*
 * The other server is not waited for any more: before it is taken out of a multi handle, where libcurl would
 * say QUIT and wait for the answer.
 */
void parcel_abort(struct parcel *p);
void parcel_set_why(struct parcel *p, const char *text);

/* Where the deployment's mail server may be. Any thread. */
enum parcel_scope parcel_mail_scope(const struct settings *s);
/* May a name lead to this address, of AF_INET or AF_INET6? */
bool parcel_scope_allows(enum parcel_scope scope, const struct sockaddr *address);
