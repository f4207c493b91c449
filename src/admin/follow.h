/* follow.h - what other nodes on the same PostgreSQL have changed. docs/decisions/between-nodes.md */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "api/app.h"

struct follow;

/*
 * On PostgreSQL: draw this node's number, and start a thread that reads the revocation log
 * every 250 ms on a connection of its own, publishes what others changed, reads changed
 * deployments again, and renews the lease under which answers are served from memory. On
 * SQLite there is one node: *ret_follow is NULL and everything is as it was. Before the
 * first listener. E_STORE, E_INTERNAL.
 */
enum status follow_new(struct task *t, struct app *app, struct follow **ret_follow) MUST_CHECK;
struct follow *follow_free(struct follow *f);	/* ends the thread; NULL is fine */
