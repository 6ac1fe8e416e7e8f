/*
 * server.h - the event loop (libuv): listens, moves bytes, runs long commands
 * on a worker thread, ends cleanly on SIGTERM and SIGINT.
 */
#ifndef SIM_TPM_SERVER_H
#define SIM_TPM_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/base/err.h"
#include "sim/tpm/listen.h"
#include "sim/tpm/wire.h"

struct server;

/* engine_init() was done; power state is the caller's choice. */
int server_new(struct server **ret, struct err *e);
/* Closes everything, removes the UNIX sockets. The program is to end: SIGTERM
 * and SIGINT are ignored from here on. */
void server_free(struct server *s);

/*
 * Listen for mssim on "ADDR:PORT" (platform port PORT+1; port 0 finds a free
 * pair; "localhost" is both loopback addresses) or "unix:PATH" (platform socket
 * PATH.ctrl; both 0600). Refuses what is not loopback with E_USAGE unless
 * allow_remote, and a port in use with E_BUSY and a hint. Can be called more
 * than once.
 */
int server_listen_mssim(
    struct server *s, const char *address, bool allow_remote, struct err *e);
/* TCTI configuration of the first listener: "mssim:host=127.0.0.1,port=2321"
 * or "mssim:path=/x"; valid until server_free(). */
const char *server_tcti(const struct server *s);
/* Its command port; 0 for a UNIX socket. */
uint16_t server_port(const struct server *s);

/*
 * Listen for one channel of swtpm's; address as above, but without a second
 * port. o NULL: defaults.
 */
int server_listen_swtpm(struct server *s, enum port port, const char *address,
    const struct listen_options *o, bool allow_remote, struct err *e);
/* A socket that was inherited, listening or connected, taken over also when
 * this fails. */
int
server_adopt_listener(struct server *s, enum port port, int fd, struct err *e);
int
server_adopt_client(struct server *s, enum port port, int fd, struct err *e);
/* Who leaves one of these ports (bits) ends the program. */
void server_end_with(struct server *s, unsigned ports);
/* Number of the first port of a kind; 0: none, or a UNIX socket. */
uint16_t server_port_of(const struct server *s, enum port port);

/* Serve until SIGTERM, SIGINT or a client's STOP. A running command is
 * finished and answered first. */
int server_run(struct server *s, struct err *e);

#endif
