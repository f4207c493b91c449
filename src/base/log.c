/* log.c - one line an event, on stderr. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

#define LOG_ROW(id, name, help) [id] = { name, help },
const struct log_event_info log_event_info[EV__COUNT] = { LOG_EVENTS(LOG_ROW) };
#undef LOG_ROW

static const char *const level_name[LOG__COUNT] = {
	[LOG_ERROR] = "error",
	[LOG_WARN] = "warn",
	[LOG_NOTICE] = "notice",
	[LOG_INFO] = "info",
	[LOG_DEBUG] = "debug",
};

enum { LINE_MAX_BYTES = 1024 };	/* below PIPE_BUF: lines of two threads never mix */

static atomic_int level_max = LOG_INFO;
static _Atomic uint64_t bytes_written;

/* Held from asking a pipe for room until using it, so that two threads do not share one slot. */
static pthread_mutex_t pipe_lock = PTHREAD_MUTEX_INITIALIZER;

void
log_set_level(enum log_level level)
{
	atomic_store(&level_max, (int)level);
}

uint64_t
log_bytes_written(void)
{
	return atomic_load(&bytes_written);
}

/* Room, and somebody at the other end: writing to a pipe without a reader is a signal. */
static ssize_t
write_if_room(const char *p, size_t n)
{
	struct pollfd pfd = { .fd = STDERR_FILENO, .events = POLLOUT };
	ssize_t done = -1;

	pthread_mutex_lock(&pipe_lock);
	if (poll(&pfd, 1, 0) == 1 && pfd.revents == POLLOUT)
		done = write(STDERR_FILENO, p, n);
	pthread_mutex_unlock(&pipe_lock);
	return done;
}

/*
 * A reader that stopped must not stop the server: the line is lost instead.
 * Under systemd stderr is a socket, elsewhere a pipe, a terminal or a file;
 * O_NONBLOCK would do for all, but it is shared with whoever else has them.
 */
static void
write_line(const char *p, size_t n)
{
	ssize_t done = send(STDERR_FILENO, p, n, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (done < 0 && errno == ENOTSOCK)
		done = write_if_room(p, n);
	if (done > 0)
		atomic_fetch_add(&bytes_written, (uint64_t)done);
}

/* Only printable ASCII: no line can forge another one, nor talk to a terminal. */
static void
make_printable(char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (p[i] < ' ' || p[i] > '~')
			p[i] = '?';
	}
}

/* What vsnprintf returned, as the bytes now in `room` (its terminator not counted). */
static size_t
printed(int n, size_t room)
{
	if (n < 0)
		return 0;
	return (size_t)n < room ? (size_t)n : room - 1;
}

bool
log_is_on(enum log_level level)
{
	return (int)level <= atomic_load_explicit(&level_max, memory_order_relaxed);
}

void
log_event(enum log_level level, enum log_event_id ev, const char *fmt, ...)
{
	char line[LINE_MAX_BYTES], stamp[CLOCK_RFC3339_US_SIZE];
	int saved_errno = errno;
	va_list args;
	size_t n;

	if (!log_is_on(level))
		return;
	/* The wall clock, corrections included: a log is read beside other machines' logs. */
	clock_rfc3339_us_into(stamp, clock_wall());
	n = printed(snprintf(line, sizeof(line), "%s %s %s ", stamp, level_name[level],
	    log_event_info[ev].name), sizeof(line));
	va_start(args, fmt);
	n += printed(vsnprintf(line + n, sizeof(line) - n, fmt, args), sizeof(line) - n);
	va_end(args);
	make_printable(line, n);
	/* The newline takes the terminator's place, so a cut line has one too. */
	line[n++] = '\n';
	write_line(line, n);
	errno = saved_errno;
}

struct log_quoted
log_quote(struct str s)
{
	static const char hex[] = "0123456789abcdef";
	struct log_quoted q;
	char *p = q.text;

	*p++ = '"';
	for (size_t i = 0; i < s.n && i < 64; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c >= ' ' && c <= '~' && c != '"' && c != '\\') {
			*p++ = (char)c;
			continue;
		}
		*p++ = '\\';
		*p++ = 'x';
		*p++ = hex[c >> 4];
		*p++ = hex[c & 15];
	}
	*p++ = '"';
	*p = '\0';
	return q;
}
