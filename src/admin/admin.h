/* admin.h - the operator's listener: health, metrics, the Backend API, and the commands over <data>/admin.sock. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdatomic.h>

#include "admin/background.h"
#include "api/app.h"
#include "net/loop.h"

struct admin;

struct admin_config {
	struct app        *app;
	struct background *background;
	struct server     *server;	/* the public listeners, for the metrics */
	struct str         database_tag;	/* admin_database_tag(); outlives the admin */
	struct pool       *backend;	/* the Backend API's threads, for the metrics; admin_new() sets it */
	bool               test_clock;	/* SESSIOND_TEST_CLOCK=1: tests may move the clock */
	int64_t            began_mono;
};

/*
 * With threads and connections of its own, so that an operator can revoke while
 * a flood fills the workers' queue; the Backend API has others again. NULL, with a sentence in t->why. Start-up thread.
 */
struct admin *admin_new(struct task *t, const struct admin_config *c);
struct admin *admin_free(struct admin *a);	/* after its server has drained; NULL is fine */
void          admin_set_draining(struct admin *a);	/* /readyz says no from now on; any thread */

/*
 * GET /healthz     200 while the process runs
 * GET /readyz      200 while it can serve: the store has answered lately, and no end has begun; else 503
 * GET /metrics     Prometheus text
 * GET /outbox      a page of what staging and demo deployments have written; /outbox/{id}?deployment={id} one message
 * /v1/…            the Backend API, by secret key: docs/BACKEND_API.md
 * GET /doctor      a form for a captured request; POST /doctor/request (request, response, peer) tells what signs it out:
 *                  text, or JSON where Accept asks for it
 * POST /command    on the Unix socket only: {"args": [text…], "input": text, "database": tag or ""}
 *                  gives {"status": exit code, "out": text, "err": text}; 409 when the tag is another database's
 * POST /test/clock?advance=SECONDS, POST /test/sweep    only with test_clock
 * Never on a public listener (OPS-09). /outbox and /doctor want an address or localhost as Host.
 */
struct handler admin_handler(struct admin *a);

/* A command with its input, as JSON: a file of declared deployments is the largest. */
enum { ADMIN_COMMAND_MAX = 2 * 1024 * 1024 };

/* Which database a command is meant for, without its password: "" for SQLite. E_INTERNAL. Task's arena. */
enum status admin_database_tag(struct task *t, const char *database_url, struct str *ret_tag) MUST_CHECK;

/* The path of the socket in a data directory; through `dir_fd` when it is too long for a socket address. */
enum { ADMIN_SOCKET_PATH_MAX = 108 };
bool admin_socket_path(const char *data, int dir_fd, char ret_path[static ADMIN_SOCKET_PATH_MAX]) MUST_CHECK;

/* metrics.c: everything an operator watches, in Prometheus' text form. Any thread. */
void metrics_write(const struct admin_config *c, struct buf *out);
