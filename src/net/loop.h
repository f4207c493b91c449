/* loop.h - loop threads: sockets in, requests out, answers back. No tenants, no SQL. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include "base/base.h"
#include "base/buf.h"
#include "base/rope.h"
#include "base/status.h"
#include "net/http1.h"

struct conn;
struct loop;
struct server;

struct net_addr {          /* an IPv4 or IPv6 address; IPv4-mapped IPv6 is unmapped */
	uint8_t family;    /* AF_INET, AF_INET6, AF_UNIX (no address) */
	uint8_t bytes[16]; /* IPv4 in the first four */
	uint16_t port;     /* host order */
};
bool net_addr_parse(struct str text, struct net_addr *ret_addr) MUST_CHECK; /* no port */
size_t net_addr_format(const struct net_addr *a, char out[static 46]); /* NUL-terminated; length; "unix" */
bool net_addr_is_loopback(const struct net_addr *a);                   /* 127/8, ::1, a Unix socket */

struct net_cidr {
	struct net_addr base;
	unsigned bits;
};
bool net_cidr_parse(struct str text, struct net_cidr *ret_cidr) MUST_CHECK; /* "10.0.0.0/8", "::1" */
bool net_cidr_has(const struct net_cidr *c, const struct net_addr *a);

/*
 * One request and its answer. It lives from the moment the head is complete
 * until exchange_answer(); its views stay valid that long, also when the client
 * hangs up meanwhile.
 */
struct exchange {
	struct http_head head;
	struct str body; /* whole and de-chunked; writable memory behind it, so secrets in it can be wiped */
	struct net_addr peer;
	struct net_addr local;
	uint64_t id; /* request id: on every log line and in the answer's X-Request-Id, 16 hex digits */
	int64_t began_mono; /* clock_mono() when the head was complete */
	struct loop *loop;
	void *user; /* the handler's own */
	/* below: net's own */
	struct conn *conn; /* NULL: the client is gone */
	struct exchange *next;
	void (*done)(struct exchange *x);
	struct str raw;       /* the bytes that the views are in: a read buffer's, or .own */
	char *own;            /* a copy of them, once kept */
	struct buf collected; /* a body that came in pieces */
	struct http1_chunks chunks;
	size_t body_limit;
	size_t charged; /* of the server's memory for bodies */
	bool answered;
};

struct answer {
	int status;
	/*
	 * Complete lines "Name: value\r\n". Content-Length, Transfer-Encoding,
	 * Connection, Date and X-Request-Id are ours: one of them here is a bug.
	 */
	struct str headers;
	bool is_vetted; /* answer_is_fields() has said yes to these very bytes before: they were kept since */
	struct str body; /* for HEAD: what GET would send; the length goes out, the bytes do not */
	struct rope *rope; /* a long one in place of .body; NULL: none. It is net's from exchange_answer() on */
	bool close;      /* close after it */
};

/* Are these whole lines, each with a name, none of ours, no line hidden in another? Any thread. */
bool answer_is_fields(struct str lines);

/* The three things a server asks of its application. Loop thread; none may block. */
struct handler {
	void *arg;
	/* How large this body may be, in bytes. Asked when a head that announces one is complete. */
	size_t (*body_limit)(void *arg, const struct http_head *head);
	/*
	 * A complete request. Either exchange_answer() before returning, or
	 * exchange_keep() here, and later exchange_post() from any thread, exactly once.
	 */
	void (*request)(void *arg, struct exchange *x);
	/*
	 * A request that came alone and without a body: have what request() will read fetched from far memory, while
	 * others are looked at. true: request(x) is called before the loop waits again, after at most BEGUN_MAX others
	 * were begun, in the order in which they were; the client may be gone by then. false: it is called at once.
	 * `room` is `begun_room` bytes for the handler's own use, until request() has returned. NULL: always false.
	 */
	bool (*begin)(void *arg, struct exchange *x, void *room);
	size_t begun_room;
	/*
	 * A request that was refused below: fill in the answer's headers and body. The
	 * status is status_info[why].http. x->head holds what could be read of it.
	 */
	void (*refusal)(void *arg, const struct exchange *x, enum status why, struct buf *ret_headers,
	    struct buf *ret_body);
};

enum { BEGUN_MAX = 4 };

struct net_limits {
	struct http1_limits http1;
	int64_t head_us;        /* 10 s: a head must be complete within */
	int64_t idle_us;        /* 75 s: keep-alive without a request */
	int64_t body_grace_us;  /* 5 s, after which a body must have come at: */
	int64_t body_rate;      /* 500 bytes/s at least */
	int64_t write_stall_us; /* 10 s: an answer must be taken at body_rate over each such span */
	int64_t rope_us;        /* 10 min: and a rope as fast as it takes to have all of it in that time */
	int pipeline;           /* 16: answers gathered into one write */
	size_t conns; /* 0: as many as descriptors allow; else dealt evenly to the loops, the rest waits */
	size_t bodies; /* 256 MiB: what all bodies larger than 4 KiB may hold at once; beyond it 503 */
};
extern const struct net_limits net_limits_default;

/*
 * Loop thread, from within handler.request, or within the done() of a post.
 * Copies what it needs, but for a rope, which it takes. The views are gone when the caller returns to the loop.
 */
void exchange_answer(struct exchange *x, const struct answer *a);

/*
 * Loop thread, within handler.request, *before* x is handed to another thread:
 * until then its views are in the loop's read buffer, from now on in memory of
 * its own. false: out of memory, so answer at once.
 */
bool exchange_keep(struct exchange *x) MUST_CHECK;

/*
 * From any thread: have `done(x)` run on x's loop, where it calls
 * exchange_answer() and frees what it must. Runs also when the client is gone.
 * x is the loop's from here on.
 */
void exchange_post(struct exchange *x, void (*done)(struct exchange *x));

/*
 * Listen on every address (each loop opens its own socket with SO_REUSEPORT; a
 * port that another process listens on is noticed and refused), start n_loops
 * threads. "127.0.0.1:0" picks a free port, the same for all loops.
 * A path beginning with '/' is a Unix socket (mode 0600), served by one loop; the
 * socket a dead process left is replaced, a live one's is refused.
 * On failure *ret_why (caller's buffer) has one sentence.
 */
struct server_config {
	const char *const *listen;
	size_t n_listen;
	unsigned n_loops;
	struct net_limits limits;
	struct handler handler;
};
bool server_start(
    const struct server_config *c, struct server **ret_server, char *ret_why, size_t why_n) MUST_CHECK;
/* The bound addresses, in order of config: "127.0.0.1:43121". Valid until server_free. */
const char *server_address(const struct server *s, size_t i);
/*
 * Graceful end: accept what is in the backlog, close the listeners, answer every
 * request already begun with `Connection: close`, close idle connections with a
 * FIN; after deadline_us what is left is cut. Blocks; any thread but a loop's.
 * The loops still run then, so that workers can post what they hold.
 */
void server_drain(struct server *s, int64_t deadline_us);
/*
 * End the loops. Waits for every kept exchange to be posted, so end the workers
 * first. What still is connected is cut. NULL is fine; returns NULL.
 */
struct server *server_free(struct server *s);

struct server_stats {
	uint64_t accepted, closed, requests, refused, accept_pauses, bytes_in, bytes_out;
	uint64_t open; /* connections */
};
void server_stats(const struct server *s, struct server_stats *ret_stats); /* any thread */
