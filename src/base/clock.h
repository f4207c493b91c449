/* clock.h - what time it is. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/arena.h"
#include "base/base.h"

/*
 * Microseconds UTC since the epoch. Never goes back within a process, so that
 * nothing expired revives when the wall clock is set back. Any thread.
 */
int64_t clock_now(void);

/* Microseconds of CLOCK_MONOTONIC: for deadlines and durations only. Any thread. */
int64_t clock_mono(void);

/*
 * Shift clock_now() by `us` more. For tests, through the admin listener's test
 * control, which only a process started with SESSIOND_TEST_CLOCK=1 has.
 */
void clock_advance(int64_t us);

struct str clock_rfc3339(struct arena *a, int64_t us);	/* "2024-01-01T12:00:00Z" */
