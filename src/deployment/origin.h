/*
 * origin.h - hosts, origins and absolute URLs, read exactly: what two readers could take
 * differently is none.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/base.h"

enum { HOST_MAX = 253 + 6 }; /* a name of RFC 1035 §2.3.4 and ":65535" */

enum host_kind { HOST_NAME, HOST_IPV4, HOST_IPV6 };
struct host {
	enum host_kind kind;
	struct str name;  /* without the port; IPv6 in its brackets */
	uint16_t port;    /* 0: none given */
	bool is_loopback; /* localhost and below (RFC 6761 §6.3), 127.0.0.0/8, [::1] */
};

/*
 * "app.example.com", "127.0.0.1:8080", "[::1]:8080": lower case, labels of
 * letters, digits and inner hyphens, no trailing dot, addresses in their one
 * canonical spelling, a port of 1-65535 without leading zeros. All of text or
 * nothing. Views into text.
 */
bool host_parse(struct str text, struct host *ret_host) MUST_CHECK;

/* host is `parent` or a name below it; ports are not looked at. No address is below anything. */
bool host_is_within(const struct host *host, const struct host *parent);

/*
 * A Host field's value as it is looked up: lower case, one trailing dot of the
 * name and the scheme's own port (443 for https, 80 for http) dropped. Nothing
 * else is forgiven or checked. *ret_n bytes are in buf. false: it is too long.
 */
bool host_fold(struct str text, bool https, char buf[static HOST_MAX], size_t *ret_n) MUST_CHECK;

struct origin {
	struct str scheme;
	struct host host;
};

/*
 * RFC 6454 §6.2's form: scheme://host[:port], nothing after it; never "null". The scheme's own
 * port is not spelled out.
 */
bool origin_parse(struct str text, struct origin *ret_origin) MUST_CHECK;
/*
 * An absolute http or https URL: an origin, then nothing or a path, query or fragment. ASCII
 * without spaces, controls and backslashes; no userinfo.
 */
bool url_parse(struct str text, struct origin *ret_origin) MUST_CHECK;

bool origin_is_http(const struct origin *o); /* http, or https */
bool origin_is_https(const struct origin *o);
