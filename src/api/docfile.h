/* docfile.h - documents that a program writes, or finds to be what it would write. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/buf.h"

struct document {
	const char *name;	/* of the file */
	void (*write)(struct arena *a, struct buf *out);
};

/* "PROGRAM FOLDER" writes them there, "PROGRAM --check FOLDER" compares. The program's exit code. */
int documents_main(int argc, char **argv, const char *usage, const struct document *documents, size_t n);
