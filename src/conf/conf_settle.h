/* conf_settle.h - what a value stands for on this machine, and which values do not go together. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/arena.h"
#include "conf/conf.h"

/*
 * Replace what was left to us (0 threads, no data directory) by what it stands
 * for, and call tell(arg, key, sentence) for each clash of two keys.
 */
void conf_settle(struct conf *c, struct arena *a,
    void (*tell)(void *arg, const char *key, const char *sentence), void *arg);
