/* sections.c - the sections of a declared deployment: one row each. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/declare/section.h"

/* Roles may grant what the settings' catalogues list, and defaults are roles: those come first. */
const struct section sections[] = {
	{ "settings", settings_section_read, settings_section_apply, NULL, settings_section_export },
	{ "secrets", secrets_section_read, secrets_section_apply, secrets_section_prune, secrets_section_export },
	{ "message_templates", templates_section_read, templates_section_apply, templates_section_prune,
	    templates_section_export },
	{ "jwt_templates", jwt_templates_section_read, jwt_templates_section_apply, NULL, jwt_templates_section_export },
	{ "webhooks", webhooks_section_read, webhooks_section_apply, NULL, webhooks_section_export },
	{ "organization_roles", org_roles_section_read, org_roles_section_apply, org_roles_section_prune,
	    org_roles_section_export },
	{ "workspace_roles", ws_roles_section_read, ws_roles_section_apply, ws_roles_section_prune,
	    ws_roles_section_export },
	{ "default_roles", default_roles_section_read, default_roles_section_apply, NULL, default_roles_section_export },
};
const size_t sections_n = ARRAY_LEN(sections);

void
section_put_reference(struct json *j, const char *key, const struct reference *ref)
{
	json_object_begin(j, key);
	json_str(j, "from", ref->from);
	json_str(j, "value", ref->text);
	json_object_end(j);
}
