/* harmless.h - what people called things, for letters that go to others. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/arena.h"
#include "base/str.h"

/*
 * A name of which no mail program makes a link, an address or a second line: at most 100 code points; dots inside of
 * words, slashes, colons and at-signs become characters that look alike; control characters become spaces. Task's arena.
 */
struct str harmless_name(struct arena *a, struct str name);
