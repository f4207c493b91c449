/* totp.c - the codes of authenticator apps: RFC 6238 over SHA-1, 30 seconds, six digits. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/totp.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/str.h"

enum { SHA1_N = 20, CODES = 1000000, URL_MAX = 4096 };

static bool
hmac_sha1(const uint8_t secret[TOTP_SECRET_N], int64_t step, uint8_t ret_mac[SHA1_N])
{
	uint8_t counter[8];
	unsigned n = SHA1_N;

	for (size_t i = 0; i < sizeof(counter); i++)
		counter[i] = (uint8_t)((uint64_t)step >> (56 - 8 * i));
	if (HMAC(EVP_sha1(), secret, TOTP_SECRET_N, counter, sizeof(counter), ret_mac, &n) && n == SHA1_N)
		return true;
	ERR_clear_error();
	return false;
}

bool
totp_code(const uint8_t secret[TOTP_SECRET_N], int64_t step, char ret_code[TOTP_DIGITS + 1])
{
	uint8_t mac[SHA1_N];
	uint32_t n;

	if (!hmac_sha1(secret, step, mac))
		return false;
	const uint8_t *p = mac + (mac[SHA1_N - 1] & 0xF);
	n = ((uint32_t)p[0] & 0x7F) << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
	n %= CODES;
	for (size_t i = TOTP_DIGITS; i-- > 0; n /= 10)
		ret_code[i] = (char)('0' + n % 10);
	ret_code[TOTP_DIGITS] = '\0';
	secret_wipe(mac, sizeof(mac));
	return true;
}

/* All codes, the first being step's; *ret_fits is 0 or all ones. No early way out, neither at a right nor at a wrong one. */
static bool
codes_fit(const uint8_t *secret, const struct str *codes, size_t n_codes, int64_t step, uint64_t *ret_fits)
{
	uint64_t fits = 1;
	char right[TOTP_DIGITS + 1];

	for (size_t i = 0; i < n_codes; i++) {
		if (!totp_code(secret, step + (int64_t)i, right))
			return false;
		fits &= (uint64_t)secret_eq(right, codes[i].p, TOTP_DIGITS);
	}
	secret_wipe(right, sizeof(right));
	*ret_fits = 0 - fits;
	return true;
}

enum status
totp_match(const uint8_t secret[TOTP_SECRET_N], const struct str *codes, size_t n_codes, int64_t now_s, int64_t window,
    int64_t last_step, int64_t *ret_step)
{
	int64_t now = now_s / TOTP_STEP_S;
	uint64_t found = 0, fits;

	for (size_t i = 0; i < n_codes; i++)
		if (codes[i].n != TOTP_DIGITS)
			return E_INVALID_CODE;
	for (int64_t step = now - window; step <= now + window; step++) {
		if (!codes_fit(secret, codes, n_codes, step, &fits))
			return E_INTERNAL;
		fits &= 0 - (uint64_t)(step > last_step);
		found = (found & ~fits) | ((uint64_t)step & fits);
	}
	if (found == 0)
		return E_INVALID_CODE;
	*ret_step = (int64_t)(found + n_codes - 1);
	return OK;
}

struct str
totp_base32(struct arena *a, const uint8_t *p, size_t n)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
	uint32_t bits = 0, n_bits = 0;
	struct buf b;

	buf_init_arena(&b, a, URL_MAX);
	for (size_t i = 0; i < n; i++) {
		bits = bits << 8 | p[i];
		for (n_bits += 8; n_bits >= 5; n_bits -= 5)
			buf_put_char(&b, alphabet[bits >> (n_bits - 5) & 31]);
	}
	if (n_bits > 0)
		buf_put_char(&b, alphabet[bits << (5 - n_bits) & 31]);
	return buf_str(&b);
}

/* RFC 3986 §2.3: everything but the unreserved. */
static void
put_escaped(struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
		    c == '.' || c == '_' || c == '~';

		if (plain)
			buf_put_char(b, c);
		else
			buf_printf(b, "%%%02X", (unsigned)(unsigned char)c);
	}
}

struct str
totp_url(struct arena *a, struct str issuer, struct str account, struct str base32)
{
	struct buf b;

	buf_init_arena(&b, a, URL_MAX);
	buf_put_str(&b, S("otpauth://totp/"));
	put_escaped(&b, issuer);
	buf_put_char(&b, ':');
	put_escaped(&b, account);
	buf_put_str(&b, S("?secret="));
	buf_put_str(&b, base32);
	buf_put_str(&b, S("&issuer="));
	put_escaped(&b, issuer);
	return buf_str(&b);
}
