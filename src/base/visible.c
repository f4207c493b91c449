/* visible.c - text from outside, as a terminal may have it. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/visible.h"

#include <utf8proc.h>

#include "base/str.h"

bool
visible_is(int32_t c)
{
	utf8proc_category_t category = utf8proc_category(c);

	return category != UTF8PROC_CATEGORY_CC && category != UTF8PROC_CATEGORY_CF && category != UTF8PROC_CATEGORY_CO &&
	    category != UTF8PROC_CATEGORY_CN && category != UTF8PROC_CATEGORY_ZL && category != UTF8PROC_CATEGORY_ZP;
}

void
visible_put(struct buf *out, struct str text)
{
	while (text.n > 0) {
		utf8proc_int32_t c;
		utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)text.p, (utf8proc_ssize_t)text.n, &c);

		if (n <= 0)
			buf_printf(out, "\\x{%X}", (unsigned)(unsigned char)text.p[0]);
		else if (visible_is(c))
			buf_put(out, text.p, (size_t)n);
		else
			buf_printf(out, "\\u{%X}", (unsigned)c);
		text = str_from(text, n > 0 ? (size_t)n : 1);
	}
}
