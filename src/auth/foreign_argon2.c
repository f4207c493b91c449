/* foreign_argon2.c - hashes of argon2 (RFC 9106). */
/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/foreign_scheme.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

#include "base/str.h"

/* "v=19$m=65536,t=3,p=4$salt$hash" */
bool
foreign_read_argon2(struct str rest, struct foreign_hash *h, const char **ret_why)
{
	struct str version = foreign_next(&rest, '$'), parameters = foreign_next(&rest, '$');
	int64_t memory, passes, lanes;

	if (!str_eq(version, S("v=19")) || !foreign_read_named(foreign_next(&parameters, ','), S("m="), INT32_MAX, &memory) ||
	    !foreign_read_named(foreign_next(&parameters, ','), S("t="), INT32_MAX, &passes) || !foreign_read_named(parameters, S("p="), 255, &lanes) ||
	    memory < 8 * lanes || !foreign_read_salt_and_hash(rest, FOREIGN_B64, FOREIGN_B64, h) || h->salt.n < 8)
		return foreign_refuse(foreign_malformed, ret_why);
	if (memory * 1024 > FOREIGN_MEMORY_MAX || memory * passes > FOREIGN_ARGON2_WORK_MAX)
		return foreign_refuse(foreign_costly, ret_why);
	h->setting = h->record;
	return true;
}

bool
foreign_read_django_argon2(struct str rest, struct foreign_hash *h, const char **ret_why)
{
	struct str kind = foreign_next(&rest, '$');

	if (!str_eq(kind, S("argon2id")) && !str_eq(kind, S("argon2i")))
		return foreign_refuse(foreign_malformed, ret_why);
	if (!foreign_read_argon2(rest, h, ret_why))
		return false;
	/* "argon2$argon2id$v=19…": what the library reads begins at the second '$'. */
	h->setting = str_from(h->record, strlen("argon2"));
	return true;
}

/* A wrong password is EINVAL to libsodium; anything else that it refuses, it could not compute. */
bool
foreign_check_argon2(const struct foreign_hash *h, struct str password, bool *ret_matches)
{
	bool is_id = str_starts(h->setting, S("$argon2id$"));
	char text[FOREIGN_RECORD_MAX + 1];
	int differs;

	memcpy(text, h->setting.p, h->setting.n);
	text[h->setting.n] = '\0';
	errno = 0;
	differs = is_id ? crypto_pwhash_argon2id_str_verify(text, password.p, password.n)
			: crypto_pwhash_argon2i_str_verify(text, password.p, password.n);
	*ret_matches = differs == 0;
	return differs == 0 || errno == EINVAL;
}
