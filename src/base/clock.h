/* clock.h - what time it is. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/arena.h"
#include "base/base.h"

/*
 * Microseconds UTC since the epoch. Never goes back within a process, so that
 * nothing expired revives when the wall clock is set back; nor does it stand
 * still then. Any thread.
 */
int64_t clock_now(void);

/* Microseconds of CLOCK_MONOTONIC: for deadlines and durations only. Any thread. */
int64_t clock_mono(void);

/*
 * Shift clock_now() by `us` more. For tests, through the admin listener's test
 * control, which only a process started with SESSIOND_TEST_CLOCK=1 has.
 */
void clock_advance(int64_t us);

/* The wall clock as it is, without shifts, steps back included: for the log's stamps only. Any thread. */
int64_t clock_wall(void);

/*
 * "2024-01-01T12:00:00Z" (RFC 3339 §5.6); micros are cut off. Times outside
 * the years 0000 to 9999 become the nearest second inside. _into writes to the
 * caller's bytes, NUL after them; _us_into gives six digits more.
 */
enum { CLOCK_RFC3339_SIZE = 21, CLOCK_RFC3339_US_SIZE = 28 };
struct str clock_rfc3339(struct arena *a, int64_t us);
struct str clock_rfc3339_into(char ret_text[CLOCK_RFC3339_SIZE], int64_t us);
struct str clock_rfc3339_us_into(char ret_text[CLOCK_RFC3339_US_SIZE], int64_t us);
