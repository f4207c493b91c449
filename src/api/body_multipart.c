/* body_multipart.c - multipart/form-data (RFC 7578, RFC 2046 §5.1), read in place. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "api/fields_read.h"
#include "base/str.h"

enum {
	BOUNDARY_MAX = 70,	/* RFC 2046 §5.1.1 */
	PART_HEADERS_MAX = 4096,	/* bytes; a file name is among them */
	PART_LINES_MAX = 16,
};

static const char malformed[] = "The multipart body is not well-formed.";

/* What a part's headers say. */
struct part {
	struct str name;
	struct str type;	/* .p NULL when not given */
	bool       is_file;
	bool       has_disposition, has_encoding;
};

/* bchars of RFC 2046 §5.1.1. */
static bool
is_boundary(struct str s)
{
	if (s.n == 0 || s.n > BOUNDARY_MAX || s.p[s.n - 1] == ' ')
		return false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		bool alnum = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');

		if (!alnum && (c == '\0' || strchr("'()+_,-./:=? ", c) == NULL))
			return false;
	}
	return true;
}

static bool
cut_at(struct str s, struct str mark, struct str *ret_head, struct str *ret_rest)
{
	const char *at = s.n < mark.n ? NULL : memmem(s.p, s.n, mark.p, mark.n);

	if (at == NULL)
		return false;
	*ret_head = (struct str){ s.p, (size_t)(at - s.p) };
	*ret_rest = str_from(s, ret_head->n + mark.n);
	return true;
}

/* Content-Disposition: form-data; name="…"; filename="…" (RFC 7578 §4.2). */
static bool
read_disposition(struct str value, struct part *part)
{
	struct str type, params, name, v;
	bool file = false, extended = false;
	enum header_param p;

	if (part->has_disposition)
		return false;
	part->has_disposition = true;
	str_cut(value, ';', &type, &params);
	if (!str_eq_nocase(str_trim(type), S("form-data")))
		return false;
	while ((p = header_param_next(&params, &name, &v)) == HEADER_PARAM_FOUND) {
		bool is_name = str_eq_nocase(name, S("name"));
		bool is_file = str_eq_nocase(name, S("filename"));
		bool is_extended = str_eq_nocase(name, S("filename*"));

		if ((is_name && part->name.p != NULL) || (is_file && file) || (is_extended && extended))
			return false;
		file |= is_file;
		extended |= is_extended;
		if (is_name)
			part->name = v;
	}
	part->is_file = file || extended;
	return p == HEADER_PARAM_END && part->name.p != NULL;
}

/* Deprecated by RFC 7578 §4.7. What changes no byte is harmless; the rest is for mail. */
static bool
read_encoding(struct str value, struct part *part)
{
	if (part->has_encoding)
		return false;
	part->has_encoding = true;
	return str_eq_nocase(value, S("binary")) || str_eq_nocase(value, S("8bit")) ||
	    str_eq_nocase(value, S("7bit"));
}

/* No control but tab: the one way to put another line into this one is not open. */
static bool
is_header_text(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if ((c < ' ' && c != '\t') || c == 0x7F)
			return false;
	}
	return true;
}

static bool
read_header(struct str line, struct part *part)
{
	struct str name, value;

	/* A folded line begins with a space, so its name is no token. */
	if (!str_cut(line, ':', &name, &value) || !header_is_token(name) || !is_header_text(value))
		return false;
	value = str_trim(value);
	if (str_eq_nocase(name, S("Content-Disposition")))
		return read_disposition(value, part);
	if (str_eq_nocase(name, S("Content-Transfer-Encoding")))
		return read_encoding(value, part);
	if (!str_eq_nocase(name, S("Content-Type")))
		return true;
	if (part->type.p != NULL || value.n == 0)
		return false;
	part->type = value;
	return true;
}

/* The headers up to and with the empty line; *ret_rest begins with the content. */
static bool
read_headers(struct str s, struct part *part, struct str *ret_rest)
{
	struct str block = { s.p, s.n < PART_HEADERS_MAX ? s.n : PART_HEADERS_MAX };
	struct str line;

	for (int i = 0; i <= PART_LINES_MAX; i++) {
		if (!cut_at(block, S("\r\n"), &line, &block))
			return false;
		if (line.n == 0) {
			*ret_rest = str_from(s, (size_t)(line.p - s.p) + 2);
			return part->has_disposition;
		}
		if (!read_header(line, part))
			return false;
	}
	return false;
}

/* A plain field may have a Content-Type; only its charset matters. */
static bool
is_plain_type(struct str type)
{
	struct media_type m;

	return type.p == NULL || (media_type_parse(type, &m) && !m.other_charset);
}

static enum status
add_part(struct field_reader *r, const struct part *part, struct str content)
{
	struct param p = { .name = part->name, .value = content };

	if (!str_is_text(p.name))
		return fields_refuse(r, "A field's name is not UTF-8 text.");
	if (!part->is_file && (!str_is_text(content) || !is_plain_type(part->type)))
		return fields_refuse(r, "A field is not UTF-8 text. Send files with a filename.");
	if (part->is_file)
		p.file_type = part->type.p != NULL ? part->type : S("application/octet-stream");
	p.is_list = fields_fold_list(&p.name);
	return fields_add(r, p);
}

/*
 * s begins behind a boundary. "--" closes the body; after it only empty lines are
 * taken, because what one reader drops there another one could read as parts.
 */
static bool
is_closed(struct str s)
{
	if (!str_starts(s, S("--")))
		return false;
	for (s = str_from(s, 2); str_starts(s, S("\r\n")); s = str_from(s, 2))
		;
	return s.n == 0;
}

/*
 * `mark` is CRLF, "--" and the boundary. Content that has this line with anything
 * but CRLF or the closing "--" behind it is refused: some readers would end there.
 */
static enum status
read_parts(struct field_reader *r, struct str mark, struct str s)
{
	struct str content;

	while (!is_closed(s)) {
		struct part part = { 0 };

		if (!str_starts(s, S("\r\n")))
			return fields_refuse(r, malformed);
		if (!read_headers(str_from(s, 2), &part, &s))
			return fields_refuse(r, "A part of the multipart body has no readable headers.");
		if (!cut_at(s, mark, &content, &s))
			return fields_refuse(r, "The multipart body ends before its closing boundary.");
		TRY(add_part(r, &part, content));
	}
	return OK;
}

enum status
fields_read_multipart(struct field_reader *r, struct str boundary, struct str body)
{
	char bytes[4 + BOUNDARY_MAX];
	struct str mark = { bytes, 4 + boundary.n };

	if (!is_boundary(boundary))
		return fields_refuse(r, "The Content-Type names no usable boundary.");
	memcpy(bytes, "\r\n--", 4);
	memcpy(bytes + 4, boundary.p, boundary.n);
	/* The first boundary is the body's first line: its CRLF is that of the head. */
	if (!str_starts(body, str_from(mark, 2)))
		return fields_refuse(r, malformed);
	return read_parts(r, mark, str_from(body, mark.n - 2));
}
