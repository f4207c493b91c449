/* http1_target.h - what a request is for: its target and the host it names. For src/net/http1*.c only. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "net/http1.h"

struct authority {
	struct str name; /* empty: there is none */
	unsigned port;   /* 0: not named */
};

/* host [":" port] and nothing else: no userinfo, path, list, %-encoding or zone. Views of s. false: it is none. */
bool authority_parse(struct str s, struct authority *ret_a) MUST_CHECK;

/* A target as it stands in the request line, not empty. */
struct target {
	struct authority authority; /* of an absolute-form one */
	unsigned default_port;      /* of its scheme */
};

/* Into h->path and h->query; h->method is known. false: it is of no form that is taken here (RFC 9112 §3.2). */
bool target_split(struct str text, struct http_head *h, struct target *ret_t) MUST_CHECK;

/* Does an absolute-form target name this host? Any other one names none, which is true as well. */
bool target_is_of(const struct target *t, const struct authority *host);
