/* status.c - the table of what can go wrong. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/status.h"

#define STATUS_ROW(id, http, code, level, text) [id] = { http, code, level, text },
const struct status_info status_info[E__COUNT] = {
	[OK] = { 200, "OK", LOG_INFO, "" },
	STATUSES(STATUS_ROW)
};
#undef STATUS_ROW
