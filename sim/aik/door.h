/*
 * door.h - who may come in, and how long they may stay: accepts connections,
 * tells TLS from plain HTTP by their first octet, and hands them on.
 *
 * One rule bounds all slow clients, whether they send nothing, half a TLS
 * handshake, a header by the octet, or read an answer so: from its start, and
 * from the end of each answer, a connection has `timeout` seconds to the end of
 * the next one.  When there is no place left, the one that has waited longest
 * makes room, of those that were never answered or of those that were,
 * whichever are more: a flood of connections of the one kind locks out none of
 * the other.
 *
 * It knows nothing of HTTP; httpd.c is behind it.
 */
#ifndef SIM_AIK_DOOR_H
#define SIM_AIK_DOOR_H

#include <stdbool.h>
#include <stddef.h>

#include <sys/socket.h>

#include "sim/base/err.h"

struct door_options {
	const int *listeners; /* sockets that listen, borrowed, not blocking */
	size_t n;
	unsigned timeout; /* seconds */
	/* Take over fd, whose first octet waits to be read; false when that
	 * cannot be, and fd is closed then. */
	bool (*enter)(void *ctx, int fd, bool tls, const struct sockaddr *from,
	    socklen_t n);
	void *ctx;
};

struct door;

int door_new(const struct door_options *o, struct door **ret, struct err *e);
/* Until SIGTERM or SIGINT. */
int door_run(struct door *d, struct err *e);
/* For who took fd over, on any thread: an answer has been sent whole; and fd is
 * about to be closed. */
void door_answered(struct door *d, int fd);
void door_left(struct door *d, int fd);
/* Connections that were handed on are the other's to close before. */
void door_free(struct door *d);

#endif
