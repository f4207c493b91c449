/*
 * verify_magic_link.c - GET /auth/verify-magic-link: the page of a mailed link says that it was opened.
 *
 * A scanner that follows or prefetches what is in a mail gets the app's page, not this; and whoever
 * navigates, prefetches or asks for the head alone signs nobody in (OTP-07).
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/sign_in/attempt.h"
#include "api/sign_in/contact.h"
#include "api/sign_in/link.h"
#include "base/str.h"

static enum status
check_device(struct request *rq, const struct attempt *a)
{
	if (!rq->deployment->settings.auth.magic_link.require_same_device)
		return OK;
	if (rq->session.stored && rq->session.id.v == a->row.session.v)
		return OK;
	return refuse(rq, E_BAD_SIGN_IN_ATTEMPT, "Open this link in the browser in which you asked for it.");
}

static enum status
use_link(struct request *rq, const struct attempt *a)
{
	struct code_live live;
	enum status st = code_live(rq, CODE_SIGN_IN_LINK, a->row.id.v, &live);

	if (st == E_NOT_FOUND)
		return refuse(rq, E_VERIFICATION_CODE_EXPIRED, "This link has expired. Ask for a new one.");
	TRY(st);
	st = code_use(rq, CODE_SIGN_IN_LINK, a->row.id.v, query_text(rq, "token"));
	if (st == E_INVALID_CODE || (st == OK && a->row.user.v == 0))
		return refuse(rq, E_INVALID_CODE, "This link is not valid any more. Ask for a new one.");
	return st;
}

static enum status
verify_magic_link(struct request *rq)
{
	struct attempt a;
	enum status st;

	request_tries(rq, (struct user_id){ 0 }, "magic_link");
	TRY(link_check_redirect(rq));
	TRY(attempt_find_anywhere(rq, query_text(rq, "attempt"), &a));
	rq->tried = a.row.user;
	if (a.state != STATE_VERIFY_EMAIL_LINK)
		return refuse(rq, E_BAD_SIGN_IN_ATTEMPT, NULL);
	TRY(check_device(rq, &a));
	TRY(use_link(rq, &a));
	st = contact_prove(rq, false, a.row.contact, a.row.user, false);
	if (st == E_NOT_FOUND)
		return refuse(rq, E_BAD_SIGN_IN_ATTEMPT, NULL);
	TRY(st);
	TRY(attempt_advance(rq, &a, EVENT_LINK_RIGHT));
	return reply_session(rq);
}

const struct route route_verify_magic_link = {
	.method = HTTP_GET, .path = "/auth/verify-magic-link", .name = "auth_verify_magic_link",
	.summary = "Sign in, in the session that asks, with the secret of a mailed link.",
	.auth = AUTH_SESSION, .tx = TX_WRITE, .lane = LANE_WORKER, .rate = RULE_LOOKUP, .no_navigation = true,
	.query = {
		REQ_TEXT("token", 128, "the link's secret"),
		{ .name = "attempt", .kind = F_TEXT, .required = true, .max = 64, .missing = E_BAD_SIGN_IN_ATTEMPT,
		    .help = "the attempt that it is of" },
		OPT_TEXT("redirect_uri", 2000, "where the page goes next"),
	},
	.fails = { E_INVALID_CODE, E_VERIFICATION_CODE_EXPIRED, E_BAD_SIGN_IN_ATTEMPT, E_USER_DISABLED, E_LIMIT_REACHED },
	.run = verify_magic_link,
};
