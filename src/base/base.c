/* base.c - what happens when a condition of our own does not hold. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/base.h"

#include <stdlib.h>

#include "base/log.h"

void
check_failed(const char *cond, const char *file, int line)
{
	log_event(LOG_ERROR, EV_BUG, "check failed: %s at=%s:%d", cond, file, line);
	abort();
}
