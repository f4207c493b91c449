/* banned.c - words that an operator does not want in names. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/sign_up/banned.h"

#include <string.h>

#include "base/str.h"

/* An empty word bans nothing. */
static bool
has_word_of(struct arena *a, const struct str_list *words, struct str text)
{
	struct str lower = str_lower(a, text), word;

	for (size_t i = 0; i < words->n; i++) {
		word = str_lower(a, words->items[i]);
		if (word.n > 0 && lower.n >= word.n && memmem(lower.p, lower.n, word.p, word.n))
			return true;
	}
	return false;
}

enum status
banned_check(struct request *rq, struct str text)
{
	if (has_word_of(rq->task.arena, &rq->deployment->settings.restrictions.banned_keywords, text))
		return refuse(rq, E_BANNED_KEYWORD, NULL);
	return OK;
}
