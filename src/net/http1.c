/* http1.c - the strict HTTP/1.1 reader: one pass, no memory of its own. RFC 9110, RFC 9112. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http1.h"

#include <string.h>

/*
 * What a byte may be part of. One table look-up a byte is all the checking
 * there is on the hot path: a byte outside its class ends the run, and only
 * the delimiter that belongs there may follow.
 */
enum {
	TOKEN = 1,  /* RFC 9110 §5.6.2: methods, field names */
	TARGET = 2, /* visible ASCII without '#': a fragment never goes over the wire */
	VALUE = 4,  /* RFC 9110 §5.5: visible, space, tab, obs-text; no other control */
	HOST = 8,   /* letters, digits, '-', '.', '_': names and IPv4; no %-encoding */
	DIGIT = 16,
	HEX = 32,
};

#define WORD  (TOKEN | TARGET | VALUE)
#define PUNCT (TARGET | VALUE)

/* clang-format off */
static const uint8_t class_of[256] = {
	['\t'] = VALUE, [' '] = VALUE, ['!'] = WORD, ['"'] = PUNCT, ['#'] = TOKEN | VALUE,
	['$' ... '\''] = WORD, ['('] = PUNCT, [')'] = PUNCT, ['*'] = WORD, ['+'] = WORD,
	[','] = PUNCT, ['-'] = WORD | HOST, ['.'] = WORD | HOST, ['/'] = PUNCT,
	['0' ... '9'] = WORD | HOST | DIGIT | HEX, [':' ... '@'] = PUNCT,
	['A' ... 'F'] = WORD | HOST | HEX, ['G' ... 'Z'] = WORD | HOST,
	['[' ... ']'] = PUNCT, ['^'] = WORD, ['_'] = WORD | HOST, ['`'] = WORD,
	['a' ... 'f'] = WORD | HOST | HEX, ['g' ... 'z'] = WORD | HOST,
	['{'] = PUNCT, ['|'] = WORD, ['}'] = PUNCT, ['~'] = WORD,
	[0x80 ... 0xff] = VALUE,
};
/* clang-format on */

struct authority {
	struct str name; /* empty: there is none */
	unsigned port;   /* 0: not named */
};

struct reader {
	const char *p;
	const char *end;
	enum status over; /* OK: more bytes may come; else: end is a limit, and this is passing it */
	enum status why;
	struct authority target; /* of an absolute-form target */
	unsigned default_port;   /* of its scheme */
	struct authority host;
	bool expect;
	bool close;
	bool keep_alive;
};

/* Leave unless this part of the head is complete and right. */
#define STEP(call)                                                                                           \
	do {                                                                                                 \
		enum http1_result step_ = (call);                                                            \
		if (step_ != HTTP1_DONE)                                                                     \
			return step_;                                                                        \
	} while (0)

static inline bool
is(char c, uint8_t class)
{
	return (class_of[(uint8_t)c] & class) != 0;
}

static inline const char *
skip(const char *p, const char *end, uint8_t class)
{
	while (p < end && is(*p, class))
		p++;
	return p;
}

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* Not 0 if any of the eight bytes of v is below n, which is at most 0x80. */
static inline uint64_t
below(uint64_t v, uint8_t n)
{
	return (v - EACH(n)) & ~v & EACH(0x80);
}

/* Only what is in TARGET, though not all of it. */
static inline bool
is_target(uint64_t v)
{
	return ((v & EACH(0x80)) | below(v, '!') | below(v ^ EACH('#'), 1) | below(v ^ EACH(0x7f), 1)) == 0;
}

/* Only what is in VALUE, though not all of it: no tab. */
static inline bool
is_value(uint64_t v)
{
	return (below(v, ' ') | below(v ^ EACH(0x7f), 1)) == 0;
}

/* Eight bytes at a time; what stops that, and the last ones, are looked up one by one. */
static inline const char *
skip_long(const char *p, const char *end, bool (*is_plain)(uint64_t v), uint8_t class)
{
	uint64_t v;

	for (; end - p >= (ptrdiff_t)sizeof(v); p += sizeof(v)) {
		memcpy(&v, p, sizeof(v));
		if (!is_plain(v))
			break;
	}
	return skip(p, end, class);
}

static inline struct str
span(const char *from, const char *to)
{
	return (struct str){ from, (size_t)(to - from) };
}

static inline char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static bool
same(struct str a, struct str b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (lower(a.p[i]) != lower(b.p[i]))
			return false;
	return true;
}

static enum http1_result
refuse(struct reader *r)
{
	r->why = E_BAD_REQUEST_BODY;
	return HTTP1_REFUSED;
}

/* The bytes end inside something. */
static enum http1_result
starve(struct reader *r)
{
	if (r->over == OK)
		return HTTP1_MORE;
	r->why = r->over;
	return HTTP1_REFUSED;
}

/* Exactly CRLF: a reader that takes a lone LF or CR for it sees other lines than we do. */
static inline enum http1_result
read_crlf(struct reader *r)
{
	if (r->p == r->end)
		return starve(r);
	if (*r->p != '\r')
		return refuse(r);
	if (r->p + 1 == r->end)
		return starve(r);
	if (r->p[1] != '\n')
		return refuse(r);
	r->p += 2;
	return HTTP1_DONE;
}

static enum http1_result
read_literal(struct reader *r, struct str lit)
{
	for (size_t i = 0; i < lit.n; i++, r->p++) {
		if (r->p == r->end)
			return starve(r);
		if (*r->p != lit.p[i])
			return refuse(r);
	}
	return HTTP1_DONE;
}

/* What was passed over from here on, then one space. */
static enum http1_result
end_word(struct reader *r, const char *from, struct str *ret_word)
{
	if (r->p == r->end)
		return starve(r);
	if (r->p == from || *r->p != ' ')
		return refuse(r);
	*ret_word = span(from, r->p++);
	return HTTP1_DONE;
}

static enum http1_result
read_method(struct reader *r, struct str *ret_word)
{
	const char *from = r->p;

	r->p = skip(from, r->end, TOKEN);
	return end_word(r, from, ret_word);
}

static enum http1_result
read_target(struct reader *r, struct str *ret_word)
{
	const char *from = r->p;

	r->p = skip_long(from, r->end, is_target, TARGET);
	return end_word(r, from, ret_word);
}

static enum http_method
method_of(struct str m)
{
	static const struct str names[HTTP_OTHER] = {
		[HTTP_GET] = S_INIT("GET"),
		[HTTP_HEAD] = S_INIT("HEAD"),
		[HTTP_POST] = S_INIT("POST"),
		[HTTP_PUT] = S_INIT("PUT"),
		[HTTP_PATCH] = S_INIT("PATCH"),
		[HTTP_DELETE] = S_INIT("DELETE"),
		[HTTP_OPTIONS] = S_INIT("OPTIONS"),
	};

	/* Methods are case-sensitive (RFC 9110 §9.1). */
	for (unsigned i = 0; i < HTTP_OTHER; i++)
		if (names[i].n == m.n && memcmp(names[i].p, m.p, m.n) == 0)
			return (enum http_method)i;
	return HTTP_OTHER;
}

/* ":1" to ":65535", or nothing. A leading zero or an empty port has twins, so there is none. */
static bool
parse_port(struct str s, unsigned *ret_port)
{
	unsigned port = 0;

	*ret_port = 0;
	if (s.n == 0)
		return true;
	if (s.n < 2 || s.n > 6 || s.p[0] != ':' || s.p[1] == '0')
		return false;
	for (size_t i = 1; i < s.n; i++) {
		if (!is(s.p[i], DIGIT))
			return false;
		port = port * 10 + (unsigned)(s.p[i] - '0');
	}
	*ret_port = port;
	return port <= 65535;
}

static const char *
skip_ip6(const char *p, const char *end)
{
	while (p < end && (is(*p, HEX) || *p == ':' || *p == '.'))
		p++;
	return p;
}

/* host [":" port] and nothing else: no userinfo, path, list, %-encoding or zone. */
static bool
parse_authority(struct str s, struct authority *ret_a)
{
	const char *end = s.p + s.n;
	const char *p = s.p;

	if (s.n > 0 && *p == '[') {
		p = skip_ip6(p + 1, end);
		if (p == end || *p != ']' || p - s.p < 3)
			return false;
		p++;
	} else {
		p = skip(p, end, HOST);
	}
	ret_a->name = span(s.p, p);
	return ret_a->name.n > 0 && parse_port(span(p, end), &ret_a->port);
}

static void
split_query(struct str s, struct http_head *h)
{
	const char *q = s.n > 0 ? memchr(s.p, '?', s.n) : NULL;

	h->path = q == NULL ? s : span(s.p, q);
	h->query = q == NULL ? STR_NONE : span(q + 1, s.p + s.n);
}

/* RFC 9112 §3.2.2. The authority must later equal Host, so that no reader can route by another one. */
static bool
split_absolute(struct reader *r, struct str target, struct http_head *h)
{
	static const struct str http = S_INIT("http://"), https = S_INIT("https://");
	bool secure = target.n > https.n && same((struct str){ target.p, https.n }, https);
	const char *end = target.p + target.n;
	const char *from, *p;

	if (!secure && !(target.n > http.n && same((struct str){ target.p, http.n }, http)))
		return false;
	from = target.p + (secure ? https.n : http.n);
	for (p = from; p < end && *p != '/' && *p != '?'; p++)
		;
	r->default_port = secure ? 443 : 80;
	split_query(span(p, end), h);
	/* An empty path means "/": a slash of "://" stands in, so that the view stays within the input. */
	if (h->path.n == 0)
		h->path = (struct str){ from - 1, 1 };
	return parse_authority(span(from, p), &r->target);
}

static bool
split_target(struct reader *r, struct str target, struct http_head *h)
{
	if (target.p[0] == '/') {
		split_query(target, h);
		return true;
	}
	if (target.n == 1 && target.p[0] == '*') {
		h->path = target;
		return h->method == HTTP_OPTIONS;
	}
	return split_absolute(r, target, h);
}

static enum http1_result
read_request_line(struct reader *r, struct http_head *h)
{
	struct str target;

	STEP(read_method(r, &h->method_text));
	h->method = method_of(h->method_text);
	STEP(read_target(r, &target));
	STEP(read_literal(r, S("HTTP/1.")));
	if (r->p == r->end)
		return starve(r);
	if (*r->p != '0' && *r->p != '1')
		return refuse(r);
	h->minor = *r->p++ - '0';
	STEP(read_crlf(r));
	return split_target(r, target, h) ? HTTP1_DONE : refuse(r);
}

/* Digits only, without leading zeros: no sign, space, list or base that may be taken differently. */
static bool
take_content_length(struct str v, struct http_head *h)
{
	int64_t n = 0;

	if (h->content_length >= 0 || v.n == 0 || v.n > 18 || (v.n > 1 && v.p[0] == '0'))
		return false;
	for (size_t i = 0; i < v.n; i++) {
		if (!is(v.p[i], DIGIT))
			return false;
		n = n * 10 + (v.p[i] - '0');
	}
	h->content_length = n;
	return true;
}

static bool
take_transfer_encoding(struct str v, struct http_head *h)
{
	if (h->chunked || !same(v, S("chunked")))
		return false;
	h->chunked = true;
	return true;
}

static bool
take_host(struct reader *r, struct str v, struct http_head *h)
{
	if (r->host.name.n > 0 || !parse_authority(v, &r->host))
		return false;
	h->host = v;
	return true;
}

static bool
take_expect(struct reader *r, struct str v)
{
	if (r->expect || !same(v, S("100-continue")))
		return false;
	r->expect = true;
	return true;
}

static struct str
trim(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	while (end > p && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	return span(p, end);
}

/* A list (RFC 9110 §7.6.1). Options we do not know say nothing about framing. */
static bool
take_connection(struct reader *r, struct str v)
{
	const char *end = v.p + v.n;

	for (const char *p = v.p, *to; p < end; p = to + 1) {
		to = memchr(p, ',', (size_t)(end - p));
		if (to == NULL)
			to = end;
		r->close |= same(trim(p, to), S("close"));
		r->keep_alive |= same(trim(p, to), S("keep-alive"));
	}
	return true;
}

/* The fields that frame, route or keep the connection; all others are the caller's. */
static bool
take_field(struct reader *r, const struct http_field *f, struct http_head *h)
{
	switch (f->name.n) {
	case 4:
		return !same(f->name, S("host")) || take_host(r, f->value, h);
	case 6:
		return !same(f->name, S("expect")) || take_expect(r, f->value);
	case 10:
		return !same(f->name, S("connection")) || take_connection(r, f->value);
	case 14:
		return !same(f->name, S("content-length")) || take_content_length(f->value, h);
	case 17:
		return !same(f->name, S("transfer-encoding")) || take_transfer_encoding(f->value, h);
	default:
		return true;
	}
}

/* One `name: value` line. A space at its start (obs-fold) or before the colon is in no token, so refused. */
static enum http1_result
read_field(struct reader *r, struct http_field *ret_f)
{
	const char *from = r->p;
	const char *to;

	r->p = skip(from, r->end, TOKEN);
	if (r->p == r->end)
		return starve(r);
	if (r->p == from || *r->p != ':')
		return refuse(r);
	ret_f->name = span(from, r->p);
	from = ++r->p;
	to = r->p = skip_long(from, r->end, is_value, VALUE);
	STEP(read_crlf(r));
	ret_f->value = trim(from, to);
	return HTTP1_DONE;
}

static enum http1_result
read_fields(struct reader *r, struct http_head *h)
{
	for (;;) {
		struct http_field *f = &h->fields[h->n_fields];

		if (r->p == r->end)
			return starve(r);
		if (*r->p == '\r')
			return read_crlf(r);
		if (h->n_fields == HTTP1_FIELDS_MAX) {
			r->why = E_HEADERS_TOO_LARGE;
			return HTTP1_REFUSED;
		}
		STEP(read_field(r, f));
		if (!take_field(r, f, h))
			return refuse(r);
		h->n_fields++;
	}
}

static bool
target_is_host(const struct reader *r)
{
	unsigned a = r->target.port == r->default_port ? 0 : r->target.port;
	unsigned b = r->host.port == r->default_port ? 0 : r->host.port;

	return r->target.name.n == 0 || (a == b && same(r->target.name, r->host.name));
}

/* What only the whole head can tell. */
static enum http1_result
judge(struct reader *r, struct http_head *h)
{
	if (r->host.name.n == 0 || !target_is_host(r))
		return refuse(r);
	if (h->chunked && (h->content_length >= 0 || h->minor == 0))
		return refuse(r);

	h->keep_alive = !r->close && (h->minor == 1 || r->keep_alive);
	/* A proxy may take what follows a CONNECT for a tunnel. */
	if (h->method == HTTP_OTHER && same(h->method_text, S("connect")))
		h->keep_alive = false;
	/* RFC 9110 §10.1.1: of an HTTP/1.0 client the expectation is ignored. */
	h->expect_continue = r->expect && h->minor == 1;
	return HTTP1_DONE;
}

/* Let the reader see no more than `cap` bytes: running into it is `over`. */
static void
set_limit(struct reader *r, struct str in, size_t cap, enum status over)
{
	r->end = in.p + (in.n < cap ? in.n : cap);
	r->over = in.n < cap ? OK : over;
}

static enum http1_result
read_head(struct reader *r, struct str in, const struct http1_limits *limits, struct http_head *h)
{
	size_t line = limits->request_line + 2;

	if (line < limits->head)
		set_limit(r, in, line, E_URI_TOO_LONG);
	else
		set_limit(r, in, limits->head, E_HEADERS_TOO_LARGE);
	STEP(read_request_line(r, h));
	set_limit(r, in, limits->head, E_HEADERS_TOO_LARGE);
	STEP(read_fields(r, h));
	return judge(r, h);
}

enum http1_result
http1_head(struct str in, const struct http1_limits *limits, struct http_head *ret_head, size_t *ret_used,
    enum status *ret_why)
{
	struct reader r = { .p = in.p };
	enum http1_result result;

	/* Not the fields: two kilobytes that nobody reads beyond n_fields. */
	ret_head->method = HTTP_OTHER;
	ret_head->method_text = ret_head->path = ret_head->query = ret_head->host = STR_NONE;
	ret_head->n_fields = 0;
	ret_head->content_length = -1;
	ret_head->chunked = ret_head->keep_alive = ret_head->expect_continue = false;
	ret_head->minor = 1;

	result = read_head(&r, in, limits, ret_head);
	if (result == HTTP1_DONE)
		*ret_used = (size_t)(r.p - in.p);
	if (result == HTTP1_REFUSED)
		*ret_why = r.why;
	return result;
}

/* RFC 9112 §7.1, one framing byte a step; data goes in runs. Zero is where a body begins. */
enum chunk_state {
	CHUNK_SIZE,
	CHUNK_SIZE_LF,
	CHUNK_DATA,
	CHUNK_DATA_CR,
	CHUNK_DATA_LF,
	TRAILER_START,
	TRAILER_NAME,
	TRAILER_VALUE,
	TRAILER_LF,
	CHUNK_END_LF,
	CHUNK_END,
};

static uint64_t
hex_value(char c)
{
	return (uint64_t)(is(c, DIGIT) ? c - '0' : lower(c) - 'a' + 10);
}

static bool
chunk_goto(struct http1_chunks *c, enum chunk_state state)
{
	c->state = (int)state;
	c->line = 0;
	return true;
}

/*
 * 1 to 16 hex digits, then CR. No extension: nobody sends one but those who
 * count on two readers ending the line at different places.
 */
static bool
chunk_size_byte(struct http1_chunks *c, char b)
{
	if (b == '\r' && c->line > 0)
		return chunk_goto(c, CHUNK_SIZE_LF);
	if (!is(b, HEX) || c->line == 16)
		return false;
	c->left = c->left << 4 | hex_value(b);
	c->line++;
	return true;
}

static bool
trailer_byte(struct http1_chunks *c, char b)
{
	switch (c->state) {
	case TRAILER_START:
		if (b == '\r')
			return chunk_goto(c, CHUNK_END_LF);
		return is(b, TOKEN) && chunk_goto(c, TRAILER_NAME);
	case TRAILER_NAME:
		return is(b, TOKEN) || (b == ':' && chunk_goto(c, TRAILER_VALUE));
	case TRAILER_VALUE:
		return is(b, VALUE) || (b == '\r' && chunk_goto(c, TRAILER_LF));
	case TRAILER_LF:
		return b == '\n' && chunk_goto(c, TRAILER_START);
	default:
		return b == '\n' && chunk_goto(c, CHUNK_END);
	}
}

static bool
chunk_byte(struct http1_chunks *c, char b)
{
	if (++c->overhead > HTTP1_CHUNK_OVERHEAD_MAX)
		return false;
	switch (c->state) {
	case CHUNK_SIZE:
		return chunk_size_byte(c, b);
	case CHUNK_SIZE_LF:
		return b == '\n' && chunk_goto(c, c->left > 0 ? CHUNK_DATA : TRAILER_START);
	case CHUNK_DATA_CR:
		return b == '\r' && chunk_goto(c, CHUNK_DATA_LF);
	case CHUNK_DATA_LF:
		return b == '\n' && chunk_goto(c, CHUNK_SIZE);
	default:
		return trailer_byte(c, b);
	}
}

static size_t
chunk_data(struct http1_chunks *c, struct str in, char *out)
{
	size_t n = c->left < in.n ? (size_t)c->left : in.n;

	memmove(out, in.p, n);
	c->left -= n;
	if (c->left == 0)
		chunk_goto(c, CHUNK_DATA_CR);
	return n;
}

enum http1_result
http1_chunked(
    struct http1_chunks *c, struct str in, char *out, size_t *ret_out, size_t *ret_used, enum status *ret_why)
{
	size_t used = 0, n_out = 0;

	while (used < in.n && c->state != CHUNK_END) {
		if (c->state == CHUNK_DATA) {
			size_t n = chunk_data(c, (struct str){ in.p + used, in.n - used }, out + n_out);

			used += n;
			n_out += n;
		} else if (!chunk_byte(c, in.p[used++])) {
			*ret_why = E_BAD_REQUEST_BODY;
			return HTTP1_REFUSED;
		}
	}
	*ret_out = n_out;
	*ret_used = used;
	return c->state == CHUNK_END ? HTTP1_DONE : HTTP1_MORE;
}

struct str
http_field(const struct http_head *head, struct str name)
{
	for (size_t i = 0; i < head->n_fields; i++)
		if (same(head->fields[i].name, name))
			return head->fields[i].value;
	return STR_NONE;
}

size_t
http_field_count(const struct http_head *head, struct str name)
{
	size_t n = 0;

	for (size_t i = 0; i < head->n_fields; i++)
		n += same(head->fields[i].name, name);
	return n;
}
