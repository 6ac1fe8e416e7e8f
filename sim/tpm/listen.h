/*
 * listen.h - the sockets of one --mssim address: a command and a platform
 * socket, on each address that "localhost" has.  Makes descriptors that
 * listen; accepting is the event loop's (server.c).
 */
#ifndef SIM_TPM_LISTEN_H
#define SIM_TPM_LISTEN_H

#include <stdint.h>

#include "sim/base/err.h"
#include "sim/tpm/address.h"
#include "sim/tpm/mssim.h"

/* Clients that connect in a burst are none that wait (they retry by the second
 * when the queue is full). */
#define LISTEN_BACKLOG 511

struct listen_socket {
	int fd;
	enum mssim_port port;
	struct sockaddr_un un; /* sun_path to remove at the end, or "" */
};

struct listen_set {
	uint16_t port; /* command port; 0 for UNIX sockets */
	unsigned n;
	struct listen_socket sockets[4];
};

/*
 * Listen on a. E_BUSY and a hint when somebody else does; a UNIX socket that
 * nobody listens on any more is replaced, anything else of that name is not.
 */
int listen_open(const struct address *a, struct listen_set *ret, struct err *e);
/* Close what is open, and remove UNIX sockets. */
void listen_close(struct listen_set *set);

#endif
