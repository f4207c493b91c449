/* yaml_out.c - writing YAML that tree_read() reads back to the byte. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/declare/yaml_out.h"

#include <limits.h>
#include <string.h>

#include "base/str.h"

static int
write_bytes(void *arg, unsigned char *p, size_t n)
{
	struct buf *out = arg;

	buf_put(out, p, n);
	return !out->failed;
}

/* The emitter frees the event, whether it takes it or not. */
static void
emit(struct yaml_out *y, int made, yaml_event_t *ev)
{
	if (y->failed && made)
		yaml_event_delete(ev);
	else if (!y->failed && (!made || !yaml_emitter_emit(&y->emitter, ev)))
		y->failed = true;
}

static void
put(struct yaml_out *y, struct str s, yaml_scalar_style_t style)
{
	yaml_event_t ev;

	emit(y, yaml_scalar_event_initialize(&ev, NULL, NULL, (const yaml_char_t *)(s.n > 0 ? s.p : ""), (int)s.n, 1, 1, style), &ev);
}

static void
put_key(struct yaml_out *y, const char *key)
{
	if (key)
		put(y, str_of(key), YAML_ANY_SCALAR_STYLE);
}

void
yaml_out_map(struct yaml_out *y, const char *key)
{
	yaml_event_t ev;

	put_key(y, key);
	emit(y, yaml_mapping_start_event_initialize(&ev, NULL, NULL, 1, YAML_BLOCK_MAPPING_STYLE), &ev);
}

void
yaml_out_map_end(struct yaml_out *y)
{
	yaml_event_t ev;

	emit(y, yaml_mapping_end_event_initialize(&ev), &ev);
}

void
yaml_out_list(struct yaml_out *y, const char *key)
{
	yaml_event_t ev;

	put_key(y, key);
	emit(y, yaml_sequence_start_event_initialize(&ev, NULL, NULL, 1, YAML_BLOCK_SEQUENCE_STYLE), &ev);
}

void
yaml_out_list_end(struct yaml_out *y)
{
	yaml_event_t ev;

	emit(y, yaml_sequence_end_event_initialize(&ev), &ev);
}

void
yaml_out_word(struct yaml_out *y, const char *key, struct str word)
{
	put_key(y, key);
	put(y, word, YAML_PLAIN_SCALAR_STYLE);
}

/*
 * A block keeps lines that end with LF, and begin and end with something to see. Other ends of lines, YAML
 * would make LF of.
 */
static bool
fits_block(struct str s)
{
	static const char *const others[] = { "\r", "\xC2\x85", "\xE2\x80\xA8", "\xE2\x80\xA9", "\t", " \n" };

	if (s.n == 0 || !memchr(s.p, '\n', s.n) || s.p[0] == ' ' || s.p[0] == '\n' || str_ends(s, S("\n\n")))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		if (memmem(s.p, s.n, others[i], strlen(others[i])))
			return false;
	return true;
}

static yaml_scalar_style_t
style_of(struct str s)
{
	if (fits_block(s))
		return YAML_LITERAL_SCALAR_STYLE;
	/* What would be nothing without quotes, and what has ends of lines that are not to be folded. */
	if (s.n == 0 || str_eq(s, S("~")) || str_eq_nocase(s, S("null")) || memchr(s.p, '\n', s.n))
		return YAML_DOUBLE_QUOTED_SCALAR_STYLE;
	return YAML_ANY_SCALAR_STYLE;
}

void
yaml_out_text(struct yaml_out *y, const char *key, struct str text)
{
	put_key(y, key);
	put(y, text, style_of(text));
}

void
yaml_out_quoted(struct yaml_out *y, const char *key, struct str text)
{
	put_key(y, key);
	put(y, text, YAML_DOUBLE_QUOTED_SCALAR_STYLE);
}

void
yaml_out_begin(struct yaml_out *y, struct buf *out)
{
	yaml_event_t ev;

	*y = (struct yaml_out){ .out = out };
	if (!yaml_emitter_initialize(&y->emitter)) {
		y->failed = true;
		return;
	}
	yaml_emitter_set_output(&y->emitter, write_bytes, out);
	yaml_emitter_set_encoding(&y->emitter, YAML_UTF8_ENCODING);
	yaml_emitter_set_unicode(&y->emitter, 1);
	yaml_emitter_set_width(&y->emitter, -1);
	emit(y, yaml_stream_start_event_initialize(&ev, YAML_UTF8_ENCODING), &ev);
	emit(y, yaml_document_start_event_initialize(&ev, NULL, NULL, NULL, 1), &ev);
	yaml_out_map(y, NULL);
}

bool
yaml_out_end(struct yaml_out *y)
{
	yaml_event_t ev;

	yaml_out_map_end(y);
	emit(y, yaml_document_end_event_initialize(&ev, 1), &ev);
	emit(y, yaml_stream_end_event_initialize(&ev), &ev);
	yaml_emitter_delete(&y->emitter);
	return !y->failed && !y->out->failed;
}
