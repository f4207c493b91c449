/* domain.h - names in the DNS that an organization has proved to be its own, and who joins it by them. No HTTP. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "org/deed.h"
#include "store/store.gen.h"

enum { DOMAINS_MAX = 20, DOMAIN_ATTEMPTS_MAX = 5, DOMAIN_BYTES_MAX = 220 };

/* The record that proves a domain: this name in front of it, and this before its token. */
#define DOMAIN_RECORD_NAME   "_sessiond-verification"
#define DOMAIN_RECORD_PREFIX "sessiond-verification="

/* "_sessiond-verification.example.com", and what its TXT record must say. Task's arena. */
struct str domain_record(struct task *t, const struct org_domain_row *domain);
struct str domain_record_data(struct task *t, const struct org_domain_row *domain);

/*
 * "Example.com." -> "example.com": ASCII, two labels at least, letters, digits and inner hyphens, no address. Names in
 * other scripts are given in their xn-- form. E_BAD_REQUEST_BODY; E_OVERLOADED.
 */
enum status domain_read(struct task *t, struct str text, struct str *ret_fqdn) MUST_CHECK;

/*
 * In a write transaction: reserve one look for a domain's record before it is taken, so that parallel ones count for themselves;
 * *ret_domain is as it was before. One that is proved already needs none. E_NOT_FOUND; E_CONFLICT: another organization has
 * proved the name; E_LIMIT_REACHED: they are used up.
 */
enum status domain_take_look(struct task *t, struct deployment_id d, struct org_id org, struct domain_id domain,
    struct org_domain_row *ret_domain) MUST_CHECK;
/* Nobody answered: that was no look. */
enum status domain_give_back_look(struct task *t, struct deployment_id d, struct domain_id domain) MUST_CHECK;

/*
 * All below: in a write transaction that holds the organization's row (org/organization.h), with what comes of it
 * written down.
 */

/*
 * Claim a name, with a fresh token: others may claim it too, until one proves it. E_CONFLICT: this organization has a
 * claim of it, or some organization has proved it. E_LIMIT_REACHED.
 */
enum status domain_add(
    const struct org_deed *deed, struct org_id org, struct str fqdn, struct org_domain_row *ret_domain) MUST_CHECK;

/*
 * The record was seen for exactly this claim: the name is its organization's now, and what others claim of it is
 * deleted. E_CONFLICT: the claim has gone or changed since, or somebody was faster.
 */
enum status domain_prove(const struct org_deed *deed, const struct org_domain_row *seen) MUST_CHECK;

/* E_NOT_FOUND: the organization has no such domain. Who joined by it stays. */
enum status domain_delete(const struct org_deed *deed, struct org_id org, struct domain_id domain) MUST_CHECK;

/*
 * An address has just been proved to be its user's: they join the organization that has proved its domain, if any does
 * and has room. Nothing comes of it otherwise. In any write transaction. email: the address that was written to, as
 * identifier_email() keeps it; not its key, by which one domain may be two in the DNS.
 */
enum status domain_join(const struct org_deed *deed, struct user_id user, struct str email) MUST_CHECK;
