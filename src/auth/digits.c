/* digits.c - six digits that nobody can foretell. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/digits.h"

#include <stdio.h>

#include "base/secret.h"

#define MILLION 1000000u

bool
digits_from(uint32_t n, char ret_text[DIGITS_N + 1])
{
	const uint32_t whole = UINT32_MAX - UINT32_MAX % MILLION;

	if (n >= whole)
		return false;
	(void)snprintf(ret_text, DIGITS_N + 1, "%06u", (unsigned)(n % MILLION));
	return true;
}

bool
digits_draw(char ret_text[DIGITS_N + 1])
{
	uint32_t n;

	do {
		if (!secret_random(&n, sizeof(n)))
			return false;
	} while (!digits_from(n, ret_text));
	return true;
}
