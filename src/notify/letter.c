/* letter.c - a message in words: its kind's templates, or the deployment's own, filled in. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "notify/letter.h"

#include <jansson.h>
#include <string.h>

#include "base/str.h"
#include "notify/template.h"
#include "notify/templates.gen.h"
#include "store/store.gen.h"

enum { PART_MAX = 256 * 1024, SUBJECT_MAX = 998, VARS_MAX = MESSAGE_VARS_MAX + 3 };
#define COMMON_NAMES "app_name logo_url support_url"

const char *const letter_part_names[LETTER_PART__COUNT] = { "subject", "text", "html" };

/* What a kind's templates may show, and what they must: without it the message is of no use. */
static const struct {
	const char *names, *must;
} kinds[MESSAGE_KIND__COUNT] = {
	[MESSAGE_SIGN_IN_CODE] = { "code minutes ip device at first_name", "code" },
	[MESSAGE_SIGN_IN_LINK] = { "link minutes ip device at first_name", "link" },
	[MESSAGE_VERIFY_EMAIL] = { "code minutes first_name", "code" },
	[MESSAGE_RESET_CODE] = { "code minutes ip device at first_name", "code" },
	[MESSAGE_SMS_CODE] = { "code minutes", "code" },
	[MESSAGE_INVITATION] = { "link inviter organization first_name last_name", "link" },
	[MESSAGE_ORG_INVITATION] = { "link organization inviter days", "link" },
	[MESSAGE_WAITLIST] = { "first_name last_name", NULL },
	[MESSAGE_NOTICE] = { "what at ip device link", "what" },
	[MESSAGE_TEST_MAIL] = { "at", NULL },
	[MESSAGE_TEST_SMS] = { "at", NULL },
};

bool
message_kind_find(struct str name, enum message_kind *ret_kind)
{
	for (int kind = 0; kind < MESSAGE_KIND__COUNT; kind++) {
		if (!str_eq(name, str_of(message_kind_info[kind].name)))
			continue;
		*ret_kind = (enum message_kind)kind;
		return true;
	}
	return false;
}

/* The names that templates of this kind may use, space-separated. */
static struct str
names_of(struct arena *a, enum message_kind kind)
{
	const char *own = kinds[kind].names;

	return own ? arena_printf(a, COMMON_NAMES " %s", own) : S(COMMON_NAMES);
}

enum status
letter_check(struct task *t, enum message_kind kind, enum letter_part part, struct str text)
{
	struct str names = names_of(t->arena, kind);

	TRY_MEM(t, names.p);
	if (message_kind_info[kind].channel == CHANNEL_SMS && part != LETTER_TEXT)
		return fail(t, E_BAD_REQUEST_BODY, "a text message has a text and no %s", letter_part_names[part]);
	if (text.n == 0 || text.n > PART_MAX / 4)
		return fail(t, E_BAD_REQUEST_BODY, "a template is text of 1 to %d bytes", PART_MAX / 4);
	if (part == LETTER_SUBJECT && (text.n > SUBJECT_MAX || memchr(text.p, '\n', text.n)))
		return fail(t, E_BAD_REQUEST_BODY, "a subject is one line of at most %d bytes", SUBJECT_MAX);
	TRY(template_check(t, text, names.p));
	if (part != LETTER_SUBJECT && kinds[kind].must && !template_shows(text, kinds[kind].must))
		return fail(t, E_BAD_REQUEST_BODY, "{{%s}} is missing: without it the message is of no use", kinds[kind].must);
	return OK;
}

void
letter_defaults(enum message_kind kind, struct letter *ret_templates)
{
	struct letter l = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(template_defaults); i++) {
		if (!str_eq(str_of(template_defaults[i].kind), str_of(message_kind_info[kind].name)))
			continue;
		l.parts[LETTER_SUBJECT] = str_of(template_defaults[i].subject);
		l.parts[LETTER_TEXT] = str_of(template_defaults[i].text);
		l.parts[LETTER_HTML] = str_of(template_defaults[i].html);
	}
	*ret_templates = l;
}

enum status
letter_templates(struct task *t, struct deployment_id d, enum message_kind kind, struct letter *ret_templates)
{
	struct message_templates_row *rows;
	struct letter l;
	size_t n;

	letter_defaults(kind, &l);
	TRY(sql_message_templates(t, d, str_of(message_kind_info[kind].name), &rows, &n));
	for (size_t i = 0; i < n; i++)
		for (int part = 0; part < LETTER_PART__COUNT; part++)
			if (str_eq(rows[i].part, str_of(letter_part_names[part])))
				l.parts[part] = rows[i].body;
	*ret_templates = l;
	return OK;
}

/* The values stay jansson's. */
static size_t
read_vars(json_t *content, const struct deployment *d, struct template_var vars[static VARS_MAX])
{
	const char *name;
	json_t *value;
	size_t n = 0;

	vars[n++] = (struct template_var){ "app_name", d->settings.ui.app_name };
	vars[n++] = (struct template_var){ "logo_url", d->settings.ui.logo_image_url };
	vars[n++] = (struct template_var){ "support_url", d->settings.ui.support_page_url };
	json_object_foreach(content, name, value)
	{
		if (n < VARS_MAX && json_is_string(value))
			vars[n++] = (struct template_var){ name, { json_string_value(value), json_string_length(value) } };
	}
	return n;
}

static enum status
render(struct task *t, const struct letter *templates, const struct template_var *vars, size_t n,
    struct letter *ret_letter)
{
	struct letter l;

	for (int part = 0; part < LETTER_PART__COUNT; part++) {
		struct buf out;

		buf_init_arena(&out, t->arena, PART_MAX);
		template_render(templates->parts[part], part == LETTER_HTML ? TEMPLATE_HTML : TEMPLATE_PLAIN, vars, n, &out);
		if (out.failed)
			return fail(t, E_OVERLOADED, "a message became too long");
		l.parts[part] = buf_str(&out);
	}
	*ret_letter = l;
	return OK;
}

enum status
letter_compose(struct task *t, const struct deployment *d, const struct letter *templates,
    const struct secret *content, struct letter *ret_letter)
{
	json_t *json = json_loadb((const char *)content->p, content->n, JSON_REJECT_DUPLICATES, NULL);
	struct template_var vars[VARS_MAX];
	enum status st;

	if (!json_is_object(json)) {
		json_decref(json);
		return fail(t, E_INTERNAL, "a message's content is no object");
	}
	st = render(t, templates, vars, read_vars(json, d, vars), ret_letter);
	json_decref(json);
	return st;
}
