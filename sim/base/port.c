#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>

#include "sim/base/auto.h"
#include "sim/base/port.h"

/* A connection that nobody accepts waits in the queue. */
#define BACKLOG 8

int
port_parse(const char *text, uint16_t *ret)
{
	unsigned v = 0;

	if (*text == '\0')
		return -1;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return -1;
		v = v * 10 + (unsigned)(*text - '0');
		if (v > UINT16_MAX)
			return -1;
	}
	*ret = (uint16_t)v;
	return 0;
}

int
port_take(
    bool silent, int *ret_fd, char out[static PORT_ADDRESS_SIZE], struct err *e)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(a);
	auto_fd int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (const struct sockaddr *)&a, n) != 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &n) != 0 ||
	    (silent && listen(fd, BACKLOG) != 0))
		return err_errno(e, "a port on 127.0.0.1");
	(void)snprintf(
	    out, PORT_ADDRESS_SIZE, "127.0.0.1:%u", ntohs(a.sin_port));
	*ret_fd = TAKE_FD(fd);
	return 0;
}
