/* status.h - what a function that can fail returns. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/base.h"
#include "base/log.h"

/*
 * One row a wire code: status, HTTP status, wire code, log level, and the sentence
 * a person reads when the place that failed has none of its own. Several codes
 * share an HTTP status. Never renamed: clients copy the code as is.
 *
 * The three rows after E_MAINTENANCE never leave the program under names of their own.
 */
#define STATUSES(X) \
	X(E_BAD_REQUEST_BODY, 400, "BAD_REQUEST_BODY", LOG_INFO, "The request could not be read. Check the fields and send it again.") \
	X(E_REQUIRED_FIELD, 400, "REQUIRED_FIELD", LOG_INFO, "A required field is missing.") \
	X(E_USER_ALREADY_SIGNED_IN, 400, "USER_ALREADY_SIGNED_IN", LOG_INFO, "This account is already signed in here.") \
	X(E_EMAIL_EXISTS, 400, "EMAIL_EXISTS", LOG_INFO, "This email address is already taken.") \
	X(E_USERNAME_EXISTS, 400, "USERNAME_EXISTS", LOG_INFO, "This username is already taken.") \
	X(E_PHONE_NUMBER_EXISTS, 400, "PHONE_NUMBER_EXISTS", LOG_INFO, "This phone number is already taken.") \
	X(E_BAD_SIGN_IN_ATTEMPT, 400, "BAD_SIGN_IN_ATTEMPT", LOG_INFO, "This attempt is no longer valid. Please start again.") \
	X(E_VERIFICATION_STRATEGY_REQUIRED, 400, "VERIFICATION_STRATEGY_REQUIRED", LOG_INFO, "Say how to verify: the strategy is missing.") \
	X(E_CODE_REQUIRED, 400, "CODE_REQUIRED", LOG_INFO, "The code is missing.") \
	X(E_INVALID_CODE, 400, "INVALID_CODE", LOG_INFO, "The code is not correct.") \
	X(E_INVALID_STATE, 400, "INVALID_STATE", LOG_INFO, "This sign-in was not started here. Please start again.") \
	X(E_PROVIDER_REQUIRED, 400, "PROVIDER_REQUIRED", LOG_INFO, "The provider is missing.") \
	X(E_PROVIDER_NOT_CONFIGURED, 400, "PROVIDER_NOT_CONFIGURED", LOG_INFO, "Signing in with this provider is not set up.") \
	X(E_OAUTH_COMPLETION_FAILED, 400, "OAUTH_COMPLETION_FAILED", LOG_NOTICE, "The provider did not say who you are.") \
	X(E_BANNED_KEYWORD, 400, "BANNED_KEYWORD", LOG_INFO, "This contains a word that is not allowed.") \
	X(E_NO_ALTERNATIVE_AUTH_METHOD, 400, "NO_ALTERNATIVE_AUTH_METHOD", LOG_INFO, "This is your last way to sign in. Add another one first.") \
	X(E_MISSING_VERIFICATION_CODE, 400, "missing_verification_code", LOG_INFO, "Enter the code.") \
	X(E_VERIFICATION_CODE_EXPIRED, 400, "verification_code_expired", LOG_INFO, "The code has expired. Ask for a new one.") \
	X(E_CHALLENGE_REQUIRED, 400, "CHALLENGE_REQUIRED", LOG_INFO, "Please complete the challenge first.") \
	X(E_CHALLENGE_FAILED, 400, "CHALLENGE_FAILED", LOG_INFO, "The challenge was not passed. Please try again.") \
	X(E_WEAK_PASSWORD, 400, "WEAK_PASSWORD", LOG_INFO, "This password does not meet the requirements.") \
	X(E_INVALID_TICKET, 400, "INVALID_TICKET", LOG_INFO, "This link is not valid any more.") \
	X(E_FEATURE_DISABLED, 400, "FEATURE_DISABLED", LOG_INFO, "This is not enabled here.") \
	X(E_INVALID_CREDENTIALS, 401, "INVALID_CREDENTIALS", LOG_INFO, "The sign-in details are not correct.") \
	X(E_UNAUTHORIZED, 401, "UNAUTHORIZED", LOG_INFO, "Please sign in first.") \
	X(E_FORBIDDEN, 403, "FORBIDDEN", LOG_INFO, "You do not have access to this.") \
	X(E_REAUTH_REQUIRED, 403, "reauth_required", LOG_INFO, "Please confirm that it is you first.") \
	X(E_PASSWORD_CHANGE_REQUIRED, 403, "PASSWORD_CHANGE_REQUIRED", LOG_INFO, "This password may be known to others. Set a new one with Forgot password.") \
	X(E_USER_DISABLED, 403, "USER_DISABLED", LOG_NOTICE, "This account has been disabled.") \
	X(E_SIGNUP_RESTRICTED, 403, "SIGNUP_RESTRICTED", LOG_INFO, "Sign-up is by invitation only.") \
	X(E_SIGNUP_WAITLIST_ONLY, 403, "SIGNUP_WAITLIST_ONLY", LOG_INFO, "Sign-up is not open yet. Join the waitlist.") \
	X(E_EMAIL_NOT_ALLOWED, 403, "EMAIL_NOT_ALLOWED", LOG_INFO, "This email address cannot be used here.") \
	X(E_EMAIL_BLOCKED, 403, "EMAIL_BLOCKED", LOG_INFO, "This email address cannot be used here.") \
	X(E_DISPOSABLE_EMAIL_BLOCKED, 403, "DISPOSABLE_EMAIL_BLOCKED", LOG_INFO, "Please use a permanent email address.") \
	X(E_COUNTRY_RESTRICTED, 403, "COUNTRY_RESTRICTED", LOG_INFO, "Sign-up is not available in your country.") \
	X(E_VOIP_NUMBER_BLOCKED, 403, "VOIP_NUMBER_BLOCKED", LOG_INFO, "This phone number cannot be used here.") \
	X(E_MFA_REQUIRED, 403, "MFA_REQUIRED", LOG_INFO, "Set up a second factor to enter here.") \
	X(E_IP_NOT_ALLOWED, 403, "IP_NOT_ALLOWED", LOG_NOTICE, "Access is only allowed from approved networks.") \
	X(E_LIMIT_REACHED, 403, "LIMIT_REACHED", LOG_INFO, "The limit has been reached.") \
	X(E_TLS_REQUIRED, 403, "TLS_REQUIRED", LOG_NOTICE, "This deployment answers over https only. List the TLS proxy with --trusted-proxy.") \
	X(E_NOT_FOUND, 404, "NOT_FOUND", LOG_INFO, "There is nothing here.") \
	X(E_USER_NOT_FOUND, 404, "USER_NOT_FOUND", LOG_INFO, "There is no such account.") \
	X(E_TEMPLATE_NOT_FOUND, 404, "TEMPLATE_NOT_FOUND", LOG_INFO, "There is no such token template.") \
	X(E_METHOD_NOT_ALLOWED, 405, "METHOD_NOT_ALLOWED", LOG_INFO, "This method is not allowed here.") \
	X(E_REQUEST_TIMEOUT, 408, "REQUEST_TIMEOUT", LOG_INFO, "The request took too long to arrive.") \
	X(E_CONFLICT, 409, "CONFLICT", LOG_INFO, "This changed meanwhile. Please try again.") \
	X(E_PAYLOAD_TOO_LARGE, 413, "PAYLOAD_TOO_LARGE", LOG_INFO, "The request body is too large.") \
	X(E_URI_TOO_LONG, 414, "URI_TOO_LONG", LOG_INFO, "The address is too long.") \
	X(E_RATE_LIMITED, 429, "RATE_LIMITED", LOG_NOTICE, "Too many tries. Please wait a little and try again.") \
	X(E_HEADERS_TOO_LARGE, 431, "HEADERS_TOO_LARGE", LOG_INFO, "The request headers are too large.") \
	X(E_INTERNAL, 500, "INTERNAL", LOG_ERROR, "Something went wrong on our side.") \
	X(E_OVERLOADED, 503, "OVERLOADED", LOG_WARN, "The server is busy. Please try again in a moment.") \
	X(E_MAINTENANCE, 503, "MAINTENANCE", LOG_INFO, "Under maintenance. Please try again later.") \
	X(E_STORE, 503, "OVERLOADED", LOG_ERROR, "The server cannot do this right now. Please try again in a moment.") \
	X(E_BUG, 500, "INTERNAL", LOG_ERROR, "Something went wrong on our side.") \
	X(E_NEEDS_WRITE, 500, "INTERNAL", LOG_ERROR, "Something went wrong on our side.")

#define STATUS_ENUM(id, http, code, level, text) id,
enum status { OK = 0, STATUSES(STATUS_ENUM) E__COUNT };
#undef STATUS_ENUM

struct status_info {
	int            http;
	const char    *code;	/* the word in errors[].code */
	enum log_level level;
	const char    *text;	/* the default sentence: plain, safe, shown to end users */
};
extern const struct status_info status_info[E__COUNT];

/* Leave with the callee's failure. Only where nothing but arena memory is held. */
#define TRY(call) \
	do { \
		enum status try_ = (call); \
		if (try_ != OK) \
			return try_; \
	} while (0)
