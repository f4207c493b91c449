/* challenge.c - the proof of work: hand out, redeem once, and what a redeemed one is good for. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/challenge.h"

#include "api/api.h"
#include "api/app.h"
#include "base/secret.h"
#include "base/str.h"
#include "challenge_widget.gen.h"
#include "store/store.gen.h"

#define JSON_TYPE "application/json; charset=utf-8"

enum { PROOF_USES = 50, PROOF_BYTES = 32 };

static enum status
challenge_create(struct request *rq)
{
	struct buf out;
	struct json j;
	struct str token;
	int64_t expires_at;

	TRY(challenge_new(&rq->task, rq->app->keys, rq->deployment->id, &token, &expires_at));
	buf_init_arena(&out, rq->task.arena, 4096);
	json_init(&j, &out);
	json_object_begin(&j, NULL);
	json_object_begin(&j, "challenge");
	json_int(&j, "c", CHALLENGE_COUNT);
	json_int(&j, "s", CHALLENGE_SALT);
	json_int(&j, "d", CHALLENGE_TARGET);
	json_object_end(&j);
	json_str(&j, "token", token);
	json_int(&j, "expires", expires_at / 1000);
	json_object_end(&j);
	return reply_raw(rq, JSON_TYPE, "no-store", buf_str(&out));
}

const struct route route_challenge_create = {
	.method = HTTP_POST, .path = "/captcha/challenge", .name = "captcha_challenge",
	.summary = "A proof-of-work challenge; nothing is stored.",
	.auth = AUTH_NONE, .tx = TX_NONE, .lane = LANE_LOOP, .rate = RULE_CHALLENGE, .no_envelope = true,
	.run = challenge_create,
};

static enum status
read_solutions(struct request *rq, int64_t **ret_solutions, size_t *ret_n)
{
	const struct str *items;
	size_t n = body_list(rq, "solutions", &items);
	int64_t *solutions = arena_array(rq->task.arena, n + 1, sizeof(*solutions));

	TRY_MEM(&rq->task, solutions);
	for (size_t i = 0; i < n; i++)
		if (!str_int(items[i], 0, (INT64_C(1) << 53) - 1, &solutions[i]))
			return refuse(rq, E_CHALLENGE_FAILED, NULL);
	*ret_solutions = solutions;
	*ret_n = n;
	return OK;
}

/* The costly part, outside the transaction: is every puzzle solved? */
static enum status
redeem_prove(struct request *rq)
{
	struct str token = body_text(rq, "token");
	int64_t *solutions;
	size_t n;

	if (challenge_check_token(&rq->task, rq->app->keys, rq->deployment->id, token) != OK)
		return refuse(rq, E_CHALLENGE_FAILED, "The challenge is unknown or has expired. Ask for a new one.");
	TRY(read_solutions(rq, &solutions, &n));
	if (challenge_check_solutions(&rq->task, token, solutions, n) != OK)
		return refuse(rq, E_CHALLENGE_FAILED, NULL);
	return OK;
}

static enum status
hash_of(struct request *rq, struct str text, uint8_t ret_hash[32])
{
	if (!secret_sha256(ret_hash, &text, 1))
		return fail(&rq->task, E_INTERNAL, "SHA-256 failed");
	return OK;
}

static enum status
redeem(struct request *rq)
{
	uint8_t random[PROOF_BYTES], challenge_hash[32], proof_hash[32];
	struct task *t = &rq->task;
	int64_t rows, expires_at = t->now + CHALLENGE_PROOF_TTL_S * SECOND_US;
	struct str proof;
	struct buf out;
	struct json j;

	if (!secret_random(random, sizeof(random)))
		return fail(t, E_INTERNAL, "no randomness for a challenge proof");
	proof = str_hex(t->arena, random, sizeof(random));
	TRY(hash_of(rq, body_text(rq, "token"), challenge_hash));
	TRY(hash_of(rq, proof, proof_hash));
	TRY(sql_challenge_redeem(t, rq->deployment->id, (struct str){ (char *)challenge_hash, 32 },
	    (struct str){ (char *)proof_hash, 32 }, expires_at, &rows));
	if (rows == 0)
		return refuse(rq, E_CHALLENGE_FAILED, "This challenge has been redeemed already. Ask for a new one.");
	buf_init_arena(&out, t->arena, 4096);
	json_init(&j, &out);
	json_object_begin(&j, NULL);
	json_bool(&j, "success", true);
	json_str(&j, "token", proof);
	json_int(&j, "expires", expires_at / 1000);
	json_object_end(&j);
	return reply_raw(rq, JSON_TYPE, "no-store", buf_str(&out));
}

const struct route route_challenge_redeem = {
	.method = HTTP_POST, .path = "/captcha/redeem", .name = "captcha_redeem",
	.summary = "Redeem a solved challenge, once.",
	.auth = AUTH_NONE, .tx = TX_WRITE, .lane = LANE_WORKER, .no_envelope = true,
	.body = { REQ_TEXT("token", 128, "the challenge's token"), OPT_LIST("solutions", 20, "one number a puzzle") },
	.fails = { E_CHALLENGE_FAILED },
	.prove = redeem_prove, .run = redeem,
};

static enum status
use_proof(struct task *t, void *arg)
{
	struct request *rq = arg;
	uint8_t proof_hash[32];
	int64_t rows;

	TRY(hash_of(rq, body_text(rq, "challenge_token"), proof_hash));
	TRY(sql_challenge_use(t, rq->deployment->id, (struct str){ (char *)proof_hash, 32 }, t->now, PROOF_USES, &rows));
	return rows == 1 ? OK : E_CHALLENGE_FAILED;
}

/* The card solves once and uses the proof for several calls: it is counted, not consumed. */
enum status
challenge_prove(struct request *rq)
{
	enum status st;

	if (!rq->deployment->settings.challenge_required)
		return OK;
	if (body_text(rq, "challenge_token").n == 0)
		return refuse(rq, E_CHALLENGE_REQUIRED, NULL);
	st = request_write(rq, use_proof, rq);
	return st == E_CHALLENGE_FAILED ? refuse(rq, st, NULL) : st;
}

static enum status
challenge_script(struct request *rq)
{
	return reply_raw(rq, "text/javascript; charset=utf-8", "public, max-age=3600",
	    (struct str){ (const char *)challenge_widget_js, sizeof(challenge_widget_js) });
}

const struct route route_challenge_script = {
	.method = HTTP_GET, .path = "/captcha/widget.js", .name = "captcha_widget",
	.summary = "The self-hosted challenge widget, a classic script.",
	.auth = AUTH_NONE, .tx = TX_NONE, .lane = LANE_LOOP,
	.run = challenge_script,
};
