/* http1.h - the strict HTTP/1.1 reader: bytes in, views out. RFC 9110, RFC 9112. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/base.h"
#include "base/status.h"

enum { HTTP1_FIELDS_MAX = 64 };

enum http_method {
	HTTP_GET,
	HTTP_HEAD,
	HTTP_POST,
	HTTP_PUT,
	HTTP_PATCH,
	HTTP_DELETE,
	HTTP_OPTIONS,
	HTTP_OTHER, /* any other token, TRACE and CONNECT among them: answered 405 */
	HTTP_METHOD__COUNT
};

struct http_field {
	struct str name;  /* a token, in the sender's case; never empty */
	struct str value; /* trimmed; no CR, LF or NUL */
};

/* One request head. Every str is a view into the bytes given to http1_head(). */
struct http_head {
	enum http_method method;
	struct str method_text;
	struct str path;  /* begins with '/'; raw, nothing decoded; "*" only with OPTIONS */
	struct str query; /* without '?'; empty when none */
	struct str host;  /* the one Host field's value, checked: no userinfo, no path */
	struct http_field fields[HTTP1_FIELDS_MAX];
	size_t n_fields;
	int64_t content_length; /* -1: no Content-Length */
	bool chunked;
	bool keep_alive; /* HTTP/1.1 without `Connection: close` */
	bool expect_continue;
	int minor; /* 0 or 1 */
};

struct http1_limits {
	size_t request_line; /* 8192: beyond it E_URI_TOO_LONG */
	size_t head;         /* 16384, request line included: beyond it E_HEADERS_TOO_LARGE */
};

enum http1_result {
	HTTP1_MORE,    /* nothing wrong yet, but not complete: call again with more bytes */
	HTTP1_DONE,    /* *ret_used bytes were the head (or the body); the rest is what follows */
	HTTP1_REFUSED, /* *ret_why says with which status; answer and close */
};

/*
 * Read one request head from the start of `in`. Whatever two readers could frame
 * differently is refused: docs/decisions/http1-framing.md has the list. Allocates
 * nothing, keeps nothing: on HTTP1_MORE call again with the same bytes and more,
 * best when a line has ended. What is too large is refused as soon as the limit
 * is passed, so no more than limits->head bytes ever need keeping.
 * On HTTP1_REFUSED *ret_why is E_BAD_REQUEST_BODY, E_URI_TOO_LONG or
 * E_HEADERS_TOO_LARGE, and the head holds what was read so far (fields complete
 * up to n_fields), so that the answer can still name the caller's Origin.
 * Any thread.
 */
enum http1_result http1_head(struct str in, const struct http1_limits *limits, struct http_head *ret_head,
    size_t *ret_used, enum status *ret_why) MUST_CHECK;

/*
 * A chunked body (RFC 9112 §7.1), decoded in place, piece by piece. Chunk
 * extensions are refused; trailers are read and dropped. Begins zeroed.
 */
enum { HTTP1_CHUNK_OVERHEAD_MAX = 64 * 1024 };
struct http1_chunks {
	int state;
	uint64_t left;   /* of the current chunk; known before its data comes */
	size_t line;     /* digits of the current size */
	size_t overhead; /* bytes of framing and trailers so far: bounded against floods of tiny chunks */
};

/*
 * Decode from `in`: data bytes are moved to `out` (which may be in.p itself),
 * *ret_out of them; *ret_used bytes of `in` are spent. HTTP1_DONE after the last
 * chunk and trailers. On HTTP1_REFUSED *ret_why is E_BAD_REQUEST_BODY.
 */
enum http1_result http1_chunked(struct http1_chunks *c, struct str in, char *out, size_t *ret_out,
    size_t *ret_used, enum status *ret_why) MUST_CHECK;

/* The first field of that name, ASCII case-insensitively; .p is NULL when absent. */
struct str http_field(const struct http_head *head, struct str name);
size_t http_field_count(const struct http_head *head, struct str name);
