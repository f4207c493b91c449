/* veil.h - how much of a captured text is repeated. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/arena.h"
#include "base/base.h"

enum { VEIL_MAX = 500 };

/*
 * The text as it may be told: of whatever looks like a token, wherever it stands, only the beginning; what cannot be
 * seen spelled out; and cut behind VEIL_MAX bytes. What it looks like is a guess, for texts that have no business to
 * hold one: tokens themselves go through examine_masked(). In `a`.
 */
struct str veil(struct arena *a, struct str text);
