/* running.h - a running server, as the main thread sees it. For src/admin only. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "admin/admin.h"
#include "admin/background.h"
#include "admin/follow.h"
#include "admin/opened.h"
#include "api/app.h"
#include "conf/conf.h"
#include "net/loop.h"

struct running {
	struct task        t;		/* the main thread's; its arena lasts to the end */
	const struct conf *start_conf;	/* parts may keep what it says */
	const struct conf *conf;	/* in effect */
	int64_t            began_mono;
	struct opened      opened;
	struct app         app;
	struct background *background;
	struct follow     *follow;
	struct server     *server;
	struct admin      *admin;
	struct server     *admin_server;
	int                data_fd;	/* the data directory: a long path reaches the socket through it */
	uint16_t           demo_port;
};

/* conf_load(), its problems told on stderr. */
const struct conf *running_load_conf(int argc, char **argv, struct conf_list *ret_rest) MUST_CHECK;

/* What deployments' settings may count on in this configuration. Before any deployment is read, and on reload. */
void running_set_means(const struct conf *c);

/* Put in effect what a reload may change: nothing of it on failure. */
enum status running_apply(struct task *t, struct app *app, const struct conf *c) MUST_CHECK;
void running_reload(struct running *r);	/* SIGHUP: all or nothing, told in the log */

uint16_t running_port(const struct running *r);	/* of the first TCP listener; 0: there is none */
void running_announce(const struct running *r);	/* a line for each listener on stdout, then the demo's */
