/*
 * mssim.h - the simulators' socket protocol (PROTOCOL.mssim), as a codec:
 * bytes in, bytes out, no descriptors, so that it is unit-tested and fuzzed.
 *
 * One row of a table is one command: which port takes it, how many bytes
 * follow its code (THE framing), whether it has to wait for the TPM, and what
 * it does.  server.c moves bytes and decides when a row runs.
 */
#ifndef SIM_TPM_MSSIM_H
#define SIM_TPM_MSSIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/base/buf.h"
#include "sim/base/err.h"

enum mssim_port { MSSIM_COMMAND = 1, MSSIM_PLATFORM = 2 }; /* bits */

/* What happens to the connection after a row ran. */
enum mssim_then {
	THEN_CONTINUE,
	THEN_CLOSE,       /* after what is in the reply was sent */
	THEN_STOP_PORT,   /* close, and no new connections on this port */
	THEN_STOP_SERVER, /* close, and the program ends */
};

/* Per connection; starts as zeros and its port. */
struct mssim_session {
	enum mssim_port port;
	bool raw;     /* bare TPM commands, seen from the first bytes */
	bool started; /* the first bytes were seen */
};

struct mssim_cmd;

/* One whole request, spans into the connection's input. */
struct mssim_request {
	const struct mssim_cmd *cmd; /* NULL: unknown code */
	uint32_t code;
	struct span fixed; /* the fixed part */
	struct span body;  /* the variable part: a TPM command, data to hash */
	size_t used;       /* bytes of input that it takes */
	bool raw;          /* reply without mssim's frame */
};

struct mssim_cmd {
	uint32_t code;
	unsigned ports;   /* MSSIM_COMMAND, MSSIM_PLATFORM or both */
	const char *name; /* log, PROTOCOL.mssim, test names */
	uint16_t fixed;   /* bytes after the code; fewer means wait for more */
	uint32_t var_max; /* > 0: the last u32 of the fixed part counts bytes
			     that follow, at most this */
	bool needs_tpm;   /* waits while a long command runs; the others are
			     answered meanwhile */
	enum mssim_then (*run)(const struct mssim_request *, struct buf *reply);
	const char *help;
};

/* The table, for tests, docs and logs. */
extern const struct mssim_cmd mssim_cmds[];
extern const size_t mssim_n_cmds;

/*
 * Find the request that in begins with. 1: *ret is set; 0: need more bytes;
 * -1: protocol error, close without a reply (E_LIMIT: a size beyond var_max).
 * An unknown code is a request with cmd NULL.
 */
int mssim_parse(struct mssim_session *s, struct span in,
    struct mssim_request *ret, struct err *e);
/* Run it (engine calls happen here) and append the whole reply. */
enum mssim_then mssim_run(const struct mssim_session *s,
    const struct mssim_request *r, struct buf *reply);
/* The TPM command and locality of a SEND_COMMAND (or raw) request; false for
 * any other. Lets the server run long ones elsewhere. */
bool mssim_tpm_command(const struct mssim_request *r, uint8_t *ret_locality,
    struct span *ret_command);
/* Run a TPM command, on any thread. rsp, empty and with room for
 * MAX_TPM_RESPONSE, gets the response, also when libtpms itself fails. */
void mssim_process(uint8_t locality, struct span command, struct buf *rsp);
/* Frame a TPM response (empty: power is off) as the reply to r. */
int mssim_frame(
    const struct mssim_request *r, struct span response, struct buf *reply);

#endif
