/* backup_codes.c - twelve codes to write down, each good once in the place of a second factor. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/factor/credential.h"
#include "api/factor/second_factor.h"
#include "base/secret.h"
#include "base/str.h"
#include "store/store.gen.h"

/*
 * 40 bits a code: 32 letters that are not mistaken for another. Guesses are counted for the account
 * (RULE_CODE_ACCOUNT), and the stored hash is keyed, so a stolen table cannot be tried through.
 */
static const char letters[] = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
_Static_assert(sizeof(letters) == 32 + 1, "a byte's five low bits choose each letter alike");

static enum status
draw(struct request *rq, char ret_code[BACKUP_CODE_LETTERS])
{
	uint8_t bytes[BACKUP_CODE_LETTERS];

	if (!secret_random(bytes, sizeof(bytes)))
		return fail(&rq->task, E_INTERNAL, "backup codes: no randomness");
	for (size_t i = 0; i < BACKUP_CODE_LETTERS; i++)
		ret_code[i] = letters[bytes[i] & 31];
	secret_wipe(bytes, sizeof(bytes));
	return OK;
}

/* Twelve different ones: a code that is there already is drawn again. */
static enum status
make_one(struct request *rq, struct str *ret_shown)
{
	enum { HALF = BACKUP_CODE_LETTERS / 2 };
	struct task *t = &rq->task;
	char code[BACKUP_CODE_LETTERS];
	uint8_t hash[32];
	int64_t rows = 0;

	while (rows == 0) {
		struct keys_each by_current = { 0 };

		TRY(draw(rq, code));
		TRY(backup_code_hash(rq, rq->signin->user, (struct str){ code, sizeof(code) }, &by_current, hash));
		TRY(sql_backup_code_insert(t, rq->deployment->id, rq->signin->user,
		    (struct str){ (const char *)hash, sizeof(hash) }, t->now, &rows));
	}
	*ret_shown = arena_printf(t->arena, "%.*s-%.*s", HALF, code, HALF, code + HALF);
	return OK;
}

static enum status
replace_all(struct request *rq, struct str ret_codes[BACKUP_CODES_N])
{
	struct deployment_id d = rq->deployment->id;
	struct user_id user = rq->signin->user;
	struct task *t = &rq->task;
	int64_t rows;

	TRY(sql_account_lock(t, d, user, &rows));
	if (rows == 0)
		return refuse(rq, E_UNAUTHORIZED, NULL);
	TRY(sql_backup_code_delete_all(t, d, user, &rows));
	for (size_t i = 0; i < BACKUP_CODES_N; i++)
		TRY(make_one(rq, &ret_codes[i]));
	return sql_account_set_backup_codes_at(t, d, user, t->now, &rows);
}

/* Making them again is making them anew: whoever lost the answer has no other way to codes that work. */
static enum status
backup_codes(struct request *rq)
{
	struct str codes[BACKUP_CODES_N];
	struct json *j;

	if (!rq->deployment->settings.auth.factors.backup_code)
		return refuse(rq, E_FEATURE_DISABLED, "Backup codes are not used here.");
	TRY(replace_all(rq, codes));
	TRY(credential_changed(rq, AUDIT_BACKUP_CODES_MADE, "New backup codes were made for your account; older ones are void."));
	j = reply(rq);
	json_array_begin(j, "data");
	for (size_t i = 0; i < BACKUP_CODES_N; i++)
		json_str(j, NULL, codes[i]);
	json_array_end(j);
	return OK;
}

const struct route route_backup_codes = {
	.method = HTTP_POST, .path = "/me/backup-codes", .name = "me_backup_codes",
	.summary = "Twelve backup codes, told this once; older ones are void.",
	.auth = AUTH_SIGNIN, .tx = TX_WRITE, .lane = LANE_WORKER, .credential = true,
	.fails = { E_FEATURE_DISABLED },
	.run = backup_codes,
};

const struct route route_backup_codes_regenerate = {
	.method = HTTP_POST, .path = "/me/backup-codes/regenerate", .name = "me_backup_codes_regenerate",
	.summary = "Twelve new backup codes, told this once; older ones are void.",
	.auth = AUTH_SIGNIN, .tx = TX_WRITE, .lane = LANE_WORKER, .credential = true,
	.fails = { E_FEATURE_DISABLED },
	.run = backup_codes,
};
