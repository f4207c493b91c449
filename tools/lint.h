/* lint.h - what an analyzer of single files cannot know: saying no never returns OK. See script/lint --deep. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/task.h"

static inline void PRINTF(1, 2) lint_says(const char *fmt, ...)
{
	(void)fmt;
}
#define fail(t, st, ...) ((void)(t), lint_says(__VA_ARGS__), (st))

#ifdef LINT_API
#include "api/api.h"
#include "api/fields_read.h"

#define refuse(rq, st, ...)          ((void)(rq), (st))
#define fields_refuse(reader, reason) ((void)(reader), (void)(reason), E_BAD_REQUEST_BODY)
#endif
