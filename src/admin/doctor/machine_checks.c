/* machine_checks.c - clock, randomness, descriptors, the data directory and the master key's file. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/doctor/report.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "auth/keys_file.h"

enum { DESCRIPTORS_FEW = 4096 };
#define SPACE_LOW  (INT64_C(1024) * 1024 * 1024)
#define SPACE_NONE (INT64_C(64) * 1024 * 1024)

void
doctor_check_clock(struct doctor *d, const char *name)
{
	struct timex tx = { 0 };
	int state = adjtimex(&tx);

	if (state < 0)
		doctor_say(d, DOCTOR_WARNING, name, NULL, "the kernel does not tell whether the clock is synchronised: %s", strerror(errno));
	else if (state == TIME_ERROR || (tx.status & STA_UNSYNC))
		doctor_say(d, DOCTOR_WARNING, name, "run chrony or systemd-timesyncd; look at timedatectl",
		    "the kernel says that nothing synchronises the clock: codes and tokens go wrong as it drifts");
	else
		doctor_say(d, DOCTOR_OK, name, NULL, "the clock is synchronised");
}

void
doctor_check_randomness(struct doctor *d, const char *name)
{
	uint8_t bytes[16];

	if (getrandom(bytes, sizeof(bytes), GRND_NONBLOCK) == (ssize_t)sizeof(bytes))
		doctor_say(d, DOCTOR_OK, name, NULL, "the kernel has randomness");
	else
		doctor_say(d, DOCTOR_PROBLEM, name, "wait for the boot to end, or give the machine an entropy source (virtio-rng)",
		    "the kernel gives no randomness yet: no token can be made");
}

void
doctor_check_descriptors(struct doctor *d, const char *name)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		doctor_say(d, DOCTOR_WARNING, name, NULL, "the limit is not known: %s", strerror(errno));
	else if (limit.rlim_cur < DESCRIPTORS_FEW)
		doctor_say(d, DOCTOR_WARNING, name, "LimitNOFILE=65536 in the unit (ulimit -n)",
		    "%llu file descriptors %s, and each connection takes one", (unsigned long long)limit.rlim_cur,
		    d->c->app ? "for the server" : "here");
	else
		doctor_say(d, DOCTOR_OK, name, NULL, "%llu file descriptors", (unsigned long long)limit.rlim_cur);
}

/* ---- the data directory ---- */

void
doctor_check_data(struct doctor *d, const char *name)
{
	const char *path = d->conf->data;
	struct stat st;

	if (stat(path, &st) != 0)
		doctor_say(d, DOCTOR_PROBLEM, name, "name it with --data or `data =`, or start the server once", "%s: %s", path, strerror(errno));
	else if (!S_ISDIR(st.st_mode))
		doctor_say(d, DOCTOR_PROBLEM, name, "name a directory with --data", "%s is no directory", path);
	else if (st.st_mode & 077)
		doctor_say(d, DOCTOR_PROBLEM, name, "chmod 700 on it", "%s has mode %03o: other users can get at the database and admin.sock", path,
		    (unsigned)st.st_mode & 0777);
	else if (st.st_uid != geteuid() && geteuid() != 0)
		doctor_say(d, DOCTOR_PROBLEM, name, "run this as the server's user", "%s belongs to user %u, not to this one (%u)", path,
		    (unsigned)st.st_uid, (unsigned)geteuid());
	else
		doctor_say(d, DOCTOR_OK, name, NULL, "%s is for its owner alone", path);
}

/* statfs(2). Locks and WAL's shared memory want a disk of this machine's own. */
static const struct file_system {
	unsigned long type;
	const char   *what;
} shared_systems[] = {
	{ 0x6969, "NFS" }, { 0xff534d42, "CIFS" }, { 0xfe534d42, "SMB" }, { 0x517b, "SMB" }, { 0x01021994, "tmpfs, gone at the next boot" },
	{ 0x65735546, "FUSE" }, { 0x00c36400, "Ceph" }, { 0x01021997, "9p" },
};

static const char *
shared_system(const char *path)
{
	struct statfs fs;

	if (statfs(path, &fs) != 0)
		return NULL;
	for (size_t i = 0; i < ARRAY_LEN(shared_systems); i++)
		if ((unsigned long)fs.f_type == shared_systems[i].type)
			return shared_systems[i].what;
	return NULL;
}

void
doctor_check_space(struct doctor *d, const char *name)
{
	bool sqlite = d->conf->database[0] == '\0';
	const char *what = shared_system(d->conf->data);
	struct statvfs fs;
	int64_t free_bytes;

	if (statvfs(d->conf->data, &fs) != 0)
		return;
	free_bytes = (int64_t)(fs.f_bavail * fs.f_frsize);
	if (sqlite && what)
		doctor_say(d, DOCTOR_WARNING, name, "put the data directory on a local disk, or use PostgreSQL",
		    "the embedded database is on %s", what);
	if (free_bytes < SPACE_NONE)
		doctor_say(d, DOCTOR_PROBLEM, name, "make room on that file system", "%lld MiB are free: writes will fail", (long long)(free_bytes >> 20));
	else if (free_bytes < SPACE_LOW)
		doctor_say(d, DOCTOR_WARNING, name, "make room on that file system", "%lld MiB are free", (long long)(free_bytes >> 20));
	else
		doctor_say(d, DOCTOR_OK, name, NULL, "%lld MiB are free", (long long)(free_bytes >> 20));
}

/* ---- the master key's file ---- */

static bool
is_key_size(off_t n)
{
	enum { LINE = 2 * KEYS_MASTER_N + 1 };

	return n == KEYS_MASTER_N || n == LINE - 1 || n == LINE || n == KEYS_FILE_MOST * LINE - 1 || n == KEYS_FILE_MOST * LINE;
}

void
doctor_check_key(struct doctor *d, const char *name)
{
	const char *path = d->conf->master_key_file;
	struct stat st;

	if (stat(path, &st) != 0)
		doctor_say(d, DOCTOR_PROBLEM, name, "put it back from its own backup, or name it with --master-key-file", "%s: %s", path, strerror(errno));
	else if (st.st_mode & 077)
		doctor_say(d, DOCTOR_PROBLEM, name, "chmod 600 on it", "%s has mode %03o: it must be its owner's alone", path,
		    (unsigned)st.st_mode & 0777);
	else if (!is_key_size(st.st_size))
		doctor_say(d, DOCTOR_PROBLEM, name, "put the right file back",
		    "%s has %lld bytes; a master key has 32, or 64 hex digits, and two such lines while one follows another", path,
		    (long long)st.st_size);
	else
		doctor_say(d, DOCTOR_OK, name, NULL, "%s is there, its owner's alone%s", path,
		    d->conf->master_key_is_own ? "; keep a copy of it apart from the database's backups" : "");
}
