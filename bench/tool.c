/* tool.c - what the bench's own programs share: known tokens, a task, a way to give up. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "tool.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/secret.h"
#include "base/str.h"
#include "store/store.gen.h"

struct str
tool_token(struct arena *a, int64_t n)
{
	struct str text = arena_printf(a, "sessiond bench token %lld", (long long)n);
	uint8_t digest[32];

	CHECK(secret_sha256(digest, &text, 1));
	return str_b64url(a, digest, sizeof(digest));
}

void
tool_token_hash(struct str token, uint8_t ret_hash[32])
{
	CHECK(secret_sha256(ret_hash, &token, 1));
}

enum status
tool_deployment(struct task *t, struct str host, struct deployment_row *ret_row)
{
	struct deployment_by_host_row found;

	TRY(sql_deployment_by_host(t, host, &found));
	return sql_deployment_find(t, found.id, ret_row);
}

void
tool_die(const char *name, const char *why)
{
	fprintf(stderr, "%s: %s\n", name, why);
	exit(1);
}

int64_t
tool_number(const char *name, const char *text)
{
	int64_t n;

	if (!str_int(str_of(text), 1, INT64_C(1) << 40, &n))
		tool_die(name, "a number of at least 1 is wanted");
	return n;
}

struct store *
tool_open(const char *name, struct task *t, const char *url)
{
	const struct store_config config = { .url = url };
	struct store *s;

	if (store_open(t, &config, &s) != OK)
		tool_die(name, t->why);
	return s;
}
