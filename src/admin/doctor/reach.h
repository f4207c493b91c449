/* reach.h - does another server answer? Connects, reads, and sends nothing but SMTP's own greeting and farewell. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/task.h"
#include "deployment/origin.h"
#include "notify/parcel.h"

/*
 * Resolve and connect before `until_mono`, to addresses that the scope allows, in the order of the resolver. E_NOT_FOUND,
 * or E_OVERLOADED, with a sentence in t->why. The caller closes *ret_fd. Any thread.
 */
enum status reach_connect(struct task *t, struct str host, uint16_t port, enum parcel_scope scope, int64_t until_mono,
    int *ret_fd) MUST_CHECK;

/* Read the greeting, say EHLO, read what is offered, say QUIT. false: nothing that looks like SMTP. RFC 5321 §4.1. */
bool reach_smtp(int fd, int64_t until_mono, bool *ret_starttls) MUST_CHECK;
