/* vouch.c - what a session's answer to a check says, ready to be sent. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/session/vouch.h"

#include <string.h>

#include "api/org/visitor.h"
#include "base/log.h"
#include "base/str.h"
#include "store/store.gen.h"

/* Proxies take about as much. A scope whose roles need more is left out whole: half of them would be another answer. */
enum { VOUCH_MAX = 8192 };

/* The block begins with this; then its lines, then the lists of addresses. Nothing in it points anywhere. */
struct vouch_head {
	uint16_t user_n, org_n, workspace_n;	/* lines, in this order */
	uint16_t org_list_n, workspace_list_n;
	bool     is_signed_in;
	bool     org_is_listed, workspace_is_listed;	/* only the addresses of the list may enter */
};

/* ---- making ---- */

struct maker {
	struct request *rq;
	struct buf      text;
	struct vouch_head head;
	struct str      org_list, workspace_list;
};

static bool
is_plain(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '.' || c == '_' ||
	    c == '~' || c == ':';
}

static void
put_text(struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (is_plain(c))
			buf_put_char(b, (char)c);
		else
			buf_printf(b, "%%%02X", c);
	}
}

static void
put_line(struct buf *b, const char *name, struct str value)
{
	buf_printf(b, "%s: ", name);
	put_text(b, value);
	buf_put_str(b, S("\r\n"));
}

/* An empty list is no line: some servers read an empty field as a present one. */
static void
put_roles(struct buf *b, const char *name, const struct vouched_role_row *roles, size_t n)
{
	size_t before = b->n;

	for (size_t i = 0; i < n; i++) {
		if (b->n == before)
			buf_printf(b, "%s: ", name);
		else
			buf_put_char(b, ',');
		put_text(b, roles[i].name);
	}
	if (b->n > before)
		buf_put_str(b, S("\r\n"));
}

static void
put_permissions(struct buf *b, const char *name, const struct vouched_role_row *roles, size_t n)
{
	size_t before = b->n;
	struct str word, words;

	for (size_t i = 0; i < n; i++)
		for (words = roles[i].permissions; words.n > 0;) {
			(void)str_cut(words, ' ', &word, &words);
			if (word.n == 0)
				continue;
			if (b->n == before)
				buf_printf(b, "%s: ", name);
			else
				buf_put_char(b, ',');
			put_text(b, word);
		}
	if (b->n > before)
		buf_put_str(b, S("\r\n"));
}

/* A gate that looks at addresses stays for later: the same session comes from several. */
static bool
lacks_factor(enum eligibility e)
{
	return (e & LACKS_MFA) != 0;
}

/*
 * Whoever may make roles and give them to others decides how long these lines are: no more than the scope itself is
 * theirs to close, so the account stays vouched for.
 */
static bool
take_scope(struct maker *m, const struct buf *lines, const char *scope, uint16_t *ret_n)
{
	if (lines->failed) {
		log_event(LOG_WARN, EV_CHECK_CUT, "deployment=%lld user=%lld scope=%s", (long long)m->rq->deployment->id.v,
		    (long long)m->rq->signin->user.v, scope);
		return false;
	}
	buf_put_str(&m->text, buf_str(lines));
	*ret_n = (uint16_t)lines->n;
	return true;
}

/* false in *ret_in: the organization does not let its own member in, whatever the address; or it is not vouched for. */
static enum status
make_org(struct maker *m, bool *ret_in)
{
	struct request *rq = m->rq;
	const struct settings *s = &rq->deployment->settings;
	struct visitor visitor = visitor_of(rq);
	struct vouched_role_row *roles;
	struct org_gate_row row;
	struct buf lines;
	size_t n;

	*ret_in = false;
	if (rq->signin->org.v == 0 || !s->b2b.organizations_enabled)
		return OK;
	TRY(sql_org_gate(&rq->task, rq->deployment->id, rq->signin->user, rq->signin->org, &row));
	if (lacks_factor(eligibility_org(s, &(struct gate){ row.enforce_mfa, row.ip_restriction, row.ip_allowlist }, &visitor)))
		return OK;
	TRY(sql_orgmem_vouched_roles(&rq->task, rq->deployment->id, rq->signin->orgmem, &roles, &n));
	buf_init_arena(&lines, rq->task.arena, VOUCH_MAX - m->text.n);
	put_line(&lines, VOUCH_ORG_ID, org_id_str(rq->task.arena, rq->signin->org));
	put_roles(&lines, VOUCH_ORG_ROLES, roles, n);
	put_permissions(&lines, VOUCH_ORG_PERMISSIONS, roles, n);
	*ret_in = take_scope(m, &lines, "organization", &m->head.org_n);
	m->head.org_is_listed = *ret_in && s->b2b.ip_allowlist_per_org_enabled && row.ip_restriction;
	m->org_list = m->head.org_is_listed ? row.ip_allowlist : STR_NONE;
	return OK;
}

static enum status
make_workspace(struct maker *m)
{
	struct request *rq = m->rq;
	const struct settings *s = &rq->deployment->settings;
	struct visitor visitor = visitor_of(rq);
	struct workspace_gate_row row;
	struct vouched_role_row *roles;
	struct gate org, own;
	struct buf lines;
	bool is_in;
	size_t n;

	if (rq->signin->workspace.v == 0 || !s->b2b.workspaces_enabled)
		return OK;
	TRY(sql_workspace_gate(&rq->task, rq->deployment->id, rq->signin->user, rq->signin->workspace, &row));
	org = (struct gate){ row.org_enforce_mfa, row.org_ip_restriction, row.org_ip_allowlist };
	own = (struct gate){ row.enforce_2fa, row.ip_restriction, row.ip_allowlist };
	if (lacks_factor(eligibility_workspace(s, &org, &own, &visitor)))
		return OK;
	TRY(sql_wsmem_vouched_roles(&rq->task, rq->deployment->id, rq->signin->wsmem, &roles, &n));
	buf_init_arena(&lines, rq->task.arena, VOUCH_MAX - m->text.n);
	put_line(&lines, VOUCH_WORKSPACE_ID, workspace_id_str(rq->task.arena, rq->signin->workspace));
	put_roles(&lines, VOUCH_WORKSPACE_ROLES, roles, n);
	put_permissions(&lines, VOUCH_WORKSPACE_PERMISSIONS, roles, n);
	is_in = take_scope(m, &lines, "workspace", &m->head.workspace_n);
	m->head.workspace_is_listed = is_in && s->b2b.ip_allowlist_per_workspace_enabled && row.ip_restriction;
	m->workspace_list = m->head.workspace_is_listed ? row.ip_allowlist : STR_NONE;
	return OK;
}

static enum status
make_signed_in(struct maker *m)
{
	struct request *rq = m->rq;
	bool in_org;

	m->head.is_signed_in = true;
	buf_put_str(&m->text, S("Cache-Control: no-store\r\n"));
	put_line(&m->text, VOUCH_USER_ID, user_id_str(rq->task.arena, rq->signin->user));
	if (rq->signin->actor.n > 0)
		put_line(&m->text, VOUCH_ACTOR, rq->signin->actor);
	m->head.user_n = (uint16_t)m->text.n;
	TRY(make_org(m, &in_org));
	if (in_org)
		TRY(make_workspace(m));
	return OK;
}

enum status
vouch_make(struct request *rq, struct str *ret_block)
{
	struct maker m = { .rq = rq };
	struct buf block;

	buf_init_arena(&m.text, rq->task.arena, VOUCH_MAX);
	if (rq->signin)
		TRY(make_signed_in(&m));
	m.head.org_list_n = (uint16_t)m.org_list.n;
	m.head.workspace_list_n = (uint16_t)m.workspace_list.n;
	buf_init_arena(&block, rq->task.arena, sizeof(m.head) + 3 * VOUCH_MAX);
	buf_put(&block, &m.head, sizeof(m.head));
	buf_put_str(&block, buf_str(&m.text));
	buf_put_str(&block, m.org_list);
	buf_put_str(&block, m.workspace_list);
	if (m.text.failed || block.failed || m.org_list.n > VOUCH_MAX || m.workspace_list.n > VOUCH_MAX)
		return fail(&rq->task, E_OVERLOADED, "the lists of addresses of this session are too long");
	/* Here once, so that no serve has to look again. */
	CHECK(answer_is_fields(buf_str(&m.text)));
	*ret_block = buf_str(&block);
	return OK;
}

/* ---- reading ---- */

/* The next n bytes of *rest. */
static struct str
take(struct str *rest, size_t n)
{
	struct str part = { rest->p, n };

	*rest = str_from(*rest, n);
	return part;
}

bool
vouch_open(struct str block, const struct net_addr *client, struct vouched *ret_vouched)
{
	struct str user, org, workspace, org_list, workspace_list;
	struct vouch_head h;

	if (block.n < sizeof(h))
		return false;
	memcpy(&h, block.p, sizeof(h));
	if (!h.is_signed_in)
		return false;
	block = str_from(block, sizeof(h));
	user = take(&block, h.user_n);
	org = take(&block, h.org_n);
	workspace = take(&block, h.workspace_n);
	org_list = take(&block, h.org_list_n);
	workspace_list = take(&block, h.workspace_list_n);
	if (h.org_is_listed && !ip_is_listed(org_list, client))
		org.n = workspace.n = 0;
	if (h.workspace_is_listed && !ip_is_listed(workspace_list, client))
		workspace.n = 0;
	/* A workspace is only ever active together with its organization: its lines are the last. */
	*ret_vouched = (struct vouched){ { user.p, user.n + org.n + workspace.n }, org, workspace };
	return true;
}
