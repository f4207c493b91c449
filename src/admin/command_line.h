/* command_line.h - a command typed by an operator, from words to exit code. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Run argv[0…] ("user", "list", "--deployment", …) inside the server that holds the
 * data directory, or here when none does. 0: done; 1: it failed, 2: it was typed
 * wrong, both with a sentence on stderr; 3: it showed a plan that nobody has agreed to.
 */
int command_line(int argc, char **argv);
