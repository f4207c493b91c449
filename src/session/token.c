/* token.c - session tokens: what they look like and how they are derived. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "session/token.h"

#include <string.h>

#include "base/secret.h"
#include "base/str.h"

/* "a." and the base64url of: session id (8 bytes), issued at in seconds (8), MAC (32); numbers big-endian. */
enum { ANON_BODY = 16, ANON_MAC = 32, ANON_BYTES = ANON_BODY + ANON_MAC, ANON_TEXT = 2 + 64 };

static void
put_be64(uint8_t *p, uint64_t v)
{
	for (int i = 7; i >= 0; i--, v >>= 8)
		p[i] = (uint8_t)v;
}

static uint64_t
get_be64(const uint8_t *p)
{
	uint64_t v = 0;

	for (int i = 0; i < 8; i++)
		v = v << 8 | p[i];
	return v;
}

static struct str
anonymous_body(const uint8_t bytes[ANON_BYTES])
{
	return (struct str){ (const char *)bytes, ANON_BODY };
}

enum status
token_anonymous_new(struct task *t, const struct keys *k, struct deployment_id d,
    struct str *ret_text, struct token_anonymous *ret_token)
{
	uint8_t bytes[ANON_BYTES];
	int64_t issued_s = t->now / SECOND_US;
	struct session_id id = { id_next(t->now) };
	struct str b64, body = anonymous_body(bytes);

	put_be64(bytes, (uint64_t)id.v);
	put_be64(bytes + 8, (uint64_t)issued_s);
	TRY(keys_mac(t, k, KEY_ANONYMOUS, d, &body, 1, bytes + ANON_BODY));
	b64 = str_b64url(t->arena, bytes, sizeof(bytes));
	*ret_text = arena_printf(t->arena, "a." STR_FMT, STR_ARG(b64));
	*ret_token = (struct token_anonymous){ id, issued_s * SECOND_US };
	return OK;
}

bool
token_is_anonymous(struct str text)
{
	return str_starts(text, S("a."));
}

enum status
token_anonymous_open(struct task *t, const struct keys *k, struct deployment_id d, struct str text,
    struct token_anonymous *ret_token)
{
	uint8_t bytes[ANON_BYTES];
	struct str body = anonymous_body(bytes), mac = { (const char *)bytes + ANON_BODY, ANON_MAC };
	struct token_anonymous a;
	bool ours;
	size_t n;

	if (text.n != ANON_TEXT || !token_is_anonymous(text))
		return E_NOT_FOUND;
	if (!str_b64url_decode(str_from(text, 2), bytes, sizeof(bytes), &n) || n != sizeof(bytes))
		return E_NOT_FOUND;
	TRY(keys_mac_equals(t, k, KEY_ANONYMOUS, d, &body, 1, mac, &ours));
	if (!ours)
		return E_NOT_FOUND;
	a.session.v = (int64_t)get_be64(bytes);
	a.issued_at = (int64_t)get_be64(bytes + 8) * SECOND_US;
	/* Authentic, so the time is ours; one from the future would mean a clock set back across a restart. */
	if (a.issued_at > t->now + HOUR_US || t->now - a.issued_at > TOKEN_ANONYMOUS_TTL_US)
		return E_NOT_FOUND;
	*ret_token = a;
	return OK;
}

/* The alphabet of base64url, as a set: this stands before every look-up. */
static const bool is_base64url[256] = {
	['A' ... 'Z'] = true, ['a' ... 'z'] = true, ['0' ... '9'] = true, ['-'] = true, ['_'] = true,
};

bool
token_is_stored(struct str text)
{
	bool all = true;

	if (text.n != 43)
		return false;
	/* To the end in any case: without a branch at each. */
	for (size_t i = 0; i < 43; i++)
		all &= is_base64url[(unsigned char)text.p[i]];
	return all;
}

enum status
token_random(struct task *t, struct str *ret_text)
{
	uint8_t bytes[32];

	if (!secret_random(bytes, sizeof(bytes)))
		return fail(t, E_INTERNAL, "no randomness for a session token");
	*ret_text = str_b64url(t->arena, bytes, sizeof(bytes));
	secret_wipe(bytes, sizeof(bytes));
	return OK;
}

static enum status
token_derive(struct task *t, const struct keys *k, struct deployment_id d, struct str purpose,
    struct session_id session, struct str nonce, struct keys_each *each, struct str *ret_text)
{
	uint8_t id[8], mac[32];
	struct str parts[] = { purpose, { (const char *)id, sizeof(id) }, nonce };

	put_be64(id, (uint64_t)session.v);
	TRY(keys_mac_each(t, k, KEY_TOKEN, d, parts, ARRAY_LEN(parts), each, mac));
	*ret_text = str_b64url(t->arena, mac, sizeof(mac));
	secret_wipe(mac, sizeof(mac));
	return OK;
}

enum status
token_first(struct task *t, const struct keys *k, struct deployment_id d, struct session_id session,
    struct keys_each *each, struct str *ret_text)
{
	return token_derive(t, k, d, S("first"), session, S(""), each, ret_text);
}

enum status
token_successor(struct task *t, const struct keys *k, struct deployment_id d, struct session_id session,
    struct str nonce, struct str *ret_text)
{
	struct keys_each each = { 0 };

	return token_derive(t, k, d, S("next"), session, nonce, &each, ret_text);
}

enum status
token_successor_again(struct task *t, const struct keys *k, struct deployment_id d, struct session_id session,
    struct str nonce, struct str hash, struct str *ret_text)
{
	struct keys_each each = { 0 };
	struct token_hash made;
	struct str text;

	do {
		enum status st = token_derive(t, k, d, S("next"), session, nonce, &each, &text);

		if (st == E_NOT_FOUND)
			return fail(t, E_INTERNAL, "no master key makes the token that is a session's next");
		TRY(st);
		TRY(token_hash(t, text, &made));
	} while (hash.n != sizeof(made.b) || !secret_eq(made.b, hash.p, sizeof(made.b)));
	*ret_text = text;
	return OK;
}

enum status
token_hash(struct task *t, struct str text, struct token_hash *ret_hash)
{
	if (!secret_sha256(ret_hash->b, &text, 1))
		return fail(t, E_INTERNAL, "SHA-256 failed");
	return OK;
}
