/* tool.h - what the bench's own programs share: known tokens, a task, a way to give up. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "store/db.h"

/* The token of the n-th session that bench/seed makes, in the arena; bench/seeds.py computes the same. */
struct str tool_token(struct arena *a, int64_t n);
/* What the store keeps of it. */
void tool_token_hash(struct str token, uint8_t ret_hash[32]);

/* The deployment that answers at `host`. */
struct deployment_row;
enum status tool_deployment(struct task *t, struct str host, struct deployment_row *ret_row) MUST_CHECK;

/* Print "NAME: why" and end the program. */
void tool_die(const char *name, const char *why) __attribute__((noreturn));
/* A decimal of at least 1, or the program ends. */
int64_t tool_number(const char *name, const char *text);
/* The store at `url`, or the program ends. */
struct store *tool_open(const char *name, struct task *t, const char *url);
