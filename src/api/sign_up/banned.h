/* banned.h - words that an operator does not want in names. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "api/api.h"

/* Refuses with E_BANNED_KEYWORD when `text` contains one of the deployment's words, in any (ASCII) case. */
enum status banned_check(struct request *rq, struct str text) MUST_CHECK;
