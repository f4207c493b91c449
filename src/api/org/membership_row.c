/* membership_row.c - a row of somebody's workspaces as JSON, by the thousand. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/org/membership_row.h"

#include <string.h>

#include "base/clock.h"
#include "base/str.h"

enum {
	/* Of a membership without its texts, and how many bytes one of text can become: \u0001. */
	PLAIN_ROOM = 2048,
	ESCAPED = 6,
};

/* The values, in any order: a stencil knows where each goes. */
enum value {
	V_NAME,
	V_SLUG,
	V_IMAGE,
	V_DESCRIPTION,
	V_WS_METADATA,
	V_ID,
	V_WORKSPACE,
	V_ORG,
	V_ORGMEM,
	V_MEMBERS,
	V_WS_CREATED,
	V_WS_UPDATED,
	V_METADATA,
	V_CREATED,
	V_UPDATED,
	VALUES
};

static struct str
decimal(struct membership_text *m, int64_t v)
{
	_Static_assert(sizeof(m->bytes) >= DECIMAL_MAX, "any number");

	if (m->text.p == NULL || m->of != v) {
		m->of = v;
		m->text = (struct str){ m->bytes, (size_t)(put_decimal(m->bytes, (uint64_t)v) - m->bytes) };
	}
	return m->text;
}

static struct str
moment(struct membership_text *m, int64_t us)
{
	_Static_assert(sizeof(m->bytes) >= CLOCK_RFC3339_SIZE, "any time");

	if (m->text.p == NULL || m->of != us) {
		m->of = us;
		m->text = clock_rfc3339_into(m->bytes, us);
	}
	return m->text;
}

/* Many are made and never changed, by one who entered in the same moment. */
static void
write_times(const struct wsmem_view *v, struct membership_texts *texts, struct str *values)
{
	const int64_t us[] = { v->workspace->created_at, v->workspace->updated_at, v->created_at, v->updated_at };
	static const enum value to[] = { V_WS_CREATED, V_WS_UPDATED, V_CREATED, V_UPDATED };

	for (size_t i = 0; i < ARRAY_LEN(us); i++)
		values[to[i]] = i > 0 && us[i] == us[i - 1] ? values[to[i - 1]] : moment(&texts->times[i], us[i]);
}

static void
write_values(struct arena *a, const struct wsmem_view *v, struct membership_texts *texts, struct str *values)
{
	const struct workspace_view *w = v->workspace;

	values[V_NAME] = json_escaped(a, w->name);
	values[V_SLUG] = json_escaped(a, w->slug);
	values[V_IMAGE] = json_escaped(a, w->image_url);
	values[V_DESCRIPTION] = json_escaped(a, w->description);
	values[V_WS_METADATA] = w->metadata;
	values[V_METADATA] = v->metadata;
	values[V_ID] = decimal(&texts->id, v->id.v);
	values[V_WORKSPACE] = decimal(&texts->workspace, w->id.v);
	values[V_ORG] = decimal(&texts->org, w->org.v);
	values[V_ORGMEM] = decimal(&texts->orgmem, v->orgmem.v);
	values[V_MEMBERS] = decimal(&texts->members, w->member_count);
	write_times(v, texts, values);
}

/* ---- stencils ---- */

/* Each value is one that nothing else is: a byte that nobody types, the last numbers there are, the last seconds. */
static struct workspace_view
marked_workspace(const struct wsmem_view *like)
{
	return (struct workspace_view){
		.id.v = INT64_MAX - 1,
		.org.v = INT64_MAX - 2,
		.name = S("\x7f" "a"),
		.slug = S("\x7f" "b"),
		.image_url = S("\x7f" "c"),
		.description = S("\x7f" "d"),
		.metadata = S("\x7f" "e"),
		.member_count = INT64_MAX - 3,
		.gate = { .mfa = like->workspace->gate.mfa, .ip = like->workspace->gate.ip },
		.created_at = INT64_C(253402300790) * SECOND_US,
		.updated_at = INT64_C(253402300791) * SECOND_US,
	};
}

static struct wsmem_view
marked(const struct wsmem_view *like, const struct workspace_view *workspace)
{
	return (struct wsmem_view){
		.id.v = INT64_MAX - 4,
		.orgmem.v = INT64_MAX - 5,
		.user = like->user,
		.workspace = workspace,
		.metadata = S("\x7f" "f"),
		.eligibility = like->eligibility,
		.created_at = INT64_C(253402300792) * SECOND_US,
		.updated_at = INT64_C(253402300793) * SECOND_US,
	};
}

/* How memberships of this way look. */
static enum status
cut(struct task *t, const struct wsmem_view *like, struct stencil *ret_head, struct stencil *ret_tail)
{
	struct workspace_view workspace = marked_workspace(like);
	struct wsmem_view v = marked(like, &workspace);
	struct str marks[VALUES], text;
	struct membership_texts texts = { 0 };
	struct json j;
	struct buf b;
	size_t n;

	write_values(t->arena, &v, &texts, marks);
	buf_init_arena(&b, t->arena, PLAIN_ROOM);
	json_init(&j, &b);
	view_wsmem_head(&j, NULL, &v);
	n = b.n;
	view_wsmem_tail(&j, &v);
	TRY_MEM(t, b.p);
	text = buf_str(&b);
	if (!stencil_cut(t->arena, (struct str){ text.p, n }, marks, VALUES, ret_head) ||
	    !stencil_cut(t->arena, str_from(text, n), marks, VALUES, ret_tail))
		return fail(t, E_OVERLOADED, "out of memory for this task");
	return OK;
}

/* ---- rows ---- */

/* A list of networks is of any length, and what is null has no gap of its own. */
static bool
has_stencil(const struct wsmem_view *v)
{
	const struct workspace_view *w = v->workspace;

	return w->gate.ip_allowlist.n == 0 && w->created_at != 0 && w->updated_at != 0 && v->created_at != 0 &&
	       v->updated_at != 0;
}

static enum status
write_plainly(struct task *t, struct rope *rope, const struct wsmem_view *v, bool follows, struct str *ret_head,
    struct str *ret_tail)
{
	const struct workspace_view *w = v->workspace;
	struct str text;
	struct json j;
	struct buf b;
	size_t n;

	rope_begin(rope,
	    PLAIN_ROOM + v->metadata.n + w->metadata.n +
		ESCAPED * (w->name.n + w->slug.n + w->image_url.n + w->description.n + w->gate.ip_allowlist.n),
	    &b);
	json_init(&j, &b);
	j.comma = follows;
	view_wsmem_head(&j, NULL, v);
	n = b.n;
	view_wsmem_tail(&j, v);
	text = rope_keep(rope, &b);
	if (rope_failed(rope))
		return fail(t, E_OVERLOADED, "a list finds no memory: see answer-memory");
	*ret_head = (struct str){ text.p, n };
	*ret_tail = str_from(text, n);
	return OK;
}

static enum status
write_by_stencil(struct task *t, const struct stencil *head, const struct stencil *tail, struct membership_texts *texts,
    struct rope *rope, const struct wsmem_view *v, bool follows, struct str *ret_head, struct str *ret_tail)
{
	struct str values[VALUES];
	char *at, *split;
	struct buf b;

	write_values(t->arena, v, texts, values);
	rope_begin(rope, 1 + stencil_bytes(head, values) + stencil_bytes(tail, values), &b);
	if (b.failed || arena_failed(t->arena))
		return fail(t, E_OVERLOADED, "a list finds no memory: see answer-memory and task-memory");
	at = b.p;
	if (follows)
		*at++ = ',';
	split = stencil_fill(head, values, at);
	at = stencil_fill(tail, values, split);
	b.n = (size_t)(at - b.p);
	(void)rope_keep(rope, &b);
	*ret_head = (struct str){ b.p, (size_t)(split - b.p) };
	*ret_tail = (struct str){ split, (size_t)(at - split) };
	return OK;
}

enum status
membership_write(struct task *t, struct membership_writer *w, struct rope *rope, const struct wsmem_view *v,
    bool follows, struct str *ret_head, struct str *ret_tail)
{
	const struct gate *gate = &v->workspace->gate;
	size_t way = (size_t)v->eligibility * 4 + gate->mfa * 2u + gate->ip;
	struct stencil *head = &w->ways[way].head, *tail = &w->ways[way].tail;

	if (!has_stencil(v))
		return write_plainly(t, rope, v, follows, ret_head, ret_tail);
	if (head->text.n == 0)
		TRY(cut(t, v, head, tail));
	return write_by_stencil(t, head, tail, &w->texts, rope, v, follows, ret_head, ret_tail);
}
