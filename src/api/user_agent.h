/* user_agent.h - a person's words for a User-Agent: for the list of devices, never for a decision. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/base.h"

struct str user_agent_browser(struct str agent);	/* "Firefox", …; "" when unknown */
struct str user_agent_device(struct str agent);	/* "Desktop", "Mobile", "Tablet"; "" when unknown */
