/* digits.h - six digits that nobody can foretell. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/base.h"

enum { DIGITS_N = 6 };

/* Each of the million with the same chance, as text. false: no randomness. Any thread. */
bool digits_draw(char ret_text[DIGITS_N + 1]) MUST_CHECK;

/*
 * The last six digits of n. false: n lies in the last, incomplete million of its type, which would
 * favour what it holds; draw again.
 */
bool digits_from(uint32_t n, char ret_text[DIGITS_N + 1]) MUST_CHECK;
