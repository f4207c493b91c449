/* stencil.h - a text with gaps, cut out of one that was written with marks in their places. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/arena.h"
#include "base/base.h"

/*
 * Ten thousand lines that differ in a few values are written as fast as bytes are copied, and yet
 * what writes one such text says once what it looks like: it writes the marks, and the stencil is
 * what it wrote around them.
 */
enum { STENCIL_GAPS = 24 };
struct stencil {
	struct str text;	/* what stands before, between and behind the gaps, end to end; 0 bytes: not cut yet */
	size_t     n;
	struct {
		size_t before;	/* bytes of text since the gap before */
		size_t value;	/* which one goes in */
	} gaps[STENCIL_GAPS];
};

/*
 * Wherever marks[i] stands in the text, values[i] will. No mark may be part of another or of anything else in the text.
 * What has no mark there does not come into it. The copy is in the arena. false: out of memory, or there are too many gaps.
 */
bool stencil_cut(struct arena *a, struct str marked, const struct str *marks, size_t n, struct stencil *ret_s) MUST_CHECK;

/* How long the text with these values is, and that text: its end is returned. */
size_t stencil_bytes(const struct stencil *s, const struct str *values);
char  *stencil_fill(const struct stencil *s, const struct str *values, char *to);
