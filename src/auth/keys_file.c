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
#include <sys/stat.h>
#include <unistd.h>

enum { KEY_N = KEYS_MASTER_N, HEX_N = 2 * KEYS_MASTER_N };

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

/* A file of fresh randomness under a name of its own, on the disk when this returns true. */
static bool
write_fresh(const char *file)
{
	uint8_t key[KEY_N];
	if (!secret_random(key, sizeof(key))) {
		errno = EAGAIN;
		return false;
	}
	int fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	bool ok = fd >= 0 && fchmod(fd, 0600) == 0 && write_all(fd, key, sizeof(key)) && fsync(fd) == 0;
	secret_wipe(key, sizeof(key));
	if (fd >= 0 && close(fd) != 0)
		ok = false;
	return ok;
}

/* The name in its folder is on the disk too. */
static bool
sync_folder(const char *file)
{
	char folder[PATH_MAX];
	const char *slash = strrchr(file, '/');
	int n = slash == NULL ? snprintf(folder, sizeof(folder), ".")
			      : snprintf(folder, sizeof(folder), "%.*s", (int)(slash - file + 1), file);
	if (n < 0 || (size_t)n >= sizeof(folder)) {
		errno = ENAMETOOLONG;
		return false;
	}
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return false;
	bool ok = fsync(fd) == 0;
	close(fd);
	return ok;
}

/*
 * Written beside and then linked into place: link(2) is as exclusive as O_EXCL, and a
 * process killed half-way leaves no short key that would refuse every later start.
 */
static enum status
create_file(struct task *t, const char *file)
{
	uint64_t tag;
	char fresh[PATH_MAX];
	if (!secret_random(&tag, sizeof(tag)))
		return fail(t, E_INTERNAL, "%s: no randomness to make the master key", file);
	int n = snprintf(fresh, sizeof(fresh), "%s.%016" PRIx64, file, tag);
	if (n < 0 || (size_t)n >= sizeof(fresh))
		return fail(t, E_INTERNAL, "%s: the path is too long", file);

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
parse_key(const uint8_t *text, size_t n, uint8_t ret_key[KEY_N])
{
	if (n == KEY_N) {
		memcpy(ret_key, text, KEY_N);
		return true;
	}
	if (n == HEX_N + 1 && text[HEX_N] == '\n')
		n--;
	size_t got = 0;
	return n == HEX_N && sodium_hex2bin(ret_key, KEY_N, (const char *)text, n, NULL, &got, NULL) == 0 &&
	       got == KEY_N;
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
read_key(struct task *t, const char *file, int fd, struct secret *key)
{
	TRY(check_file(t, file, fd));
	uint8_t text[HEX_N + 2];
	size_t n = 0;
	bool got = read_up_to(fd, text, sizeof(text), &n);
	bool parsed = got && parse_key(text, n, key->p);
	secret_wipe(text, sizeof(text));
	if (!got)
		return fail(t, E_INTERNAL, "%s: %s", file, strerror(errno));
	if (!parsed)
		return fail(t, E_INTERNAL,
		    "%s: the master key must be 32 raw bytes or 64 hex digits and a newline. Put the right "
		    "one back from its backup",
		    file);
	return check_key(t, file, key);
}

enum status
keys_file_read(struct task *t, const char *file, bool create, struct secret *ret_master)
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

	struct secret key;
	enum status st = E_OVERLOADED;
	if (secret_new(KEY_N, &key)) {
		st = read_key(t, file, fd, &key);
		if (st == OK)
			*ret_master = key;
		else
			secret_done(&key);
	}
	close(fd);
	return st == E_OVERLOADED ? fail(t, E_INTERNAL, "%s: no memory for the master key", file) : st;
}
