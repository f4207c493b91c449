/* poison.h - lets the address sanitizer see the pieces of what was allocated whole. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define UNDER_ASAN 1
#endif
#if __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define UNDER_SANITIZER 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define UNDER_ASAN 1
#endif
#if defined(UNDER_ASAN) || defined(__SANITIZE_THREAD__)
#define UNDER_SANITIZER 1
#endif

/* POISON: nobody may touch these bytes until they are UNPOISONed. Nothing at all without the sanitizer. */
#ifdef UNDER_ASAN
#include <sanitizer/asan_interface.h>
#define POISON(p, n)   ASAN_POISON_MEMORY_REGION((p), (n))
#define UNPOISON(p, n) ASAN_UNPOISON_MEMORY_REGION((p), (n))
#else
#define POISON(p, n)   ((void)(p), (void)(n))
#define UNPOISON(p, n) ((void)(p), (void)(n))
#endif
