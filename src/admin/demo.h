/* demo.h - two deployments with people in them, for trying things out. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "api/app.h"
#include "base/task.h"

/*
 * Make them when they are missing, and move their hosts to the port that this start
 * listens on: localhost:PORT in production mode, 127.0.0.1:PORT in staging mode.
 * E_CONFLICT when a deployment that is no demo has such a host. Start-up thread.
 */
enum status demo_prepare(struct task *t, struct app *app, struct db *db, uint16_t port) MUST_CHECK;

/* How to sign in with curl. `data` is where its cookies may be kept. */
void demo_print(struct buf *out, const char *data, uint16_t port);
