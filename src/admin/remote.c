/* remote.c - the client of <data>/admin.sock. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/remote.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "admin/admin.h"
#include "base/json.h"
#include "base/secret.h"
#include "base/str.h"

enum { REQUEST_MAX = ADMIN_COMMAND_MAX, ANSWER_MAX = 16 * 1024 * 1024 };

bool
admin_socket_path(const char *data, int dir_fd, char ret_path[static ADMIN_SOCKET_PATH_MAX])
{
	int n = snprintf(ret_path, ADMIN_SOCKET_PATH_MAX, "%s/admin.sock", data);

	if (n > 0 && n < ADMIN_SOCKET_PATH_MAX && data[0] == '/')
		return true;
	n = snprintf(ret_path, ADMIN_SOCKET_PATH_MAX, "/proc/self/fd/%d/admin.sock", dir_fd);
	return n > 0 && n < ADMIN_SOCKET_PATH_MAX;
}

enum status
admin_database_tag(struct task *t, const char *database_url, struct str *ret_tag)
{
	const struct str url = str_of(database_url);
	uint8_t hash[32];

	if (url.n == 0) {
		*ret_tag = S("");
		return OK;
	}
	if (!secret_sha256(hash, &url, 1))
		return fail(t, E_INTERNAL, "no hash");
	*ret_tag = str_hex(t->arena, hash, sizeof(hash));
	return OK;
}

static enum status
connect_in(struct task *t, const char *data, int dir_fd, int *ret_fd)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd, failed;

	if (!admin_socket_path(data, dir_fd, address.sun_path))
		return E_NOT_FOUND;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return fail(t, E_INTERNAL, "no socket: %s", strerror(errno));
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0) {
		*ret_fd = fd;
		return OK;
	}
	failed = errno;
	close(fd);
	if (failed == ENOENT || failed == ECONNREFUSED || failed == ENOTDIR)
		return E_NOT_FOUND;
	return fail(t, E_INTERNAL, "%s/admin.sock: %s; run this as the server's user", data, strerror(failed));
}

static enum status
connect_to(struct task *t, const char *data, int *ret_fd)
{
	int dir_fd = open(data, O_PATH | O_DIRECTORY | O_CLOEXEC);
	enum status st;

	if (dir_fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return E_NOT_FOUND;
	if (dir_fd < 0)
		return fail(t, E_INTERNAL, "%s: %s", data, strerror(errno));
	st = connect_in(t, data, dir_fd, ret_fd);
	close(dir_fd);
	return st;
}

static bool
write_all(int fd, struct str s)
{
	while (s.n > 0) {
		ssize_t w = send(fd, s.p, s.n, MSG_NOSIGNAL);

		if (w < 0 && errno == EINTR)
			continue;
		if (w <= 0)
			return false;
		s = str_from(s, (size_t)w);
	}
	return true;
}

static void
write_order(struct buf *out, struct str database_tag, const struct str *args, size_t n, struct str input)
{
	struct json j;

	json_init(&j, out);
	json_object_begin(&j, NULL);
	json_array_begin(&j, "args");
	for (size_t i = 0; i < n; i++)
		json_str(&j, NULL, args[i]);
	json_array_end(&j);
	json_str(&j, "input", input);
	json_str(&j, "database", database_tag);
	json_object_end(&j);
}

static enum status
send_order(struct task *t, int fd, const struct buf *body)
{
	struct str head = arena_printf(t->arena,
	    "POST /command HTTP/1.1\r\nHost: admin\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n"
	    "Connection: close\r\n\r\n", body->n);

	if (!write_all(fd, head) || !write_all(fd, buf_str(body)))
		return fail(t, E_INTERNAL, "the server hung up: %s", strerror(errno));
	return OK;
}

/* Without a time limit: a backup takes as long as it takes, and a person can interrupt it. */
static enum status
read_all(struct task *t, int fd, struct buf *in)
{
	for (;;) {
		ssize_t n;

		if (!buf_reserve(in, 64 * 1024))
			return fail(t, E_INTERNAL, "the server's answer is too long");
		n = read(fd, in->p + in->n, 64 * 1024);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail(t, E_INTERNAL, "the server hung up: %s", strerror(errno));
		if (n == 0)
			return OK;
		in->n += (size_t)n;
	}
}

static enum status
read_fields(struct task *t, const json_t *o, int http, struct remote_answer *ret_answer)
{
	const json_t *status = json_object_get(o, "status");
	const char *out = json_string_value(json_object_get(o, "out"));
	const char *err = json_string_value(json_object_get(o, "err"));
	const char *error = json_string_value(json_object_get(o, "error"));

	if (http != 200)
		return fail(t, E_INTERNAL, "the server says: %s", error ? error : "no");
	if (!json_is_integer(status) || !out || !err)
		return fail(t, E_INTERNAL, "the server's answer is none: is it another version?");
	*ret_answer = (struct remote_answer){
		.exit_code = (int)json_integer_value(status),
		.out = arena_dup(t->arena, str_of(out)),
		.err = arena_dup(t->arena, str_of(err)),
	};
	return OK;
}

/* "HTTP/1.1 200 OK", fields, and JSON to the end: our own server, which closes as asked. */
static enum status
read_answer(struct task *t, struct str in, struct remote_answer *ret_answer)
{
	const char *body = in.n > 12 ? memmem(in.p, in.n, "\r\n\r\n", 4) : NULL;
	json_error_t error;
	enum status st;
	int64_t http;
	json_t *o;

	if (!body || !str_int((struct str){ in.p + 9, 3 }, 100, 599, &http))
		return fail(t, E_INTERNAL, "the server's answer is none: is it another version?");
	/* It has another database than this command is for. */
	if (http == 409)
		return E_NOT_FOUND;
	body += 4;
	o = json_loadb(body, in.n - (size_t)(body - in.p), 0, &error);
	st = read_fields(t, o, (int)http, ret_answer);
	json_decref(o);
	return st;
}

static enum status
talk(struct task *t, int fd, const struct buf *order, struct remote_answer *ret_answer)
{
	struct buf in;
	enum status st;

	if (order->failed)
		return fail(t, E_INTERNAL, "this command is too long");
	buf_init(&in, ANSWER_MAX);
	st = send_order(t, fd, order);
	if (st == OK)
		st = read_all(t, fd, &in);
	if (st == OK)
		st = read_answer(t, buf_str(&in), ret_answer);
	buf_done(&in);
	return st;
}

enum status
remote_run(struct task *t, const char *data, struct str database_tag, const struct str *args, size_t n,
    struct str input, struct remote_answer *ret_answer)
{
	struct buf order;
	enum status st;
	int fd;

	TRY(connect_to(t, data, &fd));
	/* Reserved whole, so that growing leaves no copy of a password behind. */
	buf_init(&order, REQUEST_MAX);
	(void)buf_reserve(&order, REQUEST_MAX);
	write_order(&order, database_tag, args, n, input);
	st = talk(t, fd, &order, ret_answer);
	if (order.p)
		secret_wipe(order.p, order.n);
	buf_done(&order);
	close(fd);
	return st;
}
