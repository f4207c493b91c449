/* section.h - what a declared deployment consists of: one row a section, read here and applied there. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <jansson.h>

#include "admin/declare/plan.h"
#include "admin/declare/reading.h"
#include "admin/declare/yaml_out.h"
#include "deployment/deployment.h"

/* ---- where it is applied: inside one write transaction over all deployments of the file ---- */

struct declared_hook;

struct applying {
	struct task            *t;
	const struct keys      *keys;
	bool                    prune;	/* what a section does not name is taken away */
	struct plan            *plan;	/* of the whole file */
	struct deployment_id    deployment;
	const json_t           *declared;	/* the deployment's object in the order */
	struct declared_hook  **hooks;	/* those that were made are appended */
};

/* An endpoint that was made, with a secret of its own to be shown once. */
struct declared_hook {
	struct declared_hook *next;
	struct str            host, url, secret;
	struct hook_id        id;
};

struct exporting {
	struct task             *t;
	const struct deployment *d;
	struct yaml_out         *out;
	bool                     all;	/* what is as it is by default, too */
};

/*
 * read: in the process that was given the file. Check what is under the section's name, telling every
 * problem with its line, and write the value that apply() takes, with the name as its key.
 * apply: compare with what is stored, change what differs, tell each change to the plan. A refusal is one
 * sentence in t->why. The value was read by this program, perhaps of another version: nothing is
 * taken for granted.
 * prune: after apply() of all sections, when a->prune: take away what the value does not name. NULL: apply() does, or
 * there is nothing.
 * export: write what read() takes, in a read transaction; a secret never.
 */
struct section {
	const char *name;
	void (*read)(struct reading *r, const char *name, const struct node *n);
	enum status (*apply)(struct applying *a, const json_t *value);
	enum status (*prune)(struct applying *a, const json_t *value);
	enum status (*export)(struct exporting *e, const char *name);
};

/* In the order in which they are applied and exported. */
extern const struct section sections[];
extern const size_t sections_n;

#define SECTION(section) \
	void section##_read(struct reading *r, const char *name, const struct node *n); \
	enum status section##_apply(struct applying *a, const json_t *value) MUST_CHECK; \
	enum status section##_prune(struct applying *a, const json_t *value) MUST_CHECK; \
	enum status section##_export(struct exporting *e, const char *name) MUST_CHECK;
SECTION(settings_section)
SECTION(secrets_section)
SECTION(templates_section)
SECTION(org_roles_section)
SECTION(ws_roles_section)
#undef SECTION
void jwt_templates_section_read(struct reading *r, const char *name, const struct node *n);
enum status jwt_templates_section_apply(struct applying *a, const json_t *value) MUST_CHECK;
enum status jwt_templates_section_export(struct exporting *e, const char *name) MUST_CHECK;
void webhooks_section_read(struct reading *r, const char *name, const struct node *n);
enum status webhooks_section_apply(struct applying *a, const json_t *value) MUST_CHECK;
enum status webhooks_section_export(struct exporting *e, const char *name) MUST_CHECK;
void default_roles_section_read(struct reading *r, const char *name, const struct node *n);
enum status default_roles_section_apply(struct applying *a, const json_t *value) MUST_CHECK;
enum status default_roles_section_export(struct exporting *e, const char *name) MUST_CHECK;

/*
 * What stands for a secret in an order: "unchanged", or {"from": "the file …", "value": "…"}, which the caller of
 * declare_run() wipes wherever it is.
 */
void section_put_reference(struct json *j, const char *key, const struct reference *ref);
