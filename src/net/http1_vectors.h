/* http1_vectors.h - messages that two readers may frame differently, and what we say to each. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/base.h"

/*
 * .want is what the reader says to the bytes: 200 a complete head of which
 * .rest bytes are left over, 0 more bytes are needed, else the refusal's status.
 * Both the reader's own test and the test over sockets walk the table.
 */
struct http1_vector {
	const char *name;
	struct str bytes;
	int want;
	size_t rest;
};

#define H "Host: a.example\r\n"

/* clang-format off */
static const struct http1_vector http1_vectors[] = {
	/* What must be taken. */
	{ "plain GET", S_INIT("GET / HTTP/1.1\r\n" H "\r\n"), 200, 0 },
	{ "GET with a query", S_INIT("GET /session?x=1&y=%20 HTTP/1.1\r\n" H "\r\n"), 200, 0 },
	{ "second request left alone", S_INIT("GET / HTTP/1.1\r\n" H "\r\nGET /"), 200, 5 },
	{ "Content-Length body left alone", S_INIT("POST / HTTP/1.1\r\n" H "Content-Length: 3\r\n\r\nabc"), 200, 3 },
	{ "Content-Length 0", S_INIT("POST / HTTP/1.1\r\n" H "Content-Length: 0\r\n\r\n"), 200, 0 },
	{ "chunked", S_INIT("POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n"), 200, 0 },
	{ "chunked in capitals", S_INIT("POST / HTTP/1.1\r\n" H "TRANSFER-ENCODING: CHUNKED\r\n\r\n"), 200, 0 },
	{ "HTTP/1.0 with Host", S_INIT("GET / HTTP/1.0\r\n" H "\r\n"), 200, 0 },
	{ "optional space around a value", S_INIT("GET / HTTP/1.1\r\nHost: \t a.example \t\r\n\r\n"), 200, 0 },
	{ "no space before a value", S_INIT("GET / HTTP/1.1\r\nHost:a.example\r\n\r\n"), 200, 0 },
	{ "empty value", S_INIT("GET / HTTP/1.1\r\n" H "X-Empty:\r\n\r\n"), 200, 0 },
	{ "tab within a value", S_INIT("GET / HTTP/1.1\r\n" H "X: a\tb\r\n\r\n"), 200, 0 },
	{ "obs-text in a value", S_INIT("GET / HTTP/1.1\r\n" H "X: caf\xc3\xa9\r\n\r\n"), 200, 0 },
	{ "OPTIONS *", S_INIT("OPTIONS * HTTP/1.1\r\n" H "\r\n"), 200, 0 },
	{ "TRACE is read, for a 405", S_INIT("TRACE / HTTP/1.1\r\n" H "\r\n"), 200, 0 },
	{ "Host with a port", S_INIT("GET / HTTP/1.1\r\nHost: localhost:8080\r\n\r\n"), 200, 0 },
	{ "Host as IPv6", S_INIT("GET / HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n"), 200, 0 },
	{ "absolute target like Host", S_INIT("GET http://a.example/x HTTP/1.1\r\n" H "\r\n"), 200, 0 },
	{ "absolute target, other case", S_INIT("GET HTTP://A.Example/x HTTP/1.1\r\n" H "\r\n"), 200, 0 },
	{ "absolute target with the default port", S_INIT("GET http://a.example:80/x HTTP/1.1\r\n" H "\r\n"), 200, 0 },
	{ "absolute target, default port in Host", S_INIT("GET https://a.example/ HTTP/1.1\r\nHost: a.example:443\r\n\r\n"), 200, 0 },
	{ "absolute target without a path", S_INIT("GET http://a.example HTTP/1.1\r\n" H "\r\n"), 200, 0 },
	{ "absolute target with only a query", S_INIT("GET http://a.example?q HTTP/1.1\r\n" H "\r\n"), 200, 0 },
	{ "Expect: 100-continue", S_INIT("POST / HTTP/1.1\r\n" H "Content-Length: 1\r\nExpect: 100-Continue\r\n\r\n"), 200, 0 },
	{ "unknown Connection option", S_INIT("GET / HTTP/1.1\r\n" H "Connection: upgrade, x\r\n\r\n"), 200, 0 },

	/* Not complete. */
	{ "nothing", S_INIT(""), 0, 0 },
	{ "half a method", S_INIT("GE"), 0, 0 },
	{ "half a version", S_INIT("GET / HTTP/1."), 0, 0 },
	{ "half a line end", S_INIT("GET / HTTP/1.1\r"), 0, 0 },
	{ "no fields yet", S_INIT("GET / HTTP/1.1\r\n"), 0, 0 },
	{ "half a field", S_INIT("GET / HTTP/1.1\r\nHost: a.exam"), 0, 0 },
	{ "half an empty line", S_INIT("GET / HTTP/1.1\r\n" H "\r"), 0, 0 },

	/* Two lengths. */
	{ "two Content-Length", S_INIT("POST / HTTP/1.1\r\n" H "Content-Length: 3\r\nContent-Length: 4\r\n\r\n"), 400, 0 },
	{ "two equal Content-Length", S_INIT("POST / HTTP/1.1\r\n" H "Content-Length: 3\r\nContent-Length: 3\r\n\r\n"), 400, 0 },
	{ "two Content-Length, other case", S_INIT("POST / HTTP/1.1\r\n" H "Content-Length: 0\r\ncontent-length: 44\r\n\r\n"), 400, 0 },
	{ "Content-Length list", S_INIT("POST / HTTP/1.1\r\n" H "Content-Length: 3, 3\r\n\r\n"), 400, 0 },
	{ "Content-Length with Transfer-Encoding", S_INIT("POST / HTTP/1.1\r\n" H "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"), 400, 0 },
	{ "Transfer-Encoding with Content-Length", S_INIT("POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n"), 400, 0 },

	/* Lengths with several readings. */
	{ "Content-Length +3", S_INIT("POST / HTTP/1.1\r\n" H "Content-Length: +3\r\n\r\n"), 400, 0 },
	{ "Content-Length -3", S_INIT("POST / HTTP/1.1\r\n" H "Content-Length: -3\r\n\r\n"), 400, 0 },
	{ "Content-Length 0x3", S_INIT("POST / HTTP/1.1\r\n" H "Content-Length: 0x3\r\n\r\n"), 400, 0 },
	{ "Content-Length 3 4", S_INIT("POST / HTTP/1.1\r\n" H "Content-Length: 3 4\r\n\r\n"), 400, 0 },
	{ "Content-Length 010", S_INIT("POST / HTTP/1.1\r\n" H "Content-Length: 010\r\n\r\n"), 400, 0 },
	{ "Content-Length 3.0", S_INIT("POST / HTTP/1.1\r\n" H "Content-Length: 3.0\r\n\r\n"), 400, 0 },
	{ "Content-Length \"3\"", S_INIT("POST / HTTP/1.1\r\n" H "Content-Length: \"3\"\r\n\r\n"), 400, 0 },
	{ "Content-Length empty", S_INIT("POST / HTTP/1.1\r\n" H "Content-Length:\r\n\r\n"), 400, 0 },
	{ "Content-Length word", S_INIT("POST / HTTP/1.1\r\n" H "Content-Length: three\r\n\r\n"), 400, 0 },
	{ "Content-Length beyond 64 bits", S_INIT("POST / HTTP/1.1\r\n" H "Content-Length: 18446744073709551619\r\n\r\n"), 400, 0 },

	/* Transfer codings that one reader takes for chunked and another does not. */
	{ "chunked twice in a list", S_INIT("POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked, chunked\r\n\r\n"), 400, 0 },
	{ "chunked in two fields", S_INIT("POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"), 400, 0 },
	{ "chunked, identity", S_INIT("POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked, identity\r\n\r\n"), 400, 0 },
	{ "gzip, chunked", S_INIT("POST / HTTP/1.1\r\n" H "Transfer-Encoding: gzip, chunked\r\n\r\n"), 400, 0 },
	{ "identity", S_INIT("POST / HTTP/1.1\r\n" H "Transfer-Encoding: identity\r\n\r\n"), 400, 0 },
	{ "xchunked", S_INIT("POST / HTTP/1.1\r\n" H "Transfer-Encoding: xchunked\r\n\r\n"), 400, 0 },
	{ "chunked with a parameter", S_INIT("POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked;q=1\r\n\r\n"), 400, 0 },
	{ "chunked in quotes", S_INIT("POST / HTTP/1.1\r\n" H "Transfer-Encoding: \"chunked\"\r\n\r\n"), 400, 0 },
	{ "chunked behind a vertical tab", S_INIT("POST / HTTP/1.1\r\n" H "Transfer-Encoding: \vchunked\r\n\r\n"), 400, 0 },
	{ "chunked behind a no-break space", S_INIT("POST / HTTP/1.1\r\n" H "Transfer-Encoding: \xa0" "chunked\r\n\r\n"), 400, 0 },
	{ "chunked, comma", S_INIT("POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked,\r\n\r\n"), 400, 0 },
	{ "Transfer-Encoding empty", S_INIT("POST / HTTP/1.1\r\n" H "Transfer-Encoding:\r\n\r\n"), 400, 0 },
	{ "chunked on HTTP/1.0", S_INIT("POST / HTTP/1.0\r\n" H "Transfer-Encoding: chunked\r\n\r\n"), 400, 0 },

	/* Lines that end at different places. */
	{ "bare LF after the request line", S_INIT("GET / HTTP/1.1\n" H "\r\n"), 400, 0 },
	{ "bare LF after a field", S_INIT("GET / HTTP/1.1\r\nHost: a.example\n\r\n"), 400, 0 },
	{ "bare LF as the empty line", S_INIT("GET / HTTP/1.1\r\n" H "\n"), 400, 0 },
	{ "bare CR in a value", S_INIT("GET / HTTP/1.1\r\n" H "X: a\rContent-Length: 3\r\n\r\n"), 400, 0 },
	{ "bare CR as the empty line", S_INIT("GET / HTTP/1.1\r\n" H "\rX"), 400, 0 },
	{ "CR CR LF", S_INIT("GET / HTTP/1.1\r\n" H "X: a\r\r\n\r\n"), 400, 0 },
	{ "empty line before the request", S_INIT("\r\nGET / HTTP/1.1\r\n" H "\r\n"), 400, 0 },
	{ "LF before the request", S_INIT("\nGET / HTTP/1.1\r\n" H "\r\n"), 400, 0 },
	{ "obs-fold by space", S_INIT("GET / HTTP/1.1\r\n" H "X: a\r\n b\r\n\r\n"), 400, 0 },
	{ "obs-fold by tab", S_INIT("GET / HTTP/1.1\r\n" H "X: a\r\n\tb\r\n\r\n"), 400, 0 },
	{ "folded first line", S_INIT("GET / HTTP/1.1\r\n " H "\r\n"), 400, 0 },
	{ "folded Transfer-Encoding", S_INIT("POST / HTTP/1.1\r\n" H "Transfer-Encoding:\r\n chunked\r\n\r\n"), 400, 0 },

	/* Field names. */
	{ "space before the colon", S_INIT("POST / HTTP/1.1\r\n" H "Content-Length : 3\r\n\r\n"), 400, 0 },
	{ "tab before the colon", S_INIT("POST / HTTP/1.1\r\n" H "Transfer-Encoding\t: chunked\r\n\r\n"), 400, 0 },
	{ "empty name", S_INIT("GET / HTTP/1.1\r\n" H ": x\r\n\r\n"), 400, 0 },
	{ "no colon", S_INIT("GET / HTTP/1.1\r\n" H "X\r\n\r\n"), 400, 0 },
	{ "space in a name", S_INIT("GET / HTTP/1.1\r\n" H "X Y: z\r\n\r\n"), 400, 0 },
	{ "parenthesis in a name", S_INIT("GET / HTTP/1.1\r\n" H "X(: z\r\n\r\n"), 400, 0 },
	{ "non-ASCII in a name", S_INIT("GET / HTTP/1.1\r\n" H "X\xc3\xa9: z\r\n\r\n"), 400, 0 },
	{ "NUL in a name", S_INIT("POST / HTTP/1.1\r\n" H "Content-Length\0: 3\r\n\r\n"), 400, 0 },

	/* Control bytes. */
	{ "NUL in a value", S_INIT("GET / HTTP/1.1\r\n" H "X: a\0b\r\n\r\n"), 400, 0 },
	{ "bell in a value", S_INIT("GET / HTTP/1.1\r\n" H "X: a\ab\r\n\r\n"), 400, 0 },
	{ "DEL in a value", S_INIT("GET / HTTP/1.1\r\n" H "X: a\x7f\r\n\r\n"), 400, 0 },

	/* Whose request it is. */
	{ "no Host", S_INIT("GET / HTTP/1.1\r\n\r\n"), 400, 0 },
	{ "no Host in HTTP/1.0", S_INIT("GET / HTTP/1.0\r\n\r\n"), 400, 0 },
	{ "two Host", S_INIT("GET / HTTP/1.1\r\n" H "Host: b.example\r\n\r\n"), 400, 0 },
	{ "two equal Host", S_INIT("GET / HTTP/1.1\r\n" H H "\r\n"), 400, 0 },
	{ "two Host in HTTP/1.0", S_INIT("GET / HTTP/1.0\r\n" H "host: b.example\r\n\r\n"), 400, 0 },
	{ "empty Host", S_INIT("GET / HTTP/1.1\r\nHost:\r\n\r\n"), 400, 0 },
	{ "Host with userinfo", S_INIT("GET / HTTP/1.1\r\nHost: me@a.example\r\n\r\n"), 400, 0 },
	{ "Host with a path", S_INIT("GET / HTTP/1.1\r\nHost: a.example/x\r\n\r\n"), 400, 0 },
	{ "Host with a query", S_INIT("GET / HTTP/1.1\r\nHost: a.example?x\r\n\r\n"), 400, 0 },
	{ "Host list", S_INIT("GET / HTTP/1.1\r\nHost: a.example, b.example\r\n\r\n"), 400, 0 },
	{ "Host with a space", S_INIT("GET / HTTP/1.1\r\nHost: a.example b.example\r\n\r\n"), 400, 0 },
	{ "Host with a percent", S_INIT("GET / HTTP/1.1\r\nHost: a%2eexample\r\n\r\n"), 400, 0 },
	{ "Host not in ASCII", S_INIT("GET / HTTP/1.1\r\nHost: caf\xc3\xa9.example\r\n\r\n"), 400, 0 },
	{ "Host with an empty port", S_INIT("GET / HTTP/1.1\r\nHost: a.example:\r\n\r\n"), 400, 0 },
	{ "Host with a word for a port", S_INIT("GET / HTTP/1.1\r\nHost: a.example:http\r\n\r\n"), 400, 0 },
	{ "Host with port 080", S_INIT("GET / HTTP/1.1\r\nHost: a.example:080\r\n\r\n"), 400, 0 },
	{ "Host with port 65536", S_INIT("GET / HTTP/1.1\r\nHost: a.example:65536\r\n\r\n"), 400, 0 },
	{ "Host with two ports", S_INIT("GET / HTTP/1.1\r\nHost: a.example:80:80\r\n\r\n"), 400, 0 },
	{ "Host with an open bracket", S_INIT("GET / HTTP/1.1\r\nHost: [::1\r\n\r\n"), 400, 0 },
	{ "Host with a zone", S_INIT("GET / HTTP/1.1\r\nHost: [fe80::1%25eth0]\r\n\r\n"), 400, 0 },
	{ "Host behind brackets", S_INIT("GET / HTTP/1.1\r\nHost: [::1]a.example\r\n\r\n"), 400, 0 },
	{ "absolute target, other host", S_INIT("GET http://b.example/ HTTP/1.1\r\n" H "\r\n"), 400, 0 },
	{ "absolute target, other port", S_INIT("GET http://a.example:8080/ HTTP/1.1\r\n" H "\r\n"), 400, 0 },
	{ "absolute target, default port of the other scheme", S_INIT("GET https://a.example:80/ HTTP/1.1\r\n" H "\r\n"), 400, 0 },
	{ "absolute target without Host", S_INIT("GET http://a.example/ HTTP/1.1\r\n\r\n"), 400, 0 },
	{ "absolute target with userinfo", S_INIT("GET http://me@a.example/ HTTP/1.1\r\n" H "\r\n"), 400, 0 },
	{ "absolute target without a host", S_INIT("GET http:///x HTTP/1.1\r\n" H "\r\n"), 400, 0 },
	{ "absolute target of another scheme", S_INIT("GET ftp://a.example/ HTTP/1.1\r\n" H "\r\n"), 400, 0 },
	{ "authority target", S_INIT("CONNECT a.example:443 HTTP/1.1\r\n" H "\r\n"), 400, 0 },
	{ "GET *", S_INIT("GET * HTTP/1.1\r\n" H "\r\n"), 400, 0 },
	{ "target without a slash", S_INIT("GET session HTTP/1.1\r\n" H "\r\n"), 400, 0 },

	/* The request line. */
	{ "fragment", S_INIT("GET /#x HTTP/1.1\r\n" H "\r\n"), 400, 0 },
	{ "space in the target", S_INIT("GET /a b HTTP/1.1\r\n" H "\r\n"), 400, 0 },
	{ "tab in the target", S_INIT("GET /a\tb HTTP/1.1\r\n" H "\r\n"), 400, 0 },
	{ "non-ASCII in the target", S_INIT("GET /caf\xc3\xa9 HTTP/1.1\r\n" H "\r\n"), 400, 0 },
	{ "NUL in the target", S_INIT("GET /a\0b HTTP/1.1\r\n" H "\r\n"), 400, 0 },
	{ "two spaces after the method", S_INIT("GET  / HTTP/1.1\r\n" H "\r\n"), 400, 0 },
	{ "two spaces before the version", S_INIT("GET /  HTTP/1.1\r\n" H "\r\n"), 400, 0 },
	{ "tab after the method", S_INIT("GET\t/ HTTP/1.1\r\n" H "\r\n"), 400, 0 },
	{ "space before the method", S_INIT(" GET / HTTP/1.1\r\n" H "\r\n"), 400, 0 },
	{ "space after the version", S_INIT("GET / HTTP/1.1 \r\n" H "\r\n"), 400, 0 },
	{ "no method", S_INIT("/ HTTP/1.1\r\n" H "\r\n"), 400, 0 },
	{ "method with a slash", S_INIT("GE/T / HTTP/1.1\r\n" H "\r\n"), 400, 0 },
	{ "no target", S_INIT("GET HTTP/1.1\r\n" H "\r\n"), 400, 0 },
	{ "HTTP/0.9", S_INIT("GET /\r\n"), 400, 0 },
	{ "http/1.1", S_INIT("GET / http/1.1\r\n" H "\r\n"), 400, 0 },
	{ "HTTP/1.2", S_INIT("GET / HTTP/1.2\r\n" H "\r\n"), 400, 0 },
	{ "HTTP/1.10", S_INIT("GET / HTTP/1.10\r\n" H "\r\n"), 400, 0 },
	{ "HTTP/2.0", S_INIT("GET / HTTP/2.0\r\n" H "\r\n"), 400, 0 },
	{ "HTTP/2 preface", S_INIT("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 400, 0 },
	{ "HTTP/01.1", S_INIT("GET / HTTP/01.1\r\n" H "\r\n"), 400, 0 },
	{ "TLS client hello", S_INIT("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"), 400, 0 },

	/* Expectations. */
	{ "unknown expectation", S_INIT("POST / HTTP/1.1\r\n" H "Content-Length: 1\r\nExpect: 200-ok\r\n\r\n"), 400, 0 },
	{ "two expectations", S_INIT("POST / HTTP/1.1\r\n" H "Content-Length: 1\r\nExpect: 100-continue, x\r\n\r\n"), 400, 0 },
	{ "100-continue twice", S_INIT("POST / HTTP/1.1\r\n" H "Expect: 100-continue\r\nExpect: 100-continue\r\n\r\n"), 400, 0 },
};
/* clang-format on */

#undef H
