/* load_file.c - requests as they go over the wire, from a file. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "load_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *
map(const char *path, const char **ret_p, size_t *ret_n)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *p;

	if (fd < 0)
		return "the file of requests does not open";
	p = fstat(fd, &st) == 0 && st.st_size > 0
		? mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0)
		: MAP_FAILED;
	close(fd);
	if (p == MAP_FAILED)
		return "the file of requests is empty";
	*ret_p = p;
	*ret_n = (size_t)st.st_size;
	return NULL;
}

/* The request at *at, which moves behind it. */
static int
next(const char *p, size_t size, size_t *at, struct load_request *ret)
{
	size_t n = 0, i = *at;

	while (i < size && p[i] >= '0' && p[i] <= '9' && n < 1 << 20)
		n = n * 10 + (size_t)(p[i++] - '0');
	if (i >= size || p[i] != '\n' || n == 0 || n > size - i - 1)
		return 0;
	*ret = (struct load_request){ p + i + 1, n };
	*at = i + 1 + n;
	return 1;
}

const char *
load_file_read(const char *path, struct load_file *ret_file)
{
	struct load_file f = { 0 };
	size_t size = 0, at = 0, room = 0;
	const char *p = NULL, *why = map(path, &p, &size);

	while (!why && at < size) {
		if (f.n == room) {
			room = room ? room * 2 : 1024;
			f.requests = reallocarray(f.requests, room, sizeof(*f.requests));
			if (!f.requests)
				return "out of memory";
		}
		if (!next(p, size, &at, &f.requests[f.n++]))
			why = "the file of requests is not one";
	}
	*ret_file = f;
	return why;
}
