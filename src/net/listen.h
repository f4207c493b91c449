/* listen.h - opening the sockets that a server listens on. Inside net/ only. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <sys/stat.h>
#include <sys/un.h>

#include "net/loop.h"

enum { LISTEN_TEXT_MAX = sizeof(((struct sockaddr_un *)NULL)->sun_path) };

/* One address that is listened on: as written in the config, and as bound. */
struct listen_at {
	char text[LISTEN_TEXT_MAX]; /* "127.0.0.1:43121", "[::1]:80", "/run/x.sock" */
	struct net_addr addr;
	bool wildcard; /* 0.0.0.0 or ::, so each connection has a local address of its own */
	dev_t dev;     /* of the Unix socket's file, so that only ours is removed */
	ino_t ino;
};

/*
 * Listen on `where` ("ADDR:PORT", "[ADDR]:PORT", "/path") with n sockets that
 * share the port; a Unix socket gets one, and ret_fds[1..] become -1. All are
 * non-blocking and close-on-exec. false: nothing is open, ret_why has a sentence.
 */
bool listen_open(const char *where, unsigned n, int *ret_fds, struct listen_at *ret_at, char *ret_why,
    size_t why_n) MUST_CHECK;
/* Remove a Unix socket's file, if it still is the one listen_open made. */
void listen_unlink(const struct listen_at *at);

/* addr.c: what accept(2) and getsockname(2) say. */
void net_addr_of_socket(const struct sockaddr_storage *sa, struct net_addr *ret_addr);
