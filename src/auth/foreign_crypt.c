/* foreign_crypt.c - hashes of crypt(3): bcrypt, sha-crypt, yescrypt, $7$. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/foreign_scheme.h"

#include <crypt.h>
#include <errno.h>
#include <sodium.h>
#include <string.h>

#include "base/secret.h"
#include "base/str.h"

static const char itoa64[] = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

static int64_t
value64(char c)
{
	const char *at = c ? strchr(itoa64, c) : NULL;

	return at ? at - itoa64 : -1;
}

static bool
all64(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (value64(s.p[i]) < 0)
			return false;
	return true;
}

/* "12$" and 53 characters of salt and hash. */
bool
foreign_read_bcrypt(struct str rest, struct foreign_hash *h, const char **ret_why)
{
	struct str cost = foreign_next(&rest, '$');
	int64_t n;

	if (cost.n == 2 && cost.p[0] == '0')
		cost = str_from(cost, 1);
	if (!str_int(cost, 4, 31, &n) || rest.n != 53 || !all64(rest))
		return foreign_refuse(foreign_malformed, ret_why);
	h->setting = h->record;
	return n <= FOREIGN_BCRYPT_COST_MAX || foreign_refuse(foreign_costly, ret_why);
}

/* Django writes "bcrypt$" before it. */
bool
foreign_read_django_bcrypt(struct str rest, struct foreign_hash *h, const char **ret_why)
{
	static const char *const kinds[] = { "$2a$", "$2b$", "$2y$" };

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (!str_starts(rest, str_of(kinds[i])))
			continue;
		if (!foreign_read_bcrypt(str_from(rest, 4), h, ret_why))
			return false;
		h->setting = rest;
		return true;
	}
	return foreign_refuse(foreign_malformed, ret_why);
}

bool
foreign_read_sha_crypt(struct str rest, struct foreign_hash *h, const char **ret_why)
{
	size_t hash_n = str_starts(h->record, S("$5$")) ? 43 : 86;
	int64_t rounds = 5000;
	struct str salt;

	if (str_starts(rest, S("rounds=")) && !foreign_read_named(foreign_next(&rest, '$'), S("rounds="), INT64_C(999999999), &rounds))
		return foreign_refuse(foreign_malformed, ret_why);
	salt = foreign_next(&rest, '$');
	if (salt.n > 16 || !all64(salt) || rest.n != hash_n || !all64(rest))
		return foreign_refuse(foreign_malformed, ret_why);
	h->setting = h->record;
	return rounds <= FOREIGN_SHA_CRYPT_ROUNDS_MAX || foreign_refuse(foreign_costly, ret_why);
}

/* "j9T$salt$hash": the flavour of everybody's default, N and r in one character each, no further parameters. */
bool
foreign_read_yescrypt(struct str rest, struct foreign_hash *h, const char **ret_why)
{
	struct str parameters = foreign_next(&rest, '$'), salt = foreign_next(&rest, '$');

	if (parameters.n != 3 || parameters.p[0] != 'j' || value64(parameters.p[1]) < 0 || value64(parameters.p[2]) < 0)
		return foreign_refuse("has yescrypt parameters other than those of $y$j", ret_why);
	if (salt.n == 0 || !all64(salt) || rest.n != 43 || !all64(rest))
		return foreign_refuse(foreign_malformed, ret_why);
	h->setting = h->record;
	if (value64(parameters.p[1]) > 30)
		return foreign_refuse(foreign_costly, ret_why);
	return foreign_scrypt_is_affordable(value64(parameters.p[1]) + 1, value64(parameters.p[2]) + 1, 1, ret_why);
}

/* Thirty bits, the lowest six first. */
static int64_t
read_30_bits(const char *p)
{
	int64_t v = 0;

	for (int i = 4; i >= 0; i--)
		v = v << 6 | value64(p[i]);
	return v;
}

bool
foreign_read_seven(struct str rest, struct foreign_hash *h, const char **ret_why)
{
	struct str head = foreign_next(&rest, '$');
	int64_t r, p;

	if (head.n < 11 || !all64((struct str){ head.p, 11 }) || rest.n != 43 || !all64(rest))
		return foreign_refuse(foreign_malformed, ret_why);
	h->setting = h->record;
	r = read_30_bits(head.p + 1);
	p = read_30_bits(head.p + 6);
	if (value64(head.p[0]) > 30 || r > 1024 || p > 1024)
		return foreign_refuse(foreign_costly, ret_why);
	return foreign_scrypt_is_affordable(value64(head.p[0]), r, p, ret_why);
}

/* Everything crypt(3) needs, in memory that is wiped: it leaves the password in its work area. */
struct crypt_room {
	struct crypt_data data;
	char phrase[CRYPT_MAX_PASSPHRASE_SIZE];
	char setting[FOREIGN_RECORD_MAX + 1];
};

bool
foreign_check_crypt(const struct foreign_hash *h, struct str password, bool *ret_matches)
{
	struct secret memory;
	struct crypt_room *room;
	bool known = true;
	const char *made;

	*ret_matches = false;
	if (password.n >= sizeof(room->phrase))
		return true;
	if (!secret_new(sizeof(*room), &memory))
		return false;
	room = (struct crypt_room *)(void *)memory.p;
	memset(room, 0, sizeof(*room));
	memcpy(room->phrase, password.p, password.n);
	memcpy(room->setting, h->setting.p, h->setting.n);
	errno = 0;
	made = crypt_rn(room->phrase, room->setting, &room->data, sizeof(room->data));
	if (made)
		*ret_matches = strlen(made) == h->setting.n && secret_eq(made, h->setting.p, h->setting.n);
	else
		known = errno != ENOMEM;
	secret_done(&memory);
	return known;
}

/* Django's way around bcrypt's 72 bytes. */
bool
foreign_check_bcrypt_sha256(const struct foreign_hash *h, struct str password, bool *ret_matches)
{
	uint8_t hash[32];
	char text[65];
	bool known;

	if (!secret_sha256(hash, &password, 1))
		return false;
	sodium_bin2hex(text, sizeof(text), hash, sizeof(hash));
	known = foreign_check_crypt(h, (struct str){ text, 64 }, ret_matches);
	secret_wipe(hash, sizeof(hash));
	secret_wipe(text, sizeof(text));
	return known;
}
