/* notify.h - telling the service manager how it goes: sd_notify(3), without its library. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/base.h"

/* "READY=1", "STOPPING=1", "WATCHDOG=1"; lines. Nothing happens when nobody listens ($NOTIFY_SOCKET). */
void notify(const char *state);
/* How often the manager wants to hear WATCHDOG=1, halved; 0: not at all. Read once, at the start. */
int64_t notify_watchdog_us(void);
