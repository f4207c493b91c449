/* command_table.c - every command there is, as rows. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/command.h"

#define DEPLOYMENT { "deployment", true, true, "HOST" }
#define PAGE       { "after", true, false, "ID" }, { "limit", true, false, "N" }

const struct command_row command_rows[] = {
	{
		.name = "deployment create", .place = PLACE_STORE, .makes_database = true, .run = command_deployment_create,
		.summary = "Make a tenant; prints its keys, the secret one this once only.",
		.flags = { { "host", true, true, "HOST" }, { "frontend-host", true, true, "HOST" },
		    { "mode", true, true, "production|staging" }, { "base-url", true, false, "URL" },
		    { "name", true, false, "NAME" } },
	},
	{
		.name = "deployment list", .place = PLACE_STORE, .run = command_deployment_list,
		.summary = "List deployments, one JSON object a line.",
	},
	{
		.name = "deployment show", .usage = "HOST", .place = PLACE_STORE, .run = command_deployment_show,
		.args_min = 1, .args_max = 1,
		.summary = "Show a deployment and its settings.",
	},
	{
		.name = "deployment set", .usage = "HOST KEY=VALUE...", .place = PLACE_STORE,
		.run = command_deployment_set, .args_min = 2, .args_max = COMMAND_ARGS_MAX,
		.summary = "Change settings, all of them or none.",
	},
	{
		.name = "user create", .place = PLACE_STORE, .run = command_user_create, .reads_input = true,
		.flags = { DEPLOYMENT, { "email", true, false, "ADDRESS" }, { "username", true, false, "NAME" },
		    { "first-name", true, false, "NAME" }, { "last-name", true, false, "NAME" } },
		.summary = "Make an account with a verified address; its password is read from standard input.",
	},
	{
		.name = "user list", .place = PLACE_STORE, .run = command_user_list,
		.flags = { DEPLOYMENT, PAGE },
		.summary = "List accounts in order of id, one JSON object a line.",
	},
	{
		.name = "user show", .usage = "USER", .place = PLACE_STORE, .run = command_user_show,
		.args_min = 1, .args_max = 1, .flags = { DEPLOYMENT },
		.summary = "Show an account. USER is an id, an e-mail address or a username.",
	},
	{
		.name = "user disable", .usage = "USER", .place = PLACE_STORE, .run = command_user_disable,
		.args_min = 1, .args_max = 1, .flags = { DEPLOYMENT },
		.summary = "Sign somebody out everywhere and let nobody in by that account.",
	},
	{
		.name = "user enable", .usage = "USER", .place = PLACE_STORE, .run = command_user_enable,
		.args_min = 1, .args_max = 1, .flags = { DEPLOYMENT },
		.summary = "Let a disabled account sign in again.",
	},
	{
		.name = "user delete", .usage = "USER", .place = PLACE_STORE, .run = command_user_delete,
		.args_min = 1, .args_max = 1, .flags = { DEPLOYMENT },
		.summary = "Delete an account with everything that is only its own.",
	},
	{
		.name = "session list", .place = PLACE_STORE, .run = command_session_list,
		.flags = { DEPLOYMENT, { "user", true, false, "USER" }, PAGE },
		.summary = "List live sign-ins, one JSON object a line.",
	},
	{
		.name = "session revoke", .usage = "[ID]", .place = PLACE_STORE, .run = command_session_revoke,
		.args_max = 1, .flags = { DEPLOYMENT, { "user", true, false, "USER" }, { "all", false, false, NULL } },
		.summary = "End a session (session_...), a sign-in (signin_...), all of a user's, or all there are.",
	},
	{
		.name = "ticket create", .usage = "USER", .place = PLACE_STORE, .run = command_ticket_create,
		.args_min = 1, .args_max = 1,
		.flags = { DEPLOYMENT, { "kind", true, false, "sign-in|impersonation" }, { "actor", true, false, "NAME" },
		    { "expires", true, false, "SECONDS" } },
		.summary = "Make a link that signs a user in, once; prints it this once only.",
	},
	{
		.name = "audit verify", .place = PLACE_STORE, .run = command_audit_verify,
		.flags = { DEPLOYMENT, { "expect", true, false, "SEQ:MAC" } },
		.summary = "Check that no audit event was changed, added or taken out; prints where the chain ends.",
	},
	{
		.name = "audit export", .place = PLACE_STORE, .run = command_audit_export,
		.flags = { DEPLOYMENT, { "after", true, false, "SEQ" }, { "limit", true, false, "N" } },
		.summary = "Print audit events in the chain's order, one JSON object a line.",
	},
	{
		.name = "backup", .usage = "FILE", .place = PLACE_STORE, .run = command_backup, .path_arg = true,
		.args_min = 1, .args_max = 1,
		.summary = "Write a consistent copy of the database; the master key is not in it.",
	},
	{
		.name = "migrate", .place = PLACE_MIGRATE, .makes_database = true, .run = command_migrate,
		.flags = { { "status", false, false, NULL } },
		.summary = "Bring the database to this program's schema, or say how far it is.",
	},
};
const size_t command_n_rows = ARRAY_LEN(command_rows);
