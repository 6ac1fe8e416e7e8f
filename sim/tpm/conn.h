/*
 * conn.h - one client: bytes in, bytes out, whatever the segments.
 *
 * A connection reads until its owner (server.c) says otherwise; the owner is
 * handed input that may hold any number of requests and a part of one.  While
 * a request is held, or the client has yet to read what was sent, nothing more
 * is read: that is all of the flow control.  Nothing here knows a protocol.
 */
#ifndef SIM_TPM_CONN_H
#define SIM_TPM_CONN_H

#include <sys/queue.h>

#include <uv.h>

#include "sim/base/buf.h"
#include "sim/base/limits.h"
#include "sim/tpm/wire.h"

/* Most that one conn_send() is given: full of replies, and one more. */
#define CONN_OUTPUT_CAP (MAX_CONN_OUTPUT + MAX_WIRE_REPLY)

enum conn_state {
	CONN_READING, /* takes input */
	CONN_HELD,    /* its next request waits for the TPM, or runs on it */
	CONN_WRITING, /* its client has to read first */
	CONN_CLOSING,
};

struct conn;

struct conn_owner {
	/* in begins with the first byte that was not used yet; gives how many
	 * were. May send, hold and close. Called in CONN_READING only. */
	size_t (*input)(struct conn *c, struct span in);
	/* The last word about c, which is freed after it. */
	void (*closed)(struct conn *c);
	void *data;
};

/* A socket of either kind. */
union uv_socket {
	uv_handle_t handle;
	uv_stream_t stream;
	uv_tcp_t tcp;
	uv_pipe_t pipe;
};

struct conn {
	union uv_socket uv;
	uv_timer_t timer;   /* of a request that is not complete */
	unsigned n_handles; /* these two, until they are closed */
	const struct conn_owner *owner;
	unsigned id;    /* in log lines */
	unsigned group; /* of the address that it came by */
	enum conn_state state;
	bool finish;       /* close once everything is written */
	bool one_command;  /* and close after it */
	bool attached;     /* its socket came over another connection */
	unsigned patience; /* ms of silence within a request; 0: any */
	struct wire_session session;
	struct conn *passed; /* a socket that came along, for who wants it */
	struct buf in; /* not used yet: a part of a request, or requests held */
	struct buf out; /* being written */
	uv_write_t write;
	TAILQ_ENTRY(conn) all;
	STAILQ_ENTRY(conn) waiting;
};

/*
 * Accept from listener (TCP or UNIX socket) and read. NULL: no memory. Who came
 * and left already gives a connection in CONN_CLOSING. takes_fds: sockets that
 * come along with a request are kept in passed until the request was answered,
 * and closed then.
 */
struct conn *conn_accept(
    uv_stream_t *listener, const struct conn_owner *owner, bool takes_fds);
/* The same for a connected socket that was inherited; taken over, also when
 * this fails: NULL, with errno. */
struct conn *conn_open(
    uv_loop_t *loop, int fd, const struct conn_owner *owner, bool takes_fds);
/* Read from what came along with c's request; NULL when nothing did. */
struct conn *conn_take_passed(struct conn *c, const struct conn_owner *owner);
/* Send and reset out: one system call, when the client reads. */
void conn_send(struct conn *c, struct buf *out);
/* The same, an octet a write: a segment each, as far as the client keeps up. */
void conn_send_split(struct conn *c, struct buf *out);
/* From CONN_READING: no more input until conn_resume(). */
void conn_hold(struct conn *c);
/* Hand the kept input to the owner again, then read. */
void conn_resume(struct conn *c);
/* Close when everything sent is written. */
void conn_finish(struct conn *c);
/* Close now. */
void conn_close(struct conn *c);

#endif
