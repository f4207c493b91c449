/* new_password.h - may this be somebody's password here? */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "api/api.h"

/* By the deployment's policy. E_WEAK_PASSWORD, refused, with the sentence that says why. For .prove. */
enum status new_password_check(struct request *rq, struct str password) MUST_CHECK;
