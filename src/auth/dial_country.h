/* dial_country.h - which country a phone number is of. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/base.h"

/*
 * The ISO 3166 code of an E.164 number's country, from its digits (dial code and number, no plus): the
 * country whose numbers begin so, the longest beginning first (ITU-T E.164, the North American plan's
 * area codes). Empty: of no one country. A number is only where it is registered, not where its owner is. Any thread.
 */
struct str dial_country(struct str digits);
