/* load_tally.c - how many answers of which kind, and how long they took. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "load_tally.h"

enum { STEP = 1 << TALLY_STEP_BITS };

static unsigned
bucket_of(uint64_t ns)
{
	unsigned top = ns < STEP ? 0 : 63 - (unsigned)__builtin_clzll(ns) - TALLY_STEP_BITS;
	unsigned i = (top << TALLY_STEP_BITS) + (unsigned)(ns >> top);

	return i < TALLY_BUCKETS ? i : TALLY_BUCKETS - 1;
}

/* The largest value that falls into it. */
static uint64_t
bucket_end(unsigned i)
{
	unsigned top = i < 2 * STEP ? 0 : (i >> TALLY_STEP_BITS) - 1;
	uint64_t base = i - (top << TALLY_STEP_BITS);

	return ((base + 1) << top) - 1;
}

void
tally_add(struct tally *t, int status, uint64_t bytes, uint64_t ns)
{
	t->n++;
	t->ok += status == 200;
	t->refused += status == 429 || status == 503;
	t->bytes += bytes;
	t->buckets[bucket_of(ns)]++;
	t->max_ns = ns > t->max_ns ? ns : t->max_ns;
}

static double
quantile_us(const struct tally *t, double q)
{
	uint64_t want = (uint64_t)(q * (double)t->n), seen = 0;

	for (unsigned i = 0; i < TALLY_BUCKETS; i++) {
		seen += t->buckets[i];
		if (seen > want)
			return (double)bucket_end(i) / 1e3;
	}
	return (double)t->max_ns / 1e3;
}

void
tally_print(const struct tally *t, FILE *to, const char *prefix)
{
	fprintf(to, "\"%srequests\": %llu, \"%sok\": %llu, \"%srefused\": %llu, \"%sbytes\": %llu, ", prefix,
	    (unsigned long long)t->n, prefix, (unsigned long long)t->ok, prefix,
	    (unsigned long long)t->refused, prefix, (unsigned long long)t->bytes);
	fprintf(to, "\"%sp50_us\": %.1f, \"%sp99_us\": %.1f, \"%sp999_us\": %.1f, \"%smax_us\": %.1f", prefix,
	    quantile_us(t, 0.5), prefix, quantile_us(t, 0.99), prefix, quantile_us(t, 0.999), prefix,
	    (double)t->max_ns / 1e3);
}
