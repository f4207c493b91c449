/* load_file.h - requests as they go over the wire, from a file. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>

struct load_request {
	const char *p;
	size_t n;
};

/* Each request in the file: its length in decimal, a newline, its bytes. Both kept until the program ends. */
struct load_file {
	struct load_request *requests;
	size_t n;
};

/* NULL when well; else why not. */
const char *load_file_read(const char *path, struct load_file *ret_file);
