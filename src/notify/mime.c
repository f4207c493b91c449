/* mime.c - a mail as it goes over the wire: RFC 5322 headers, MIME parts. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "notify/mime.h"

#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/str.h"

enum { WORD_BYTES = 45, LINE_MAX_BYTES = 76, ADDRESS_MAX = 254, PLAIN_MAX = 60 };

bool
mime_address_is_plain(struct str address)
{
	size_t ats = 0;

	for (size_t i = 0; i < address.n; i++) {
		unsigned char c = (unsigned char)address.p[i];

		if (c <= 0x20 || c == 0x7F || strchr("<>()[],;:\\\"", c))
			return false;
		ats += c == '@';
	}
	return ats == 1 && address.n <= ADDRESS_MAX && address.p[0] != '@' && address.p[address.n - 1] != '@' &&
	    str_is_text(address);
}

static bool
is_plain(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < 0x20 || (unsigned char)s.p[i] > 0x7E)
			return false;
	/* What looks like an encoded word would be read as one. */
	return s.n <= PLAIN_MAX && (s.n < 2 || !memmem(s.p, s.n, "=?", 2));
}

static void
put_base64(struct buf *out, const char *p, size_t n)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < n; i += 3) {
		uint32_t v = (uint32_t)(unsigned char)p[i] << 16;

		v |= i + 1 < n ? (uint32_t)(unsigned char)p[i + 1] << 8 : 0;
		v |= i + 2 < n ? (uint32_t)(unsigned char)p[i + 2] : 0;
		buf_put_char(out, digits[v >> 18]);
		buf_put_char(out, digits[v >> 12 & 63]);
		buf_put_char(out, i + 1 < n ? digits[v >> 6 & 63] : '=');
		buf_put_char(out, i + 2 < n ? digits[v & 63] : '=');
	}
}

/* One encoded word of whole characters; controls in it become spaces. */
static void
put_word(struct buf *out, struct str piece)
{
	char bytes[WORD_BYTES];

	for (size_t i = 0; i < piece.n; i++)
		bytes[i] = (unsigned char)piece.p[i] < 0x20 || piece.p[i] == 0x7F ? ' ' : piece.p[i];
	buf_put_str(out, S("=?UTF-8?B?"));
	put_base64(out, bytes, piece.n);
	buf_put_str(out, S("?="));
}

void
mime_put_words(struct buf *out, struct str text)
{
	if (is_plain(text)) {
		buf_put_str(out, text);
		return;
	}
	while (text.n > 0) {
		size_t n = text.n < WORD_BYTES ? text.n : WORD_BYTES;

		while (n < text.n && n > 1 && ((unsigned char)text.p[n] & 0xC0) == 0x80)
			n--;
		put_word(out, (struct str){ text.p, n });
		text = str_from(text, n);
		if (text.n > 0)
			buf_put_str(out, S("\r\n "));
	}
}

static void
put_address(struct buf *out, const char *header, struct str name, struct str address)
{
	buf_printf(out, "%s: ", header);
	if (name.n > 0 && is_plain(name)) {
		buf_put_char(out, '"');
		for (size_t i = 0; i < name.n; i++) {
			if (name.p[i] == '"' || name.p[i] == '\\')
				buf_put_char(out, '\\');
			buf_put_char(out, name.p[i]);
		}
		buf_put_str(out, S("\"\r\n "));
	} else if (name.n > 0) {
		mime_put_words(out, name);
		buf_put_str(out, S("\r\n "));
	}
	buf_printf(out, "<" STR_FMT ">\r\n", STR_ARG(address));
}

static void
put_date(struct buf *out, int64_t at)
{
	static const char *const days[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct",
		"Nov", "Dec" };
	time_t s = (time_t)(at / SECOND_US);
	struct tm tm;

	/* No strftime: names of days are the language's, not the locale's. */
	if (!gmtime_r(&s, &tm))
		return;
	buf_printf(out, "Date: %s, %d %s %d %02d:%02d:%02d +0000\r\n", days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon],
	    tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

/* A space or tab before a line's end, and a line that is one dot, do not survive every server as they are. */
static bool
needs_quoting(struct str text, size_t i, size_t column)
{
	unsigned char c = (unsigned char)text.p[i];

	if (c == ' ' || c == '\t')
		return i + 1 == text.n || text.p[i + 1] == '\n' || text.p[i + 1] == '\r';
	return c < 0x20 || c > 0x7E || c == '=' || (c == '.' && column == 0);
}

void
mime_put_quoted_printable(struct buf *out, struct str text)
{
	size_t column = 0;

	for (size_t i = 0; i < text.n; i++) {
		bool quoted;

		if (text.p[i] == '\r' && i + 1 < text.n && text.p[i + 1] == '\n')
			continue;
		if (text.p[i] == '\n') {
			buf_put_str(out, S("\r\n"));
			column = 0;
			continue;
		}
		quoted = needs_quoting(text, i, column);
		if (column + (quoted ? 3 : 1) > LINE_MAX_BYTES - 1) {
			buf_put_str(out, S("=\r\n"));
			column = 0;
			quoted = needs_quoting(text, i, column);
		}
		if (quoted)
			buf_printf(out, "=%02X", (unsigned)(unsigned char)text.p[i]);
		else
			buf_put_char(out, text.p[i]);
		column += quoted ? 3 : 1;
	}
}

static void
put_body(struct buf *out, const char *type, struct str text)
{
	buf_printf(out, "Content-Type: %s; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n", type);
	mime_put_quoted_printable(out, text);
	buf_put_str(out, S("\r\n"));
}

/* "=_" is in no quoted-printable text: the boundary cannot be in the parts. */
static void
put_parts(struct buf *out, const struct mail *m)
{
	buf_printf(out, "Content-Type: multipart/alternative;\r\n boundary=\"=_" STR_FMT "\"\r\n\r\n", STR_ARG(m->id));
	buf_printf(out, "--=_" STR_FMT "\r\n", STR_ARG(m->id));
	put_body(out, "text/plain", m->text);
	buf_printf(out, "--=_" STR_FMT "\r\n", STR_ARG(m->id));
	put_body(out, "text/html", m->html);
	buf_printf(out, "--=_" STR_FMT "--\r\n", STR_ARG(m->id));
}

void
mime_write(const struct mail *m, struct buf *out)
{
	put_address(out, "From", m->from_name, m->from);
	put_address(out, "To", S(""), m->to);
	buf_put_str(out, S("Subject: "));
	mime_put_words(out, m->subject);
	buf_put_str(out, S("\r\n"));
	put_date(out, m->at);
	buf_printf(out, "Message-ID: <" STR_FMT "@" STR_FMT ">\r\n", STR_ARG(m->id), STR_ARG(m->domain));
	/* RFC 3834: no vacation answers, please. */
	buf_put_str(out, S("Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"));
	if (m->html.n > 0)
		put_parts(out, m);
	else
		put_body(out, "text/plain", m->text);
}
