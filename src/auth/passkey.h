/* passkey.h - what a browser says about a passkey, checked: Web Authentication Level 3, §7.1 and §7.2. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/task.h"

enum {
	PASSKEY_CHALLENGE_N = 32,	/* bytes of randomness */
	PASSKEY_HANDLE_N = 32,
	PASSKEY_ID_MIN = 16,	/* bytes of a credential id: §4, "Credential ID" */
	PASSKEY_ID_MAX = 1023,
	PASSKEY_CLIENT_DATA_MAX = 4096,	/* bytes, decoded, of each thing a browser sends */
	PASSKEY_AUTHDATA_MAX = 4096,
	PASSKEY_ATTESTATION_MAX = 12288,
	PASSKEY_SIGNATURE_MAX = 512,
	PASSKEY_AAGUID_N = 16,
	PASSKEY_ROOTS_MAX = 65536,	/* bytes of PEM: some forty certificates */
	PASSKEY_CHAIN_MAX = 8,	/* certificates that an authenticator brings along */
};

/* As stored: never renumbered. */
enum passkey_purpose { PASSKEY_SIGN_IN, PASSKEY_REGISTER };

/* COSE algorithms (IANA): in the order in which they are offered. */
enum passkey_algorithm { PASSKEY_ES256 = -7, PASSKEY_EDDSA = -8, PASSKEY_RS256 = -257 };
enum { PASSKEY_ALGORITHMS_N = 3 };
extern const enum passkey_algorithm passkey_algorithms[PASSKEY_ALGORITHMS_N];

/*
 * Every function below is pure and for any thread. What the caller sent and what does not
 * hold is E_BAD_REQUEST_BODY or E_INVALID_CREDENTIALS with a sentence for people in t->why.
 */

/* ---- clientDataJSON (§5.8.1) ---- */

struct passkey_client_data {
	struct str challenge;	/* PASSKEY_CHALLENGE_N bytes */
	struct str origin;	/* as the browser wrote it; whether it is allowed is the deployment's to say */
};

/*
 * One JSON object, a BOM in front stripped; unknown members are ignored, a member twice is refused. The
 * type must be the purpose's, the challenge as long as ours; crossOrigin true and any topOrigin are
 * refused: no page of another site frames this one. E_BAD_REQUEST_BODY; E_OVERLOADED. Task's arena.
 */
enum status passkey_client_data_read(struct task *t, enum passkey_purpose purpose, struct str bytes,
    struct passkey_client_data *ret_data) MUST_CHECK;

/* ---- authenticator data (§6.1) ---- */

enum {
	AUTHDATA_UP = 0x01,	/* somebody was there */
	AUTHDATA_UV = 0x04,	/* and was verified: a PIN, a finger, a face */
	AUTHDATA_BE = 0x08,	/* can be backed up */
	AUTHDATA_BS = 0x10,	/* is */
	AUTHDATA_AT = 0x40,	/* has a credential */
	AUTHDATA_ED = 0x80,	/* has extensions */
};

struct passkey_authdata {
	struct str bytes;	/* all of it */
	struct str rp_id_hash;
	uint8_t    flags;
	uint32_t   sign_count;
	struct str aaguid, credential_id, public_key;	/* with AUTHDATA_AT: views; public_key is a COSE_Key */
	struct str extensions;	/* with AUTHDATA_ED: a CBOR map, whose content is nobody's business but libfido2's */
};

/* By its flags and to its last byte, with nothing after it. E_BAD_REQUEST_BODY. Views into bytes. */
enum status passkey_authdata_read(struct task *t, struct str bytes, struct passkey_authdata *ret_data) MUST_CHECK;

/* §7.1 steps 14-18, §7.2 steps 15-18: the site, somebody there and verified, BS only with BE. E_BAD_REQUEST_BODY. */
enum status passkey_authdata_check(struct task *t, const struct passkey_authdata *a, struct str rp_id) MUST_CHECK;

/* ---- COSE_Key (RFC 9053 §2, §7) ---- */

enum { PASSKEY_KEY_MATERIAL_MAX = 259 };
struct passkey_key {
	enum passkey_algorithm algorithm;
	/* What libfido2 takes: x and y of P-256; 256 bytes of modulus and 3 of exponent; a point of Ed25519. */
	uint8_t material[PASSKEY_KEY_MATERIAL_MAX];
	size_t  material_n;
};

/*
 * Exactly the parameters the algorithm has, in their exact lengths, each once: a point on P-256; a
 * modulus of 2048 bits with the exponent 65537; a point of Ed25519's prime group. E_BAD_REQUEST_BODY.
 */
enum status passkey_key_read(struct task *t, struct str cose_key, struct passkey_key *ret_key) MUST_CHECK;

/* ---- attestation (§6.5) ---- */

struct passkey_attestation {
	struct str format;
	struct str statement;	/* a CBOR map */
	struct passkey_authdata authdata;
};

/* The three members, each once, and nothing after them. E_BAD_REQUEST_BODY. Views into bytes. */
enum status passkey_attestation_read(struct task *t, struct str bytes,
    struct passkey_attestation *ret_attestation) MUST_CHECK;

/*
 * For a deployment that asks for attestation: a format whose statement libfido2 can verify ("packed",
 * "fido-u2f", "tpm"), with a certificate's signature over this credential. Whose certificate, passkey_chain_verify()
 * says. E_BAD_REQUEST_BODY.
 */
enum status passkey_attestation_verify(struct task *t, const struct passkey_attestation *a, const struct passkey_key *key,
    struct str rp_id, const uint8_t client_data_hash[32]) MUST_CHECK;

/* PEM of at least one certificate, and of nothing else than certificates. Text around the blocks is a comment. */
bool passkey_roots_are_good(struct str pem);

/*
 * §7.1 step 22, of a statement that has been verified: its x5c leads to one of `roots` (PEM), is valid at t->now and
 * no weaker than 112 bits, and the first certificate is what §8.2.1, §8.3.1 or §8.6 demands: version 3, no authority,
 * its subject, this AAGUID. An anchor may be an intermediate, or the certificate itself, as in FIDO's metadata.
 * Nothing is fetched, so nothing is known of revocation. E_BAD_REQUEST_BODY.
 */
enum status passkey_chain_verify(struct task *t, const struct passkey_attestation *a, struct str roots) MUST_CHECK;

/* ---- the signature (§7.2 steps 19-21) ---- */

/*
 * libfido2's fido_assert_verify(), for this site, with somebody there and verified. Whatever it says
 * but FIDO_OK is E_INVALID_CREDENTIALS.
 */
enum status passkey_signature_verify(struct task *t, const struct passkey_authdata *a, const struct passkey_key *key,
    struct str rp_id, const uint8_t client_data_hash[32], struct str signature) MUST_CHECK;
