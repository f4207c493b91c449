/* deployment.h - one tenant of the server: its host, keys and settings. Immutable and refcounted. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "auth/jwt.h"
#include "auth/keys.h"
#include "base/id.h"
#include "base/task.h"
#include "deployment/origin.h"
#include "deployment/settings.h"

struct jwt_template;

enum deployment_mode { MODE_PRODUCTION, MODE_STAGING };

/*
 * Never edited in place: a change loads a new one, and whoever still holds the old
 * one finishes with it. Strings live as long as the deployment.
 */
struct deployment {
	struct deployment_id id;
	struct project_id project;
	enum deployment_mode mode;
	bool is_demo;
	struct str name;
	struct str backend_host; /* lower case; port only when not the scheme's own */
	struct str frontend_host;
	struct str frontend_origin; /* https://{frontend_host}; http:// when that is a loopback host */
	struct host frontend;       /* frontend_host, read */
	struct str base_url;        /* exact origin: scheme, host, port; no trailing slash */
	struct str publishable_key; /* pk_live_… or pk_test_… */
	struct str cookie_name;     /* "__Host-session", or "__session" with a cookie_domain */
	bool is_loopback;           /* backend_host is localhost, 127.0.0.0/8 or [::1] */
	struct settings settings;
	struct orgrole_id orgrole_creator, orgrole_member;
	struct wsrole_id wsrole_creator, wsrole_member;
	int64_t created_at, updated_at;

	const struct jwt_key *signing_key; /* the current one */
	int64_t keys_due_at;               /* when signing_key_care() has something to do */
	const struct jwt_template *templates;
	size_t n_templates;
	struct str jwks_json;              /* the whole answer of /.well-known/jwks.json */
	struct str jwk_json;               /* the whole answer of /.well-known/jwk */
	struct str meta_json;              /* the whole answer of /.well-known/meta */
	struct str tree_json;              /* `data` of GET /deployment */

	/* deployment.c's own: the reference count and the memory behind the strings */
	struct deployment_memory *memory;
};

/* pk_live_ or pk_test_, and the base URL in standard base64: the app's key tells it where to call. */
struct str deployment_publishable_key(struct arena *a, enum deployment_mode mode, struct str base_url);

const struct deployment *deployment_ref(const struct deployment *d);
void deployment_unref(const struct deployment *d); /* NULL is fine */

/* The template of tokens with this name, or NULL. Lives as long as the deployment. */
const struct jwt_template *deployment_jwt_template(const struct deployment *d, struct str name);

/*
 * Is `origin` (an Origin header's value) one that may read answers with
 * credentials? Production: https://{frontend_host}, any https subdomain of it, an
 * entry of settings.allowed_origins, and for a deployment on a loopback host any
 * http loopback origin. Exact strings: no userinfo, path, trailing dot or other case.
 * Staging: every well-formed origin. "null" never.
 */
bool deployment_allows_origin(const struct deployment *d, struct str origin);

/*
 * May a page of this origin use passkeys? The same origins; in staging, where every page may read
 * answers, those within settings.passkey_rp_id: https, or http on a loopback host.
 */
bool deployment_allows_passkey_origin(const struct deployment *d, struct str origin);

/*
 * May the server send a browser to this absolute URL? Staging: any http or https
 * one. Production: https on frontend_host or below it; on a loopback deployment
 * also http on a loopback host. Read as strictly as an origin.
 */
bool deployment_allows_redirect(const struct deployment *d, struct str url);

/* ---- making and changing; each inside a write transaction ---- */

struct deployment_spec {
	struct str host; /* as given: checked and folded */
	struct str frontend_host;
	enum deployment_mode mode;
	struct str base_url; /* empty: https://HOST, http:// for loopback */
	struct str name;     /* empty: the host */
	bool is_demo;
};
struct deployment_made {
	struct deployment_id id;
	struct str publishable_key;
	struct str secret_key; /* shown once; only its hash is stored */
};
/*
 * Create with working defaults: settings, ES256 key pair sealed, deployment-level
 * roles (organization and workspace Member and Admin, least privileged first) and the
 * default role ids. E_CONFLICT when the host is taken; E_BAD_REQUEST_BODY with a
 * sentence in t->why for a bad host.
 */
enum status deployment_create(struct task *t, const struct keys *k, const struct deployment_spec *spec,
    struct deployment_made *ret_made) MUST_CHECK;

/*
 * Change settings by "key" and "value" text; a wrong key or value: E_BAD_REQUEST_BODY,
 * t->why names it, nothing changed. E_CONFLICT: somebody else changed them meanwhile.
 * Whoever calls also touches the caches and has the directory refreshed after the commit.
 */
enum status deployment_set(
    struct task *t, struct deployment_id id, const struct setting_text *changes, size_t n) MUST_CHECK;

/*
 * The settings as they are and as deployment_set() would leave them, with the same refusals; nothing is
 * written. Texts: task's arena.
 */
enum status deployment_try(struct task *t, struct deployment_id id, const struct setting_text *changes, size_t n,
    struct settings *ret_before, struct settings *ret_after) MUST_CHECK;

/* Give it other hosts (a demo follows the listening port); same checks, and refusals, as creation. */
enum status deployment_move(
    struct task *t, struct deployment_id id, struct str host, struct str frontend_host) MUST_CHECK;

/* ---- reading; each inside a transaction ---- */

/* Load one with its keys; caller unrefs. E_NOT_FOUND; E_INTERNAL when a key does not open. */
enum status deployment_load(struct task *t, const struct keys *k, struct deployment_id id,
    const struct deployment **ret_deployment) MUST_CHECK;

/* Its settings alone, as they are in the store; strings in the task's arena. E_NOT_FOUND. */
enum status deployment_settings(struct task *t, struct deployment_id id, struct settings *ret_settings) MUST_CHECK;

/* The deployment of a host as an operator types it. E_NOT_FOUND with a sentence in t->why. */
enum status deployment_find_host(struct task *t, struct str host, struct deployment_id *ret_id) MUST_CHECK;
