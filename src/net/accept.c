/* accept.c - new connections, also when there are no descriptors for them. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "net/conn.h"

enum { ACCEPT_PER_TURN = 64 };

static const int64_t idle_enough_us = 100 * 1000; /* to give up one's descriptor in a pause */
static const int64_t say_again_us = 10 * SECOND_US;

static void
give_reserve(struct loop *l)
{
	if (l->reserve_fd >= 0)
		close(l->reserve_fd);
	l->reserve_fd = -1;
}

static bool
take_reserve(struct loop *l)
{
	if (l->reserve_fd < 0)
		l->reserve_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	return l->reserve_fd >= 0;
}

/*
 * Clients wait in the backlog until a descriptor is free. Ours in reserve is
 * given back meanwhile: requests that are being worked on may need one.
 */
static void
pause_accepting(struct loop *l, const char *why, const char *setting)
{
	if (l->paused)
		return;
	l->paused = true;
	for (unsigned i = 0; i < l->n_listeners; i++)
		uv_poll_stop(&l->listeners[i].poll);
	give_reserve(l);
	loop_tick(l);
	count(&l->n.accept_pauses, 1);
	if (l->pause_said != 0 && loop_now(l) - l->pause_said < say_again_us)
		return;
	l->pause_said = loop_now(l);
	log_event(LOG_WARN, EV_ACCEPT_PAUSED, "open=%zu why=\"%s\" raise=\"%s\"", l->n_conns, why, setting);
}

static void
take_local_addr(const struct listener *from, int fd, struct net_addr *ret_addr)
{
	struct sockaddr_storage sa = { 0 };
	socklen_t len = sizeof(sa);

	*ret_addr = from->at->addr;
	if (from->at->wildcard && getsockname(fd, (struct sockaddr *)&sa, &len) == 0)
		net_addr_of_socket(&sa, ret_addr);
}

static void
welcome(struct listener *from, int fd, const struct sockaddr_storage *sa)
{
	struct net_addr peer, local;

	net_addr_of_socket(sa, &peer);
	take_local_addr(from, fd, &local);
	conn_new(from->loop, fd, &peer, &local);
}

/* false: there is nobody, or no descriptor for them. */
static bool
accept_one(struct listener *from)
{
	struct sockaddr_storage sa = { .ss_family = AF_UNIX };
	socklen_t len = sizeof(sa);
	struct loop *l = from->loop;
	int fd;

	if (l->n_conns >= l->conns_max) {
		pause_accepting(l, "as many connections as are allowed", "the limit of connections");
		return false;
	}
	fd = accept4(from->fd, (struct sockaddr *)&sa, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd >= 0) {
		welcome(from, fd, &sa);
		return true;
	}
	if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
		pause_accepting(l, strerror(errno), "LimitNOFILE (ulimit -n)");
		return false;
	}
	/* A client that hung up in the backlog, and what Linux passes on of its network errors. */
	return errno != EAGAIN;
}

static void
on_listener(uv_poll_t *poll, int failed, int events)
{
	(void)failed;
	(void)events;
	for (int i = 0; i < ACCEPT_PER_TURN; i++)
		if (!accept_one(poll->data))
			break;
}

static void
watch_listeners(struct loop *l)
{
	for (unsigned i = 0; i < l->n_listeners; i++)
		CHECK(uv_poll_start(&l->listeners[i].poll, UV_READABLE, on_listener) == 0);
}

bool
accept_begin(struct loop *l)
{
	if (!take_reserve(l))
		return false;
	watch_listeners(l);
	return true;
}

void
accept_resume(struct loop *l)
{
	if (!l->paused || l->draining || l->n_conns >= l->conns_max || !take_reserve(l))
		return;
	l->paused = false;
	watch_listeners(l);
}

static void
evict(struct loop *l, enum wait wait)
{
	for (int i = 0; i < ACCEPT_PER_TURN; i++) {
		struct conn *c = l->waiting[wait].first;

		if (c == NULL || loop_now(l) - c->since < idle_enough_us)
			return;
		conn_evict(c);
	}
}

/* HTTP lets a server close idle connections at any time; those idle longest go first. */
void
accept_make_room(struct loop *l)
{
	evict(l, WAIT_LINGER);
	evict(l, WAIT_IDLE);
}

/* A connection that the kernel has made for us is a promise. */
void
accept_rest(struct loop *l)
{
	give_reserve(l);
	for (unsigned i = 0; i < l->n_listeners; i++)
		while (accept_one(&l->listeners[i]))
			;
}

void
accept_stop(struct loop *l)
{
	for (unsigned i = 0; i < l->n_listeners; i++) {
		uv_close((uv_handle_t *)&l->listeners[i].poll, NULL);
		close(l->listeners[i].fd);
	}
	l->n_listeners = 0;
	l->paused = false;
	give_reserve(l);
}
