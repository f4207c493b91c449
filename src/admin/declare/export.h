/* export.h - a deployment as a document that could be applied. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "admin/declare/section.h"

/* In a read transaction. `all`: the defaults too. E_OVERLOADED: it became too long. */
enum status declare_export(struct task *t, const struct deployment *d, bool all, struct buf *out) MUST_CHECK;
