/* link.h - mailed links: made of what is configured, whatever a request's headers say. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "api/api.h"

/* The query's redirect_uri, when there is one, must be one this deployment sends browsers to. Refused with E_BAD_REQUEST_BODY. */
enum status link_check_redirect(struct request *rq) MUST_CHECK;

/*
 * The deployment's magic_link_page_url with the secret, the attempt and the query's redirect_uri. Nothing of the request's
 * own address is in it (RCV-05). Task's arena.
 */
struct str link_text(struct request *rq, struct signin_attempt_id attempt, struct str secret);
