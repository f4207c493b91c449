/* password.c - passwords: policy, argon2id with a keyed step. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/password.h"

#include <stdio.h>
#include <string.h>
#include <utf8proc.h>

#include "auth/hasher.h"
#include "auth/strength.h"
#include "base/str.h"

enum {
	MIN_FLOOR = 8,
	INPUT_N = 44, /* 32 bytes as base64 */
	RECORD_MAX = 128,
	/* What a stored record may ask of this machine: beyond, the database was changed by somebody. */
	RECORD_MEMORY_MIN_KIB = 8,
	RECORD_MEMORY_MAX_KIB = 256 * 1024,
	RECORD_PASSES_MAX = 16,
};
static const utf8proc_option_t nfc = UTF8PROC_STABLE | UTF8PROC_COMPOSE;

/* --- the text --- */

/* The code points of a password after NFC, in memory that is wiped. */
struct code_points {
	struct secret memory;
	utf8proc_int32_t *p; /* in it */
	size_t n;
};

/* E_BAD_REQUEST_BODY: not text (a NUL is none), or more than PASSWORD_BYTES_MAX bytes. */
static enum status
normalise(struct str password, struct code_points *ret)
{
	/* Canonical decomposition makes at most three code points of two bytes; one more for reencode's NUL.
	 */
	size_t cap = 2 * password.n + 4;
	if (password.n > PASSWORD_BYTES_MAX || !str_is_text(password))
		return E_BAD_REQUEST_BODY;
	if (!secret_new(cap * sizeof(*ret->p), &ret->memory))
		return E_OVERLOADED;
	ret->p = (utf8proc_int32_t *)(void *)ret->memory.p;
	utf8proc_ssize_t n = utf8proc_decompose((const utf8proc_uint8_t *)password.p,
	    (utf8proc_ssize_t)password.n, ret->p, (utf8proc_ssize_t)cap - 1, nfc);
	CHECK(n >= 0 && (size_t)n < cap);
	ret->n = (size_t)utf8proc_normalize_utf32(ret->p, n, nfc);
	return OK;
}

struct classes {
	bool lower, upper, number, special;
};

static struct classes
classes_of(const struct code_points *text)
{
	struct classes has = { false };
	for (size_t i = 0; i < text->n; i++) {
		utf8proc_category_t c = utf8proc_category(text->p[i]);
		has.lower |= c == UTF8PROC_CATEGORY_LL;
		has.upper |= c == UTF8PROC_CATEGORY_LU || c == UTF8PROC_CATEGORY_LT;
		has.number |= c >= UTF8PROC_CATEGORY_ND && c <= UTF8PROC_CATEGORY_NO;
		has.special |=
		    c == UTF8PROC_CATEGORY_CN || c > UTF8PROC_CATEGORY_NO; /* no letter, mark or number */
	}
	return has;
}

/* What is missing, in one sentence; NULL: nothing. */
static const char *
complaint(const struct password_policy *policy, const struct code_points *text)
{
	static _Thread_local char sentence[64];
	int64_t min = policy->min_length < MIN_FLOOR ? MIN_FLOOR : policy->min_length;
	if (min > PASSWORD_CODE_POINTS_MAX)
		min = PASSWORD_CODE_POINTS_MAX;
	if ((int64_t)text->n < min) {
		snprintf(
		    sentence, sizeof(sentence), "Use at least %d characters for the password.", (int)min);
		return sentence;
	}
	if (text->n > PASSWORD_CODE_POINTS_MAX)
		return "Use at most 125 characters for the password.";
	struct classes has = classes_of(text);
	if (policy->require_lowercase && !has.lower)
		return "Use at least one lower-case letter in the password.";
	if (policy->require_uppercase && !has.upper)
		return "Use at least one upper-case letter in the password.";
	if (policy->require_number && !has.number)
		return "Use at least one number in the password.";
	if (policy->require_special && !has.special)
		return "Use at least one special character in the password.";
	return NULL;
}

/* What is soon guessed, whatever its length and letters; the cheapest test first. */
static enum status
check_strength(const struct password_policy *policy, struct str password, const char **ret_sentence)
{
	int score;
	if (strength_is_common(password)) {
		*ret_sentence = "Choose another password: this one is among the first that anybody tries.";
		return E_WEAK_PASSWORD;
	}
	if (strength_is_about(password, policy->words, policy->n_words)) {
		*ret_sentence = "Choose a password that is not made of your name, address or this app's name.";
		return E_WEAK_PASSWORD;
	}
	if (policy->strength_min <= 0)
		return OK;
	score = strength_score(password, policy->words, policy->n_words);
	if (score < 0)
		return E_OVERLOADED;
	if (score >= policy->strength_min)
		return OK;
	*ret_sentence = "Choose a password that is harder to guess: longer, or of less usual words.";
	return E_WEAK_PASSWORD;
}

enum status
password_check(const struct password_policy *policy, struct str password, const char **ret_sentence)
{
	struct code_points text;
	if (password.n > PASSWORD_BYTES_MAX) {
		*ret_sentence = "Use at most 125 characters for the password.";
		return E_WEAK_PASSWORD;
	}
	TRY(normalise(password, &text));
	const char *sentence = complaint(policy, &text);
	secret_done(&text.memory);
	if (sentence == NULL)
		return check_strength(policy, password, ret_sentence);
	*ret_sentence = sentence;
	return E_WEAK_PASSWORD;
}

/* --- what is hashed --- */

/* base64 of HMAC(pepper of the deployment, text): no NULs, and a copied database verifies nothing. */
static enum status
keyed(struct task *t, struct hasher *h, struct deployment_id d, struct str key_name, struct str text,
    struct secret *ret_input)
{
	uint8_t mac[32];
	struct secret input;
	TRY(keys_mac_named(t, hasher_keys(h), key_name, KEY_PEPPER, d, &text, 1, mac));
	if (!secret_new(INPUT_N + 1, &input)) {
		secret_wipe(mac, sizeof(mac));
		return fail(t, E_OVERLOADED, "password: no memory for a secret");
	}
	sodium_bin2base64((char *)input.p, input.n, mac, sizeof(mac), sodium_base64_VARIANT_ORIGINAL);
	input.n = INPUT_N;
	secret_wipe(mac, sizeof(mac));
	*ret_input = input;
	return OK;
}

static enum status
hash_input(struct task *t, struct hasher *h, struct deployment_id d, struct str key_name, struct str password,
    struct secret *ret_input)
{
	struct code_points text;
	enum status st = normalise(password, &text);
	if (st != OK)
		return fail(
		    t, st, "password: not a text of at most %d bytes, or no memory", PASSWORD_BYTES_MAX);
	utf8proc_ssize_t n = utf8proc_reencode(text.p, (utf8proc_ssize_t)text.n, nfc);
	CHECK(n >= 0);
	st = keyed(t, h, d, key_name, (struct str){ (const char *)text.memory.p, (size_t)n }, ret_input);
	secret_done(&text.memory);
	return st;
}

static enum status
run_job(struct task *t, struct hasher *h, struct hash_job *job)
{
	if (!hasher_run(h, job))
		return fail(t, E_OVERLOADED,
		    "password: the line for hashing is full; more --hash-threads shorten it");
	if (!job->ok)
		return fail(t, E_OVERLOADED, "password: no memory to hash: 19 MiB are needed, 64 for imported ones");
	return OK;
}

static enum status
run(struct task *t, struct hasher *h, struct deployment_id d, struct str key_name, struct str password,
    struct hash_job *job)
{
	struct secret input;
	TRY(hash_input(t, h, d, key_name, password, &input));
	job->input = &input;
	enum status st = run_job(t, h, job);
	secret_done(&input);
	job->input = NULL;
	return st;
}

/* --- records --- */

static const int b64_variant = sodium_base64_VARIANT_ORIGINAL_NO_PADDING;

#define KEY_NAME "keyid="

/* The form that every argon2 library writes; keyid says which master key the keyed step is by, when that is not the first. */
static struct str
write_record(struct arena *a, struct str key_name, const struct hash_job *job)
{
	char salt[sodium_base64_ENCODED_LEN(HASH_SALT_N, sodium_base64_VARIANT_ORIGINAL_NO_PADDING)];
	char hash[sodium_base64_ENCODED_LEN(HASH_N, sodium_base64_VARIANT_ORIGINAL_NO_PADDING)];
	sodium_bin2base64(salt, sizeof(salt), job->salt, HASH_SALT_N, b64_variant);
	sodium_bin2base64(hash, sizeof(hash), job->hash, HASH_N, b64_variant);
	return arena_printf(a, "$argon2id$v=19$m=%d,t=%d,p=1%s" STR_FMT "$%s$%s", (int)job->memory_kib,
	    (int)job->passes, key_name.n > 0 ? "," KEY_NAME : "", STR_ARG(key_name), salt, hash);
}

static bool
read_bytes(struct str b64, uint8_t *ret_p, size_t want)
{
	size_t n = 0;
	return sodium_base642bin(ret_p, want, b64.p, b64.n, NULL, &n, NULL, b64_variant) == 0 && n == want;
}

/* "t=2" with the name "t=": the number, within bounds. */
static bool
read_number(struct str text, struct str name, int64_t max, int64_t *ret_v)
{
	return str_starts(text, name) && str_int(str_from(text, name.n), 1, max, ret_v);
}

/* What write_record() writes, with any parameters that are within reason. */
static bool
read_record(struct str record, struct hash_job *ret_job, struct str *ret_key_name)
{
	const struct str prefix = S("$argon2id$v=19$");
	struct hash_job job = { 0 };
	struct str memory, passes, lanes, salt, hash, key = STR_NONE;
	if (record.n > RECORD_MAX || !str_starts(record, prefix))
		return false;
	if (!str_cut(str_from(record, prefix.n), ',', &memory, &passes) ||
	    !str_cut(passes, ',', &passes, &lanes) || !str_cut(lanes, '$', &lanes, &salt) ||
	    !str_cut(salt, '$', &salt, &hash))
		return false;
	if (!read_number(memory, S("m="), RECORD_MEMORY_MAX_KIB, &job.memory_kib) ||
	    job.memory_kib < RECORD_MEMORY_MIN_KIB ||
	    !read_number(passes, S("t="), RECORD_PASSES_MAX, &job.passes))
		return false;
	if (str_cut(lanes, ',', &lanes, &key) && (!str_starts(key, S(KEY_NAME)) || key.n == sizeof(KEY_NAME) - 1))
		return false;
	if (!str_eq(lanes, S("p=1")))
		return false;
	if (!read_bytes(salt, job.salt, sizeof(job.salt)) || !read_bytes(hash, job.hash, sizeof(job.hash)))
		return false;
	*ret_job = job;
	*ret_key_name = key.n > 0 ? str_from(key, sizeof(KEY_NAME) - 1) : S("");
	return true;
}

enum status
password_hash(
    struct task *t, struct hasher *h, struct deployment_id d, struct str password, struct str *ret_record)
{
	struct hash_job job = { .memory_kib = HASH_MEMORY_KIB, .passes = HASH_PASSES };
	if (!secret_random(job.salt, sizeof(job.salt)))
		return fail(t, E_INTERNAL, "password: no randomness");
	struct str key_name = keys_name(hasher_keys(h));
	TRY(run(t, h, d, key_name, password, &job));
	struct str record = write_record(t->arena, key_name, &job);
	TRY_MEM(t, record.p);
	*ret_record = record;
	return OK;
}

/* --- records of other programs --- */

/* In front of them in the store: some look like ours, but have no keyed step. */
static const char foreign_mark[] = "foreign:";

enum status
password_import(struct task *t, struct str foreign, struct str *ret_record, const char **ret_why)
{
	struct foreign_hash h;
	if (!foreign_hash_read(foreign, &h, ret_why))
		return E_BAD_REQUEST_BODY;
	struct str record = arena_printf(t->arena, "%s" STR_FMT, foreign_mark, STR_ARG(foreign));
	TRY_MEM(t, record.p);
	*ret_record = record;
	return OK;
}

/* What was imported costs what its makers chose: it may be told from ours by time, until its first sign-in. */
static enum status
verify_foreign(struct task *t, struct hasher *h, const struct foreign_hash *foreign, struct str password,
    enum password_verdict *ret_verdict)
{
	struct hash_job job = { .foreign = foreign, .password = password };
	TRY(run_job(t, h, &job));
	*ret_verdict = job.matches ? PASSWORD_RIGHT_REHASH : PASSWORD_WRONG;
	return OK;
}

enum status
password_verify(struct task *t, struct hasher *h, struct deployment_id d, struct str record,
    struct str password, enum password_verdict *ret_verdict)
{
	if (password.n > PASSWORD_BYTES_MAX) {
		*ret_verdict = PASSWORD_WRONG;
		return OK;
	}
	struct foreign_hash foreign;
	const char *why;
	if (str_starts(record, str_of(foreign_mark)) && str_is_text(password) &&
	    foreign_hash_read(str_from(record, sizeof(foreign_mark) - 1), &foreign, &why))
		return verify_foreign(t, h, &foreign, password, ret_verdict);
	/* Without a record or without text the same work is done, and its result is not looked at. */
	struct hash_job kept = { .memory_kib = HASH_MEMORY_KIB, .passes = HASH_PASSES };
	struct str key_name = S("");
	bool real = read_record(record, &kept, &key_name) && str_is_text(password);
	struct hash_job job = kept;
	TRY(run(t, h, d, key_name, real ? password : S("nobody"), &job));
	bool equal = secret_eq(job.hash, kept.hash, HASH_N);
	bool below = kept.memory_kib < HASH_MEMORY_KIB || kept.passes < HASH_PASSES ||
		     keys_is_retired(hasher_keys(h), key_name);
	*ret_verdict = !real || !equal ? PASSWORD_WRONG : below ? PASSWORD_RIGHT_REHASH : PASSWORD_RIGHT;
	return OK;
}
