/* picture_make.c - an upload through the picture helper: one process each, watched. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "api/app.h"
#include "api/me/picture.h"
#include "base/clock.h"
#include "base/str.h"
#include "picture/picture.h"

enum { AT_ONCE_MAX = 2, PATH_BYTES_MAX = 4096 };
#define DEADLINE_US (10 * SECOND_US)

/*
 * Each may use a core and half a gigabyte: more of them at once would starve the rest. An account has one of the places
 * at most, and so have all secret keys together, or whoever uploads what takes long would keep everybody else from it. 0: a free place.
 */
static _Atomic int64_t places[AT_ONCE_MAX];
static pthread_mutex_t places_lock = PTHREAD_MUTEX_INITIALIZER;

/* NULL: there is none, or not for them. */
static _Atomic int64_t *
place_take(int64_t whose)
{
	_Atomic int64_t *free_place = NULL;
	bool has_one = false;

	pthread_mutex_lock(&places_lock);
	for (size_t i = 0; i < AT_ONCE_MAX; i++) {
		has_one = has_one || places[i] == whose;
		if (places[i] == 0)
			free_place = &places[i];
	}
	if (free_place && !has_one)
		*free_place = whose;
	pthread_mutex_unlock(&places_lock);
	return has_one ? NULL : free_place;
}

/* ---- the process ---- */

/* Beside this program. */
static bool
helper_path(char path[static PATH_BYTES_MAX])
{
	static const char name[] = "sessiond-picture";
	ssize_t n = readlink("/proc/self/exe", path, PATH_BYTES_MAX - sizeof(name));

	while (n > 0 && path[n - 1] != '/')
		n--;
	if (n <= 0)
		return false;
	memcpy(path + n, name, sizeof(name));
	return true;
}

bool
picture_has_helper(void)
{
	char path[PATH_BYTES_MAX];

	return helper_path(path) && access(path, X_OK) == 0;
}

/* No environment, no descriptors but three, no signals blocked, a process group of its own. */
static int
spawn_with(posix_spawn_file_actions_t *files, posix_spawnattr_t *how, int in, int out, pid_t *ret_pid)
{
	char path[PATH_BYTES_MAX], word[] = "sessiond-picture";
	char novector[] = "VIPS_NOVECTOR=1", one[] = "VIPS_CONCURRENCY=1";
	char *argv[] = { word, NULL }, *environment[] = { novector, one, NULL };
	sigset_t none;

	if (!helper_path(path))
		return ENOENT;
	sigemptyset(&none);
	if (posix_spawn_file_actions_adddup2(files, in, STDIN_FILENO) != 0 ||
	    posix_spawn_file_actions_adddup2(files, out, STDOUT_FILENO) != 0 ||
	    posix_spawn_file_actions_addopen(files, STDERR_FILENO, "/dev/null", O_WRONLY, 0) != 0 ||
	    posix_spawn_file_actions_addclosefrom_np(files, STDERR_FILENO + 1) != 0)
		return ENOMEM;
	posix_spawnattr_setsigmask(how, &none);
	posix_spawnattr_setpgroup(how, 0);
	posix_spawnattr_setflags(how, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
	return posix_spawn(ret_pid, path, files, how, argv, environment);
}

static enum status
spawn(struct task *t, int in, int out, pid_t *ret_pid)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t how;
	int error = posix_spawn_file_actions_init(&files);

	if (error != 0)
		return fail(t, E_OVERLOADED, "picture: %s", strerrordesc_np(error));
	error = posix_spawnattr_init(&how);
	if (error == 0) {
		error = spawn_with(&files, &how, in, out, ret_pid);
		posix_spawnattr_destroy(&how);
	}
	posix_spawn_file_actions_destroy(&files);
	return error == 0 ? OK : fail(t, E_INTERNAL, "sessiond-picture cannot be run: %s", strerrordesc_np(error));
}

/* ---- what goes in and comes out ---- */

/* A file without a name: written whole before anybody reads, so that nobody waits for anybody. -1: no memory. */
static int
input_of(struct str upload)
{
	int fd = memfd_create("upload", MFD_CLOEXEC);

	if (fd >= 0 && (write(fd, upload.p, upload.n) != (ssize_t)upload.n || lseek(fd, 0, SEEK_SET) != 0)) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Until its end, the deadline, or more than a picture can be. false: not its end. */
static bool
read_until(int fd, int64_t until_mono, struct buf *out)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char piece[16384];
	ssize_t n;

	for (;;) {
		int64_t left_us = until_mono - clock_mono();

		if (left_us <= 0 || (poll(&p, 1, (int)(left_us / 1000) + 1) < 0 && errno != EINTR))
			return false;
		if (p.revents == 0)
			continue;
		n = read(fd, piece, sizeof(piece));
		if (n <= 0)
			return n == 0;
		buf_put(out, piece, (size_t)n);
		if (out->failed)
			return false;
	}
}

static int
reap(pid_t pid, bool ended)
{
	int state = 0;

	if (!ended)
		kill(pid, SIGKILL);
	while (waitpid(pid, &state, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(state) ? WEXITSTATUS(state) : PICTURE_REFUSED;
}

static enum status
run_helper(struct task *t, int in, struct buf *out, int *ret_code)
{
	int ends[2];
	enum status st;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return fail(t, E_OVERLOADED, "picture: no pipe");
	st = spawn(t, in, ends[1], &pid);
	close(ends[1]);
	if (st == OK)
		*ret_code = reap(pid, read_until(ends[0], clock_mono() + DEADLINE_US, out));
	close(ends[0]);
	return st;
}

static enum status
convert(struct task *t, struct str upload, struct str *ret_bytes)
{
	int in = input_of(upload), code = PICTURE_FAILED;
	struct buf out;
	enum status st;

	if (in < 0)
		return fail(t, E_OVERLOADED, "picture: no memory");
	buf_init_arena(&out, t->arena, PICTURE_OUT_MAX + 16384);
	st = run_helper(t, in, &out, &code);
	close(in);
	TRY(st);
	if (code == PICTURE_FAILED)
		return fail(t, E_INTERNAL, "sessiond-picture failed");
	if (code != PICTURE_MADE || out.failed || out.n == 0)
		return fail(t, E_BAD_REQUEST_BODY, "This picture cannot be read. Send a PNG, JPEG, WebP or GIF.");
	*ret_bytes = buf_str(&out);
	return OK;
}

enum status
picture_convert(struct task *t, int64_t whose, struct str upload, struct picture *ret_picture)
{
	_Atomic int64_t *place;
	enum status st;

	if (upload.n > PICTURE_IN_MAX)
		return fail(t, E_PAYLOAD_TOO_LARGE, "A picture can have 2 MiB at most.");
	place = place_take(whose);
	if (!place)
		return E_OVERLOADED;
	st = convert(t, upload, &ret_picture->bytes);
	*place = 0;
	TRY(st);
	ret_picture->id.v = id_next(t->now);
	return OK;
}

enum status
picture_make(struct request *rq, const char *name, struct picture *ret_picture)
{
	const struct param *file = body_file(rq, name);
	enum status st;

	if (!file || file->value.n == 0)
		return refuse(rq, E_BAD_REQUEST_BODY, "Send the picture as a file.");
	st = picture_convert(&rq->task, rq->signin->user.v, file->value, ret_picture);
	if (st == E_BAD_REQUEST_BODY || st == E_PAYLOAD_TOO_LARGE)
		return refuse(rq, st, "%s", rq->task.why);
	/* Without words of its own: too many are being made. */
	return st == E_OVERLOADED && rq->task.why[0] == '\0' ? refuse(rq, st, NULL) : st;
}

enum status
picture_make_if_sent(struct request *rq, const char *name, struct picture **ret_picture)
{
	const struct param *file = body_file(rq, name);
	struct picture *p;

	*ret_picture = NULL;
	if (!file || file->value.n == 0)
		return OK;
	/* A route that only makes pictures counts its calls. */
	TRY(request_limit(rq, RULE_PICTURE));
	p = arena_one(rq->task.arena, struct picture);
	TRY_MEM(&rq->task, p);
	TRY(picture_make(rq, name, p));
	*ret_picture = p;
	return OK;
}
