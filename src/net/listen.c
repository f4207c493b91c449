/* listen.c - opening the sockets that a server listens on, and noticing who else does. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "net/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"

struct where {
	struct sockaddr_storage sa;
	socklen_t len;
};

struct said { /* where a failure's sentence goes */
	const char *where;
	char *why;
	size_t n;
};

static void
say_errno(const struct said *s)
{
	if (errno == EADDRINUSE)
		snprintf(s->why, s->n,
		    "Something already listens on %s: stop it, or choose another --listen.", s->where);
	else if (errno == EACCES)
		snprintf(s->why, s->n,
		    "Not allowed to listen on %s: ports below 1024 need CAP_NET_BIND_SERVICE, a path needs a "
		    "writable directory.",
		    s->where);
	else
		snprintf(s->why, s->n, "Cannot listen on %s: %s.", s->where, strerror(errno));
}

static bool
split_port(struct str text, struct str *ret_host, uint16_t *ret_port)
{
	int64_t port;
	size_t at = text.n;

	while (at > 0 && text.p[at - 1] != ':')
		at--;
	if (at == 0 || !str_int(str_from(text, at), 0, 65535, &port))
		return false;
	*ret_port = (uint16_t)port;
	*ret_host = (struct str){ text.p, at - 1 };
	return true;
}

/* An IPv6 address needs its brackets, and only it may have them. */
static bool
parse_ip(struct str text, struct where *ret)
{
	struct sockaddr_in6 *in6 = (void *)&ret->sa;
	struct sockaddr_in *in = (void *)&ret->sa;
	struct str host;
	char cstr[INET6_ADDRSTRLEN] = "";
	uint16_t port;
	bool six;

	if (!split_port(text, &host, &port))
		return false;
	six = host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']';
	if (six)
		host = (struct str){ host.p + 1, host.n - 2 };
	if (host.n >= sizeof(cstr))
		return false;
	memcpy(cstr, host.p, host.n);
	*ret = (struct where){ .len = six ? sizeof(*in6) : sizeof(*in) };
	if (six) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(port);
		return inet_pton(AF_INET6, cstr, &in6->sin6_addr) == 1;
	}
	in->sin_family = AF_INET;
	in->sin_port = htons(port);
	return inet_pton(AF_INET, cstr, &in->sin_addr) == 1;
}

static bool
set_flag(int fd, int level, int name, int on)
{
	return setsockopt(fd, level, name, &on, sizeof(on)) == 0;
}

static int
open_socket(int family)
{
	return socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

/* What accepted sockets inherit is set here, once, and costs no call per connection. */
static bool
set_flags(int fd, int family)
{
	if (!set_flag(fd, SOL_SOCKET, SO_REUSEADDR, 1) || !set_flag(fd, IPPROTO_TCP, TCP_NODELAY, 1))
		return false;
	return family != AF_INET6 || set_flag(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
}

/*
 * The first socket is bound and listens *without* SO_REUSEPORT, because with it
 * the kernel would let us share the port of another server of the same user and
 * hand each of us half of the connections. Only then it is opened to our own.
 */
static bool
open_first(struct where *w, int *ret_fd)
{
	int fd = open_socket(w->sa.ss_family);

	if (fd < 0)
		return false;
	*ret_fd = fd;
	if (!set_flags(fd, w->sa.ss_family))
		return false;
	if (bind(fd, (struct sockaddr *)&w->sa, w->len) != 0 || listen(fd, SOMAXCONN) != 0)
		return false;
	/* Port 0 has become a number: the others take the same. */
	return getsockname(fd, (struct sockaddr *)&w->sa, &w->len) == 0 &&
	       set_flag(fd, SOL_SOCKET, SO_REUSEPORT, 1);
}

static bool
open_other(const struct where *w, int *ret_fd)
{
	int fd = open_socket(w->sa.ss_family);

	if (fd < 0)
		return false;
	*ret_fd = fd;
	if (!set_flags(fd, w->sa.ss_family) || !set_flag(fd, SOL_SOCKET, SO_REUSEPORT, 1))
		return false;
	return bind(fd, (const struct sockaddr *)&w->sa, w->len) == 0 && listen(fd, SOMAXCONN) == 0;
}

static void
describe_ip(const struct where *w, struct listen_at *at)
{
	static const uint8_t zero[16];
	char ip[46];

	net_addr_of_socket(&w->sa, &at->addr);
	net_addr_format(&at->addr, ip);
	at->wildcard = memcmp(at->addr.bytes, zero, sizeof(zero)) == 0;
	snprintf(
	    at->text, sizeof(at->text), at->addr.family == AF_INET6 ? "[%s]:%u" : "%s:%u", ip, at->addr.port);
}

static bool
open_ip(struct where *w, unsigned n, int *fds, struct listen_at *at)
{
	if (!open_first(w, &fds[0]))
		return false;
	for (unsigned i = 1; i < n; i++)
		if (!open_other(w, &fds[i]))
			return false;
	describe_ip(w, at);
	return true;
}

/* A socket file of which nobody accepts is what a killed process left behind. */
static bool
remove_stale(const struct where *w, const char *path)
{
	struct stat st;
	int fd, failed;

	if (lstat(path, &st) != 0)
		return errno == ENOENT;
	errno = EADDRINUSE;
	if (!S_ISSOCK(st.st_mode))
		return false;
	fd = open_socket(AF_UNIX);
	if (fd < 0)
		return false;
	failed = connect(fd, (const struct sockaddr *)&w->sa, w->len) == 0 ? 0 : errno;
	close(fd);
	errno = EADDRINUSE;
	return failed == ECONNREFUSED && unlink(path) == 0;
}

static bool
open_unix(const char *path, int *fds, struct listen_at *at)
{
	struct where w = { .len = sizeof(struct sockaddr_un) };
	struct sockaddr_un *un = (void *)&w.sa;
	struct stat st;

	un->sun_family = AF_UNIX;
	memcpy(un->sun_path, path, strlen(path) + 1);
	if (!remove_stale(&w, path))
		return false;
	fds[0] = open_socket(AF_UNIX);
	/* The mode is set before bind makes the file, so there is no moment at which others may connect. */
	if (fds[0] < 0 || fchmod(fds[0], 0600) != 0)
		return false;
	if (bind(fds[0], (struct sockaddr *)&w.sa, w.len) != 0)
		return false;
	if (stat(path, &st) != 0 || listen(fds[0], SOMAXCONN) != 0)
		return false;
	at->addr = (struct net_addr){ .family = AF_UNIX };
	at->wildcard = false;
	at->dev = st.st_dev;
	at->ino = st.st_ino;
	snprintf(at->text, sizeof(at->text), "%s", path);
	return true;
}

static void
close_all(int *fds, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
		fds[i] = -1;
	}
}

bool
listen_open(
    const char *where, unsigned n, int *ret_fds, struct listen_at *ret_at, char *ret_why, size_t why_n)
{
	struct said said = { where, ret_why, why_n };
	struct where w;
	bool ok;

	for (unsigned i = 0; i < n; i++)
		ret_fds[i] = -1;
	if (where[0] == '/' && strlen(where) < LISTEN_TEXT_MAX) {
		ok = open_unix(where, ret_fds, ret_at);
	} else if (where[0] != '/' && parse_ip(str_of(where), &w)) {
		ok = open_ip(&w, n, ret_fds, ret_at);
	} else {
		snprintf(ret_why, why_n,
		    "\"%s\" is not an address to listen on: write 127.0.0.1:8080, [::1]:8080 or a path of up "
		    "to "
		    "%d bytes.",
		    where, LISTEN_TEXT_MAX - 1);
		return false;
	}
	if (ok)
		return true;
	say_errno(&said);
	close_all(ret_fds, n);
	return false;
}

void
listen_unlink(const struct listen_at *at)
{
	struct stat st;

	if (at->addr.family == AF_UNIX && lstat(at->text, &st) == 0 && st.st_dev == at->dev &&
	    st.st_ino == at->ino)
		unlink(at->text);
}
