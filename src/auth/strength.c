/* strength.c - passwords that are soon guessed. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/strength.h"

#include <string.h>
#include <zxcvbn.h>

#include "base/lines.h"
#include "base/secret.h"
#include "base/str.h"
#include "common_passwords.gen.h"

enum { ABOUT_BYTES_MAX = 256, WORD_LETTERS_MIN = 4, DICTIONARY_LETTERS_MIN = 3 };

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Beyond the longest entry there is none. */
bool
strength_is_common(struct str password)
{
	char text[STRENGTH_SEEN_MAX];
	bool found;

	if (password.n > sizeof(text))
		return false;
	for (size_t i = 0; i < password.n; i++)
		text[i] = lower(password.p[i]);
	found = lines_have(lines_body((struct str){ (const char *)common_passwords, sizeof(common_passwords) }),
	    (struct str){ text, password.n });
	secret_wipe(text, sizeof(text));
	return found;
}

/* ---- made of what is known ---- */

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || ((unsigned char)c & 0x80) != 0;
}

/* The letter that a digit or sign stands for; itself when it stands for none. */
static char
spoken(char c)
{
	static const char signs[] = "@40135$7", letters[] = "aaoiesst";
	const char *at = c ? strchr(signs, c) : NULL;

	return at ? letters[at - signs] : c;
}

/* Only letters, in lower case. With `speak`, digits within become the letters they look like. */
static size_t
letters_of(struct str text, bool speak, char ret_text[static ABOUT_BYTES_MAX])
{
	size_t n = 0;

	while (speak && text.n > 0 && !is_letter(lower(text.p[text.n - 1])))
		text.n--;
	for (size_t i = 0; i < text.n && n < ABOUT_BYTES_MAX; i++) {
		char c = speak ? spoken(lower(text.p[i])) : lower(text.p[i]);

		if (is_letter(c))
			ret_text[n++] = c;
	}
	return n;
}

/* `text` is the word, once or several times. */
static bool
is_repeated(struct str text, struct str word)
{
	if (word.n < WORD_LETTERS_MIN || text.n == 0 || text.n % word.n != 0)
		return false;
	for (size_t at = 0; at < text.n; at += word.n)
		if (memcmp(text.p + at, word.p, word.n) != 0)
			return false;
	return true;
}

static bool
is_about(struct str password, bool speak, const struct str *words, size_t n)
{
	char text[ABOUT_BYTES_MAX] = { 0 }, word[ABOUT_BYTES_MAX] = { 0 };
	struct str said = { text, letters_of(password, speak, text) };
	bool found = false;

	for (size_t i = 0; i < n && !found; i++)
		found = is_repeated(said, (struct str){ word, letters_of(words[i], false, word) });
	secret_wipe(text, sizeof(text));
	return found;
}

bool
strength_is_about(struct str password, const struct str *words, size_t n)
{
	if (password.n > ABOUT_BYTES_MAX)
		return false;
	return is_about(password, false, words, n) || is_about(password, true, words, n);
}

/* ---- simple ---- */

/* Guesses of 10^3, 10^6, 10^8 and 10^10, as bits: where zxcvbn draws its lines. */
static int
score_of(double bits)
{
	static const double at_least[] = { 9.966, 19.932, 26.575, 33.219 };
	int score = 0;

	while (score < STRENGTH_MAX && bits >= at_least[score])
		score++;
	return score;
}

/* As people write them: without what stands between the parts. */
static size_t
copy_word(char to[static STRENGTH_WORD_BYTES_MAX + 1], struct str word)
{
	size_t n = 0;

	for (size_t i = 0; i < word.n && n < STRENGTH_WORD_BYTES_MAX; i++)
		if (is_letter(lower(word.p[i])))
			to[n++] = lower(word.p[i]);
	to[n] = '\0';
	return n;
}

/* Of what is too long, the end too: people put there what is their own. */
static void
copy_seen(char to[static STRENGTH_SEEN_MAX + 1], struct str password)
{
	const size_t tail = STRENGTH_SEEN_MAX / 4, head = STRENGTH_SEEN_MAX - tail;

	if (password.n <= STRENGTH_SEEN_MAX) {
		memcpy(to, password.p, password.n);
		to[password.n] = '\0';
		return;
	}
	memcpy(to, password.p, head);
	memcpy(to + head, password.p + password.n - tail, tail);
	to[STRENGTH_SEEN_MAX] = '\0';
}

int
strength_score(struct str password, const struct str *words, size_t n)
{
	char texts[STRENGTH_WORDS_MAX][STRENGTH_WORD_BYTES_MAX + 1];
	const char *known[STRENGTH_WORDS_MAX + 1] = { NULL };
	size_t n_known = 0;
	struct secret copy;
	int score;

	for (size_t i = 0; i < n && n_known < STRENGTH_WORDS_MAX; i++) {
		/* One letter, or two, would be found everywhere. */
		if (copy_word(texts[n_known], words[i]) < DICTIONARY_LETTERS_MIN)
			continue;
		known[n_known] = texts[n_known];
		n_known++;
	}
	if (!secret_new(STRENGTH_SEEN_MAX + 1, &copy))
		return -1;
	copy_seen((char *)copy.p, password);
	score = score_of(ZxcvbnMatch((const char *)copy.p, known, NULL));
	secret_done(&copy);
	return score;
}
