/* keys_file.c - the master key's file: who may read it, how it is made. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/keys_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEY_N = KEYS_MASTER_N, HEX_N = 2 * KEYS_MASTER_N, LINE_N = HEX_N + 1, TEXT_MAX = KEYS_FILE_MOST * LINE_N };

static bool
write_all(int fd, const void *p, size_t n)
{
	const char *at = p;
	while (n > 0) {
		ssize_t w = write(fd, at, n);
		if (w < 0 && errno == EINTR)
			continue;
		if (w <= 0)
			return false;
		at += w;
		n -= (size_t)w;
	}
	return true;
}

/* A file under a name of its own, on the disk when this returns true. */
static bool
write_synced(const char *file, const void *p, size_t n)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	bool ok = fd >= 0 && fchmod(fd, 0600) == 0 && write_all(fd, p, n) && fsync(fd) == 0;
	if (fd >= 0 && close(fd) != 0)
		ok = false;
	return ok;
}

static bool
write_fresh(const char *file)
{
	uint8_t key[KEY_N];
	if (!secret_random(key, sizeof(key))) {
		errno = EAGAIN;
		return false;
	}
	bool ok = write_synced(file, key, sizeof(key));
	secret_wipe(key, sizeof(key));
	return ok;
}

/* -1 with errno. */
static int
open_folder(const char *file)
{
	char folder[PATH_MAX];
	const char *slash = strrchr(file, '/');
	int n = slash == NULL ? snprintf(folder, sizeof(folder), ".")
			      : snprintf(folder, sizeof(folder), "%.*s", (int)(slash - file + 1), file);
	if (n < 0 || (size_t)n >= sizeof(folder)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* The name in its folder is on the disk too. */
static bool
sync_folder(const char *file)
{
	int fd = open_folder(file);
	if (fd < 0)
		return false;
	bool ok = fsync(fd) == 0;
	close(fd);
	return ok;
}

static enum status
name_beside(struct task *t, const char *file, char ret_name[PATH_MAX])
{
	uint64_t tag;
	if (!secret_random(&tag, sizeof(tag)))
		return fail(t, E_INTERNAL, "%s: no randomness to make the master key", file);
	int n = snprintf(ret_name, PATH_MAX, "%s.%016" PRIx64, file, tag);
	if (n < 0 || n >= PATH_MAX)
		return fail(t, E_INTERNAL, "%s: the path is too long", file);
	return OK;
}

/*
 * Written beside and then linked into place: link(2) is as exclusive as O_EXCL, and a
 * process killed half-way leaves no short key that would refuse every later start.
 */
static enum status
create_file(struct task *t, const char *file)
{
	char fresh[PATH_MAX];
	TRY(name_beside(t, file, fresh));
	bool ok = write_fresh(fresh) && link(fresh, file) == 0;
	int error = errno;
	unlink(fresh);
	if (!ok)
		return fail(t, E_INTERNAL,
		    "%s: the master key cannot be made: %s. Make its folder writable for this user", file,
		    strerror(error));
	if (!sync_folder(file))
		return fail(t, E_INTERNAL, "%s: its folder cannot be synced: %s", file, strerror(errno));
	return OK;
}

/* O_NONBLOCK: a FIFO under that name must not hang the start. */
static int
open_key(const char *file)
{
	return open(file, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
}

static enum status
check_file(struct task *t, const char *file, int fd)
{
	struct stat s;
	if (fstat(fd, &s) != 0)
		return fail(t, E_INTERNAL, "%s: %s", file, strerror(errno));
	if (!S_ISREG(s.st_mode))
		return fail(t, E_INTERNAL, "%s: the master key must be a regular file", file);
	if ((s.st_mode & 077) != 0)
		return fail(t, E_INTERNAL,
		    "%s: others can reach the master key (mode %04o). Run: chmod 600 %s", file,
		    (unsigned)(s.st_mode & 07777), file);
	if (s.st_uid != geteuid() && s.st_uid != 0)
		return fail(t, E_INTERNAL, "%s: the master key belongs to another user. Run: chown %u %s",
		    file, (unsigned)geteuid(), file);
	return OK;
}

/* One more byte is asked for than may be there, so that a longer file shows. */
static bool
read_up_to(int fd, uint8_t *p, size_t cap, size_t *ret_n)
{
	size_t n = 0;
	while (n < cap) {
		ssize_t r = read(fd, p + n, cap - n);
		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return false;
		if (r == 0)
			break;
		n += (size_t)r;
	}
	*ret_n = n;
	return true;
}

static bool
parse_hex(const char *text, uint8_t ret_key[KEY_N])
{
	size_t got = 0;
	return sodium_hex2bin(ret_key, KEY_N, text, HEX_N, NULL, &got, NULL) == 0 && got == KEY_N;
}

/* How many keys there are: one, raw or in hex; or a line of hex for each. 0: it is no such file. */
static size_t
parse_keys(const uint8_t *bytes, size_t n, struct secret keys[KEYS_FILE_MOST])
{
	const char *text = (const char *)bytes;
	if (n == KEY_N) {
		memcpy(keys[0].p, bytes, KEY_N);
		return 1;
	}
	if (n == HEX_N || (n == LINE_N && text[HEX_N] == '\n'))
		return parse_hex(text, keys[0].p) ? 1 : 0;
	bool two = (n == LINE_N + HEX_N || (n == TEXT_MAX && text[TEXT_MAX - 1] == '\n')) && text[HEX_N] == '\n';
	return two && parse_hex(text, keys[0].p) && parse_hex(text + LINE_N, keys[1].p) ? 2 : 0;
}

/* After power loss some file systems give back zeroes where the bytes never arrived. */
static enum status
check_key(struct task *t, const char *file, const struct secret *key)
{
	if (sodium_is_zero(key->p, key->n))
		return fail(t, E_INTERNAL,
		    "%s: the master key is all zeroes. Put the right one back from its backup", file);
	return OK;
}

static enum status
parse_checked(struct task *t, const char *file, struct str text, struct secret keys[KEYS_FILE_MOST], size_t *ret_n)
{
	size_t n = parse_keys((const uint8_t *)text.p, text.n, keys);
	if (n == 0)
		return fail(t, E_INTERNAL,
		    "%s: the master key must be 32 raw bytes or 64 hex digits and a newline (or two such lines, the new "
		    "key first). Put the right one back from its backup",
		    file);
	for (size_t i = 0; i < n; i++)
		TRY(check_key(t, file, &keys[i]));
	if (n == 2 && secret_eq(keys[0].p, keys[1].p, KEY_N))
		return fail(t, E_INTERNAL, "%s: both lines are the same master key", file);
	*ret_n = n;
	return OK;
}

static void
forget(struct secret keys[KEYS_FILE_MOST], size_t from)
{
	for (size_t i = from; i < KEYS_FILE_MOST; i++)
		secret_done(&keys[i]);
}

enum status
keys_file_parse(struct task *t, const char *file, struct str text, struct secret ret_keys[KEYS_FILE_MOST], size_t *ret_n)
{
	struct secret keys[KEYS_FILE_MOST] = { 0 };
	bool room = true;
	for (size_t i = 0; room && i < KEYS_FILE_MOST; i++)
		room = secret_new(KEY_N, &keys[i]);
	enum status st = room ? parse_checked(t, file, text, keys, ret_n)
			      : fail(t, E_INTERNAL, "%s: no memory for the master key", file);
	forget(keys, st == OK ? *ret_n : 0);
	if (st == OK)
		memcpy(ret_keys, keys, sizeof(keys));
	return st;
}

static enum status
read_from(struct task *t, const char *file, int fd, struct secret ret_keys[KEYS_FILE_MOST], size_t *ret_n)
{
	TRY(check_file(t, file, fd));
	uint8_t text[TEXT_MAX + 1];
	size_t n = 0;
	enum status st = read_up_to(fd, text, sizeof(text), &n)
	    ? keys_file_parse(t, file, (struct str){ (const char *)text, n }, ret_keys, ret_n)
	    : fail(t, E_INTERNAL, "%s: %s", file, strerror(errno));
	secret_wipe(text, sizeof(text));
	return st;
}

/* What cannot be synced at all, or is in a folder that we may not open, is for whoever wrote it to sync. */
static int
sync_read(const char *file, int fd)
{
	if (fsync(fd) == 0 && sync_folder(file))
		return 0;
	return errno == EINVAL || errno == EROFS || errno == ENOTSUP || errno == EACCES ? 0 : errno;
}

enum status
keys_file_read(struct task *t, const char *file, bool create, struct secret ret_keys[KEYS_FILE_MOST], size_t *ret_n,
    int *ret_unsynced)
{
	int fd = open_key(file);
	if (fd < 0 && errno == ENOENT && create) {
		TRY(create_file(t, file));
		fd = open_key(file);
	}
	if (fd < 0)
		return fail(t, E_INTERNAL,
		    "%s: the master key cannot be read: %s. Put it back, or name it with --master-key-file",
		    file, strerror(errno));
	enum status st = read_from(t, file, fd, ret_keys, ret_n);
	/* The key in front is about to be used: whoever wrote the file may not have waited for the disk. */
	if (st == OK)
		*ret_unsynced = *ret_n > 1 ? sync_read(file, fd) : 0;
	close(fd);
	return st;
}

/* Renamed over the old one: whatever happens, the name leads to all of the old content or all of the new. */
enum status
keys_file_write(struct task *t, const char *file, const struct secret *const *keys, size_t n)
{
	CHECK(n <= KEYS_FILE_MOST);
	char beside[PATH_MAX], text[TEXT_MAX + 1];
	TRY(name_beside(t, file, beside));
	for (size_t i = 0; i < n; i++) {
		sodium_bin2hex(text + i * LINE_N, LINE_N, keys[i]->p, keys[i]->n);
		text[i * LINE_N + HEX_N] = '\n';
	}
	bool ok = write_synced(beside, text, n * LINE_N) && rename(beside, file) == 0;
	int error = errno;
	secret_wipe(text, sizeof(text));
	if (!ok) {
		unlink(beside);
		return fail(t, E_INTERNAL, "%s: cannot be written: %s", file, strerror(error));
	}
	if (!sync_folder(file))
		return fail(t, E_INTERNAL, "%s: its folder cannot be synced: %s", file, strerror(errno));
	return OK;
}

/* On the folder: the file itself gives way to another one when it is written. */
enum status
keys_file_hold(struct task *t, const char *file, int *ret_fd)
{
	int fd = open_folder(file);
	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0) {
		*ret_fd = fd;
		return OK;
	}
	int error = errno;
	if (fd >= 0)
		close(fd);
	if (error == EWOULDBLOCK)
		return fail(t, E_CONFLICT, "somebody else is writing %s: do this again; nothing was changed", file);
	return fail(t, E_INTERNAL, "%s: its folder cannot be locked: %s", file, strerror(error));
}
