/* plan_check.h - does every statement find its rows by an index? For statement_check.c only. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <libpq-fe.h>
#include <stdbool.h>

/* Each prints what is wrong, a line for each step of a plan, and returns whether nothing is. */
bool plan_check_sqlite(const char *dir); /* where the migrated database is */

/* c has prepared every statement as store_check does. Its database is filled with rows. */
bool plan_check_pg(PGconn *c);
