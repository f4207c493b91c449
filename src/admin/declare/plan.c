/* plan.c - what applying a file changes: old and new, one line a change. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/declare/plan.h"

#include <stdio.h>
#include <string.h>
#include <utf8proc.h>

#include "base/secret.h"
#include "base/str.h"
#include "base/visible.h"

enum { SHOWN_MAX = 160, KEYS_MAX = 256 * 1024 };

void
plan_init(struct plan *p, struct task *t)
{
	*p = (struct plan){ .t = t };
	buf_init_arena(&p->lines, t->arena, PLAN_TEXT_MAX);
}

void
plan_begin(struct plan *p, struct str host)
{
	p->host = host;
	p->n_here = 0;
	buf_init_arena(&p->keys, p->t->arena, KEYS_MAX);
	json_init(&p->keys_json, &p->keys);
	json_object_begin(&p->keys_json, NULL);
	json_array_begin(&p->keys_json, "keys");
}

void
plan_change(struct plan *p, struct str key, struct str before, struct str after)
{
	p->n++;
	p->n_here++;
	json_str(&p->keys_json, NULL, key);
	buf_printf(&p->lines, STR_FMT "  " STR_FMT ": " STR_FMT " → " STR_FMT "\n", STR_ARG(p->host),
	    STR_ARG(plan_json(p->t, key)), STR_ARG(before), STR_ARG(after));
}

struct str
plan_keys(struct plan *p)
{
	json_array_end(&p->keys_json);
	json_object_end(&p->keys_json);
	return buf_str(&p->keys);
}

void
plan_weigh(struct plan *p, struct str text)
{
	const struct str parts[] = { { (const char *)p->weighed, sizeof(p->weighed) }, text };
	uint8_t hash[32];

	/* Without it there is no plan at all. */
	if (secret_sha256(hash, parts, ARRAY_LEN(parts)))
		memcpy(p->weighed, hash, sizeof(hash));
	else
		p->lines.failed = true;
}

void
plan_id(const struct plan *p, char ret_id[static PLAN_ID_MAX])
{
	const struct str parts[] = { { (const char *)p->weighed, sizeof(p->weighed) }, buf_str(&p->lines) };
	uint8_t hash[32];

	ret_id[0] = '\0';
	if (p->lines.failed || !secret_sha256(hash, parts, ARRAY_LEN(parts)))
		return;
	for (size_t i = 0; i < (PLAN_ID_MAX - 1) / 2; i++)
		snprintf(ret_id + 2 * i, 3, "%02x", hash[i]);
}

/* ---- what is shown ---- */

struct str
plan_json(struct task *t, struct str json_text)
{
	struct buf out;
	struct str rest = json_text;

	buf_init_arena(&out, t->arena, 16 * SHOWN_MAX);
	while (rest.n > 0 && out.n < SHOWN_MAX) {
		utf8proc_int32_t c;
		utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)rest.p, (utf8proc_ssize_t)rest.n, &c);

		if (n <= 0)
			return S("(not text)");
		if (visible_is(c))
			buf_put(&out, rest.p, (size_t)n);
		else
			buf_printf(&out, "\\u{%X}", (unsigned)c);
		rest = str_from(rest, (size_t)n);
	}
	if (rest.n > 0)
		buf_printf(&out, "… (%zu bytes)", json_text.n);
	return buf_str(&out);
}

struct str
plan_text(struct task *t, struct str text)
{
	struct buf out;
	struct json j;

	buf_init_arena(&out, t->arena, 6 * text.n + 64);
	json_init(&j, &out);
	json_str(&j, NULL, text);
	return plan_json(t, buf_str(&out));
}
