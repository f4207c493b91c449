/* picture.h - what sessiond and its picture helper agree on. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

enum {
	PICTURE_IN_MAX = 2 << 20,	/* bytes of an upload */
	PICTURE_OUT_MAX = 1 << 20,	/* bytes of what is made of it */
	PICTURE_SIDE = 512,		/* pixels: nothing is larger than this square */
	PICTURE_PIXELS_MAX = 50000000,	/* of an upload: what its decoder may be asked to unpack */
	PICTURE_CPU_S = 5,
	PICTURE_MEMORY = 512 << 20,	/* bytes of address space */
};

/* How the helper ends. By a signal (a limit, a crash): as by PICTURE_REFUSED. */
enum picture_exit {
	PICTURE_MADE = 0,	/* the picture is on standard output: image/webp */
	PICTURE_REFUSED = 65,	/* what came in is no picture that we take (EX_DATAERR) */
	PICTURE_FAILED = 70,	/* it is not the picture's fault (EX_SOFTWARE) */
};
