/* harmless.c - what people called things, for letters that go to others. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "org/harmless.h"

#include "base/buf.h"

enum { POINTS_MAX = 100, BYTES_MAX = 4 * POINTS_MAX + 4 };

/* "Acme Inc." keeps its dot; "acme.example" would be a link. */
static const char *
look_alike(char c, char next)
{
	if ((unsigned char)c < 0x20 || c == 0x7F)
		return " ";
	switch (c) {
	case '.':
		return next == '\0' || next == ' ' ? NULL : "\xE2\x80\xA4"; /* U+2024 one dot leader */
	case '/':
	case '\\':
		return "\xE2\x88\x95"; /* U+2215 division slash */
	case ':':
		return "\xEA\x9E\x89"; /* U+A789 modifier letter colon */
	case '@':
		return "\xEF\xBC\xA0"; /* U+FF20 fullwidth commercial at */
	default:
		return NULL;
	}
}

struct str
harmless_name(struct arena *a, struct str name)
{
	struct buf b;
	int points = 0;

	buf_init_arena(&b, a, BYTES_MAX);
	for (size_t i = 0; i < name.n; i++) {
		const char *other = look_alike(name.p[i], i + 1 < name.n ? name.p[i + 1] : '\0');

		/* The first byte of a code point. */
		if (((unsigned char)name.p[i] & 0xC0) != 0x80 && ++points > POINTS_MAX)
			break;
		if (other)
			buf_put_str(&b, str_of(other));
		else
			buf_put_char(&b, name.p[i]);
	}
	return b.n ? buf_str(&b) : S("");
}
