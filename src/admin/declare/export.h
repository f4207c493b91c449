/* export.h - a deployment as a document that could be applied. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "admin/declare/section.h"

/* In a read transaction. e->out is begun and ended here, into `out`. E_OVERLOADED: it became too long. */
enum status declare_export(struct exporting *e, struct buf *out) MUST_CHECK;
