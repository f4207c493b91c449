/* command.h - what an operator can have done: one row a command, run here or inside the running server. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "admin/deed/deed.h"
#include "api/app.h"
#include "api/audit.h"
#include "base/json.h"
#include "base/task.h"

enum {
	COMMAND_FLAGS_MAX = 8,
	COMMAND_ARGS_MAX = 64,
	COMMAND_WORDS_MAX = 3,
	COMMAND_OUT_MAX = 1024 * 1024,
	COMMAND_INPUT_MAX = 64 * 1024,
	COMMAND_LINE_MAX = 16 * 1024,
	COMMAND_BATCH_MAX = 48 * 1024,
	COMMAND_BATCH_LINES = 200,
};

struct command_flag {
	const char *name;	/* without the dashes; NULL ends the list */
	bool        takes_value;
	bool        required;
	const char *help;	/* what stands for the value in the usage line */
};

/* Where a command can run. */
enum command_place {
	PLACE_HERE,	/* in this process, without a database: help, version */
	PLACE_STORE,	/* inside the server that holds the database, or here with the database opened */
	PLACE_MIGRATE,	/* as PLACE_STORE, but here it opens the database by itself */
};

struct command;
struct conf;

struct command_row {
	const char         *name;	/* "deployment create" */
	const char         *usage;	/* what follows the name and is no flag: "HOST KEY=VALUE..." */
	const char         *summary;
	struct command_flag flags[COMMAND_FLAGS_MAX];
	size_t              args_min, args_max;
	enum command_place  place;
	const char         *reads_input;	/* what is read from standard input: "Password (empty: none)"; NULL: nothing */
	bool                reads_lines;	/* the first argument is a file of lines or "-": run once for each batch of them, with --from */
	bool                reads_document;	/* the first argument is a file of declared deployments or "-"; see declare/reading.h */
	bool                makes_database;	/* an empty directory is not an error */
	bool                reads_capture;	/* --request and --response are files or "-": read where they were typed, joined into the input */
	/* Runs first, where it was typed; NULL: nothing. Then, if no server has the database: may it be opened here? */
	enum status       (*here)(struct command *c, const struct conf *conf);
	bool              (*opens)(struct command *c, const struct conf *conf);
	bool                path_arg;	/* the first argument is a path: made absolute where it was typed */
	enum status       (*run)(struct command *c);
};

/* One command being run. Everything it prints goes into out and err, whoever shows it then. */
struct command {
	struct task              *t;
	const struct command_row *row;
	struct str                args[COMMAND_ARGS_MAX];
	size_t                    n_args;
	struct str                flags[COMMAND_FLAGS_MAX];	/* as in row->flags; .p NULL when absent */
	struct str                input;
	struct buf                out;
	struct buf                err;	/* notes to a person; a failure is told by t->why */
	char                      about[96];	/* for the log: ids of what was changed */
	struct store             *store;
	struct db                *db;
	const struct keys        *keys;
	struct hasher            *hasher;	/* NULL: made when needed */
	struct sender            *sender;	/* the server's, NULL without one */
	struct directory         *directory;	/* the server's, NULL without one */
	const char               *url;	/* of the database, for PLACE_MIGRATE */
	struct app               *app;	/* the server's, NULL without one */
	const struct conf        *conf;	/* what was typed; NULL in the server */
	bool                      found_problems;	/* it ran, and what it found makes the exit code 1 */
};

/* The rows, for tests and the help. */
extern const struct command_row command_rows[];
extern const size_t command_n_rows;

/*
 * Which command args[0…] name, and how many of them its name takes. NULL, with a
 * sentence in t->why, when there is none.
 */
const struct command_row *command_find(struct task *t, const struct str *args, size_t n, size_t *ret_used);

/*
 * Read what follows the name: flags as "--name value" or "--name=value", "--" ends
 * them. E_BAD_REQUEST_BODY with a sentence in t->why. Borrows the args.
 */
enum status command_parse(struct task *t, const struct command_row *row, const struct str *args, size_t n,
    struct command *ret_command) MUST_CHECK;

/* The value of a flag, which must be in the row; .p NULL when it was not given. */
struct str command_flag(const struct command *c, const char *name);

void command_usage(const struct command_row *row, struct buf *out);	/* "usage: sessiond user list …" */
void command_help(struct buf *out);	/* all commands */

/* Run it: fills out and err; t->why tells a failure in one sentence. The caller calls command_done(). */
enum status command_run(struct command *c) MUST_CHECK;
void command_done(struct command *c);	/* wipes and frees out and err; a zero struct is fine */

/* ---- for the commands ---- */

/* "--limit 20" within [min, max]; dflt when absent. */
enum status command_int(struct command *c, const char *flag, int64_t min, int64_t max, int64_t dflt,
    int64_t *ret_v) MUST_CHECK;

/* For the log: ids only, since names and addresses are people's. */
void command_about(struct command *c, const char *fmt, ...) PRINTF(2, 3);

/* One write transaction; what it touched is published after the commit. */
enum status command_write(struct command *c, enum status (*run)(struct task *t, void *arg), void *arg) MUST_CHECK;

/* After a change of a deployment: a server that runs here serves it from now on. */
enum status command_publish(struct command *c, struct deployment_id d) MUST_CHECK;

/* The live deployment of this host, from the store. Released with the task's arena. */
enum status command_deployment(struct command *c, struct str host, const struct deployment **ret_d) MUST_CHECK;
/* The one that --deployment names. */
enum status command_flag_deployment(struct command *c, const struct deployment **ret_d) MUST_CHECK;

/* Inside a write transaction: one row in the audit table, by the operator. detail: JSON object text. */
enum status command_audit(struct task *t, struct deployment_id d, enum audit_event event, struct user_id user,
    struct session_id session, struct str detail) MUST_CHECK;

/*
 * c->input, a password, by the deployment's policy and hashed. `words`: what is known of its user. *ret_record is empty for no
 * input. E_WEAK_PASSWORD with a sentence.
 */
enum status command_password(struct command *c, const struct deployment *d, const struct str *words, size_t n,
    struct str *ret_record) MUST_CHECK;

/* For the deeds of admin/deed/: by the operator at the command line. */
struct deed command_deed(const struct command *c, const struct deployment *d);
struct deed_desk command_desk(const struct command *c);

/* The account that "user_12", an e-mail address or a username means. E_NOT_FOUND with a sentence. */
enum status command_user(struct command *c, const struct deployment *d, struct str name, struct user_id *ret_user) MUST_CHECK;

enum status command_webhook_create(struct command *c) MUST_CHECK;
enum status command_webhook_list(struct command *c) MUST_CHECK;
enum status command_webhook_show(struct command *c) MUST_CHECK;
enum status command_webhook_update(struct command *c) MUST_CHECK;
enum status command_webhook_rotate(struct command *c) MUST_CHECK;
enum status command_webhook_test(struct command *c) MUST_CHECK;
enum status command_webhook_deliveries(struct command *c) MUST_CHECK;
enum status command_webhook_replay(struct command *c) MUST_CHECK;
enum status command_webhook_delete(struct command *c) MUST_CHECK;
enum status command_deployment_create(struct command *c) MUST_CHECK;
enum status command_deployment_list(struct command *c) MUST_CHECK;
enum status command_deployment_show(struct command *c) MUST_CHECK;
enum status command_deployment_set(struct command *c) MUST_CHECK;
enum status command_jwt_template_set(struct command *c) MUST_CHECK;
enum status command_jwt_template_list(struct command *c) MUST_CHECK;
enum status command_jwt_template_show(struct command *c) MUST_CHECK;
enum status command_jwt_template_delete(struct command *c) MUST_CHECK;
enum status command_key_rotate(struct command *c) MUST_CHECK;
enum status command_key_list(struct command *c) MUST_CHECK;
enum status command_master_key_rotate(struct command *c) MUST_CHECK;
enum status command_master_key_learn(struct command *c) MUST_CHECK;
enum status command_master_key_show(struct command *c) MUST_CHECK;
enum status command_deployment_apply(struct command *c) MUST_CHECK;
enum status command_deployment_export(struct command *c) MUST_CHECK;
enum status command_secret_key_create(struct command *c) MUST_CHECK;
enum status command_secret_key_list(struct command *c) MUST_CHECK;
enum status command_secret_key_revoke(struct command *c) MUST_CHECK;
enum status command_user_create(struct command *c) MUST_CHECK;
enum status command_user_set_password(struct command *c) MUST_CHECK;
enum status command_user_expose_password(struct command *c) MUST_CHECK;
enum status command_user_import(struct command *c) MUST_CHECK;
enum status command_invitation_create(struct command *c) MUST_CHECK;
enum status command_invitation_list(struct command *c) MUST_CHECK;
enum status command_invitation_revoke(struct command *c) MUST_CHECK;
enum status command_waitlist_list(struct command *c) MUST_CHECK;
enum status command_waitlist_invite(struct command *c) MUST_CHECK;
enum status command_waitlist_remove(struct command *c) MUST_CHECK;
enum status command_user_list(struct command *c) MUST_CHECK;
enum status command_user_show(struct command *c) MUST_CHECK;
enum status command_user_disable(struct command *c) MUST_CHECK;
enum status command_user_enable(struct command *c) MUST_CHECK;
enum status command_user_delete(struct command *c) MUST_CHECK;
enum status command_user_reset_factors(struct command *c) MUST_CHECK;
enum status command_session_list(struct command *c) MUST_CHECK;
enum status command_session_revoke(struct command *c) MUST_CHECK;
enum status command_ticket_create(struct command *c) MUST_CHECK;
enum status command_audit_verify(struct command *c) MUST_CHECK;
enum status command_audit_export(struct command *c) MUST_CHECK;
enum status command_secret_set(struct command *c) MUST_CHECK;
enum status command_secret_list(struct command *c) MUST_CHECK;
enum status command_secret_delete(struct command *c) MUST_CHECK;
enum status command_template_set(struct command *c) MUST_CHECK;
enum status command_template_show(struct command *c) MUST_CHECK;
enum status command_template_reset(struct command *c) MUST_CHECK;
enum status command_outbox_test(struct command *c) MUST_CHECK;
enum status command_outbox_list(struct command *c) MUST_CHECK;
enum status command_outbox_show(struct command *c) MUST_CHECK;
enum status command_doctor(struct command *c) MUST_CHECK;
bool        command_doctor_opens(struct command *c, const struct conf *conf) MUST_CHECK;
enum status command_doctor_here(struct command *c, const struct conf *conf) MUST_CHECK;
enum status command_backup(struct command *c) MUST_CHECK;
enum status command_migrate(struct command *c) MUST_CHECK;
