/* load_tally.h - how many answers of which kind, and how long they took. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>
#include <stdio.h>

/* Latencies in buckets of at most 1/64 of their value. */
enum { TALLY_STEP_BITS = 6, TALLY_BUCKETS = 40 << TALLY_STEP_BITS };

struct tally {
	uint64_t n, ok;   /* answers, and those that were 200 */
	uint64_t refused; /* of the rest, those that were 429 or 503 */
	uint64_t bytes;
	uint64_t buckets[TALLY_BUCKETS];
	uint64_t max_ns;
};

void tally_add(struct tally *t, int status, uint64_t bytes, uint64_t ns);
/* As the members of a JSON object, without braces; names begin with `prefix`. */
void tally_print(const struct tally *t, FILE *to, const char *prefix);
