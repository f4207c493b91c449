/* view.c - the API's user, sign-in, attempt and session objects as JSON. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "session/state.h"

#include "base/str.h"

void
view_words(struct json *j, const char *key, struct str words)
{
	struct str word;

	json_array_begin(j, key);
	while (words.n > 0) {
		(void)str_cut(words, ' ', &word, &words);
		if (word.n > 0)
			json_str(j, NULL, word);
	}
	json_array_end(j);
}

void
view_email(struct json *j, const char *key, const struct contact_row *c, struct email_id primary)
{
	json_object_begin(j, key);
	json_email_id(j, "id", (struct email_id){ c->id });
	json_str(j, "email", c->value);
	json_bool(j, "is_primary", c->id == primary.v);
	json_bool(j, "verified", c->verified_at != 0);
	json_time(j, "verified_at", c->verified_at);
	json_str(j, "verification_strategy", c->strategy);
	json_object_end(j);
}

void
view_phone(struct json *j, const char *key, const struct contact_row *c)
{
	json_object_begin(j, key);
	json_phone_id(j, "id", (struct phone_id){ c->id });
	json_str(j, "phone_number", c->value);
	json_str(j, "country_code", c->dial_code);
	json_bool(j, "verified", c->verified_at != 0);
	json_time(j, "verified_at", c->verified_at);
	json_bool(j, "can_use_for_second_factor", c->verified_at != 0);
	json_object_end(j);
}

static const struct contact_row *
contact_find(const struct contact_row *contacts, size_t n, bool is_phone, int64_t id)
{
	for (size_t i = 0; i < n; i++)
		if (contacts[i].is_phone == is_phone && contacts[i].id == id)
			return &contacts[i];
	return NULL;
}

/* The seed's eight keys, in the seed's order. */
static void
view_user_seed(struct json *j, const struct account_row *a, const struct contact_row *contacts, size_t n)
{
	const struct contact_row *email = contact_find(contacts, n, false, a->primary_email.v);

	json_user_id(j, "id", a->id);
	json_str(j, "first_name", a->first_name);
	json_str(j, "last_name", a->last_name);
	json_str_or_null(j, "email", email ? email->value : STR_NONE);
	json_str(j, "username", a->username);
	json_str(j, "image_url", a->image_url);
	json_time(j, "created_at", a->created_at);
	json_time(j, "updated_at", a->updated_at);
}

static void
view_primaries(struct json *j, const struct account_row *a, const struct contact_row *contacts, size_t n)
{
	const struct contact_row *email = contact_find(contacts, n, false, a->primary_email.v);
	const struct contact_row *phone = contact_find(contacts, n, true, a->primary_phone.v);

	json_email_id(j, "primary_email_address_id", a->primary_email);
	json_phone_id(j, "primary_phone_number_id", a->primary_phone);
	if (email)
		view_email(j, "primary_email_address", email, a->primary_email);
	else
		json_put_null(j, "primary_email_address");
	if (phone)
		view_phone(j, "primary_phone_number", phone);
	else
		json_put_null(j, "primary_phone_number");
}

static void
view_contacts(struct json *j, const struct account_row *a, const struct contact_row *contacts, size_t n)
{
	json_array_begin(j, "user_email_addresses");
	for (size_t i = 0; i < n; i++)
		if (contacts[i].user.v == a->id.v && !contacts[i].is_phone)
			view_email(j, NULL, &contacts[i], a->primary_email);
	json_array_end(j);
	json_array_begin(j, "user_phone_numbers");
	for (size_t i = 0; i < n; i++)
		if (contacts[i].user.v == a->id.v && contacts[i].is_phone)
			view_phone(j, NULL, &contacts[i]);
	json_array_end(j);
}

/* Only one that has been verified counts, and only that is told. */
static void
view_authenticator(struct json *j, const struct account_row *a)
{
	if (a->authenticator.v == 0) {
		json_put_null(j, "user_authenticator");
		return;
	}
	json_object_begin(j, "user_authenticator");
	json_authenticator_id(j, "id", a->authenticator);
	json_time(j, "created_at", a->authenticator_at);
	json_object_end(j);
}

void
view_user(struct json *j, const char *key, const struct account_row *a, const struct contact_row *contacts, size_t n)
{
	json_object_begin(j, key);
	view_user_seed(j, a, contacts, n);
	json_str(j, "availability", a->availability);
	json_bool(j, "has_profile_picture", a->image_url.n > 0);
	json_str(j, "profile_picture_url", a->image_url);
	view_primaries(j, a, contacts, n);
	json_str(j, "second_factor_policy", a->second_factor_policy);
	view_contacts(j, a, contacts, n);
	json_array_begin(j, "social_connections");
	json_array_end(j);
	view_authenticator(j, a);
	json_bool(j, "backup_codes_generated", a->backup_codes_at != 0);
	json_bool(j, "has_password", a->has_password);
	json_bool(j, "has_passkeys", a->n_passkeys > 0);
	json_raw(j, "public_metadata", a->public_metadata);
	json_array_begin(j, "segments");
	json_array_end(j);
	json_object_end(j);
}

void
view_public_user(struct json *j, const char *key, const struct account_row *a, const struct contact_row *contacts, size_t n)
{
	json_object_begin(j, key);
	view_user_seed(j, a, contacts, n);
	json_str(j, "availability", a->availability);
	json_bool(j, "has_profile_picture", a->image_url.n > 0);
	json_str(j, "profile_picture_url", a->image_url);
	view_primaries(j, a, contacts, n);
	json_object_end(j);
}

void
view_signin(struct json *j, const char *key, const struct signin_row *s, const struct account_row *a,
    const struct contact_row *contacts, size_t n)
{
	json_object_begin(j, key);
	json_signin_id(j, "id", s->id);
	json_session_id(j, "session_id", s->session);
	json_user_id(j, "user_id", s->user);
	json_time(j, "created_at", s->created_at);
	json_time(j, "updated_at", s->updated_at);
	json_orgmem_id(j, "active_organization_membership_id", s->orgmem);
	json_wsmem_id(j, "active_workspace_membership_id", s->wsmem);
	json_str(j, "method", s->method);
	json_time(j, "expires_at", s->expires_at);
	json_time(j, "last_active_at", s->last_active_at);
	json_str(j, "ip_address", s->ip_address);
	json_str(j, "browser", s->browser);
	json_str(j, "device", s->device);
	json_str(j, "city", s->city);
	json_str(j, "region", s->region);
	json_str(j, "region_code", s->region_code);
	json_str(j, "country", s->country);
	json_str(j, "country_code", s->country_code);
	/* The client's type declaration has these five in camelCase. */
	json_time(j, "expiresAt", s->expires_at);
	json_time(j, "lastActiveAt", s->last_active_at);
	json_str(j, "ipAddress", s->ip_address);
	json_str(j, "regionCode", s->region_code);
	json_str(j, "countryCode", s->country_code);
	if (a)
		view_user(j, "user", a, contacts, n);
	json_object_end(j);
}

static void
view_signin_attempt(struct json *j, struct session_id session, const struct signin_attempt_row *a)
{
	struct str step, rest;

	(void)str_cut(a->steps, ' ', &step, &rest);
	json_object_begin(j, NULL);
	json_signin_attempt_id(j, "id", a->id);
	json_session_id(j, "session_id", session);
	/* Whose it is would tell whether there is such an account. */
	json_user_id(j, "user_id", a->first_done ? a->user : (struct user_id){ 0 });
	json_str(j, "email", a->email);
	json_str(j, "method", a->method);
	json_str(j, "sso_provider", S(""));
	json_time(j, "expires_at", a->expires_at);
	json_bool(j, "first_method_authenticated", a->first_done);
	json_bool(j, "second_method_authentication_required", a->second_required);
	json_bool(j, "second_method_authenticated", a->second_done);
	view_words(j, "available_2fa_methods", a->second_methods);
	json_str(j, "current_step", step);
	view_words(j, "remaining_steps", a->steps);
	json_bool(j, "completed", a->completed);
	json_bool(j, "requires_completion", str_eq(step, S("complete_profile")));
	view_words(j, "missing_fields", a->missing_fields);
	view_words(j, "required_fields", a->missing_fields);
	json_raw(j, "profile_completion_data", a->profile);
	json_bool(j, "errored", false);
	json_array_begin(j, "errors");
	json_array_end(j);
	json_time(j, "created_at", a->created_at);
	json_time(j, "updated_at", a->updated_at);
	json_object_end(j);
}

static void
view_signup_attempt(struct json *j, struct session_id session, const struct signup_attempt_row *a)
{
	struct str step, rest;

	(void)str_cut(a->steps, ' ', &step, &rest);
	json_object_begin(j, NULL);
	json_signup_attempt_id(j, "id", a->id);
	json_session_id(j, "session_id", session);
	json_str(j, "first_name", a->first_name);
	json_str(j, "last_name", a->last_name);
	json_str(j, "email", a->email);
	json_str(j, "username", a->username);
	json_str(j, "phone_number", a->phone_number);
	json_str(j, "phone_country_code", a->dial_code);
	view_words(j, "required_fields", a->required_fields);
	/* A sign-up that misses a required field never becomes an attempt. */
	json_array_begin(j, "missing_fields");
	json_array_end(j);
	json_str(j, "current_step", step);
	view_words(j, "remaining_steps", a->steps);
	json_bool(j, "completed", a->completed);
	json_time(j, "expires_at", a->expires_at);
	json_time(j, "created_at", a->created_at);
	json_time(j, "updated_at", a->updated_at);
	json_object_end(j);
}

static void
view_signin_attempts(struct json *j, const struct session_state *s)
{
	json_array_begin(j, "signin_attempts");
	for (size_t i = 0; i < s->n_signin_attempts; i++)
		view_signin_attempt(j, s->id, &s->signin_attempts[i]);
	json_array_end(j);
}

static void
view_signup_attempts(struct json *j, const struct session_state *s)
{
	json_array_begin(j, "signup_attempts");
	for (size_t i = 0; i < s->n_signup_attempts; i++)
		view_signup_attempt(j, s->id, &s->signup_attempts[i]);
	json_array_end(j);
}

/* session_state_load() keeps no sign-in without its account. */
static const struct account_row *
state_account(const struct session_state *s, struct user_id user)
{
	const struct account_row *found = session_state_find_account(s, user);

	CHECK(found);
	return found;
}

static void
view_active_user(struct json *j, const struct session_state *s)
{
	if (!s->active) {
		json_put_null(j, "user");
		return;
	}
	json_object_begin(j, "user");
	view_user_seed(j, state_account(s, s->active->user), s->contacts, s->n_contacts);
	json_object_end(j);
}

static void
view_active_org(struct json *j, const struct session_state *s)
{
	if (!s->active || s->active->org.v == 0) {
		json_put_null(j, "organization");
		return;
	}
	json_object_begin(j, "organization");
	json_org_id(j, "id", s->active->org);
	json_str(j, "name", s->active->org_name);
	json_str(j, "slug", s->active->org_slug);
	json_str(j, "image_url", s->active->org_image_url);
	json_object_end(j);
}

static void
view_active_workspace(struct json *j, const struct session_state *s)
{
	if (!s->active || s->active->workspace.v == 0) {
		json_put_null(j, "workspace");
		return;
	}
	json_object_begin(j, "workspace");
	json_workspace_id(j, "id", s->active->workspace);
	json_str(j, "name", s->active->workspace_name);
	json_str(j, "slug", s->active->workspace_slug);
	json_object_end(j);
}

static void
view_state_signin(struct json *j, const char *key, const struct session_state *s, const struct signin_row *signin)
{
	view_signin(j, key, signin, state_account(s, signin->user), s->contacts, s->n_contacts);
}

void
view_session(struct json *j, const char *key, const struct session_state *s)
{
	json_object_begin(j, key);
	view_active_user(j, s);
	view_active_org(j, s);
	view_active_workspace(j, s);
	json_session_id(j, "id", s->id);
	if (s->active)
		view_state_signin(j, "active_signin", s, s->active);
	else
		json_put_null(j, "active_signin");
	json_array_begin(j, "signins");
	for (size_t i = 0; i < s->n_signins; i++)
		view_state_signin(j, NULL, s, &s->signins[i]);
	json_array_end(j);
	view_signin_attempts(j, s);
	view_signup_attempts(j, s);
	json_time(j, "created_at", s->created_at);
	json_time(j, "updated_at", s->updated_at);
	json_object_end(j);
}

static void
view_signin_slim(struct json *j, const char *key, const struct signin_row *s)
{
	json_object_begin(j, key);
	json_signin_id(j, "id", s->id);
	json_user_id(j, "user_id", s->user);
	json_time(j, "created_at", s->created_at);
	json_object_end(j);
}

void
view_session_slim(struct json *j, const char *key, const struct session_state *s)
{
	json_object_begin(j, key);
	view_signin_attempts(j, s);
	json_array_begin(j, "signins");
	for (size_t i = 0; i < s->n_signins; i++)
		view_signin_slim(j, NULL, &s->signins[i]);
	json_array_end(j);
	view_signup_attempts(j, s);
	if (s->active)
		view_signin_slim(j, "active_signin", s->active);
	else
		json_put_null(j, "active_signin");
	json_session_id(j, "id", s->id);
	json_time(j, "created_at", s->created_at);
	json_time(j, "updated_at", s->updated_at);
	json_object_end(j);
}
