/* notify.c - telling the service manager how it goes: sd_notify(3), without its library. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/notify.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/str.h"

void
notify(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t n = path ? strlen(path) : 0;
	int fd;

	if (n < 2 || n >= sizeof(address.sun_path) || (path[0] != '/' && path[0] != '@'))
		return;
	memcpy(address.sun_path, path, n);
	/* '@' stands for the NUL of an abstract address, unix(7). */
	if (path[0] == '@')
		address.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	/* Nobody there is no failure of ours. */
	(void)sendto(fd, state, strlen(state), MSG_NOSIGNAL, (const struct sockaddr *)&address,
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n));
	close(fd);
}

int64_t
notify_watchdog_us(void)
{
	const char *pid = getenv("WATCHDOG_PID");
	int64_t us, for_pid;

	if (!str_int(str_of(getenv("WATCHDOG_USEC")), 1, DAY_US, &us))
		return 0;
	if (pid && (!str_int(str_of(pid), 1, INT32_MAX, &for_pid) || for_pid != getpid()))
		return 0;
	return us / 2;
}
