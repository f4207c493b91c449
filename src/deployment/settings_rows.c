/* settings_rows.c - the table of settings, in the order of the tree of GET /deployment. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "deployment/settings_rows.h"

#include <stddef.h>
#include <string.h>

#include "auth/passkey.h"
#include "base/str.h"
#include "deployment/origin.h"

#define NO_WHATSAPP "this release sends no WhatsApp messages"
#define NO_SSO     "this release has no single sign-on"

/* ---- forms of texts ---- */

static bool
fits_url(struct str s)
{
	struct origin o;

	return s.n == 0 || url_parse(s, &o);
}

static bool
fits_page(struct str s)
{
	struct origin o;

	return url_parse(s, &o);
}

static bool
fits_web_origin(struct str s)
{
	struct origin o;

	return origin_parse(s, &o) && (origin_is_https(&o) || (origin_is_http(&o) && o.host.is_loopback));
}

static bool
fits_host(struct str s)
{
	struct host h;

	return s.n == 0 || (host_parse(s, &h) && h.port == 0);
}

/* A cookie's Domain: one label alone would be shared with half the world. */
static bool
fits_domain(struct str s)
{
	struct host h;

	if (s.n == 0)
		return true;
	return host_parse(s, &h) && h.port == 0 && h.kind == HOST_NAME && memchr(s.p, '.', s.n) != NULL;
}

/* Web Authentication §5.1.2: a domain, without a port, and no address. */
static bool
fits_rp_id(struct str s)
{
	struct host h;

	return host_parse(s, &h) && h.port == 0;
}

static bool
fits_roots(struct str s)
{
	return s.n == 0 || passkey_roots_are_good(s);
}

static bool
all_of(struct str s, const char *others)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		bool alnum = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');

		if (!alnum && (c == '\0' || strchr(others, c) == NULL))
			return false;
	}
	return true;
}

static bool
fits_header(struct str s)
{
	return all_of(s, "-");
}

static bool
fits_permission(struct str s)
{
	return s.n > 0 && all_of(s, "_-.:");
}

static bool
fits_country(struct str s)
{
	return s.n == 2 && s.p[0] >= 'A' && s.p[0] <= 'Z' && s.p[1] >= 'A' && s.p[1] <= 'Z';
}

static bool
fits_word(struct str s)
{
	return s.n > 0;
}

/* Codes travel to it: in the clear on this machine only. */
static bool
fits_webhook(struct str s)
{
	struct origin o;

	return s.n == 0 || (url_parse(s, &o) && (origin_is_https(&o) || o.host.is_loopback));
}

/* What goes between < and > of an SMTP command. */
static bool
fits_mail_address(struct str s)
{
	struct str local, domain;
	struct host h;

	return s.n == 0 || (str_cut(s, '@', &local, &domain) && local.n > 0 && local.n <= 64 &&
	    all_of(local, "!#$%&'*+-/=?^_`{|}~.") && host_parse(domain, &h) && h.port == 0 && h.kind == HOST_NAME);
}

/* One line of text: it becomes part of a header. */
static bool
fits_line(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7F)
			return false;
	return true;
}

static const struct setting_form url = { fits_url,
	"empty or an absolute URL such as https://app.example.com/welcome" };
/* Pages that clients open without looking whether there is one. */
static const struct setting_form page = { fits_page,
	"an absolute URL such as https://app.example.com/welcome" };
static const struct setting_form web_origin = { fits_web_origin,
	"an origin such as https://app.example.com (http:// only on a loopback host)" };
static const struct setting_form host = { fits_host, "empty or a host such as example.com" };
static const struct setting_form domain = { fits_domain,
	"empty or a domain such as example.com: two labels at least, lower case, no leading dot" };
static const struct setting_form rp_id = { fits_rp_id,
	"a domain such as example.com" };
static const struct setting_form roots = { fits_roots,
	"empty or certificates in PEM, and nothing but certificates" };
static const struct setting_form header = { fits_header, "empty or a header name such as X-Forwarded-For" };
static const struct setting_form permission = { fits_permission, "a permission such as documents:edit" };
static const struct setting_form country = { fits_country, "a country code such as NL" };
static const struct setting_form webhook = { fits_webhook,
	"empty or a URL such as https://sms.example.com/send (http:// only on a loopback host)" };
static const struct setting_form mail_address = { fits_mail_address, "empty or an address such as hello@example.com" };
static const struct setting_form line = { fits_line, "one line of text" };
static const struct setting_form word = { fits_word, "a word or an address" };

static const char *const first_factors[] = { "email_password", "username_password", "email_otp",
	"email_magic_link", "phone_otp", NULL };
static const char *const second_factor_policies[] = { "none", "optional", "enforced", NULL };
static const char *const sign_up_modes[] = { "public", "restricted", "waitlist", NULL };
static const char *const attestations[] = { "none", "direct", NULL };
static const char *const same_sites[] = { "lax", "none", NULL };
static const char *const smtp_securities[] = { "starttls", "tls", "none", NULL };
static const char *const sms_formats[] = { "json", "twilio", NULL };

/* ---- values of the tree that are not settings ---- */

static void
write_id(struct json *j, const char *key, const struct deployment *d)
{
	json_deployment_id(j, key, d->id);
}

static void
write_project(struct json *j, const char *key, const struct deployment *d)
{
	json_project_id(j, key, d->project);
}

static void
write_created(struct json *j, const char *key, const struct deployment *d)
{
	json_time(j, key, d->created_at);
}

static void
write_updated(struct json *j, const char *key, const struct deployment *d)
{
	json_time(j, key, d->updated_at);
}

static void
write_null(struct json *j, const char *key, const struct deployment *d)
{
	(void)d;
	json_put_null(j, key);
}

static void
write_false(struct json *j, const char *key, const struct deployment *d)
{
	(void)d;
	json_bool(j, key, false);
}

static void
write_empty_list(struct json *j, const char *key, const struct deployment *d)
{
	(void)d;
	json_array_begin(j, key);
	json_array_end(j);
}

static void
write_mode(struct json *j, const char *key, const struct deployment *d)
{
	json_str(j, key, d->mode == MODE_STAGING ? S("staging") : S("production"));
}

static void
write_backend_host(struct json *j, const char *key, const struct deployment *d)
{
	json_str(j, key, d->backend_host);
}

static void
write_frontend_host(struct json *j, const char *key, const struct deployment *d)
{
	json_str(j, key, d->frontend_host);
}

static void
write_publishable_key(struct json *j, const char *key, const struct deployment *d)
{
	json_str(j, key, d->publishable_key);
}

static void
write_verify_email(struct json *j, const char *key, const struct deployment *d)
{
	json_bool(j, key, d->settings.auth.verification_policy.email);
}

static void
write_verify_phone(struct json *j, const char *key, const struct deployment *d)
{
	json_bool(j, key, d->settings.auth.verification_policy.phone_number);
}

static void
write_backup_code(struct json *j, const char *key, const struct deployment *d)
{
	json_bool(j, key, d->settings.auth.factors.backup_code);
}

static void
write_password_enabled(struct json *j, const char *key, const struct deployment *d)
{
	json_bool(j, key, d->settings.auth.password.enabled);
}

static void
write_password_required(struct json *j, const char *key, const struct deployment *d)
{
	json_bool(j, key, d->settings.auth.password.required);
}

static void
write_orgrole_creator(struct json *j, const char *key, const struct deployment *d)
{
	json_orgrole_id(j, key, d->orgrole_creator);
}

static void
write_orgrole_member(struct json *j, const char *key, const struct deployment *d)
{
	json_orgrole_id(j, key, d->orgrole_member);
}

static void
write_wsrole_creator(struct json *j, const char *key, const struct deployment *d)
{
	json_wsrole_id(j, key, d->wsrole_creator);
}

static void
write_wsrole_member(struct json *j, const char *key, const struct deployment *d)
{
	json_wsrole_id(j, key, d->wsrole_member);
}

/* ---- the rows: one line each, where it can be ---- */

/* clang-format off */

#define ROW(key_, type_, member_, def_, help_) \
	.key = (key_), .type = (type_), .offset = offsetof(struct settings, member_), .def = (def_), .help = (help_)
#define SHOWN(key_, write_, help_) { .key = (key_), .type = SETTING_SHOWN, .write = (write_), .help = (help_) }
#define BOOL(key, member, def, help) { ROW(key, SETTING_BOOL, member, def, help) }
/* Cannot be changed yet, and why. */
#define LATER(key, member, def, lacks_, help) { ROW(key, SETTING_BOOL, member, def, help), .lacks = (lacks_) }
#define INT(key, member, min_, max_, def, help) { ROW(key, SETTING_INT, member, def, help), .min = (min_), .max = (max_) }
#define ENUM(key, member, words_, def, help) { ROW(key, SETTING_ENUM, member, def, help), .words = (words_) }
#define TEXT(key, member, max_, def, help) { ROW(key, SETTING_TEXT, member, def, help), .max = (max_) }
#define URL(key, member, def, help) { ROW(key, SETTING_TEXT, member, def, help), .max = SETTING_TEXT_MAX, .form = &url }
#define PAGE(key, member, def, help) { ROW(key, SETTING_TEXT, member, def, help), .max = SETTING_TEXT_MAX, .form = &page }
#define LIST(key, member, form_, min_, def, help) \
	{ ROW(key, SETTING_LIST, member, def, help), .form = (form_), .min = (min_), .max = 320 }
#define POLICY(key, member, form_, help) \
	{ ROW(key, SETTING_LIST, member, "", help), .view = VIEW_EMPTIED, .form = (form_), .max = 320 }
#define OWN_ROWS(section) \
	SHOWN(section ".id", write_id, "The deployment's id."), \
	SHOWN(section ".deployment_id", write_id, "The deployment's id."), \
	SHOWN(section ".deleted_at", write_null, "Always null."), \
	SHOWN(section ".created_at", write_created, "When the deployment was created."), \
	SHOWN(section ".updated_at", write_updated, "When the deployment was last changed.")

#define COUNT_MAX 1000000000
#define MONTHS_13 34560000	/* 400 days: browsers keep no cookie longer (RFC 6265bis §5.5) */

const struct setting_row setting_rows[] = {
	SHOWN("id", write_id, "The deployment's id."),
	SHOWN("created_at", write_created, "When it was created."),
	SHOWN("updated_at", write_updated, "When it was last changed."),
	SHOWN("deleted_at", write_null, "Always null."),
	BOOL("maintenance_mode", maintenance_mode, "false", "Answer requests with 503 MAINTENANCE."),
	SHOWN("mode", write_mode, "production or staging, fixed at creation."),
	SHOWN("backend_host", write_backend_host, "The host it answers on, fixed at creation."),
	SHOWN("frontend_host", write_frontend_host, "The host of the app, fixed at creation."),
	{ ROW("mail_from_host", SETTING_TEXT, mail_from_host, "{frontend_host}", "The host mail is sent from."),
	    .max = 253, .form = &host },
	SHOWN("publishable_key", write_publishable_key, "The key for the app, made of the base URL."),
	SHOWN("project_id", write_project, "The project's id."),

#define A "auth_settings"
	OWN_ROWS(A),
	BOOL(A ".email_address.enabled", auth.email_address.enabled, "true", "People have e-mail addresses."),
	BOOL(A ".email_address.required", auth.email_address.required, "true", "Signing up asks for one."),
	SHOWN(A ".email_address.verify_signup", write_verify_email, "As " A ".verification_policy.email."),
	BOOL(A ".email_address.otp_verification_allowed", auth.email_address.otp_verification_allowed, "true",
	    "An address can be verified by a mailed code."),
	BOOL(A ".email_address.magic_link_verification_allowed", auth.email_address.magic_link_verification_allowed,
	    "true", "An address can be verified by a mailed link."),
	BOOL(A ".phone_number.enabled", auth.phone_number.enabled, "false", "People have phone numbers."),
	BOOL(A ".phone_number.required", auth.phone_number.required, "false", "Signing up asks for one."),
	SHOWN(A ".phone_number.verify_signup", write_verify_phone, "As " A ".verification_policy.phone_number."),
	BOOL(A ".phone_number.sms_verification_allowed", auth.phone_number.sms_verification_allowed, "true",
	    "A number can be verified by a text message."),
	LATER(A ".phone_number.whatsapp_verification_allowed", auth.phone_number.whatsapp_verification_allowed, "false",
	    NO_WHATSAPP, "A number can be verified by a WhatsApp message."),
	BOOL(A ".username.enabled", auth.username.enabled, "true", "People have usernames."),
	BOOL(A ".username.required", auth.username.required, "false", "Signing up asks for one."),
	INT(A ".username.min_length", auth.username.min_length, 1, 64, "3", "Shortest username, in characters."),
	INT(A ".username.max_length", auth.username.max_length, 1, 64, "30", "Longest username, in characters."),
	BOOL(A ".first_name.enabled", auth.first_name.enabled, "true", "People have first names."),
	BOOL(A ".first_name.required", auth.first_name.required, "false", "Signing up asks for one."),
	BOOL(A ".last_name.enabled", auth.last_name.enabled, "true", "People have last names."),
	BOOL(A ".last_name.required", auth.last_name.required, "false", "Signing up asks for one."),
	BOOL(A ".password.enabled", auth.password.enabled, "true", "People have passwords."),
	BOOL(A ".password.required", auth.password.required, "true", "Signing up asks for one."),
	INT(A ".password.min_length", auth.password.min_length, 8, 125, "8", "Shortest password, in characters."),
	BOOL(A ".password.require_lowercase", auth.password.require_lowercase, "false", "Demand a lower-case letter."),
	BOOL(A ".password.require_uppercase", auth.password.require_uppercase, "false", "Demand an upper-case letter."),
	BOOL(A ".password.require_number", auth.password.require_number, "false", "Demand a digit."),
	BOOL(A ".password.require_special", auth.password.require_special, "false", "Demand a special character."),
	SHOWN(A ".backup_code.enabled", write_backup_code, "As " A ".auth_factors_enabled.backup_code."),
	SHOWN(A ".backup_code.required", write_false, "Always false."),
	SHOWN(A ".web3_wallet.enabled", write_false, "Always false."),
	SHOWN(A ".web3_wallet.required", write_false, "Always false."),
	SHOWN(A ".password_policy.enabled", write_password_enabled, "As " A ".password.enabled."),
	SHOWN(A ".password_policy.required", write_password_required, "As " A ".password.required."),
	BOOL(A ".magic_link.enabled", auth.magic_link.enabled, "true", "Mailed links sign people in."),
	SHOWN(A ".magic_link.required", write_false, "Always false."),
	BOOL(A ".magic_link.require_same_device", auth.magic_link.require_same_device, "false",
	    "A mailed link works only in the browser that asked for it."),
	BOOL(A ".passkey.enabled", auth.passkey.enabled, "true", "People can add passkeys."),
	BOOL(A ".passkey.prompt_registration_on_auth", auth.passkey.prompt_registration_on_auth, "false",
	    "Propose a passkey after signing in without one."),
	BOOL(A ".passkey.allow_autofill", auth.passkey.allow_autofill, "false", "Offer passkeys in the browser's autofill."),
#define F A ".auth_factors_enabled"
	BOOL(F ".email_password", auth.factors.email_password, "true", "Sign in with e-mail address and password."),
	BOOL(F ".username_password", auth.factors.username_password, "true", "Sign in with username and password."),
	BOOL(F ".email_otp", auth.factors.email_otp, "false", "Sign in with a mailed code."),
	BOOL(F ".email_magic_link", auth.factors.email_magic_link, "false", "Sign in with a mailed link."),
	BOOL(F ".phone_otp", auth.factors.phone_otp, "false", "Sign in with a code by text message."),
	SHOWN(F ".web3_wallet", write_false, "Always false."),
	BOOL(F ".backup_code", auth.factors.backup_code, "false", "Backup codes as a second factor."),
	BOOL(F ".authenticator", auth.factors.authenticator, "false", "Authenticator apps as a second factor."),
	LATER(F ".sso", auth.factors.sso, "false", NO_SSO, "Sign in through an organization's identity provider."),
	BOOL(F ".passkey", auth.factors.passkey, "true", "Sign in with a passkey."),
#undef F
	BOOL(A ".verification_policy.email", auth.verification_policy.email, "false",
	    "Signing up ends only when the address is verified; in production that needs smtp_host."),
	BOOL(A ".verification_policy.phone_number", auth.verification_policy.phone_number, "false",
	    "Signing up ends only when the number is verified; in production that needs sms_webhook_url."),
	ENUM(A ".first_factor", auth.first_factor, first_factors, "email_password", "Which form the sign-in card opens with."),
	ENUM(A ".second_factor_policy", auth.second_factor_policy, second_factor_policies, "optional",
	    "Whether people may or must have a second factor."),
	SHOWN(A ".second_factor", write_null, "Always null."),
	SHOWN(A ".alternate_first_factors", write_null, "Always null."),
	SHOWN(A ".alternate_second_factors", write_null, "Always null."),
#define M A ".multi_session_support"
	BOOL(M ".enabled", auth.multi_session.enabled, "true", "Several people can be signed in in one browser."),
	INT(M ".max_accounts_per_session", auth.multi_session.max_accounts_per_session, 1, 100, "5",
	    "Accounts signed in in one browser, at most."),
	INT(M ".max_sessions_per_account", auth.multi_session.max_sessions_per_account, 1, 1000, "5",
	    "Live sign-ins of one account, at most; the least recently active one ends."),
#undef M
	INT(A ".session_token_lifetime", auth.session_token_lifetime_s, 1, MONTHS_13, "1800",
	    "Seconds after which a session token is replaced."),
	INT(A ".session_validity_period", auth.session_validity_period_s, 1, MONTHS_13, "2592000",
	    "Seconds a session lasts after its last completed sign-in; at most 400 days."),
	INT(A ".session_inactive_timeout", auth.session_inactive_timeout_s, 1, MONTHS_13, "604800",
	    "Seconds without requests after which a session ends."),
#undef A

#define B "b2b_settings"
	OWN_ROWS(B),
	BOOL(B ".organizations_enabled", b2b.organizations_enabled, "true", "There are organizations."),
	BOOL(B ".workspaces_enabled", b2b.workspaces_enabled, "true", "Organizations have workspaces."),
	BOOL(B ".allow_users_to_create_orgs", b2b.allow_users_to_create_orgs, "true", "Anybody can create an organization."),
	INT(B ".max_orgs_per_user", b2b.max_orgs_per_user, 0, COUNT_MAX, "0",
	    "Organizations a user can be a member of; 0: any number."),
	BOOL(B ".limit_org_creation_per_user", b2b.limit_org_creation_per_user, "false",
	    "Limit how many organizations a user creates."),
	INT(B ".org_creation_per_user_count", b2b.org_creation_per_user_count, 0, COUNT_MAX, "0",
	    "That limit; 0: any number."),
	BOOL(B ".limit_workspace_creation_per_org", b2b.limit_workspace_creation_per_org, "false",
	    "Limit how many workspaces an organization has."),
	INT(B ".workspaces_per_org_count", b2b.workspaces_per_org_count, 0, COUNT_MAX, "0", "That limit; 0: any number."),
	INT(B ".max_allowed_org_members", b2b.max_allowed_org_members, 0, COUNT_MAX, "0",
	    "Members of an organization, at most; 0: any number."),
	INT(B ".max_allowed_workspace_members", b2b.max_allowed_workspace_members, 0, COUNT_MAX, "0",
	    "Members of a workspace, at most; 0: any number."),
	BOOL(B ".allow_org_deletion", b2b.allow_org_deletion, "true", "Its admins can delete an organization."),
	BOOL(B ".allow_workspace_deletion", b2b.allow_workspace_deletion, "true", "Its admins can delete a workspace."),
	BOOL(B ".custom_org_role_enabled", b2b.custom_org_role_enabled, "true", "Organizations can have roles of their own."),
	BOOL(B ".custom_workspace_role_enabled", b2b.custom_workspace_role_enabled, "true",
	    "Workspaces can have roles of their own."),
	BOOL(B ".ip_allowlist_per_org_enabled", b2b.ip_allowlist_per_org_enabled, "true",
	    "Organizations can restrict access to networks."),
	BOOL(B ".ip_allowlist_per_workspace_enabled", b2b.ip_allowlist_per_workspace_enabled, "false",
	    "Workspaces can restrict access to networks."),
	BOOL(B ".enforce_mfa_per_org_enabled", b2b.enforce_mfa_per_org_enabled, "false",
	    "Organizations can demand a second factor."),
	BOOL(B ".enforce_mfa_per_workspace_enabled", b2b.enforce_mfa_per_workspace_enabled, "false",
	    "Workspaces can demand a second factor."),
	LATER(B ".enterprise_sso_enabled", b2b.enterprise_sso_enabled, "false", NO_SSO,
	    "Organizations can connect identity providers."),
	SHOWN(B ".default_org_creator_role_id", write_orgrole_creator, "The role of who creates an organization."),
	SHOWN(B ".default_org_member_role_id", write_orgrole_member, "The role of who joins an organization."),
	SHOWN(B ".default_workspace_creator_role_id", write_wsrole_creator, "The role of who creates a workspace."),
	SHOWN(B ".default_workspace_member_role_id", write_wsrole_member, "The role of who joins a workspace."),
	LIST(B ".organization_permissions", b2b.organization_permissions, &permission, 1,
	    "organization:admin,organization:manage,organization:member", "What a role in an organization can grant."),
	LIST(B ".workspace_permissions", b2b.workspace_permissions, &permission, 1,
	    "workspace:admin,workspace:manage,workspace:member", "What a role in a workspace can grant."),
#undef B

#define R "restrictions"
	OWN_ROWS(R),
	BOOL(R ".allowlist_enabled", restrictions.allowlist_enabled, "false", "Only addresses on the allow list sign up."),
	BOOL(R ".blocklist_enabled", restrictions.blocklist_enabled, "false", "Addresses on the block list do not sign up."),
	BOOL(R ".block_subaddresses", restrictions.block_subaddresses, "false", "No name+tag@ addresses."),
	BOOL(R ".block_disposable_emails", restrictions.block_disposable_emails, "false", "No throw-away addresses."),
	{ ROW(R ".block_voip_numbers", SETTING_BOOL, restrictions.block_voip_numbers, "false",
	    "No internet phone numbers: those of the server's `voip-prefixes`."), .needs = MEANS_VOIP_PREFIXES },
	BOOL(R ".country_restrictions.enabled", restrictions.country_restrictions_enabled, "false",
	    "Nobody signs up from the countries listed: told by the number given, and by where the request comes "
	    "from, with geoip-file. Without that file, a phone number must be required."),
	POLICY(R ".country_restrictions.country_codes", restrictions.country_codes, &country, "Those countries."),
	POLICY(R ".banned_keywords", restrictions.banned_keywords, &word, "Words that no name or address may contain."),
	POLICY(R ".allowlisted_resources", restrictions.allowlisted_resources, &word,
	    "The allow list: addresses, domains, and `*.domain` for all below one."),
	POLICY(R ".blocklisted_resources", restrictions.blocklisted_resources, &word,
	    "The block list: addresses, domains, and `*.domain` for all below one."),
	ENUM(R ".sign_up_mode", restrictions.sign_up_mode, sign_up_modes, "public",
	    "Who can sign up: anybody, the invited, or the invited from a waiting list."),
#undef R

	SHOWN("social_connections", write_empty_list, "Always empty: there are no social connections."),

#define U "ui_settings"
	SHOWN(U ".deployment_id", write_id, "The deployment's id."),
	TEXT(U ".app_name", ui.app_name, 200, "{name}", "What the pages call the app."),
	PAGE(U ".sign_in_page_url", ui.sign_in_page_url, "{frontend}/sign-in", "The sign-in page."),
	PAGE(U ".sign_up_page_url", ui.sign_up_page_url, "{frontend}/sign-up", "The sign-up page."),
	URL(U ".waitlist_page_url", ui.waitlist_page_url, "{frontend}/waitlist", "The page of the waiting list."),
	URL(U ".support_page_url", ui.support_page_url, "{frontend}/support", "Where people find help."),
	URL(U ".privacy_policy_url", ui.privacy_policy_url, "", "The privacy policy; empty: not linked."),
	URL(U ".tos_page_url", ui.tos_page_url, "", "The terms of service; empty: not linked."),
	PAGE(U ".after_signin_redirect_url", ui.after_signin_redirect_url, "{frontend}/", "Where signing in leads."),
	PAGE(U ".after_signup_redirect_url", ui.after_signup_redirect_url, "{frontend}/", "Where signing up leads."),
	URL(U ".after_sign_out_one_page_url", ui.after_sign_out_one_page_url, "{frontend}/sign-in",
	    "Where signing out of one account leads; empty: stay."),
	URL(U ".after_sign_out_all_page_url", ui.after_sign_out_all_page_url, "{frontend}/sign-in",
	    "Where signing out of all accounts leads; empty: stay."),
	URL(U ".after_create_organization_redirect_url", ui.after_create_organization_redirect_url, "",
	    "Where creating an organization leads."),
	URL(U ".after_logo_click_url", ui.after_logo_click_url, "", "Where the logo leads."),
	URL(U ".user_profile_url", ui.user_profile_url, "", "The page of a user's profile."),
	URL(U ".organization_profile_url", ui.organization_profile_url, "", "The page of an organization's profile."),
	URL(U ".create_organization_url", ui.create_organization_url, "", "The page to create an organization."),
	URL(U ".favicon_image_url", ui.favicon_image_url, "", "The icon."),
	URL(U ".logo_image_url", ui.logo_image_url, "", "The logo; empty: none."),
	URL(U ".default_user_profile_image_url", ui.default_user_profile_image_url, "", "The picture of who has none."),
	URL(U ".default_organization_profile_image_url", ui.default_organization_profile_image_url, "",
	    "The picture of an organization without one."),
	URL(U ".default_workspace_profile_image_url", ui.default_workspace_profile_image_url, "",
	    "The picture of a workspace without one."),
	BOOL(U ".use_initials_for_user_profile_image", ui.use_initials_for_user_profile_image, "true",
	    "Show initials where a user has no picture."),
	BOOL(U ".use_initials_for_organization_profile_image", ui.use_initials_for_organization_profile_image, "true",
	    "Show initials where an organization has no picture."),
	TEXT(U ".signup_terms_statement", ui.signup_terms_statement, 2000, "", "Text below the sign-up form."),
	BOOL(U ".signup_terms_statement_shown", ui.signup_terms_statement_shown, "false", "Show that text."),
	{ ROW(U ".theme_tokens", SETTING_OBJECT, ui.theme_tokens, "{\"light\":{},\"dark\":{}}",
	    "Colours and fonts: JSON such as {\"light\": {\"primary\": \"#0a7d5a\"}, \"dark\": {}}."), .max = 200 },
#undef U

#define OPERATOR .view = VIEW_OPERATOR
	{ ROW("magic_link_page_url", SETTING_TEXT, magic_link_page_url, "{frontend}/magic-link",
	    "The app's page that a mailed link opens."), OPERATOR, .max = SETTING_TEXT_MAX, .form = &page },
	{ ROW("invitation_page_url", SETTING_TEXT, invitation_page_url, "{frontend}/invite",
	    "The app's page that a mailed invitation to an organization opens, with its token."), OPERATOR, .max = SETTING_TEXT_MAX,
	    .form = &page },
	{ ROW("cookie_domain", SETTING_TEXT, cookie_domain, "",
	    "Share the session cookie below this parent domain of the host, as __session; empty: the host's alone, as "
	    "__Host-session."), OPERATOR, .max = 253, .form = &domain },
	{ ROW("cookie_same_site", SETTING_ENUM, cookie_same_site, "lax",
	    "SameSite of the session cookie; none is for apps on another site."), OPERATOR, .words = same_sites },
	{ ROW("allowed_origins", SETTING_LIST, allowed_origins, "",
	    "Origins beyond the frontend host and below it whose pages may read answers."), OPERATOR, .form = &web_origin,
	    .max = 320 },
	{ ROW("jwt_lifetime", SETTING_INT, jwt_lifetime_s, "60",
	    "Seconds a session's JWT is good for; it outlives a sign-out that long."), OPERATOR, .min = 5, .max = 86400 },
	{ ROW("jwt_clock_skew", SETTING_INT, jwt_clock_skew_s, "5",
	    "Seconds added to that for servers whose clocks differ."), OPERATOR, .min = 0, .max = 60 },
	{ ROW("jwt_claims_max", SETTING_INT, jwt_claims_max, "512",
	    "Bytes of a JWT's claims, a template's own not counted. Where the lists of permissions do not fit, they are told once "
	    "instead of twice, in `permissions`, and then not at all."), OPERATOR, .min = 512, .max = 1536 },
	{ ROW("jwt_key_overlap", SETTING_INT, jwt_key_overlap_s, "900",
	    "Seconds a signing key is published before it signs, and stays so after its last token has ended: longer than any "
	    "server keeps the JWKS."), OPERATOR, .min = 300, .max = 604800 },
	{ ROW("jwt_rotate_days", SETTING_INT, jwt_rotate_days, "0",
	    "Days after which another signing key takes over by itself; 0: `sessiond key rotate` does it."), OPERATOR, .min = 0,
	    .max = 3650 },
	{ ROW("challenge_required", SETTING_BOOL, challenge_required, "false",
	    "Signing in and up demand a solved proof-of-work challenge."), OPERATOR },
	{ ROW("passkey_rp_id", SETTING_TEXT, passkey_rp_id, "{frontend_host}",
	    "The domain passkeys belong to: the frontend host, or a domain above it for passkeys that all its subdomains "
	    "share. Another value makes the passkeys of the old one useless."), OPERATOR, .max = 253, .form = &rp_id },
	{ ROW("passkey_attestation", SETTING_ENUM, passkey_attestation, "none",
	    "direct: passkeys are added only from authenticators that hold a certificate of their maker's. Whose, "
	    "passkey_attestation_roots says."), OPERATOR, .words = attestations },
	{ ROW("passkey_attestation_roots", SETTING_TEXT, passkey_attestation_roots, "",
	    "With direct: certificates in PEM, one of which an authenticator's has to lead to. Empty: any certificate will do, "
	    "one that somebody has made for themselves too."), OPERATOR, .max = PASSKEY_ROOTS_MAX, .form = &roots },
	{ ROW("password_strength_min", SETTING_INT, password_strength_min, "1",
	    "How hard to guess a new password must be: zxcvbn's score from 0 to 4. Common passwords are refused at 0 too."),
	    OPERATOR, .min = 0, .max = 4 },
	{ ROW("notice_new_device", SETTING_BOOL, notice_new_device, "true",
	    "Mail an account's verified addresses when it is signed in to from a browser it never was before."), OPERATOR },
	{ ROW("step_up_required", SETTING_BOOL, step_up_required, "false",
	    "Changing passwords, addresses, factors and the like asks for a proof of who it is within the last 10 minutes; "
	    "stock clients have no screen for it."), OPERATOR },
	{ ROW("hide_account_existence", SETTING_BOOL, hide_account_existence, "true",
	    "Signing in answers alike whether or not there is such an account."), OPERATOR },
	{ ROW("smtp_host", SETTING_TEXT, smtp.host, "",
	    "The mail server that takes this deployment's mail; empty: mail stays in the outbox, where an operator can read it."),
	    OPERATOR, .max = 253, .form = &host },
	{ ROW("smtp_port", SETTING_INT, smtp.port, "587", "Its port."), OPERATOR, .min = 1, .max = 65535 },
	{ ROW("smtp_security", SETTING_ENUM, smtp.security, "starttls",
	    "starttls demands STARTTLS, tls speaks TLS from the first byte (port 465), none is for a loopback host only; "
	    "certificates are always checked."), OPERATOR, .words = smtp_securities },
	{ ROW("smtp_public_only", SETTING_BOOL, smtp.public_only, "false",
	    "Mail goes to addresses on the internet only, wherever the name of smtp_host leads. The Backend API sets it with smtp_host, and does not take it back."),
	    OPERATOR },
	{ ROW("smtp_username", SETTING_TEXT, smtp.username, "",
	    "Who signs in there, with the deployment secret smtp_password; empty: nobody."), OPERATOR, .max = 320, .form = &line },
	{ ROW("smtp_from", SETTING_TEXT, smtp.from, "", "The address mail comes from; empty: no-reply@ of mail_from_host."),
	    OPERATOR, .max = 254, .form = &mail_address },
	{ ROW("smtp_from_name", SETTING_TEXT, smtp.from_name, "", "The name mail comes from; empty: ui_settings.app_name."),
	    OPERATOR, .max = 200, .form = &line },
	{ ROW("sms_webhook_url", SETTING_TEXT, sms.webhook_url, "",
	    "Where text messages are posted; empty: they stay in the outbox, where an operator can read them."), OPERATOR,
	    .max = SETTING_TEXT_MAX, .form = &webhook },
	{ ROW("sms_format", SETTING_ENUM, sms.format, "json",
	    "json is signed by Standard Webhooks with the deployment secret sms_secret; twilio is Twilio's form with sms_secret "
	    "as its auth token."), OPERATOR, .words = sms_formats },
	{ ROW("sms_username", SETTING_TEXT, sms.username, "", "Twilio's account SID."), OPERATOR, .max = 320, .form = &line },
	{ ROW("sms_from", SETTING_TEXT, sms.from, "", "The number or name text messages come from."), OPERATOR, .max = 64,
	    .form = &line },
	{ ROW("forwarded_for_header", SETTING_TEXT, forwarded_for_header, "",
	    "Header with the browser's address that servers send to GET /session/token; advisory; empty: none."), OPERATOR,
	    .max = 64, .form = &header },
};
/* clang-format on */
const size_t setting_rows_n = ARRAY_LEN(setting_rows);
