/* token.h - session tokens: what they look like and how they are derived. docs/decisions/session-tokens.md. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "auth/keys.h"
#include "base/id.h"
#include "base/task.h"

enum { TOKEN_HASH_SIZE = 32, TOKEN_NONCE_SIZE = 16, TOKEN_TEXT_MAX = 128 };

/* States of a stored token. Stored as numbers: never renumber. */
enum token_state {
	TOKEN_CURRENT = 1,	/* good */
	TOKEN_AGED = 2,		/* replaced by age: good until 60 s after its successor's first use */
	TOKEN_SUPERSEDED = 3,	/* by a security event: a signed-out view for 60 s */
};
#define TOKEN_GRACE_US            (60 * SECOND_US)
#define TOKEN_ANONYMOUS_TTL_US    (30 * DAY_US)

struct token_hash {
	uint8_t b[TOKEN_HASH_SIZE];
};

struct token_anonymous {
	struct session_id session;
	int64_t           issued_at;	/* seconds precision, microseconds unit */
};

/* A fresh anonymous token "a.…" and what is in it. E_INTERNAL without keys. Task's arena; any thread. */
enum status token_anonymous_new(struct task *t, const struct keys *k, struct deployment_id d,
    struct str *ret_text, struct token_anonymous *ret_token) MUST_CHECK;
/* Ours, of this deployment, and at most 30 days old? E_NOT_FOUND otherwise. */
enum status token_anonymous_open(struct task *t, const struct keys *k, struct deployment_id d,
    struct str text, struct token_anonymous *ret_token) MUST_CHECK;
bool token_is_anonymous(struct str text);	/* begins with "a.": says nothing about being good */

/* Could this be a stored token? 43 base64url characters. Saves a look-up, decides nothing. */
bool token_is_stored(struct str text);

/* 32 random bytes as text. E_INTERNAL without randomness. */
enum status token_random(struct task *t, struct str *ret_text) MUST_CHECK;
/* The first stored token of an anonymous session: the same for every parallel first request. */
enum status token_first(struct task *t, const struct keys *k, struct deployment_id d,
    struct session_id session, struct keys_each *each, struct str *ret_text) MUST_CHECK;
/* The successor by age of the row with this nonce: for whoever is first to ask, and has locked the session. */
enum status token_successor(struct task *t, const struct keys *k, struct deployment_id d,
    struct session_id session, struct str nonce, struct str *ret_text) MUST_CHECK;
/* The same one again, for whoever comes later: the stored hash tells which master key made it. */
enum status token_successor_again(struct task *t, const struct keys *k, struct deployment_id d,
    struct session_id session, struct str nonce, struct str hash, struct str *ret_text) MUST_CHECK;

/* What is stored: SHA-256 of the text, not of the bytes it stands for (its last character has two spare bits). */
enum status token_hash(struct task *t, struct str text, struct token_hash *ret_hash) MUST_CHECK;
