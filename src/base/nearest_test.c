/* nearest_test.c - slips of the keyboard are found, other words are left alone. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit.h"

#include <string.h>

#include "base/nearest.h"
#include "base/str.h"

static const char *const names[] = { "listen", "threads", "hash-threads", "admin-listen", "session.idle_ttl",
	"a" };

static const struct {
	const char *word, *found;
} cases[] = {
	{ "listen", "listen" },
	{ "lisetn", "listen" },
	{ "listn", "listen" },
	{ "thread", "threads" },
	{ "hash_threads", "hash-threads" },
	{ "idle_ttl", "session.idle_ttl" },
	{ "b", "a" },
	{ "database", NULL },
	{ "", "a" },
	{ "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz",
	    NULL },
};

static void
test_nearest(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct nearest n;
		const char *found;

		nearest_init(&n, str_of(cases[i].word));
		for (size_t k = 0; k < ARRAY_LEN(names); k++)
			nearest_offer(&n, names[k]);
		found = nearest_found(&n);
		if ((found == NULL) != (cases[i].found == NULL) ||
		    (found != NULL && strcmp(found, cases[i].found) != 0))
			fail_msg("\"%s\" gave %s", cases[i].word, found == NULL ? "nothing" : found);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nearest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
