/* command_master_key.c - master-key rotate, show: the key that everything else is sealed by. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/command.h"

#include "admin/master_key.h"
#include "auth/keys_ring.h"
#include "base/log.h"
#include "base/str.h"

static enum status
follow(struct command *c)
{
	enum status st = master_key_follow(c->t, c->db, c->keys);

	return st == E_NOT_FOUND ? fail(c->t, E_INTERNAL, "the master key's file does not have the key of this database") : st;
}

static enum status
rotate(struct command *c)
{
	TRY(keys_reread(c->t, c->keys));
	TRY(follow(c));
	if (master_key_unfinished_since(c->keys) != 0)
		return fail(c->t, E_CONFLICT, "the last rotation has not ended yet: `sessiond master-key show` says when it has");
	TRY(keys_make_next(c->t, c->keys));
	return master_key_rotate(c->t, c->store, c->db, c->keys, command_flag(c, "now").p != NULL);
}

enum status
command_master_key_rotate(struct command *c)
{
	enum status st;
	int hold;

	TRY(keys_hold_file(c->t, c->keys, &hold));
	st = rotate(c);
	keys_release_file(hold);
	TRY(st);
	command_about(c, "%s", keys_current(c->keys)->id);
	log_event(LOG_NOTICE, EV_KEY, "master=%s state=current", keys_current(c->keys)->id);
	master_key_write(&c->out, c->keys);
	buf_printf(&c->err, "The new master key is in use. What the old one sealed is sealed anew by the running server, for five minutes "
	    "at least; `sessiond master-key show` says when that has ended. Keep a copy of the new key apart from the backups, and the old "
	    "one for as long as backups from its time.\n");
	return OK;
}

/* In a process that is gone in a moment nothing is learned: there the file is read. */
enum status
command_master_key_learn(struct command *c)
{
	if (!c->app)
		return fail(c->t, E_BAD_REQUEST_BODY, "no server runs here: the next start reads its file");
	TRY(keys_learn(c->t, c->keys, c->input));
	master_key_write(&c->out, c->keys);
	return OK;
}

enum status
command_master_key_show(struct command *c)
{
	TRY(follow(c));
	master_key_write(&c->out, c->keys);
	return OK;
}
