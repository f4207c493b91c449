/* secrets.c - what a deployment proves itself with at other servers. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "notify/secrets.h"

#include "base/str.h"
#include "store/store.gen.h"

#define DEPLOYMENT_SECRET_NAME(id, name, help) [id] = (name),
static const char *const names[DEPLOYMENT_SECRET__COUNT] = { DEPLOYMENT_SECRETS(DEPLOYMENT_SECRET_NAME) };
#undef DEPLOYMENT_SECRET_NAME

bool
deployment_secret_find(struct str name, enum deployment_secret *ret_which)
{
	for (int i = 0; i < DEPLOYMENT_SECRET__COUNT; i++) {
		if (!str_eq(name, str_of(names[i])))
			continue;
		*ret_which = (enum deployment_secret)i;
		return true;
	}
	return false;
}

const char *
deployment_secret_name(enum deployment_secret which)
{
	return names[which];
}

static struct seal_place
place_of(struct deployment_id d, enum deployment_secret which)
{
	return (struct seal_place){ d, "deployment_secret", str_of(names[which]), "sealed_value" };
}

enum status
deployment_secret_put(struct task *t, const struct keys *k, struct deployment_id d, enum deployment_secret which,
    struct str value)
{
	struct seal_place place = place_of(d, which);
	struct str sealed;

	TRY(keys_seal(t, k, &place, value, &sealed));
	return sql_deployment_secret_put(t, d, str_of(names[which]), sealed, t->now);
}

enum status
deployment_secret_load(struct task *t, const struct keys *k, struct deployment_id d, enum deployment_secret which,
    struct secret *ret_value)
{
	struct seal_place place = place_of(d, which);
	struct deployment_secret_find_row row;
	enum status st = sql_deployment_secret_find(t, d, str_of(names[which]), &row);

	if (st == E_NOT_FOUND) {
		*ret_value = (struct secret){ 0 };
		return OK;
	}
	TRY(st);
	return keys_unseal(t, k, &place, row.sealed_value, ret_value);
}
