/* forwarded.h - who is really asking, when a listed proxy stands in between. RFC 7239. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "net/loop.h"

struct app;

struct forwarded {
	struct net_addr client;
	bool            https;	/* the browser's connection, by the listed proxy's word */
};

/*
 * From an unlisted peer nothing is believed: client is the peer, https false. From a
 * listed one: the right-most address of Forwarded (or else X-Forwarded-For) that is not
 * itself listed, and the proto that stands there (or the last X-Forwarded-Proto).
 * `is_proxy` tells listed addresses. Only these exact field names count: an underscore
 * twin is another name. Any thread.
 */
struct forwarded forwarded_read(const struct http_head *head, const struct net_addr *peer,
    bool (*is_proxy)(const struct app *app, const struct net_addr *a), const struct app *app);
