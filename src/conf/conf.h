/* conf.h - how this server runs: one table of keys, from flags, environment and file. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "auth/throttle.h"
#include "base/buf.h"
#include "base/log.h"

struct conf_list {
	const char **items;
	size_t n;
};

/* Which of its headers a trusted proxy writes; the other kind is passed through from anybody. */
enum conf_proxy_header { PROXY_X_FORWARDED, PROXY_FORWARDED };

/*
 * What is in effect. Read-only once loaded; texts live as long as it does. Each
 * member is filled by one row of conf_rows.c. Sizes are in bytes, durations in
 * microseconds. Counts that were given as 0 have become what 0 stands for.
 */
struct conf {
	const char *config;   /* the file that was read; empty: none */
	const char *data;     /* the data directory */
	const char *database; /* postgresql://…; empty: SQLite in the data directory */
	int64_t database_connections;
	const char *master_key_file;
	bool master_key_is_own; /* nobody named one: it is <data>/master.key, and may be made */
	const char *mail_ca_file; /* empty: the system's certificates */
	struct conf_list listen;
	const char *admin_listen;       /* empty: only the socket in the data directory */
	struct conf_list trusted_proxy; /* addresses and CIDRs */
	enum conf_proxy_header proxy_header;
	const char *geoip_file; /* empty: none */
	const char *dns_server; /* empty: the system's */
	bool demo;
	enum log_level log_level;

	int64_t threads, workers, hash_threads, hash_workers;
	int64_t queue, hash_queue, hash_share;
	int64_t task_memory, cache_memory;

	const char *disposable_domains, *voip_prefixes; /* files of the operator's; empty: none */

	/* Tries a minute: see auth/throttle.h. */
	int64_t throttle[THROTTLE_RULE__COUNT];	/* each rule's limit */

	int64_t connections; /* 0: as many as descriptors allow */
	int64_t request_line, request_head, request_body, image_body, body_memory, answer_memory, answer_time_us;
	int64_t head_timeout_us, idle_timeout_us, body_grace_us, body_rate, write_stall_us, drain_timeout_us;
	int64_t pipeline;

	struct conf_source *source; /* conf.c's own: where each value came from, and the memory */
};

/*
 * Flags win over the environment (SESSIOND_…), the environment over the file, the
 * file over the defaults. argv has the arguments after the command's name and must
 * live as long as the result. With ret_rest, arguments that are not ours are left
 * there, in order, for the command; without, they are refused. What stands after "--"
 * is never ours.
 *
 * NULL when anything is wrong: `problems` then has a line for each thing, beginning
 * with where it stands ("/etc/sessiond/sessiond.conf:12: ", "SESSIOND_QUEUE: ",
 * "--queue: ") and saying what is allowed. Start-up thread.
 */
const struct conf *conf_load(
    int argc, char **argv, struct conf_list *ret_rest, struct buf *problems) MUST_CHECK;

/*
 * The same sources read again: a whole new configuration, or NULL with the problems,
 * and `now` stays in effect. A key that only a start can change is such a problem.
 */
const struct conf *conf_reload(const struct conf *now, struct buf *problems) MUST_CHECK;
void conf_free(const struct conf *c); /* NULL is fine */

/*
 * The effective configuration as a file that says the same, each key under a comment that tells
 * where it came from. Passwords are left out.
 */
void conf_print(const struct conf *c, struct buf *out);

/* Every flag with its default and what it does, for `sessiond serve --help`. */
void conf_help(struct buf *out);
