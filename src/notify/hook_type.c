/* hook_type.c - what endpoints outside can be told of. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "notify/hook_type.h"

#define HOOK_ROW(id, name, about, help) [id] = { name, about, help },
const struct hook_type_info hook_type_info[HOOK_TYPE__COUNT] = { HOOK_TYPES(HOOK_ROW) };
#undef HOOK_ROW
