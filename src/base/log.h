/* log.h - one line an event, on stderr. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/base.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_NOTICE, LOG_INFO, LOG_DEBUG, LOG__COUNT };

/*
 * Event names are a table and are never renamed: alerts and fail2ban rules
 * match on them. docs/EVENTS.md is generated from it.
 */
#define LOG_EVENTS(X) \
	X(EV_START, "server.start", "The program starts or has started.") \
	X(EV_STOP, "server.stop", "The program stops or has stopped.") \
	X(EV_RELOAD, "server.reload", "The configuration was read again, or kept because the new one is wrong.") \
	X(EV_REQUEST, "request", "One request was answered.") \
	X(EV_OVERLOAD, "overload", "Work was refused because a queue is full; the line names the setting.") \
	X(EV_ACCEPT_PAUSED, "accept.paused", "No more descriptors: accepting waits.") \
	X(EV_STORE, "store", "The database did something an operator should know of.") \
	X(EV_KEY, "key", "A key is missing, wrong, made or rotated.") \
	X(EV_AUDIT, "audit", "A security event, as also written to the audit table.") \
	X(EV_CHECK, "check.unreadable", "A reverse proxy asked by a rule that cannot be read, and nobody got in. Its configuration is wrong.") \
	X(EV_CHECK_CUT, "check.cut", "Somebody's roles or permissions in an organization or workspace (scope) do not fit into headers: proxies are told nothing of it.") \
	X(EV_AUTH_REFUSED, "auth.refused", "Somebody failed to prove who they are (result=failure), or may not do what they asked for (result=denial). One line for each such request.") \
	X(EV_SIGN_IN_REFUSED, "signin.refused", "A wrong password or passkey, and whose. Beside its line auth.refused.") \
	X(EV_THROTTLED, "throttled", "A source or an account has used up its tries.") \
	X(EV_MESSAGE, "message", "A message was delivered, kept to be shown, tried in vain or given up. Never says to whom.") \
	X(EV_WEBHOOK, "webhook", "An endpoint outside was disabled: it took nothing for days, or said 410 Gone.") \
	X(EV_BACKEND, "backend", "One call of the Backend API was answered. Never its query or body.") \
	X(EV_SECRET_KEY_REFUSED, "secret_key.refused", "A call of the Backend API came without a live key.") \
	X(EV_ADMIN, "admin", "An operator's command.") \
	X(EV_BUG, "bug", "A condition of our own did not hold.")

#define LOG_ENUM(id, name, help) id,
enum log_event_id { LOG_EVENTS(LOG_ENUM) EV__COUNT };
#undef LOG_ENUM

struct log_event_info {
	const char *name;
	const char *help;
};
extern const struct log_event_info log_event_info[EV__COUNT];

/*
 * 2026-01-31T12:00:00.123456Z notice request id=… method=GET …
 * The line is printable ASCII (the rest becomes '?'), at most 1 KiB, and goes out
 * with one write(2); a full or broken stderr loses it, and never blocks or
 * stops the server. errno is left as it was. fmt is "key=value key=value"; user text goes through
 * log_quote(). Never a secret: no body, no query string, no token. Any thread.
 */
void log_event(enum log_level level, enum log_event_id ev, const char *fmt, ...) PRINTF(3, 4);
/* Would a line of this level be written? For callers whose line is costly to prepare. Any thread. */
bool log_is_on(enum log_level level);
void log_set_level(enum log_level level);
uint64_t log_bytes_written(void);	/* a metric: core dumps and debuggers are off */

/*
 * User text for a log line: in double quotes; controls, non-ASCII, quotes and
 * backslashes as \xNN, so that the next quote ends it; cut to 64 bytes of input.
 */
struct log_quoted {
	char text[64 * 4 + 3];
};
struct log_quoted log_quote(struct str s);
