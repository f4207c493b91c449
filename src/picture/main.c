/*
 * main.c - sessiond-picture: a picture on standard input, a harmless one on standard output.
 *
 * Decoders of picture formats are where hostile bytes become code. They run here, one upload a process: no
 * environment, no keys, no database, no descriptors but three, no file to open, no way to run anything, little
 * memory and little time. What leaves is made anew from pixels: no metadata, no place where it was taken, no
 * second meaning as a script or an archive.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include <linux/landlock.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <vips/vips.h>

#include "picture/picture.h"

enum { QUALITY = 82 };

/* Formats whose decoders are old, small and fuzzed. Everything else is refused by its first bytes, SVG above all. */
static bool
is_taken(const unsigned char *p, size_t n)
{
	if (n < 16)
		return false;
	return memcmp(p, "\x89PNG\r\n\x1a\n", 8) == 0 || memcmp(p, "\xff\xd8\xff", 3) == 0 ||
	    (memcmp(p, "RIFF", 4) == 0 && memcmp(p + 8, "WEBP", 4) == 0) || memcmp(p, "GIF87a", 6) == 0 ||
	    memcmp(p, "GIF89a", 6) == 0;
}

static bool
limit(__rlimit_resource_t what, rlim_t most)
{
	const struct rlimit l = { most, most };

	return setrlimit(what, &l) == 0;
}

/* Where the kernel has it: no path can be opened or run any more. Older kernels go without. */
static void
close_files(void)
{
	const struct landlock_ruleset_attr all = {
		.handled_access_fs = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |
		    LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_REMOVE_DIR |
		    LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR |
		    LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
		    LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM,
	};
	long fd = syscall(SYS_landlock_create_ruleset, &all, sizeof(all), 0);

	if (fd < 0)
		return;
	(void)syscall(SYS_landlock_restrict_self, (int)fd, 0);
	close((int)fd);
}

/* Before a byte of the upload is read. Descriptors beyond the three cannot be made: RLIMIT_NOFILE. */
static bool
lock_down(void)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_DUMPABLE, 0) != 0)
		return false;
	close_files();
	return limit(RLIMIT_CORE, 0) && limit(RLIMIT_CPU, PICTURE_CPU_S) && limit(RLIMIT_AS, PICTURE_MEMORY) &&
	    limit(RLIMIT_FSIZE, 0) && limit(RLIMIT_NOFILE, 3);
}

/* One byte more than is allowed, so that too much is noticed. */
static size_t
read_all(unsigned char *p, size_t cap)
{
	size_t n = 0;
	ssize_t got;

	while (n < cap && (got = read(STDIN_FILENO, p + n, cap - n)) > 0)
		n += (size_t)got;
	return n;
}

static bool
write_all(const unsigned char *p, size_t n)
{
	ssize_t put;

	while (n > 0) {
		put = write(STDOUT_FILENO, p, n);
		if (put <= 0)
			return false;
		p += put;
		n -= (size_t)put;
	}
	return true;
}

/* The header alone is read: a bomb announces its size there, and is turned away unopened. */
static bool
is_bounded(unsigned char *p, size_t n)
{
	VipsImage *image = vips_image_new_from_buffer(p, n, "", "access", VIPS_ACCESS_SEQUENTIAL, NULL);
	bool fits = image && (int64_t)vips_image_get_width(image) * vips_image_get_height(image) <= PICTURE_PIXELS_MAX;

	if (image)
		g_object_unref(image);
	return fits;
}

enum { CHUNK_HEAD = 8, RIFF_HEAD = 12, FLAGS_AT = 20, FLAG_ALPHA = 0x10 };

static uint32_t
number_at(const unsigned char *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static bool
is_pixels(const unsigned char *chunk)
{
	return memcmp(chunk, "VP8X", 4) == 0 || memcmp(chunk, "ALPH", 4) == 0 || memcmp(chunk, "VP8 ", 4) == 0 ||
	    memcmp(chunk, "VP8L", 4) == 0;
}

/*
 * libvips writes EXIF whatever it is told. Of the container's chunks (WebP Container Specification, Extended File
 * Format) those with pixels stay; its flags say so. 0: this is no WebP.
 */
static size_t
drop_metadata(unsigned char *p, size_t n)
{
	size_t kept = RIFF_HEAD, at = RIFF_HEAD;

	while (at + CHUNK_HEAD <= n) {
		size_t size = CHUNK_HEAD + (((size_t)number_at(p + at + 4) + 1) & ~(size_t)1);

		if (size > n - at)
			return 0;
		if (is_pixels(p + at)) {
			memmove(p + kept, p + at, size);
			kept += size;
		}
		at += size;
	}
	if (kept > FLAGS_AT && memcmp(p + RIFF_HEAD, "VP8X", 4) == 0)
		p[FLAGS_AT] &= FLAG_ALPHA;
	for (int i = 0; i < 4; i++)
		p[4 + i] = (unsigned char)((kept - CHUNK_HEAD) >> (8 * i));
	return kept;
}

/* Turned upright, made smaller, in sRGB, of an animation the first frame; then nothing but pixels. */
static bool
make(unsigned char *p, size_t n, void **ret_out, size_t *ret_n)
{
	VipsImage *small = NULL;
	bool made;

	if (vips_thumbnail_buffer(p, n, &small, PICTURE_SIDE, "height", PICTURE_SIDE, "size", VIPS_SIZE_DOWN,
	    "export_profile", "srgb", "fail_on", VIPS_FAIL_ON_ERROR, NULL) != 0)
		return false;
	made = vips_webpsave_buffer(small, ret_out, ret_n, "Q", QUALITY, "strip", TRUE, NULL) == 0;
	g_object_unref(small);
	if (made)
		*ret_n = drop_metadata(*ret_out, *ret_n);
	return made && *ret_n > RIFF_HEAD && *ret_n <= PICTURE_OUT_MAX;
}

/* libvips can read dozens of formats: all but these four are switched off. */
static void
allow_loaders(void)
{
	vips_operation_block_set("VipsForeignLoad", TRUE);
	vips_operation_block_set("VipsForeignLoadPng", FALSE);
	vips_operation_block_set("VipsForeignLoadJpeg", FALSE);
	vips_operation_block_set("VipsForeignLoadWebp", FALSE);
	vips_operation_block_set("VipsForeignLoadNsgif", FALSE);
}

int
main(int argc, char **argv)
{
	static unsigned char in[PICTURE_IN_MAX + 1];
	void *out = NULL;
	size_t n, n_out = 0;

	if (argc != 1 || vips_init(argv[0]) != 0)
		return PICTURE_FAILED;
	vips_concurrency_set(1);
	vips_cache_set_max(0);
	allow_loaders();
	if (!lock_down())
		return PICTURE_FAILED;
	n = read_all(in, sizeof(in));
	if (n > PICTURE_IN_MAX || !is_taken(in, n) || !is_bounded(in, n) || !make(in, n, &out, &n_out))
		return PICTURE_REFUSED;
	return write_all(out, n_out) ? PICTURE_MADE : PICTURE_FAILED;
}
