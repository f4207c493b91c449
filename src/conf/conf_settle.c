/* conf_settle.c - what a value stands for on this machine, and which values do not go together. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/conf_settle.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"

/* Those this process may use: a container's share, not the whole machine. */
static int64_t
count_cores(void)
{
	cpu_set_t set;
	long n;

	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		return CPU_COUNT(&set);
	n = sysconf(_SC_NPROCESSORS_ONLN);
	return n < 1 ? 1 : n;
}

static int64_t
or_else(int64_t given, int64_t otherwise, int64_t most)
{
	if (given != 0)
		return given;
	return otherwise < most ? otherwise : most;
}

static void
settle_counts(struct conf *c)
{
	int64_t cores = count_cores();

	c->threads = or_else(c->threads, cores, 1024);
	c->workers = or_else(c->workers, 4 * cores, 4096);
	c->hash_threads = or_else(c->hash_threads, cores, 1024);
	c->hash_workers = or_else(c->hash_workers, 2 * c->hash_threads, 4096);
	c->database_connections = or_else(c->database_connections, c->workers + c->hash_workers + 10, 10000);
}

/* systemd gives several directories separated by colons; the first is ours. */
static void
settle_data(struct conf *c, struct arena *a)
{
	const char *given = getenv("STATE_DIRECTORY");

	if (c->data[0] != '\0')
		return;
	c->data = "./data";
	if (given != NULL && given[0] == '/')
		c->data = arena_dup(a, (struct str){ given, strcspn(given, ":") }).p;
}

static void
settle_master_key(struct conf *c, struct arena *a)
{
	const char *given = getenv("CREDENTIALS_DIRECTORY");
	const char *file;

	if (c->master_key_file[0] != '\0')
		return;
	if (given != NULL && given[0] == '/') {
		file = arena_printf(a, "%s/master.key", given).p;
		if (file != NULL && access(file, F_OK) == 0) {
			c->master_key_file = file;
			return;
		}
	}
	c->master_key_file = arena_printf(a, "%s/master.key", c->data).p;
	c->master_key_is_own = true;
}

static bool
is_loopback(const char *listen)
{
	return listen[0] == '/' || strncmp(listen, "127.", 4) == 0 || strncmp(listen, "[::1]:", 6) == 0;
}

static bool
all_loopback(const struct conf_list *listen)
{
	for (size_t i = 0; i < listen->n; i++) {
		if (!is_loopback(listen->items[i]))
			return false;
	}
	return true;
}

void
conf_settle(struct conf *c, struct arena *a, void (*tell)(void *arg, const char *key, const char *sentence),
    void *arg)
{
	settle_counts(c);
	settle_data(c, a);
	settle_master_key(c, a);
	if (strcmp(c->admin_listen, "off") == 0)
		c->admin_listen = "";
	if (c->demo && !all_loopback(&c->listen))
		tell(arg, "demo", "demo needs listeners on a loopback address only, such as 127.0.0.1:8080");
	if (c->request_line > c->request_head)
		tell(arg, "request-line",
		    "request-line must not be larger than request-head, which it is part of");
	if (c->image_body < c->request_body)
		tell(arg, "image-body", "image-body must not be smaller than request-body");
	if (c->task_memory < 2 * c->image_body)
		tell(arg, "task-memory", "task-memory must be at least twice image-body");
	if (c->body_memory < 2 * c->image_body)
		tell(arg, "body-memory", "body-memory must be at least twice image-body");
	if (c->hash_share > c->hash_queue)
		tell(arg, "hash-share", "hash-share must not be larger than hash-queue");
}
