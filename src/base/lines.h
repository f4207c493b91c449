/* lines.h - a sorted list of words as one text, a word a line: searched where it lies. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/base.h"

/* What follows the heading: the first lines, as far as they begin with "# ". */
struct str lines_body(struct str text);

/*
 * Is the word one of the lines? The lines stand in the order of their bytes and each ends
 * with '\n'; else words are overlooked. An empty word is none. Any thread.
 */
bool lines_have(struct str lines, struct str word);

/* Is one of the lines a beginning of the word, or all of it? As above. */
bool lines_have_beginning_of(struct str lines, struct str word);

/* The order of the lines: <0, 0, >0. */
int lines_compare(struct str a, struct str b);
