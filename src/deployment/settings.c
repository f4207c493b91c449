/* settings.c - a deployment's settings: defaults overlaid with what its operator set. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "deployment/settings.h"

#include <jansson.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "base/str.h"
#include "deployment/origin.h"
#include "deployment/settings_value.h"

enum { OVERRIDES_MAX = 1 << 20 };

static enum status
refuse_unknown(struct task *t, struct str key)
{
	struct nearest near;
	const char *name;

	nearest_init(&near, key);
	for (size_t i = 0; i < setting_rows_n; i++) {
		if (setting_rows[i].type != SETTING_SHOWN)
			nearest_offer(&near, setting_rows[i].key);
	}
	name = nearest_found(&near);
	if (name == NULL)
		return fail(t, E_BAD_REQUEST_BODY, "there is no setting %s", log_quote(key).text);
	return fail(
	    t, E_BAD_REQUEST_BODY, "there is no setting %s; did you mean %s?", log_quote(key).text, name);
}

static enum status
refuse_value(struct task *t, const struct setting_row *row)
{
	if (arena_failed(t->arena))
		return fail(t, E_OVERLOADED, "out of memory for settings");
	return fail(
	    t, E_BAD_REQUEST_BODY, "%s must be " STR_FMT, row->key, STR_ARG(setting_allowed(t->arena, row)));
}

static enum status
find_row(struct task *t, struct str key, const struct setting_row **ret_row)
{
	const struct setting_row *row = setting_find(key);

	if (row == NULL)
		return refuse_unknown(t, key);
	if (row->type == SETTING_SHOWN)
		return fail(t, E_BAD_REQUEST_BODY, "%s cannot be set: %s", row->key, row->help);
	*ret_row = row;
	return OK;
}

/* ---- settings that need each other ---- */

static bool
offers_first_factor(const struct settings *s)
{
	switch (s->auth.first_factor) {
	case FIRST_EMAIL_PASSWORD:
		return s->auth.factors.email_password;
	case FIRST_USERNAME_PASSWORD:
		return s->auth.factors.username_password;
	case FIRST_EMAIL_OTP:
		return s->auth.factors.email_otp;
	case FIRST_EMAIL_MAGIC_LINK:
		return s->auth.factors.email_magic_link && s->auth.magic_link.enabled;
	case FIRST_PHONE_OTP:
		return s->auth.factors.phone_otp;
	}
	return false;
}

static bool
offers_second_factor(const struct settings *s)
{
	return s->auth.factors.authenticator || s->auth.factors.phone_otp;
}

/* Each of these would leave people before a door that nobody can open. */
static enum status
check_together(struct task *t, const struct settings *s)
{
	if (!offers_first_factor(s))
		return fail(t, E_BAD_REQUEST_BODY,
		    "auth_settings.first_factor must be one that auth_settings.auth_factors_enabled has on");
	if (s->auth.second_factor_policy == SECOND_ENFORCED && !offers_second_factor(s))
		return fail(t, E_BAD_REQUEST_BODY,
		    "auth_settings.second_factor_policy=enforced needs the authenticator or "
		    "phone_otp of auth_settings.auth_factors_enabled");
	if (s->auth.verification_policy.email && !s->auth.email_address.otp_verification_allowed)
		return fail(t, E_BAD_REQUEST_BODY,
		    "auth_settings.verification_policy.email needs auth_settings.email_address.otp_verification_allowed");
	if (s->auth.verification_policy.phone_number && !s->auth.phone_number.sms_verification_allowed)
		return fail(t, E_BAD_REQUEST_BODY,
		    "auth_settings.verification_policy.phone_number needs auth_settings.phone_number.sms_verification_allowed");
	if (s->auth.username.min_length > s->auth.username.max_length)
		return fail(t, E_BAD_REQUEST_BODY,
		    "auth_settings.username.min_length must not be above auth_settings.username.max_length");
	return OK;
}

/* ---- reading ---- */

/* Names without a port: mail comes from a domain. */
static struct settings_home
home_without_port(const struct settings_home *home)
{
	struct settings_home bare = *home;
	struct host h;

	if (host_parse(home->frontend_host, &h))
		bare.frontend_host = h.name;
	return bare;
}

static void
set_defaults(struct arena *a, const struct settings_home *home, struct settings *s)
{
	struct settings_home bare = home_without_port(home);

	for (size_t i = 0; i < setting_rows_n; i++) {
		const struct setting_row *row = &setting_rows[i];
		json_t *value;

		if (row->type == SETTING_SHOWN)
			continue;
		value = setting_from_text(row, setting_default(a, row, &bare));
		CHECK((value != NULL && setting_store(row, value, a, s)) || arena_failed(a));
		json_decref(value);
	}
}

static enum status
overlay(struct task *t, struct arena *a, const json_t *overrides, struct settings *s)
{
	const struct setting_row *row;
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)overrides, key, value)
	{
		TRY(find_row(t, str_of(key), &row));
		if (!setting_store(row, value, a, s))
			return refuse_value(t, row);
	}
	return OK;
}

static enum status
load(struct task *t, struct arena *a, const struct settings_home *home, const json_t *overrides,
    struct settings *ret_settings)
{
	struct settings s = { .maintenance_mode = false };

	set_defaults(a, home, &s);
	TRY(overlay(t, a, overrides, &s));
	if (arena_failed(a))
		return fail(t, E_OVERLOADED, "out of memory for settings");
	TRY(check_together(t, &s));
	*ret_settings = s;
	return OK;
}

static enum status
read_object(struct task *t, struct str text, json_t **ret_object)
{
	json_t *object = NULL;

	if (text.n > 0 && text.n <= OVERRIDES_MAX)
		object = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(object)) {
		json_decref(object);
		return fail(t, E_BAD_REQUEST_BODY, "the settings are not a JSON object");
	}
	*ret_object = object;
	return OK;
}

enum status
settings_parse(struct task *t, struct arena *a, const struct settings_home *home, struct str overrides,
    struct settings *ret_settings)
{
	enum status st;
	json_t *object = NULL;

	TRY(read_object(t, overrides, &object));
	st = load(t, a, home, object, ret_settings);
	json_decref(object);
	return st;
}

/* ---- changing ---- */

static _Atomic bool means_there[MEANS__COUNT] = { [MEANS_NONE] = true };
static const char *const means_missing[MEANS__COUNT] = {
	[MEANS_VOIP_PREFIXES] = "the server has no list of such numbers; name one with voip-prefixes",
	[MEANS_PLACES] = "the server cannot tell where an address is; name a file with geoip-file",
};

void
settings_set_means(enum settings_means means, bool is_there)
{
	atomic_store_explicit(&means_there[means], is_there, memory_order_relaxed);
}

static bool
has_means(enum settings_means means)
{
	return atomic_load_explicit(&means_there[means], memory_order_relaxed);
}

/* Countries are told by a number, or by a place: without either nobody could be let in. */
static enum status
check_countries(struct task *t, const struct settings *s)
{
	if (!s->restrictions.country_restrictions_enabled || has_means(MEANS_PLACES) ||
	    (s->auth.phone_number.enabled && s->auth.phone_number.required))
		return OK;
	return fail(t, E_BAD_REQUEST_BODY,
	    "restrictions.country_restrictions.enabled needs auth_settings.phone_number.enabled and .required: %s",
	    means_missing[MEANS_PLACES]);
}

/* What has no means behind it in this release stays as it is, with the reason. */
static enum status
check_means(struct task *t, const struct setting_row *row, struct str text)
{
	if (str_eq(text, str_of(row->def)))
		return OK;
	if (!has_means(row->needs))
		return fail(t, E_BAD_REQUEST_BODY, "%s must be %s: %s", row->key, row->def, means_missing[row->needs]);
	if (row->lacks == NULL)
		return OK;
	return fail(t, E_BAD_REQUEST_BODY, "%s must be %s: %s", row->key, row->def, row->lacks);
}

static enum status
change_one(struct task *t, json_t *overrides, const struct setting_text *change)
{
	const struct setting_row *row;
	struct settings scratch;
	json_t *value;

	TRY(find_row(t, change->key, &row));
	if (str_eq(change->value, S("default"))) {
		(void)json_object_del(overrides, row->key);
		return OK;
	}
	TRY(check_means(t, row, change->value));
	value = setting_from_text(row, change->value);
	if (value == NULL || !setting_store(row, value, t->arena, &scratch)) {
		json_decref(value);
		return refuse_value(t, row);
	}
	if (json_object_set_new(overrides, row->key, value) != 0)
		return fail(t, E_OVERLOADED, "out of memory for settings");
	return OK;
}

/* Web Authentication §5.1.2: the page's own domain or one above it. One label alone is everybody's. */
static enum status
check_rp_id(struct task *t, const struct settings_home *home, const struct settings *s)
{
	struct host page, rp;

	if (!host_parse(home->frontend_host, &page) || !host_parse(s->passkey_rp_id, &rp) || !host_is_within(&page, &rp) ||
	    (!str_eq(page.name, rp.name) && memchr(rp.name.p, '.', rp.name.n) == NULL))
		return fail(t, E_BAD_REQUEST_BODY, "passkey_rp_id must be " STR_FMT " or a domain above it",
		    STR_ARG(home->frontend_host));
	return OK;
}

static enum status
dump(struct task *t, const json_t *overrides, struct str *ret_text)
{
	char *text = json_dumps(overrides, JSON_COMPACT);

	if (text == NULL)
		return fail(t, E_OVERLOADED, "out of memory for settings");
	*ret_text = arena_dup(t->arena, str_of(text));
	free(text);
	TRY_MEM(t, ret_text->p);
	return OK;
}

static enum status
change_all(struct task *t, const struct settings_home *home, json_t *overrides,
    const struct setting_text *changes, size_t n, struct str *ret_overrides)
{
	struct settings whole;

	for (size_t i = 0; i < n; i++)
		TRY(change_one(t, overrides, &changes[i]));
	TRY(load(t, t->arena, home, overrides, &whole));
	TRY(check_rp_id(t, home, &whole));
	TRY(check_countries(t, &whole));
	return dump(t, overrides, ret_overrides);
}

enum status
settings_change(struct task *t, const struct settings_home *home, struct str overrides,
    const struct setting_text *changes, size_t n, struct str *ret_overrides)
{
	enum status st;
	json_t *object = NULL;

	TRY(read_object(t, overrides, &object));
	st = change_all(t, home, object, changes, n, ret_overrides);
	json_decref(object);
	return st;
}
