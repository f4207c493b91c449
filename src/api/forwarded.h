/* forwarded.h - who is really asking, when a listed proxy stands in between. RFC 7239. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "net/loop.h"

struct app;

struct forwarded {
	struct net_addr client;
	bool            https;	/* the browser's connection, by the listed proxy's word */
};

/* Whom to believe, and in which words. */
struct forwarded_rules {
	bool            (*is_proxy)(const struct app *app, const struct net_addr *a);	/* is it listed? */
	const struct app *app;
	bool              rfc7239;	/* they write Forwarded; else X-Forwarded-For and X-Forwarded-Proto */
};

/*
 * From an unlisted peer nothing is believed: client is the peer, https false. From a
 * listed one: the right-most address that is not itself listed, and the proto that stands
 * there (Forwarded) or last (X-Forwarded-Proto). Only the one kind of header that the
 * proxies write is read: the other kind passes through them from anybody. An underscore
 * twin is another name. Any thread.
 */
struct forwarded forwarded_read(const struct http_head *head, const struct net_addr *peer,
    const struct forwarded_rules *rules);
