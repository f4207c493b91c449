/* serve.h - `sessiond serve`. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Run until SIGTERM or SIGINT. argv: what follows the word. The exit code. */
int serve(int argc, char **argv);
