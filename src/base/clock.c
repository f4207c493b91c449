/* clock.c - what time it is. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include <stdatomic.h>
#include <time.h>

static _Atomic int64_t ahead;	/* of CLOCK_MONOTONIC; only ever grows */
static _Atomic int64_t shift;	/* clock_advance */

static int64_t
read_clock(clockid_t clock)
{
	struct timespec ts;

	CHECK(clock_gettime(clock, &ts) == 0);
	return ts.tv_sec * SECOND_US + ts.tv_nsec / 1000;
}

/*
 * A wall clock set forward is followed. One set back is not: time then goes on
 * from where it was, at its usual pace, because standing still until the wall
 * clock has caught up would stretch every lifetime by the step.
 */
int64_t
clock_now(void)
{
	/* In this order: time lost between the two makes the difference smaller, which is harmless. */
	int64_t wall = read_clock(CLOCK_REALTIME) + atomic_load(&shift);
	int64_t mono = read_clock(CLOCK_MONOTONIC);
	int64_t was = atomic_load(&ahead);

	while (wall - mono > was) {
		if (atomic_compare_exchange_weak(&ahead, &was, wall - mono))
			return wall;
	}
	return mono + was;
}

int64_t
clock_mono(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

int64_t
clock_wall(void)
{
	return read_clock(CLOCK_REALTIME);
}

void
clock_advance(int64_t us)
{
	atomic_fetch_add(&shift, us);
}

/*
 * The Gregorian date of a day since 1970-01-01, counted in years that begin in
 * March, so that a leap day is the last of its year. Not gmtime_r(3), which
 * takes a lock that all threads share.
 */
static void
civil_date(int64_t day, int *ret_year, int *ret_month, int *ret_day)
{
	int64_t since = day + 719468;	/* since 0000-03-01 */
	int64_t era = (since >= 0 ? since : since - 146096) / 146097;	/* of 400 years */
	int64_t of_era = since - era * 146097;
	int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
	int64_t month = (5 * of_year + 2) / 153;	/* 0 is March */

	*ret_day = (int)(of_year - (153 * month + 2) / 5 + 1);
	*ret_month = (int)(month < 10 ? month + 3 : month - 9);
	*ret_year = (int)(year + era * 400 + (*ret_month <= 2));
}

/* n digits; unrolled, where n is a constant. */
static inline char *
put_digits(char *p, unsigned v, int n)
{
	for (int i = n - 1; i >= 0; i--) {
		p[i] = (char)('0' + v % 10);
		v /= 10;
	}
	return p + n;
}

/* "2024-01-01T12:00:00", or with digits for micros; RFC 3339 knows years 0000 to 9999 only. */
static char *
put_time(char *p, int64_t us)
{
	static const int64_t first = INT64_C(-62167219200), end = INT64_C(253402300800);
	int64_t s = us / SECOND_US - (us % SECOND_US < 0);
	int64_t day;
	unsigned of_day;
	int year, month, mday;

	s = s < first ? first : s >= end ? end - 1 : s;
	day = s / 86400 - (s % 86400 < 0);
	of_day = (unsigned)(s - day * 86400);
	civil_date(day, &year, &month, &mday);
	p = put_digits(p, (unsigned)year, 4);
	*p++ = '-';
	p = put_digits(p, (unsigned)month, 2);
	*p++ = '-';
	p = put_digits(p, (unsigned)mday, 2);
	*p++ = 'T';
	p = put_digits(p, of_day / 3600, 2);
	*p++ = ':';
	p = put_digits(p, of_day / 60 % 60, 2);
	*p++ = ':';
	return put_digits(p, of_day % 60, 2);
}

struct str
clock_rfc3339_into(char ret_text[CLOCK_RFC3339_SIZE], int64_t us)
{
	char *p = put_time(ret_text, us);

	*p++ = 'Z';
	*p = '\0';
	return (struct str){ ret_text, (size_t)(p - ret_text) };
}

struct str
clock_rfc3339_us_into(char ret_text[CLOCK_RFC3339_US_SIZE], int64_t us)
{
	char *p = put_time(ret_text, us);
	int64_t micros = us % SECOND_US;

	*p++ = '.';
	p = put_digits(p, (unsigned)(micros < 0 ? micros + SECOND_US : micros), 6);
	*p++ = 'Z';
	*p = '\0';
	return (struct str){ ret_text, (size_t)(p - ret_text) };
}

struct str
clock_rfc3339(struct arena *a, int64_t us)
{
	char text[CLOCK_RFC3339_SIZE];

	return arena_dup(a, clock_rfc3339_into(text, us));
}
