/* nearest.h - "did you mean": which of the known names somebody may have meant. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/base.h"

/*
 * Offer every known name; nearest_found() is then the one that takes the fewest
 * slips of the keyboard (a letter missing, added, changed, or two swapped) to
 * become the word, or that ends in ".word". NULL when none is near. Names are
 * borrowed, and so is the word.
 */
struct nearest {
	struct str word;
	const char *best;
	size_t slips;
};

void nearest_init(struct nearest *n, struct str word);
void nearest_offer(struct nearest *n, const char *name);
const char *nearest_found(const struct nearest *n);
