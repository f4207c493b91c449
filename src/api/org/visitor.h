/* visitor.h - may this request's caller enter an organization or a workspace? */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "api/api.h"
#include "api/scope.h"

/* Who is asking, as far as gates look at it. */
struct visitor visitor_of(const struct request *rq);

/* OK, or refused with E_IP_NOT_ALLOWED or E_MFA_REQUIRED or both in the errors list. */
enum status visitor_check(struct request *rq, enum eligibility e, bool of_workspace) MUST_CHECK;
