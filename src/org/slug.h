/* slug.h - a slug that nobody else has, or had. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/task.h"

/* Where slugs must be unique. */
struct slug_place {
	/* Was this one given before? */
	enum status (*taken)(struct task *t, void *arg, struct str slug, bool *ret_taken);
	/* Take it. *ret_done false: somebody else was faster. */
	enum status (*claim)(struct task *t, void *arg, struct str slug, bool *ret_done);
	void *arg;
};

/*
 * Claim `base`, or base-2, base-3, … : the first after which none was found taken.
 * Inside a write transaction. A thousand namesakes cost some twenty look-ups.
 * E_CONFLICT when others were faster every time; whatever taken and claim give.
 */
enum status slug_claim(struct task *t, struct str base, const struct slug_place *place, struct str *ret_slug) MUST_CHECK;
