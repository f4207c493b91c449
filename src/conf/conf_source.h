/* conf_source.h - what a configuration remembers of where it came from. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "conf/conf_rows.h"

struct conf_source {
	struct arena *arena;
	int argc;
	char **argv;
	bool leaves_rest;                /* arguments of others are the command's */
	const char *from[CONF_ROWS_MAX]; /* where each value came from; NULL: the default */
};
