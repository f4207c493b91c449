/* visible.h - text from outside, as a terminal may have it. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/buf.h"

/* Is this code point seen? Not: controls (C1 too), format characters, private and unassigned ones, other ends of lines. */
bool visible_is(int32_t c);

/* What is not seen, or turns the direction of what follows, as \u{…}; bytes that are no UTF-8 as \x{…}. One line. */
void visible_put(struct buf *out, struct str text);
