/* settings.h - what an operator can set on a deployment: one table of typed rows. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"
#include "base/task.h"

/* clang-format off */
enum sign_up_mode { SIGN_UP_PUBLIC, SIGN_UP_RESTRICTED, SIGN_UP_WAITLIST };
enum first_factor { FIRST_EMAIL_PASSWORD, FIRST_USERNAME_PASSWORD, FIRST_EMAIL_OTP, FIRST_EMAIL_MAGIC_LINK, FIRST_PHONE_OTP };
enum second_factor_policy { SECOND_NONE, SECOND_OPTIONAL, SECOND_ENFORCED };
enum passkey_attestation_wanted { ATTESTATION_NONE, ATTESTATION_DIRECT };
enum same_site { SAME_SITE_LAX, SAME_SITE_NONE };
enum smtp_security { SMTP_STARTTLS, SMTP_TLS, SMTP_NO_TLS };
enum sms_format { SMS_JSON, SMS_TWILIO };

struct str_list {
	struct str *items;
	size_t      n;
};

/*
 * The typed form. Every member is filled by one row of settings_rows.c, which
 * carries its key (the path in the tree of GET /deployment, such as
 * "auth_settings.password.min_length", or a key of its own such as
 * "cookie_domain"), type, default, bounds, and whether browsers may see it.
 */
struct settings {
	struct {
		struct { bool enabled, required; } first_name, last_name;
		struct { bool enabled, required, sms_verification_allowed, whatsapp_verification_allowed; } phone_number;
		struct { bool enabled, required, otp_verification_allowed, magic_link_verification_allowed; } email_address;
		struct { bool enabled, required; int64_t min_length, max_length; } username;
		struct { bool enabled, required; int64_t min_length;
			bool require_lowercase, require_uppercase, require_number, require_special; } password;
		struct { bool email_password, username_password, email_otp, email_magic_link, phone_otp,
			backup_code, authenticator, sso, passkey; } factors;
		struct { bool email, phone_number; } verification_policy;
		struct { bool enabled, prompt_registration_on_auth, allow_autofill; } passkey;
		struct { bool enabled, require_same_device; } magic_link;
		struct { bool enabled; int64_t max_accounts_per_session, max_sessions_per_account; } multi_session;
		enum first_factor first_factor;
		enum second_factor_policy second_factor_policy;
		int64_t session_token_lifetime_s, session_validity_period_s, session_inactive_timeout_s;
	} auth;
	struct {
		bool organizations_enabled, workspaces_enabled, allow_users_to_create_orgs;
		bool allow_org_deletion, allow_workspace_deletion;
		bool custom_org_role_enabled, custom_workspace_role_enabled;
		bool ip_allowlist_per_org_enabled, ip_allowlist_per_workspace_enabled;
		bool enforce_mfa_per_org_enabled, enforce_mfa_per_workspace_enabled, enterprise_sso_enabled;
		bool limit_org_creation_per_user, limit_workspace_creation_per_org;
		int64_t max_orgs_per_user, org_creation_per_user_count, workspaces_per_org_count;
		int64_t max_allowed_org_members, max_allowed_workspace_members;
		struct str_list organization_permissions, workspace_permissions;
	} b2b;
	struct {
		enum sign_up_mode sign_up_mode;
		bool allowlist_enabled, blocklist_enabled, block_subaddresses, block_disposable_emails, block_voip_numbers;
		/* policy internals, never shown to browsers */
		struct str_list banned_keywords, allowlisted_resources, blocklisted_resources, country_codes;
		bool country_restrictions_enabled;
	} restrictions;
	struct {
		struct str app_name, sign_in_page_url, sign_up_page_url, waitlist_page_url, support_page_url;
		struct str privacy_policy_url, tos_page_url;
		struct str after_signin_redirect_url, after_signup_redirect_url;
		struct str after_sign_out_one_page_url, after_sign_out_all_page_url;
		struct str after_create_organization_redirect_url, after_logo_click_url;
		struct str user_profile_url, organization_profile_url, create_organization_url;
		struct str favicon_image_url, logo_image_url;
		struct str default_user_profile_image_url, default_organization_profile_image_url,
		    default_workspace_profile_image_url;
		bool use_initials_for_user_profile_image, use_initials_for_organization_profile_image;
		struct str signup_terms_statement;
		bool signup_terms_statement_shown;
		struct str theme_tokens;		/* JSON: {"light": {name: text}, "dark": {…}} */
	} ui;
	struct str     magic_link_page_url;	/* where a mailed link leads */
	struct str     invitation_page_url;	/* where an invitation to an organization leads */
	bool           maintenance_mode;
	struct str     mail_from_host;
	struct str     cookie_domain;		/* empty: host-only cookie */
	enum same_site cookie_same_site;
	struct str_list allowed_origins;	/* beyond the frontend host */
	int64_t        jwt_lifetime_s;		/* 60 */
	int64_t        jwt_clock_skew_s;	/* 5 */
	int64_t        jwt_claims_max;		/* bytes of the default token's claims */
	int64_t        jwt_key_overlap_s;	/* how long verifiers keep the JWKS, and some more */
	int64_t        jwt_rotate_days;		/* 0: signing keys are changed by hand */
	bool           challenge_required;	/* enforce the proof of work on identify, signin, signup */
	struct str     passkey_rp_id;		/* the frontend host, or a domain above it */
	enum passkey_attestation_wanted passkey_attestation;
	struct str     passkey_attestation_roots;	/* PEM; empty: any maker's */
	int64_t        password_strength_min;	/* zxcvbn's score, 0-4 */
	bool           notice_new_device;	/* mail about sign-ins from browsers not seen before */
	bool           step_up_required;	/* a fresh proof before credentials change */
	bool           hide_account_existence;	/* generic sign-in answers; default true */
	struct {
		struct str host;		/* empty: mail stays in the outbox */
		int64_t port;
		enum smtp_security security;
		struct str username, from, from_name;
		bool public_only;		/* whatever the host's name leads to */
	} smtp;
	struct {
		struct str webhook_url;		/* empty: text messages stay in the outbox */
		enum sms_format format;
		struct str username, from;
	} sms;
	struct str     forwarded_for_header;	/* advisory client address on GET /session/token; empty: none */
};

/* clang-format on */

/*
 * What some settings need from the server's own configuration. Set when that is read, before any
 * deployment is; every process starts without. Any thread.
 */
enum settings_means {
	MEANS_NONE,
	MEANS_VOIP_PREFIXES,	/* a list of internet telephony's number ranges */
	MEANS_PLACES,		/* a way to tell where an address is */
	MEANS__COUNT
};
void settings_set_means(enum settings_means means, bool is_there);

struct setting_text {
	struct str key;
	struct str value; /* as typed: true, 30, none, a,b,c or JSON; "default" takes the default again */
};

/* What some defaults are made of. */
struct settings_home {
	struct str name; /* the deployment's */
	struct str frontend_host;
	struct str frontend_origin; /* https://{frontend_host}, or http:// when that is a loopback host */
};

/*
 * Defaults overlaid with `overrides` (a JSON object {"key": value}); strings and
 * lists in `a`. E_BAD_REQUEST_BODY with the key in t->why when something does not fit.
 */
enum status settings_parse(struct task *t, struct arena *a, const struct settings_home *home,
    struct str overrides, struct settings *ret_settings) MUST_CHECK;
/*
 * The overrides after applying the changes, as JSON text; task's arena. All or
 * nothing: E_BAD_REQUEST_BODY for a key that is not there (t->why has the nearest
 * one), a value that does not fit, settings that contradict each other, or what
 * this release has no means for.
 */
enum status settings_change(struct task *t, const struct settings_home *home, struct str overrides,
    const struct setting_text *changes, size_t n, struct str *ret_overrides) MUST_CHECK;

struct deployment;
/* The complete tree of GET /deployment's `data`, in the rows' order; and /.well-known/meta's object. */
void settings_write_tree(struct json *j, const char *key, const struct deployment *d);
void settings_write_ui(struct json *j, const char *key, const struct deployment *d);
/*
 * Every setting with its value, flat, policy internals included: {"auth_settings.passkey.enabled":
 * false, …}. Operators only.
 */
void settings_write_all(struct json *j, const char *key, const struct settings *s);
