/* strength.h - passwords that are soon guessed: known to everybody, made of what is known of their owner, or simple. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/base.h"

enum {
	STRENGTH_MAX = 4,
	STRENGTH_WORDS_MAX = 12,
	/* zxcvbn looks at so many bytes: its time grows with the square of them. The rest can only make it stronger. */
	STRENGTH_SEEN_MAX = 64,
	STRENGTH_WORD_BYTES_MAX = 64,
};

/* Is it on the shipped list of common passwords, in any (ASCII) case? Any thread. */
bool strength_is_common(struct str password);

/*
 * Is it one of the words (four letters at least), dressed up with digits, signs, letters written as
 * digits, or said twice? Words: what is known of the account and the app. Any thread.
 */
bool strength_is_about(struct str password, const struct str *words, size_t n);

/*
 * zxcvbn's score, 0 (thousands of guesses do) to 4 (it stands against an offline attack on a slow hash),
 * with up to STRENGTH_WORDS_MAX words known to the guesser. -1: no memory. Takes less than a millisecond. Any thread.
 */
int strength_score(struct str password, const struct str *words, size_t n);
