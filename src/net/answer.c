/* answer.c - an answer as bytes: status line, our framing, the handler's fields, the body. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "net/conn.h"

static struct str
status_line(int status)
{
	switch (status) {
#define LINE(code, reason)                                                                                   \
	case code:                                                                                           \
		return S("HTTP/1.1 " #code " " reason "\r\n")
		LINE(200, "OK");
		LINE(201, "Created");
		LINE(202, "Accepted");
		LINE(204, "No Content");
		LINE(301, "Moved Permanently");
		LINE(302, "Found");
		LINE(303, "See Other");
		LINE(304, "Not Modified");
		LINE(307, "Temporary Redirect");
		LINE(308, "Permanent Redirect");
		LINE(400, "Bad Request");
		LINE(401, "Unauthorized");
		LINE(403, "Forbidden");
		LINE(404, "Not Found");
		LINE(405, "Method Not Allowed");
		LINE(406, "Not Acceptable");
		LINE(408, "Request Timeout");
		LINE(409, "Conflict");
		LINE(410, "Gone");
		LINE(412, "Precondition Failed");
		LINE(413, "Content Too Large");
		LINE(414, "URI Too Long");
		LINE(415, "Unsupported Media Type");
		LINE(421, "Misdirected Request");
		LINE(422, "Unprocessable Content");
		LINE(428, "Precondition Required");
		LINE(429, "Too Many Requests");
		LINE(431, "Request Header Fields Too Large");
		LINE(501, "Not Implemented");
		LINE(502, "Bad Gateway");
		LINE(503, "Service Unavailable");
		LINE(504, "Gateway Timeout");
#undef LINE
	default:
		/* Also what an unknown number becomes: a status line is no place to improvise. */
		return S("HTTP/1.1 500 Internal Server Error\r\n");
	}
}

static bool
is_ours(struct str name)
{
	static const struct str ours[] = {
		S_INIT("content-length"),
		S_INIT("transfer-encoding"),
		S_INIT("connection"),
		S_INIT("keep-alive"),
		S_INIT("date"),
		S_INIT("x-request-id"),
		S_INIT("trailer"),
	};

	for (size_t i = 0; i < ARRAY_LEN(ours); i++)
		if (str_eq_nocase(ours[i], name))
			return true;
	return false;
}

/* Whole lines, each with a name, none of ours: or the handler could split or frame the answer. */
bool
answer_is_fields(struct str lines)
{
	while (lines.n > 0) {
		struct str line, name, value;

		if (!str_cut(lines, '\n', &line, &lines) || !str_ends(line, S("\r")))
			return false;
		if (!str_cut(line, ':', &name, &value) || name.n == 0 || is_ours(name))
			return false;
		if (memchr(name.p, ' ', name.n) != NULL || memchr(value.p, '\r', value.n - 1) != NULL)
			return false;
	}
	return true;
}

static char *
put(char *to, struct str s)
{
	memcpy(to, s.p, s.n);
	return to + s.n;
}

static char *
put_id(char *to, uint64_t id)
{
	for (int shift = 60; shift >= 0; shift -= 4)
		*to++ = "0123456789abcdef"[id >> shift & 15];
	return to;
}

void
answer_write(struct buf *out, const struct exchange *x, const struct answer *a, bool close, struct str date)
{
	/* RFC 9110 §6.4.1: these two have no content, so no length either. */
	bool bare = a->status == 204 || a->status == 304;
	struct str body = bare || x->head.method == HTTP_HEAD ? STR_NONE : a->body;
	size_t length = a->rope != NULL ? rope_bytes(a->rope) : a->body.n;
	char *to;

	CHECK(a->rope == NULL || (!bare && a->body.n == 0));
	CHECK(a->is_vetted || answer_is_fields(a->headers));
	/* 256: the longest status line and the lines of ours. */
	if (!buf_reserve(out, 256 + a->headers.n + body.n))
		return;
	to = put(out->p + out->n, status_line(a->status));
	to = put(to, date);
	if (!bare) {
		to = put(to, S("Content-Length: "));
		to = put_decimal(to, length);
		to = put(to, S("\r\n"));
	}
	to = put(to, S("X-Request-Id: "));
	to = put_id(to, x->id);
	to = put(to, S("\r\n"));
	if (close)
		to = put(to, S("Connection: close\r\n"));
	else if (x->head.minor == 0)
		to = put(to, S("Connection: keep-alive\r\n"));
	if (a->headers.n > 0)
		to = put(to, a->headers);
	to = put(to, S("\r\n"));
	if (body.n > 0)
		to = put(to, body);
	out->n = (size_t)(to - out->p);
}
