/* command_template.c - deployment template set, show, reset. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/command.h"

#include "base/str.h"
#include "notify/letter.h"
#include "store/store.gen.h"

struct change {
	struct command      *c;
	struct deployment_id deployment;
	enum message_kind    kind;
	enum letter_part     part;
	struct letter        templates;
	int64_t              n;
};

static struct str
kind_name(const struct change *ch)
{
	return str_of(message_kind_info[ch->kind].name);
}

static enum status
audit(struct task *t, const struct change *ch)
{
	struct str detail = arena_printf(t->arena, "{\"template\":\"" STR_FMT "\",\"part\":\"%s\"}", STR_ARG(kind_name(ch)),
	    letter_part_names[ch->part]);

	return command_audit(t, ch->deployment, AUDIT_DEPLOYMENT_CHANGED, (struct user_id){ 0 }, (struct session_id){ 0 }, detail);
}

static enum status
set_run(struct task *t, void *arg)
{
	const struct change *ch = arg;

	TRY(sql_message_template_put(t, ch->deployment, kind_name(ch), str_of(letter_part_names[ch->part]), ch->c->input, t->now));
	return audit(t, ch);
}

static enum status
reset_run(struct task *t, void *arg)
{
	struct change *ch = arg;

	TRY(sql_message_template_delete(t, ch->deployment, kind_name(ch), str_of(letter_part_names[ch->part]), &ch->n));
	return ch->n > 0 ? audit(t, ch) : OK;
}

static enum status
show_read(struct task *t, void *arg)
{
	struct change *ch = arg;

	return letter_templates(t, ch->deployment, ch->kind, &ch->templates);
}

static enum status
fail_kind(struct task *t, struct str typed)
{
	struct buf names;

	buf_init_arena(&names, t->arena, 1024);
	for (int kind = 0; kind < MESSAGE_KIND__COUNT; kind++)
		buf_printf(&names, "%s%s", kind > 0 ? ", " : "", message_kind_info[kind].name);
	return fail(t, E_BAD_REQUEST_BODY, "there is no kind of message %s; there are " STR_FMT, log_quote(typed).text,
	    STR_ARG(buf_str(&names)));
}

static bool
find_part(struct str name, enum letter_part *ret_part)
{
	for (int part = 0; part < LETTER_PART__COUNT; part++) {
		if (!str_eq(name, str_of(letter_part_names[part])))
			continue;
		*ret_part = (enum letter_part)part;
		return true;
	}
	return false;
}

static enum status
read_args(struct command *c, struct change *ch)
{
	const struct deployment *d;

	ch->c = c;
	if (!message_kind_find(c->args[1], &ch->kind))
		return fail_kind(c->t, c->args[1]);
	if (!find_part(c->args[2], &ch->part))
		return fail(c->t, E_BAD_REQUEST_BODY, "a message's parts are subject, text and html");
	TRY(command_deployment(c, c->args[0], &d));
	ch->deployment = d->id;
	command_about(c, "%s", deployment_id_str(c->t->arena, d->id).p);
	return OK;
}

enum status
command_template_set(struct command *c)
{
	struct change ch = { 0 };

	TRY(read_args(c, &ch));
	TRY(letter_check(c->t, ch.kind, ch.part, c->input));
	return command_write(c, set_run, &ch);
}

enum status
command_template_show(struct command *c)
{
	struct change ch = { 0 };

	TRY(read_args(c, &ch));
	TRY(db_read(c->t, c->db, show_read, &ch));
	if (ch.templates.parts[ch.part].n == 0)
		return fail(c->t, E_NOT_FOUND, "a text message has a text and no %s", letter_part_names[ch.part]);
	buf_put_str(&c->out, ch.templates.parts[ch.part]);
	if (!str_ends(buf_str(&c->out), S("\n")))
		buf_put_char(&c->out, '\n');
	return OK;
}

enum status
command_template_reset(struct command *c)
{
	struct change ch = { 0 };

	TRY(read_args(c, &ch));
	TRY(command_write(c, reset_run, &ch));
	if (ch.n == 0)
		buf_printf(&c->err, "The built-in words are in use already.\n");
	return OK;
}
