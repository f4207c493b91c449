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
		.name = "deployment apply", .usage = "FILE|-", .place = PLACE_STORE, .run = command_deployment_apply,
		.reads_document = true, .makes_database = true, .args_min = 1, .args_max = 1,
		.flags = { { "check", false, false, NULL }, { "yes", false, false, NULL }, { "plan", true, false, "ID" },
		    { "prune", false, false, NULL } },
		.summary = "Make deployments what a YAML file says, all or nothing; shows what would change, and asks.",
	},
	{
		.name = "deployment export", .usage = "HOST", .place = PLACE_STORE, .run = command_deployment_export,
		.args_min = 1, .args_max = 1, .flags = { { "all", false, false, NULL } },
		.summary = "Write a deployment as such a file: what is not the default, or with --all everything; never a secret.",
	},
	{
		.name = "deployment secret set", .usage = "HOST NAME", .place = PLACE_STORE, .run = command_secret_set,
		.args_min = 2, .args_max = 2, .reads_input = "Secret",
		.summary = "Set smtp_password or sms_secret; it is read from standard input, sealed, and never shown.",
	},
	{
		.name = "deployment secret list", .usage = "HOST", .place = PLACE_STORE, .run = command_secret_list,
		.args_min = 1, .args_max = 1,
		.summary = "Tell which secrets are set, one JSON object a line.",
	},
	{
		.name = "deployment secret delete", .usage = "HOST NAME", .place = PLACE_STORE, .run = command_secret_delete,
		.args_min = 2, .args_max = 2,
		.summary = "Forget a secret.",
	},
	{
		.name = "deployment template set", .usage = "HOST KIND subject|text|html", .place = PLACE_STORE,
		.run = command_template_set, .args_min = 3, .args_max = 3, .reads_input = "Template",
		.summary = "Use own words for a kind of message, read from standard input.",
	},
	{
		.name = "deployment template show", .usage = "HOST KIND subject|text|html", .place = PLACE_STORE,
		.run = command_template_show, .args_min = 3, .args_max = 3,
		.summary = "Print the words in use: a start for own ones.",
	},
	{
		.name = "deployment template reset", .usage = "HOST KIND subject|text|html", .place = PLACE_STORE,
		.run = command_template_reset, .args_min = 3, .args_max = 3,
		.summary = "Use the built-in words again.",
	},
	{
		.name = "jwt-template set", .usage = "NAME", .place = PLACE_STORE, .run = command_jwt_template_set,
		.args_min = 1, .args_max = 1, .reads_input = "Template", .flags = { DEPLOYMENT },
		.summary = "Make or replace a token template, JSON on standard input; its own key in it is sealed, and never shown.",
	},
	{
		.name = "jwt-template list", .place = PLACE_STORE, .run = command_jwt_template_list, .flags = { DEPLOYMENT },
		.summary = "List token templates, one JSON object a line.",
	},
	{
		.name = "jwt-template show", .usage = "NAME", .place = PLACE_STORE, .run = command_jwt_template_show,
		.args_min = 1, .args_max = 1, .flags = { DEPLOYMENT },
		.summary = "Show a token template, without its key: a start for a changed one.",
	},
	{
		.name = "jwt-template delete", .usage = "NAME", .place = PLACE_STORE, .run = command_jwt_template_delete,
		.args_min = 1, .args_max = 1, .flags = { DEPLOYMENT },
		.summary = "Delete a token template.",
	},
	{
		.name = "key rotate", .place = PLACE_STORE, .run = command_key_rotate,
		.flags = { DEPLOYMENT, { "now", false, false, NULL } },
		.summary = "Publish another signing key, which takes over by itself; --now drops the others at once: every JWT that is out is void.",
	},
	{
		.name = "key list", .place = PLACE_STORE, .run = command_key_list, .flags = { DEPLOYMENT },
		.summary = "List signing keys and until when they are next or retired, one JSON object a line.",
	},
	{
		.name = "master-key learn", .place = PLACE_STORE, .run = command_master_key_learn, .reads_input = "Two lines, the new key and the one in use",
		.summary = "Tell a running server what its master key's file holds by now, on standard input: systemd hands over a credential only at a start.",
	},
	{
		.name = "master-key rotate", .place = PLACE_STORE, .run = command_master_key_rotate,
		.flags = { { "now", false, false, NULL } },
		.summary = "Put another master key in the place of this one, and seal all secrets anew while the server runs; --now ends at once what visitors hold.",
	},
	{
		.name = "master-key show", .place = PLACE_STORE, .run = command_master_key_show,
		.summary = "List master keys by their ids, and whether anything is left that a retired one has sealed, one JSON object a line.",
	},
	{
		.name = "secret-key create", .place = PLACE_STORE, .run = command_secret_key_create, .flags = { DEPLOYMENT },
		.summary = "Make a further key for the Backend API; prints it this once only. Older ones go on working.",
	},
	{
		.name = "secret-key list", .place = PLACE_STORE, .run = command_secret_key_list, .flags = { DEPLOYMENT },
		.summary = "List keys by their first characters, with when they were last used, one JSON object a line.",
	},
	{
		.name = "secret-key revoke", .usage = "PREFIX", .place = PLACE_STORE, .run = command_secret_key_revoke,
		.args_min = 1, .args_max = 1, .flags = { DEPLOYMENT, { "in", true, false, "SECONDS" } },
		.summary = "End a key, at once or in a while: until then the old and the new one work side by side.",
	},
	{
		.name = "user create", .place = PLACE_STORE, .run = command_user_create,
		.reads_input = "Password (empty: none)",
		.flags = { DEPLOYMENT, { "email", true, false, "ADDRESS" }, { "username", true, false, "NAME" },
		    { "first-name", true, false, "NAME" }, { "last-name", true, false, "NAME" },
		    { "must-change", false, false, NULL } },
		.summary = "Make an account with a verified address; its password is read from standard input. With --must-change it is lent, as by user set-password.",
	},
	{
		.name = "user import", .usage = "FILE|-", .place = PLACE_STORE, .run = command_user_import, .reads_lines = true,
		.args_min = 1, .args_max = 1,
		.flags = { DEPLOYMENT, { "check", false, false, NULL }, { "from", true, false, "LINE" } },
		.summary = "Make accounts from a file, a JSON object a line, with hashes of other programs; --check only looks.",
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
		.name = "user set-password", .usage = "USER", .place = PLACE_STORE, .run = command_user_set_password,
		.args_min = 1, .args_max = 1, .reads_input = "Password", .flags = { DEPLOYMENT },
		.summary = "Lend somebody a password, read from standard input: good for a day and one sign-in, in which they choose another. Signs them out everywhere.",
	},
	{
		.name = "user expose-password", .usage = "USER", .place = PLACE_STORE, .run = command_user_expose_password,
		.args_min = 1, .args_max = 1, .flags = { DEPLOYMENT },
		.summary = "Declare somebody's password known to others: it opens nothing until they set a new one with a mailed code. Signs them out everywhere.",
	},
	{
		.name = "user reset-factors", .usage = "USER", .place = PLACE_STORE, .run = command_user_reset_factors,
		.args_min = 1, .args_max = 1, .flags = { DEPLOYMENT },
		.summary = "Remove a lost authenticator app and its backup codes, sign out everywhere, and tell the account's addresses.",
	},
	{
		.name = "invitation create", .usage = "EMAIL", .place = PLACE_STORE, .run = command_invitation_create,
		.args_min = 1, .args_max = 1,
		.flags = { DEPLOYMENT, { "first-name", true, false, "NAME" }, { "last-name", true, false, "NAME" },
		    { "expires", true, false, "DAYSd" } },
		.summary = "Mail somebody a link to sign up with.",
	},
	{
		.name = "invitation list", .place = PLACE_STORE, .run = command_invitation_list, .flags = { DEPLOYMENT, PAGE },
		.summary = "List invitations in order of id, one JSON object a line.",
	},
	{
		.name = "invitation revoke", .usage = "ID", .place = PLACE_STORE, .run = command_invitation_revoke,
		.args_min = 1, .args_max = 1, .flags = { DEPLOYMENT },
		.summary = "Take an invitation back that was not used yet.",
	},
	{
		.name = "waitlist list", .place = PLACE_STORE, .run = command_waitlist_list, .flags = { DEPLOYMENT, PAGE },
		.summary = "List who waits, in order of id, one JSON object a line.",
	},
	{
		.name = "waitlist invite", .usage = "EMAIL", .place = PLACE_STORE, .run = command_waitlist_invite,
		.args_min = 1, .args_max = 1, .flags = { DEPLOYMENT, { "expires", true, false, "DAYSd" } },
		.summary = "Invite somebody who waits.",
	},
	{
		.name = "waitlist remove", .usage = "EMAIL", .place = PLACE_STORE, .run = command_waitlist_remove,
		.args_min = 1, .args_max = 1, .flags = { DEPLOYMENT },
		.summary = "Take somebody off the waitlist.",
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
		.name = "outbox list", .place = PLACE_STORE, .run = command_outbox_list,
		.flags = { DEPLOYMENT, { "before", true, false, "ID" }, { "limit", true, false, "N" } },
		.summary = "List messages, sent or to be sent, the newest first.",
	},
	{
		.name = "outbox show", .usage = "ID", .place = PLACE_STORE, .run = command_outbox_show,
		.args_min = 1, .args_max = 1, .flags = { DEPLOYMENT },
		.summary = "Show a message with what it says, while that is kept.",
	},
	{
		.name = "outbox test", .usage = "ADDRESS|NUMBER", .place = PLACE_STORE, .run = command_outbox_test,
		.args_min = 1, .args_max = 1, .flags = { DEPLOYMENT },
		.summary = "Send a test message: mail to an address, a text message to a number such as +15551234567.",
	},
	{
		.name = "webhook create", .usage = "URL", .place = PLACE_STORE, .run = command_webhook_create,
		.args_min = 1, .args_max = 1, .flags = { DEPLOYMENT, { "types", true, false, "TYPE,..." } },
		.summary = "Tell an endpoint outside what happens; prints the secret it is signed with, this once only.",
	},
	{
		.name = "webhook list", .place = PLACE_STORE, .run = command_webhook_list, .flags = { DEPLOYMENT },
		.summary = "List endpoints, one JSON object a line.",
	},
	{
		.name = "webhook show", .usage = "ID", .place = PLACE_STORE, .run = command_webhook_show,
		.args_min = 1, .args_max = 1, .flags = { DEPLOYMENT },
		.summary = "Show an endpoint, and why it is disabled.",
	},
	{
		.name = "webhook update", .usage = "ID", .place = PLACE_STORE, .run = command_webhook_update,
		.args_min = 1, .args_max = 1,
		.flags = { DEPLOYMENT, { "url", true, false, "URL" }, { "types", true, false, "TYPE,..." },
		    { "enable", false, false, NULL }, { "disable", false, false, NULL } },
		.summary = "Change an endpoint, or enable it again.",
	},
	{
		.name = "webhook rotate", .usage = "ID", .place = PLACE_STORE, .run = command_webhook_rotate,
		.args_min = 1, .args_max = 1, .flags = { DEPLOYMENT, { "overlap", true, false, "HOURSh" } },
		.summary = "Sign with a new secret, and a day long with the old one as well; prints it this once only.",
	},
	{
		.name = "webhook test", .usage = "ID", .place = PLACE_STORE, .run = command_webhook_test,
		.args_min = 1, .args_max = 1, .flags = { DEPLOYMENT },
		.summary = "Send an event webhook.test to an endpoint.",
	},
	{
		.name = "webhook deliveries", .usage = "ID", .place = PLACE_STORE, .run = command_webhook_deliveries,
		.args_min = 1, .args_max = 1,
		.flags = { DEPLOYMENT, { "state", true, false, "due|sent|given_up" }, { "before", true, false, "ID" },
		    { "limit", true, false, "N" } },
		.summary = "List what an endpoint was told or will be, the newest first, one JSON object a line.",
	},
	{
		.name = "webhook replay", .usage = "ID", .place = PLACE_STORE, .run = command_webhook_replay,
		.args_min = 1, .args_max = 1,
		.flags = { DEPLOYMENT, { "event", true, false, "ID" }, { "since", true, false, "DAYSd" }, { "all", false, false, NULL } },
		.summary = "Tell an event again, or what was given up since a time; with --all, what was delivered too.",
	},
	{
		.name = "webhook delete", .usage = "ID", .place = PLACE_STORE, .run = command_webhook_delete,
		.args_min = 1, .args_max = 1, .flags = { DEPLOYMENT },
		.summary = "Forget an endpoint and what it was told.",
	},
	{
		.name = "doctor", .place = PLACE_STORE, .run = command_doctor, .here = command_doctor_here,
		.opens = command_doctor_opens, .reads_capture = true,
		.flags = { { "deployment", true, false, "HOST" }, { "json", false, false, NULL }, { "request", true, false, "FILE|-" },
		    { "response", true, false, "FILE" }, { "peer", true, false, "ADDRESS" } },
		.summary = "Look over the configuration, the database and the deployments; with --request, tell why that captured request is signed out.",
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
