/* bytes.h - a whole file, up to a size. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>

/* Read fd to its end. 0; an errno; EFBIG with cap bytes read: there may be more. */
int bytes_read(int fd, char *buf, size_t cap, size_t *ret_n);
