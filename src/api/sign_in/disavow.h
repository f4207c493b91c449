/* disavow.h - "this was not me": links in mails about an account's security. AUT-10. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "api/api.h"

#define DISAVOWAL_TTL_US (7 * DAY_US)

/*
 * TX_WRITE: a link for one mail to somebody whose account this is: it leads to a page of ours, at the deployment's
 * configured address. Pressing its button takes back what has happened to the account since now. Its secret, 256 bits,
 * is kept as a MAC. E_INTERNAL without randomness. Task's arena.
 */
enum status disavowal_link(struct request *rq, struct user_id user, struct str *ret_link) MUST_CHECK;
