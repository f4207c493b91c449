/* hash_memory.h - the memory that argon2id works in, kept by a thread from one hash to the next. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>

/* What one hash takes, in bytes. */
enum { HASH_MEMORY = 19456 * 1024 };

/*
 * From now on this thread keeps what it maps for a hash, on huge pages where there are some, and gets it
 * again for the next one. After each hash it is wiped. Does nothing under a sanitizer, which maps memory itself.
 */
void hash_memory_keep(void);
/* Back to the system what this thread keeps now; the next hash maps anew. */
void hash_memory_let_go(void);
