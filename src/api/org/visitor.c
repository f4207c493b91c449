/* visitor.c - may this request's caller enter an organization or a workspace? */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/org/visitor.h"

#include "api/factor/second_factor.h"

struct visitor
visitor_of(const struct request *rq)
{
	return (struct visitor){ .address = rq->client, .has_second_factor = second_factor_is_enrolled(rq) };
}

enum status
visitor_check(struct request *rq, enum eligibility e, bool of_workspace)
{
	enum status ip = OK, mfa = OK;

	if (e & LACKS_IP)
		ip = refuse(rq, E_IP_NOT_ALLOWED, STR_FMT, STR_ARG(eligibility_text(LACKS_IP, of_workspace)));
	if (e & LACKS_MFA)
		mfa = refuse(rq, E_MFA_REQUIRED, STR_FMT, STR_ARG(eligibility_text(LACKS_MFA, of_workspace)));
	return ip != OK ? ip : mfa;
}
