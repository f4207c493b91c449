/* findings.c - the rows of findings.h. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/doctor/findings.h"

#define FINDING_INFO(id, code_, means_, mend_) [FINDING_##id] = { .code = (code_), .means = (means_), .mend = (mend_) },
const struct finding_info finding_info[FINDING__COUNT] = { FINDINGS(FINDING_INFO) };
#undef FINDING_INFO
