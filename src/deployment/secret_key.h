/* secret_key.h - what a product's own servers prove themselves with at the Backend API. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "deployment/deployment.h"

/* "sk_live_Ab3d": enough to tell a deployment's keys apart, and to find one again. */
enum { SECRET_KEY_PREFIX = 12, SECRET_KEY_LENGTH = 8 + 43 };

/*
 * In a write transaction: a key of 256 random bits, shown once; only its SHA-256 is stored. Its prefix is no other
 * key's of the deployment. E_INTERNAL without randomness. Task's arena.
 */
enum status secret_key_make(struct task *t, struct deployment_id d, enum deployment_mode mode, struct str *ret_key) MUST_CHECK;

/* What the store knows it by. false: `text` cannot be a key. Any thread. */
bool secret_key_hash(struct str text, uint8_t ret_hash[32]) MUST_CHECK;
