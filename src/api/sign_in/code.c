/* code.c - one-time codes and links: made, guessed at within a budget, and used once. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/sign_in/code.h"

#include <string.h>

#include "api/app.h"
#include "auth/digits.h"
#include "auth/identifier.h"
#include "base/secret.h"
#include "base/str.h"
#include "session/coherence.h"
#include "store/store.gen.h"

enum { LINK_BYTES = 32 };

struct purpose {
	bool    is_link;	/* 256 bits rather than six digits */
	int64_t ttl_us;
};
static const struct purpose purposes[CODE_PURPOSE__COUNT] = {
	[CODE_SIGN_IN] = { false, 5 * MINUTE_US },
	[CODE_SIGN_IN_LINK] = { true, 10 * MINUTE_US },
	[CODE_SECOND_FACTOR] = { false, 5 * MINUTE_US },
	[CODE_SIGN_UP_EMAIL] = { false, 5 * MINUTE_US },
	[CODE_SIGN_UP_PHONE] = { false, 5 * MINUTE_US },
	[CODE_RESET] = { false, 10 * MINUTE_US },
	[CODE_RESET_TOKEN] = { true, 10 * MINUTE_US },
	[CODE_EMAIL] = { false, 5 * MINUTE_US },
	[CODE_PHONE] = { false, 5 * MINUTE_US },
	[CODE_STEP_UP] = { false, 5 * MINUTE_US },
};

static enum status
draw_digits(struct task *t, struct str *ret_text)
{
	char text[DIGITS_N + 1];

	if (!digits_draw(text))
		return fail(t, E_INTERNAL, "code: no randomness");
	*ret_text = arena_printf(t->arena, "%s", text);
	secret_wipe(text, sizeof(text));
	return OK;
}

static enum status
draw_link(struct task *t, struct str *ret_text)
{
	uint8_t bytes[LINK_BYTES];

	if (!secret_random(bytes, sizeof(bytes)))
		return fail(t, E_INTERNAL, "code: no randomness");
	*ret_text = str_b64url(t->arena, bytes, sizeof(bytes));
	secret_wipe(bytes, sizeof(bytes));
	return OK;
}

/* Six digits are soon tried through: without the key the hash tells nothing. */
static enum status
hash(struct request *rq, enum code_purpose purpose, int64_t subject, struct str text, struct keys_each *each, uint8_t ret_hash[32])
{
	struct str parts[] = {
		arena_printf(rq->task.arena, "%d", (int)purpose),
		arena_printf(rq->task.arena, "%lld", (long long)subject),
		text,
	};

	return keys_mac_each(&rq->task, rq->app->keys, KEY_CODE, rq->deployment->id, parts, ARRAY_LEN(parts), each, ret_hash);
}

enum status
code_issue(struct request *rq, enum code_purpose purpose, int64_t subject, struct str recipient, struct str *ret_text)
{
	struct task *t = &rq->task;
	struct code_id id = { id_next(t->now) };
	struct keys_each by_current = { 0 };
	uint8_t h[32];

	TRY(purposes[purpose].is_link ? draw_link(t, ret_text) : draw_digits(t, ret_text));
	TRY(hash(rq, purpose, subject, *ret_text, &by_current, h));
	return sql_code_put(t, rq->deployment->id, purpose, subject, id, (struct str){ (const char *)h, sizeof(h) }, recipient,
	    rq->session.id, t->now, t->now + purposes[purpose].ttl_us);
}

/* The text of a link's length is drawn, hashed and forgotten. */
enum status
code_issue_void(struct request *rq, enum code_purpose purpose, int64_t subject, struct str recipient)
{
	struct task *t = &rq->task;
	struct code_id id = { id_next(t->now) };
	struct keys_each by_current = { 0 };
	struct str text;
	uint8_t h[32];

	TRY(draw_link(t, &text));
	TRY(hash(rq, purpose, subject, text, &by_current, h));
	return sql_code_put(t, rq->deployment->id, purpose, subject, id, (struct str){ (const char *)h, sizeof(h) }, recipient,
	    rq->session.id, t->now, t->now + purposes[purpose].ttl_us);
}

enum status
code_live(struct request *rq, enum code_purpose purpose, int64_t subject, struct code_live *ret_live)
{
	struct code_find_row row;

	TRY(sql_code_find(&rq->task, rq->deployment->id, purpose, subject, rq->task.now, &row));
	*ret_live = (struct code_live){ row.id, row.session, row.created_at };
	return OK;
}

struct lookup {
	struct deployment_id deployment;
	enum code_purpose    purpose;
	int64_t              subject;
	struct code_find_row row;
};

static enum status
find(struct task *t, void *arg)
{
	struct lookup *l = arg;

	return sql_code_find(t, l->deployment, l->purpose, l->subject, t->now, &l->row);
}

enum status
code_reserve_guess(struct request *rq, enum code_purpose purpose, int64_t subject, struct str account)
{
	struct lookup l = { .deployment = rq->deployment->id, .purpose = purpose, .subject = subject };
	enum status st = request_read(rq, find, &l);
	struct try tries[3];

	if (st == E_NOT_FOUND)
		return refuse(rq, E_VERIFICATION_CODE_EXPIRED, NULL);
	TRY(st);
	tries[0] = (struct try){ RULE_CODE_GUESS, code_id_str(rq->task.arena, l.row.id) };
	tries[1] = (struct try){ RULE_CODE_ACCOUNT, account };
	tries[2] = (struct try){ RULE_CODE_SOURCE, request_source(rq) };
	return request_reserve(rq, tries, ARRAY_LEN(tries));
}

struct attempt_guess {
	struct request *rq;
	int64_t         attempt;
	enum status   (*take)(struct request *rq, int64_t attempt, int64_t *ret_rows);
};

static enum status
take_guess(struct task *t, void *arg)
{
	struct attempt_guess *g = arg;
	int64_t rows;

	TRY(g->take(g->rq, g->attempt, &rows));
	if (rows == 0)
		return E_BAD_SIGN_IN_ATTEMPT;
	return cache_touch(t, g->rq->deployment->id, SUBJECT_SESSION, g->rq->session.id.v);
}

enum status
code_reserve_attempt_guess(struct request *rq, struct str account, int64_t attempt,
    enum status (*take)(struct request *rq, int64_t attempt, int64_t *ret_rows))
{
	struct try tries[] = { { RULE_CODE_ACCOUNT, account }, { RULE_CODE_SOURCE, request_source(rq) } };
	struct attempt_guess g = { rq, attempt, take };
	enum status st = request_reserve_with(rq, tries, ARRAY_LEN(tries), take_guess, &g);

	return st == E_BAD_SIGN_IN_ATTEMPT ? refuse(rq, st, NULL) : st;
}

enum status
code_use(struct request *rq, enum code_purpose purpose, int64_t subject, struct str text)
{
	struct keys_each each = { 0 };
	uint8_t h[32];
	int64_t rows;

	do {
		enum status st = hash(rq, purpose, subject, text, &each, h);

		if (st == E_NOT_FOUND)
			return E_INVALID_CODE;
		TRY(st);
		TRY(sql_code_use(&rq->task, rq->deployment->id, purpose, subject, (struct str){ (const char *)h, sizeof(h) },
		    rq->task.now, &rows));
	} while (rows == 0);
	return OK;
}

enum { SEND_TRIES = 6, PREFIX_LESS = 4, DIGITS_ALIKE = 7 };

/* No number has fewer digits than DIGITS_ALIKE, with or without its dial code: it ends with the same ones either way. */
struct str
code_counted_as(struct request *rq, struct str recipient)
{
	struct str shown, key;

	if (!memchr(recipient.p, '@', recipient.n))
		return str_from(recipient, recipient.n > DIGITS_ALIKE ? recipient.n - DIGITS_ALIKE : 0);
	return identifier_email(&rq->task, recipient, &shown, &key) == OK ? key : recipient;
}

/* Whoever earns by text messages owns a block of numbers: all but the last digits count as one. */
static size_t
send_tries(struct request *rq, struct str recipient, struct try tries[SEND_TRIES])
{
	struct str target = code_counted_as(rq, recipient);
	size_t n = 0;

	tries[n++] = (struct try){ RULE_SEND_SOON, target };
	tries[n++] = (struct try){ RULE_SEND_TARGET, target };
	tries[n++] = (struct try){ RULE_SEND_TARGET_DAY, target };
	tries[n++] = (struct try){ RULE_SEND_SOURCE, request_source(rq) };
	tries[n++] = (struct try){ RULE_SEND_DEPLOYMENT, S("all") };
	if (str_starts(recipient, S("+")) && recipient.n > PREFIX_LESS)
		tries[n++] = (struct try){ RULE_SEND_PREFIX, { recipient.p, recipient.n - PREFIX_LESS } };
	return n;
}

enum status
code_reserve_send(struct request *rq, struct str recipient)
{
	struct try tries[SEND_TRIES];

	return request_reserve(rq, tries, send_tries(rq, recipient, tries));
}

enum status
code_take_send(struct request *rq, struct str recipient)
{
	struct try tries[SEND_TRIES];

	return request_take(rq, tries, send_tries(rq, recipient, tries));
}

struct str
code_mask_email(struct arena *a, struct str email)
{
	struct str local, domain, first = { email.p, 1 };

	(void)str_cut(email, '@', &local, &domain);
	/* A whole character, however many bytes it has. */
	while (first.n < local.n && ((unsigned char)local.p[first.n] & 0xC0) == 0x80)
		first.n++;
	return arena_printf(a, STR_FMT "•••@" STR_FMT, STR_ARG(first), STR_ARG(domain));
}

struct str
code_mask_phone(struct arena *a, struct str digits)
{
	size_t shown = digits.n < 4 ? digits.n : 4;

	return arena_printf(a, "•••• " STR_FMT, STR_ARG(str_from(digits, digits.n - shown)));
}
