/* conf_file.c - the configuration file: lines of "key = value". */
/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/conf_file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/str.h"

static int
read_all(struct arena *a, int fd, struct str *ret_text)
{
	char *p = arena_alloc(a, CONF_FILE_MAX + 1);
	size_t n = 0;
	ssize_t got;

	if (p == NULL)
		return ENOMEM;
	while (n <= CONF_FILE_MAX) {
		got = read(fd, p + n, CONF_FILE_MAX + 1 - n);
		if (got == 0)
			break;
		if (got > 0)
			n += (size_t)got;
		else if (errno != EINTR)
			return errno;
	}
	*ret_text = (struct str){ p, n };
	return n > CONF_FILE_MAX ? EFBIG : 0;
}

int
conf_file_read(struct arena *a, const char *path, struct str *ret_text)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int err;

	if (fd < 0)
		return errno;
	err = read_all(a, fd, ret_text);
	close(fd);
	return err;
}

/* A line's end may be LF or CRLF. */
static struct str
without_cr(struct str line)
{
	if (line.n > 0 && line.p[line.n - 1] == '\r')
		line.n--;
	return line;
}

static const char *
split(struct str line, struct str *ret_key, struct str *ret_value)
{
	struct str key, value;

	if (!str_is_text(line))
		return "this is not UTF-8 text";
	if (!str_cut(line, '=', &key, &value) || str_trim(key).n == 0)
		return "a line is `key = value`, or a comment that begins with #";
	if (str_trim(value).n == 0)
		return "there is no value after the =; remove the line to have the default";
	*ret_key = str_trim(key);
	*ret_value = str_trim(value);
	return NULL;
}

enum conf_line
conf_line_next(
    struct str *rest, int *number, struct str *ret_key, struct str *ret_value, const char **ret_why)
{
	struct str line;

	while (rest->n > 0) {
		str_cut(*rest, '\n', &line, rest);
		++*number;
		line = str_trim(without_cr(line));
		if (line.n == 0 || line.p[0] == '#')
			continue;
		*ret_why = split(line, ret_key, ret_value);
		return *ret_why == NULL ? CONF_LINE_KEY : CONF_LINE_BAD;
	}
	return CONF_LINE_END;
}
