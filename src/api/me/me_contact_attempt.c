/* me_contact_attempt.c - prove an added address or number by the code that was sent there. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/me/me_contacts.h"

#include "api/org/org_deed.h"
#include "base/str.h"
#include "org/domain.h"

/* The stock client has it in the query for addresses and in the body for numbers: either will do, for both. */
static enum status
read_code(struct request *rq, struct str *ret_code)
{
	struct str q = query_text(rq, "code"), b = body_text(rq, "code");

	if (q.n > 0 && b.n > 0 && !str_eq(q, b))
		return refuse(rq, E_BAD_REQUEST_BODY, "Two different codes were sent.");
	*ret_code = q.n > 0 ? q : b;
	return ret_code->n > 0 ? OK : refuse(rq, E_MISSING_VERIFICATION_CODE, NULL);
}

static enum status
attempt_prove(struct request *rq, bool is_phone)
{
	struct contacts c = contacts_seen(rq);
	const struct contact_row *row;
	struct str code;

	request_tries(rq, rq->signin->user, is_phone ? "phone_otp" : "email_otp");
	TRY(contacts_named(rq, &c, is_phone, &row));
	TRY(read_code(rq, &code));
	return code_reserve_guess(rq, contact_code_purpose(is_phone), row->id, user_id_str(rq->task.arena, row->user));
}

/* Who asked for the code has to bring it back: a code read over somebody's shoulder is of no use elsewhere (RCV-06). */
static enum status
check_asker(struct request *rq, const struct contact_row *row)
{
	struct code_find_row code;
	enum status st = sql_code_find(
	    &rq->task, rq->deployment->id, contact_code_purpose(row->is_phone), row->id, rq->task.now, &code);

	if (st == E_NOT_FOUND || (st == OK && code.session.v != rq->session.id.v))
		return refuse(rq, E_VERIFICATION_CODE_EXPIRED, NULL);
	return st;
}

static enum status
use_code(struct request *rq, const struct contact_row *row)
{
	struct str code;
	enum status st;

	TRY(read_code(rq, &code));
	TRY(check_asker(rq, row));
	st = code_use(rq, contact_code_purpose(row->is_phone), row->id, code);
	return st == E_INVALID_CODE ? refuse(rq, st, NULL) : st;
}

static enum status
verify(struct request *rq, const struct contact_row *row)
{
	struct str key = contact_key(&rq->task, row);
	enum status st;

	TRY(contact_release(rq, row->is_phone, key, row->id));
	st = contact_verify(&rq->task, rq->deployment->id, row, key);
	if (st == E_EMAIL_EXISTS || st == E_PHONE_NUMBER_EXISTS)
		return refuse(rq, st, NULL);
	return st == E_NOT_FOUND ? refuse(rq, E_VERIFICATION_CODE_EXPIRED, NULL) : st;
}

static enum status
attempt(struct request *rq, bool is_phone)
{
	struct org_deed deed = org_deed_of(rq);
	const struct contact_row *row;
	struct contacts c;

	TRY(contacts_lock(rq, &c));
	TRY(contacts_named(rq, &c, is_phone, &row));
	TRY(use_code(rq, row));
	TRY(verify(rq, row));
	TRY(contact_changed(rq, row->user, row, CONTACT_VERIFIED));
	if (!is_phone)
		TRY(domain_join(&deed, row->user, row->value));
	return reply_text(rq, is_phone ? "The phone number has been verified." : "The email address has been verified.");
}

static enum status
me_email_attempt_prove(struct request *rq)
{
	return attempt_prove(rq, false);
}

static enum status
me_email_attempt(struct request *rq)
{
	return attempt(rq, false);
}

const struct route route_me_email_attempt = {
	.method = HTTP_POST, .path = "/me/email-addresses/{id}/attempt-verification", .name = "me_email_attempt",
	.summary = "Prove an added e-mail address by its code; an account that holds it unverified loses it.",
	.auth = AUTH_SIGNIN, .rule = RULE_OWN, .tx = TX_WRITE, .lane = LANE_WORKER, .credential = true,
	.query = { OPT_TEXT("code", 16, "six digits; here or in the body") },
	.body = { OPT_TEXT("code", 16, "six digits") },
	.fails = { E_NOT_FOUND, E_MISSING_VERIFICATION_CODE, E_VERIFICATION_CODE_EXPIRED, E_INVALID_CODE, E_EMAIL_EXISTS },
	.prove = me_email_attempt_prove, .run = me_email_attempt,
};

static enum status
me_phone_attempt_prove(struct request *rq)
{
	return attempt_prove(rq, true);
}

static enum status
me_phone_attempt(struct request *rq)
{
	return attempt(rq, true);
}

const struct route route_me_phone_attempt = {
	.method = HTTP_POST, .path = "/me/phone-numbers/{id}/attempt-verification", .name = "me_phone_attempt",
	.summary = "Prove an added phone number by its code; an account that holds it unverified loses it.",
	.auth = AUTH_SIGNIN, .rule = RULE_OWN, .tx = TX_WRITE, .lane = LANE_WORKER, .credential = true,
	.query = { OPT_TEXT("code", 16, "six digits; here or in the body") },
	.body = { OPT_TEXT("code", 16, "six digits") },
	.fails = { E_NOT_FOUND, E_MISSING_VERIFICATION_CODE, E_VERIFICATION_CODE_EXPIRED, E_INVALID_CODE, E_PHONE_NUMBER_EXISTS },
	.prove = me_phone_attempt_prove, .run = me_phone_attempt,
};
