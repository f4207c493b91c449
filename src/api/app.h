/* app.h - what lives as long as the process: made in main, read by every request. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "auth/keys.h"
#include "auth/password.h"
#include "auth/throttle.h"
#include "deployment/directory.h"
#include "net/loop.h"
#include "net/pool.h"
#include "session/activity.h"
#include "store/db.h"

struct app_counters;
struct blocklists;
struct cache;
struct places;
struct rope_pool;
struct sender;

/*
 * Pointers are set once before the first listener opens and stay until the last has
 * closed. What they point to is safe for any thread, each in its own header's words.
 */
struct app {
	struct store     *store;
	struct keys      *keys;
	struct hasher    *hasher;
	struct directory *directory;
	struct limiter   *limiter;
	struct activity  *activity;
	const char       *dns_server;	/* dns/txt.h; empty: the system's */
	struct places    *places;	/* where addresses are: place.h; NULL: nobody knows */
	struct blocklists *blocklists;	/* addresses and numbers that may be kept out: blocklists.h */
	struct cache     *cache;	/* ready answers of GET /session */
	struct rope_pool *ropes;	/* what long answers may hold, all together */
	struct sender    *sender;	/* gets a hint when a message was written; NULL: it finds it by itself */
	struct pool      *workers;	/* LANE_WORKER */
	struct pool      *hash_lane;	/* LANE_HASH */
	struct app_counters *counters;	/* app.c's own: per route and status, for /metrics */
	_Atomic size_t    body_max, image_max;	/* bytes; SIGHUP may change them */
	size_t            arena_max;		/* bytes a request may allocate */
	_Atomic bool      ending;		/* every client is gone: what still waits is not worked on */
	_Atomic bool      proxies_write_forwarded;	/* Forwarded (RFC 7239), not X-Forwarded-*; SIGHUP may change it */
	/* What SIGHUP may change, behind a lock of its own: see app_set_proxies(). */
	struct app_reload *reload;
};

/* A worker thread's own: its connection. pool_config.enter/leave with arg = struct app. */
void *app_worker_enter(void *arg);
void  app_worker_leave(void *worker);

/* Is this peer a listed proxy? Any thread. */
bool app_is_proxy(const struct app *app, const struct net_addr *peer);
/* The first one of the list; of a network, its base. false: there is none. Any thread. */
bool app_first_proxy(const struct app *app, struct net_addr *ret_addr);
/* Replace the list (start and reload); copies. false: out of memory, the old one stays. */
bool app_set_proxies(struct app *app, const struct net_cidr *proxies, size_t n) MUST_CHECK;

/* The handler for the public listeners. */
struct handler app_handler(struct app *app);
/* The handler for the admin listener and <data>/admin.sock: admin/admin.h. */

/* Counters of every route and status, in Prometheus text form. */
void app_write_metrics(const struct app *app, struct buf *out);
bool app_counters_init(struct app *app) MUST_CHECK;
void app_counters_done(struct app *app);
