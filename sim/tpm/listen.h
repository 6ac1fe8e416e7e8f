/*
 * listen.h - the sockets of an address, on each one that "localhost" has: a
 * pair for mssim, command and platform, or one for a channel of swtpm's.  Makes
 * descriptors that listen; accepting is the event loop's (server.c).
 */
#ifndef SIM_TPM_LISTEN_H
#define SIM_TPM_LISTEN_H

#include <stdint.h>

#include "sim/base/err.h"
#include "sim/tpm/address.h"
#include "sim/tpm/wire.h"

/* Clients that connect in a burst are none that wait (they retry by the second
 * when the queue is full). */
#define LISTEN_BACKLOG 511

struct listen_socket {
	int fd;
	enum port port;
	struct sockaddr_un un; /* sun_path to remove at the end, or "" */
};

struct listen_options {
	unsigned mode;   /* of a UNIX socket's file; 0: 0600 */
	int uid, gid;    /* its owner; -1: as it is */
	bool disconnect; /* each connection is for one command */
};

struct listen_set {
	uint16_t port; /* of the first socket; 0 for UNIX sockets */
	unsigned n;
	struct listen_socket sockets[4];
};

/*
 * Listen for mssim on a: the platform is on the next port, or PATH.ctrl. E_BUSY
 * and a hint when somebody else does; a UNIX socket that nobody listens on any
 * more is replaced, anything else of that name is not.
 */
int
listen_mssim(const struct address *a, struct listen_set *ret, struct err *e);
/* Listen on a for one kind of port. o NULL: defaults. */
int listen_port(const struct address *a, enum port port,
    const struct listen_options *o, struct listen_set *ret, struct err *e);
/* Listen on a, a TCP address, for what is no port of a TPM: the sockets' `port`
 * says nothing then. */
int
listen_other(const struct address *a, struct listen_set *ret, struct err *e);
/* True for a socket that listens; false for one that is connected, and for what
 * is no socket. */
bool listen_is(int fd);
/* Close what is open, and remove UNIX sockets. */
void listen_close(struct listen_set *set);

#endif
